/**
 * A policy for a switch → the policy decided with the ends that the switch keeps. An end that counts from the clock is
 * resolved once for each statement (SEMANTICS, "Files"), and only the switch knows when that was.
 */
import type { Decided } from "#compiler/admission/decided.ts";
import type { Lowered } from "#compiler/lowering/index.ts";
import { keptEnds, relativeEnds, relativeEndWarnings } from "#compiler/report/relative-ends.ts";
import { readEnds, type KeptEnd } from "../../controller/index.ts";
import type { Arguments } from "./command.ts";
import type { Io } from "./io.ts";
import { decidePolicy, tablesOf } from "./policy.ts";

/** The policy's clock, and the instant of its tables, in Unix seconds. */
interface Times {
  readonly now: number;
  readonly instant: number;
}

/** The decided policy with its tables; with an error it has none. */
interface ForSwitch {
  readonly decided: Decided;
  readonly lowered?: Lowered;
  /** The ends that the switch is to keep; absent: those that it keeps now. */
  readonly ends?: readonly KeptEnd[];
}

/** Decides a policy with the ends that the switch keeps, and warns of each end that counts from the clock. */
export async function decideForSwitch(
  paths: readonly string[],
  { now, instant }: Times,
  args: Arguments,
  io: Io,
): Promise<ForSwitch> {
  const decideWith = async (kept?: ReadonlyMap<string, number>): Promise<ForSwitch> => {
    const decided = await decidePolicy(paths, now, io, kept);
    return decided.good ? { decided, lowered: await tablesOf(decided, instant, args) } : { decided };
  };
  const first = await decideWith();
  const ends = first.lowered ? relativeEnds(first.decided, instant) : [];
  // The ends on the switch are for now, and mean nothing for the table of another instant.
  if (instant !== now) return first;
  if (ends.length === 0) return { ...first, ends };
  const kept = keptEnds(ends, await readEnds(args.value("switch")!), now);
  const { decided, lowered } = kept.size === 0 ? first : await decideWith(kept);
  if (lowered === undefined) return { decided };
  const settled = relativeEnds(decided, instant);
  const diagnostics = [...lowered.diagnostics, ...relativeEndWarnings(settled)];
  return { decided, lowered: { ...lowered, diagnostics }, ends: settled };
}
