/** The list of features. A table that none of them owns, or that two own, fails `features.test.ts`. */
import type { Topology } from "../../paths/index.ts";
import type { UserIndex } from "../encode/directory-sets.ts";
import { switchesOf, type LowerContext } from "../pipeline/options.ts";
import { Admission } from "./admission.ts";
import type { Feature } from "./feature.ts";
import { Forwarding } from "./forwarding.ts";
import { Fragments } from "./fragments.ts";
import { Rates } from "./rates.ts";
import { SpoofGuard } from "./spoof-guard.ts";
import { Steering } from "./steering.ts";
import { Tags } from "./tags.ts";
import { Tracking } from "./tracking.ts";

/** All features, and by name those on which what is common to all depends: tags, paths, meters and queues. */
export interface Features {
  /** In the order of their diagnostics. */
  readonly all: readonly Feature[];
  readonly tags: Tags;
  readonly steering: Steering;
  readonly rates: Rates;
}

/** The features of one live table. */
export function featuresOf(context: LowerContext, topology: Topology, userIndex: UserIndex): Features {
  const tags = new Tags(context);
  const steering = new Steering(context, topology, userIndex);
  const rates = new Rates(context);
  const all = [
    new SpoofGuard(context),
    new Admission(context),
    tags,
    new Tracking(),
    steering,
    new Fragments(context),
    rates,
    new Forwarding(topology, switchesOf(context.directory)),
  ];
  return { all, tags, steering, rates };
}
