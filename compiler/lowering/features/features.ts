/** The list of features. A table that none of them owns, or that two own, fails `features.test.ts`. */
import type { Topology } from "../../paths/index.ts";
import type { UserIndex } from "../encode/user-index.ts";
import type { LowerContext } from "../pipeline/options.ts";
import { AdmissionFeature } from "./admission.ts";
import { ExceptionsFeature } from "./exceptions.ts";
import type { Feature } from "./feature.ts";
import { ForwardingFeature } from "./forwarding.ts";
import { FragmentsFeature } from "./fragments.ts";
import { RatesFeature } from "./rates.ts";
import { SpoofGuardFeature } from "./spoof-guard.ts";
import { SteeringFeature } from "./steering.ts";
import { TagsFeature } from "./tags.ts";
import { TrackingFeature } from "./tracking.ts";

/** All features, and by name those that the live table itself uses. */
export interface Features {
  /** In the order of their diagnostics. */
  readonly all: readonly Feature[];
  readonly guard: SpoofGuardFeature;
  readonly admission: AdmissionFeature;
  readonly tags: TagsFeature;
  readonly exceptions: ExceptionsFeature;
  readonly steering: SteeringFeature;
  readonly rates: RatesFeature;
}

/** The features of one live table. */
export function featuresOf(context: LowerContext, topology: Topology, userIndex: UserIndex): Features {
  const tags = new TagsFeature(context);
  const exceptions = new ExceptionsFeature(context, tags);
  const admission = new AdmissionFeature(context, exceptions);
  const steering = new SteeringFeature(context, topology, userIndex);
  const rates = new RatesFeature(context, userIndex);
  const guard = new SpoofGuardFeature(context);
  const all = [
    guard,
    admission,
    tags,
    exceptions,
    new TrackingFeature(context),
    steering,
    new FragmentsFeature(context),
    rates,
    new ForwardingFeature(topology),
  ];
  return { all, guard, admission, tags, exceptions, steering, rates };
}
