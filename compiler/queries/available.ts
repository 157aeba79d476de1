/**
 * `Available RATE for FG on SHARE [lasting D]`: whether a reservation would fit now, how much of it does, and when the
 * whole of it does. Nothing is promised by asking: the room may be gone a moment later.
 */
import { subset } from "../flowgroup/index.ts";
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
  const held = admission.state.tree.get(share)!;
  const never = (why: string): Value[] => ["no", 0, undefined, undefined, why, undefined];
  if (held.privileges.reserve.max === 0) return never(`no privilege on share ${share}`);
  if (subset(flows, held.flows) === false) return never(`outside share ${share}`);
  const interval = { start: now, end: now + seconds };
  const demand: RequestDemand = { kind: "request", action: "reserve", flows, rate, mode: "strict", share, interval };
  const scarcity = admission.scarcity(demand);
  const short = shortOf(scarcity);
  const [clash] = scarcity.clashes;
  const { promise } = scarcity.charge;
  if (!short && !clash) return ["yes", rate, interval.start, interval.end, undefined, promise];
  const later = postponed(scarcity, now)?.interval;
  const what = clash ? `limit ${clash.id}` : `${short!.place.kind} ${short!.place.name}`;
  const fits = lowered(scarcity)?.rate ?? 0;
  // Of what does not fit nothing is promised.
  return ["no", fits, later?.start, later?.end, what, fits > 0 ? promise : undefined];
}
