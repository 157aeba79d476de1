/**
 * Limits and reservations of flows: a packet passes every limit that holds it, and has the largest reservation that
 * does (SEMANTICS, "limit").
 */
import type { Flow, Flowgroup } from "../flowgroup/cube.ts";
import { shareFlow, subset } from "../flowgroup/index.ts";
import { by } from "../net/order.ts";
import type { Admission } from "../admission/admission.ts";
import type { Accepted } from "../admission/state/accepted.ts";
import { list } from "../certificates/text.ts";
import { printRate } from "../net/index.ts";
import { ingressSwitchesOf } from "../paths/index.ts";
import { dividedAmong } from "../table/units.ts";
import type { Span } from "../source.ts";
import { cubesAt } from "./active.ts";
import { holdsWhole, type Holds } from "./fragments.ts";

/** A limit or a reservation that holds the flow. */
export interface Treatment {
  readonly id: string;
  readonly kind: "limit" | "reserve";
  readonly share: string;
  /** bit/s. */
  readonly rate: number;
  /** The switches that divide a limit, and the share of each in bit/s. 0: the flows are dropped. */
  readonly divided?: { readonly switches: readonly string[]; readonly kept: number };
  /** A reservation for which a link has no room: its queue keeps what is left there. */
  readonly suspended?: true;
  readonly span: Span;
}

/** A limit or a reservation that holds all, or some, of several flows. */
export type TreatmentOfSome = Treatment & { readonly all: boolean };

/** The limits of a flow, then its reservation. */
export function treatmentOf(admission: Admission, flow: Flow, instant: number, holds: Holds = holdsWhole): Treatment[] {
  const holding = (of: Treatment["kind"]): Treatment[] =>
    [...admission.state.accepted.ofKind(of)]
      .filter((one) => cubesAt(admission.state.shown(one), instant).some((cube) => holds(of, cube, flow)))
      .map((one) => treatmentBy(admission, one, instant));
  return [...holding("limit").toSorted(byId), ...holding("reserve").toSorted(byRate).slice(0, 1)];
}

/** Limits and reservations of some of the flows; no reservations below one that holds all of them. */
export function treatmentAmong(admission: Admission, flows: Flowgroup, instant: number): readonly TreatmentOfSome[] {
  const holding = (of: Treatment["kind"]): readonly TreatmentOfSome[] =>
    [...admission.state.accepted.ofKind(of)].flatMap((one) => {
      const cubes = cubesAt(one.pieces, instant);
      if (!cubes.some((cube) => flows.cubes.some((other) => shareFlow(cube, other)))) return [];
      const all = subset(flows, { cubes }) === true;
      return [{ ...treatmentBy(admission, one, instant), all }];
    });
  const reserved = holding("reserve").toSorted(byRate);
  const whole = reserved.findIndex(({ all }) => all);
  return [...holding("limit").toSorted(byId), ...(whole < 0 ? reserved : reserved.slice(0, whole + 1))];
}

/** What a request in force does to its flows. */
function treatmentBy({ state: { topology } }: Admission, request: Accepted, instant: number): Treatment {
  const { id, kind, share, rate = 0, span, pieces, charge } = request;
  const suspended = charge?.isSuspended && { suspended: true as const };
  const own = { id, kind: kind as Treatment["kind"], share: share.name, rate, ...suspended, span };
  if (kind !== "limit" || topology === undefined) return own;
  const switches = ingressSwitchesOf(topology, { cubes: cubesAt(pieces, instant) });
  return switches.length < 2 ? own : { ...own, divided: { switches, kept: dividedAmong(rate, switches.length) } };
}

/** Why the flows of a limit are dropped; undefined if they are not. */
export function closedText({ id, rate, divided }: Treatment): string | undefined {
  if (divided?.kept !== 0) return undefined;
  return `\`${id}\` enters at ${list(divided.switches)}, and no meter counts so small a part of ${printRate(rate)}`;
}

const byId = by<Treatment>(({ id }) => id);
const byRate = (a: Treatment, b: Treatment): number => b.rate - a.rate || byId(a, b);
