/**
 * `Available RATE for FG on SHARE [lasting D]`: whether a reservation would fit now, how much of it does, and when the
 * whole of it does. Nothing is promised by asking: the room may be gone a moment later.
 */
import type { Query, RequestDemand } from "../model/model.ts";
import type { Admission } from "../program/admission.ts";
import { lowered, postponed, shortOf } from "../shares/scarcity.ts";
import type { Value } from "./answer.ts";

/** Whether it fits now, the largest rate that does, the earliest span for the whole rate, what is short, the promise. */
export function available(
  admission: Admission,
  { rate, flows, share, seconds = Infinity }: Query & { readonly kind: "Available" },
  now: number,
): Value[] {
  const interval = { start: now, end: now + seconds };
  const demand: RequestDemand = { kind: "request", action: "reserve", flows, rate, mode: "strict", share, interval };
  const scarcity = admission.scarcity(demand);
  const short = shortOf(scarcity);
  const [clash] = scarcity.clashes;
  const { promise } = scarcity.charge;
  if (!short && !clash) return ["yes", rate, interval.start, interval.end, undefined, promise];
  const later = postponed(scarcity, now)?.interval;
  const what = clash ? `limit ${clash.id}` : `${short!.place.kind} ${short!.place.name}`;
  return ["no", lowered(scarcity)?.rate ?? 0, later?.start, later?.end, what, promise];
}
