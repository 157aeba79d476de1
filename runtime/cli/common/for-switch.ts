/**
 * A policy for a switch → the policy decided with the times that the switch keeps. A time that counts from the clock
 * is resolved once for each statement (SEMANTICS, "Files"), and only the switch knows when that was.
 */
import type { Decided } from "#compiler/admission/decided.ts";
import type { Lowered } from "#compiler/lowering/index.ts";
import type { KeptTimes } from "#compiler/model/times.ts";
import {
  keptTimes,
  countsFromClock,
  mayStandAsKept,
  relativeTimes,
  relativeTimeWarnings,
  settleClock,
  statesTimes,
  type RelativeTimes,
} from "#compiler/report/relative-times.ts";
import {
  clockTime,
  readTimes,
  type ApplyOptions,
  type KeptTime,
  type Times as TimesOfSwitch,
} from "../../controller/index.ts";
import type { Arguments } from "./command.ts";
import type { Io } from "./io.ts";
import { decidePolicy, foresight, tablesOf } from "./policy.ts";

/** In Unix seconds. */
interface Times {
  /** The policy's clock: what counts from the clock counts from here, however long an apply takes. */
  readonly now: number;
  /** The present; absent: it is the policy's clock. */
  readonly present?: number;
  /** The instant of the tables. */
  readonly instant: number;
}

/** The decided policy with its tables; with an error it has none. */
interface ForSwitch {
  readonly decided: Decided;
  readonly lowered?: Lowered;
  /** The times that the switch should keep; absent: those that it keeps now. */
  readonly times?: ApplyOptions["times"];
}

/** Decides a policy with the times that the switch keeps, and warns of each time that counts from the clock. */
export async function decideForSwitch(
  paths: readonly string[],
  { now, present = now, instant }: Times,
  args: Arguments,
  io: Io,
): Promise<ForSwitch> {
  const foreseen = await foresight(instant, args);
  const foresees: typeof foreseen = (model, state) => (countsFromClock(model) ? [] : foreseen(model, state));
  const decideWith = async (kept?: KeptTimes): Promise<ForSwitch> => {
    const decided = await decidePolicy(paths, now, io, { kept, foresees });
    return decided.good ? { decided, lowered: await tablesOf(decided, instant, args) } : { decided };
  };
  const first = await decideWith();
  // The times on the switch belong to the present, and not to the table of another instant.
  if (instant !== present || (first.lowered === undefined && !mayStandAsKept(first.decided))) return first;
  const relative = relativeTimes(first.decided, instant);
  const target = args.value("switch")!;
  const hasTimes = statesTimes(first.decided, instant);
  const read = hasTimes ? await readTimes(target) : NONE;
  const clock = settleClock(read.clock, io.now(), target);
  const kept = keptTimes(relative, read.of, { now: present, latest: Math.max(present, io.now()) });
  const { decided, lowered } = kept.size === 0 ? first : await decideWith(kept);
  if (lowered === undefined) return { decided };
  const settled = relativeTimes(decided, instant);
  const diagnostics = [...lowered.diagnostics, ...clock.warnings, ...relativeTimeWarnings(settled)];
  const wanted = [...settled.flatMap(recordsOf), ...(hasTimes ? [clockTime(clock.at)] : [])];
  return { decided, lowered: { ...lowered, diagnostics }, times: { wanted, kept: read } };
}

const NONE: TimesOfSwitch = { of: () => undefined, missed: () => false };

function recordsOf({ counted: { key, from, to } }: RelativeTimes): readonly KeptTime[] {
  const records: KeptTime[] = [];
  if (from !== undefined) records.push({ key, which: "from", at: from.at });
  if (to !== undefined) records.push({ key, which: "to", at: to.at });
  return records;
}
