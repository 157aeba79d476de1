/**
 * Limits and reservations of flows: a packet passes every limit that holds it, and has the largest reservation that
 * does (SEMANTICS, "limit").
 */
import type { Flow, Flowgroup } from "../flowgroup/cube.ts";
import { cubesOverlap, difference, flowgroup, isEmpty } from "../flowgroup/index.ts";
import { by } from "../net/order.ts";
import type { Admission } from "../admission/admission.ts";
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
  readonly span: Span;
}

/** A limit or a reservation that holds all, or some, of several flows. */
export type TreatmentOfSome = Treatment & { readonly all: boolean };

/** The limits of a flow, then its reservation. */
export function treatmentOf(admission: Admission, flow: Flow, instant: number, holds: Holds = holdsWhole): Treatment[] {
  const { accepted } = admission.state;
  const holding = (of: Treatment["kind"]): Treatment[] =>
    [...accepted.ofKind(of)]
      .filter(({ pieces }) => cubesAt(pieces, instant).some((cube) => holds(of, cube, flow)))
      .map(({ id, share, rate, span }) => ({ id, kind: of, share: share.name, rate: rate!, span }));
  return [...holding("limit").toSorted(byId), ...holding("reserve").toSorted(byRate).slice(0, 1)];
}

/** Limits and reservations of some of the flows; no reservations below one that holds all of them. */
export function treatmentAmong(admission: Admission, flows: Flowgroup, instant: number): readonly TreatmentOfSome[] {
  const holding = (of: Treatment["kind"]): readonly TreatmentOfSome[] =>
    [...admission.state.accepted.ofKind(of)].flatMap(({ id, share, rate, span, pieces }) => {
      const cubes = cubesAt(pieces, instant);
      if (!cubes.some((cube) => flows.cubes.some((other) => cubesOverlap(cube, other)))) return [];
      const all = isEmpty(difference(flows, flowgroup(cubes)));
      return [{ id, kind: of, share: share.name, rate: rate!, span, all }];
    });
  const reserved = holding("reserve").toSorted(byRate);
  const whole = reserved.findIndex(({ all }) => all);
  return [...holding("limit").toSorted(byId), ...(whole < 0 ? reserved : reserved.slice(0, whole + 1))];
}

const byId = by<Treatment>(({ id }) => id);
const byRate = (a: Treatment, b: Treatment): number => b.rate - a.rate || byId(a, b);
