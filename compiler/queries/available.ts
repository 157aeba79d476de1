/**
 * `Available RATE for FG on SHARE [lasting D]` → whether a reservation would be accepted now, the largest rate that
 * would, and when the whole rate would. It is decided as the reservation itself, so that the same rules hold. The
 * answer promises nothing: the room may be gone a moment later.
 */
import type { Query, RequestDemand } from "../model/model.ts";
import type { Admission } from "../admission/admission.ts";
import type { Finding } from "../admission/finding.ts";
import { promiseFor } from "../admission/promises.ts";
import { lowered, postponed } from "../certificates/offers.ts";
import { shortOf } from "../certificates/scarcity.ts";
import type { AnswerValue } from "./value.ts";

/** If one of these is short, there may be room for less, or later. */
const SCARCE: ReadonlySet<string> = new Set(["share-short", "link-short", "over-limit"]);

/**
 * Whether it fits now, the largest rate that does, the earliest span for the whole rate, what is short, the promise.
 */
export function available(
  admission: Admission,
  { rate, flows, share, seconds = Infinity }: Query & { readonly kind: "Available" },
  now: number,
  speaker: string,
): AnswerValue[] {
  const interval = { start: now, end: now + seconds };
  const demand: RequestDemand = { kind: "request", action: "reserve", flows, rate, mode: "strict", share, interval };
  // What a file would suspend has no room now.
  const reason = ({ code, suspends }: Finding): Finding["code"] => code ?? suspends?.code;
  const isAccepted = (one: RequestDemand | undefined): boolean =>
    one !== undefined && reason(admission.trial(one, speaker)) === undefined;
  const finding = admission.trial(demand, speaker);
  const [code, { words }] = [reason(finding), finding];
  if (code !== undefined && !SCARCE.has(code))
    return ["no", 0, undefined, undefined, words ?? inWords(code, share, speaker), undefined];
  const scarcity = admission.scarcity(demand);
  if (code === undefined) {
    const { state } = admission;
    const promise = promiseFor(state, state.tree.get(share)!, demand, rate);
    return ["yes", rate, interval.start, interval.end, undefined, promise];
  }
  const short = shortOf(scarcity);
  const [clash] = scarcity.clashes;
  const what = clash ? `limit ${clash.id}` : `${short!.place.kind} ${short!.place.name}`;
  const less = lowered(scarcity);
  const later = postponed(scarcity, now);
  const fits = less && isAccepted(less) ? less.rate : 0;
  const span = isAccepted(later) ? later!.interval : undefined;
  // What does not fit has no promise; a request for less or for later has its own, in its verdict.
  return ["no", fits, span?.start, span?.end, what, undefined];
}

/** The words for a reason why the query itself is refused. */
function inWords(code: string, share: string, speaker: string): string {
  if (code === "outside-share") return `outside share ${share}`;
  if (code === "not-a-speaker") return `${speaker} does not speak for share ${share}`;
  return `${code.replaceAll("-", " ")} on share ${share}`;
}
