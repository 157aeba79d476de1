/**
 * A policy that is to go onto a switch, decided with the ends that the switch remembers. An end that counts from the
 * clock is counted once for each statement (SEMANTICS, "Files"). Only the entries on the switch say when that was.
 */
import type { Decided } from "#compiler/admission/decided.ts";
import { ofSwitch } from "#compiler/lookup/switch.ts";
import type { Lowered } from "#compiler/lowering/index.ts";
import { keptEnds, relativeEnds, relativeEndWarnings } from "#compiler/report/relative-ends.ts";
import { readTimeouts } from "../../controller/index.ts";
import type { Arguments } from "./command.ts";
import type { Io } from "./io.ts";
import { valueOf } from "./output.ts";
import { decidePolicy, tablesOf } from "./policy.ts";

/** The policy's clock, and the instant of its tables; Unix seconds. */
interface Times {
  readonly now: number;
  readonly instant: number;
}

/** With an error it has no tables. */
interface ForSwitch {
  readonly decided: Decided;
  readonly lowered?: Lowered;
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
  // The timeouts on the switch count from now: they mean nothing for the table of another instant.
  if (ends.length === 0 || instant !== now) return first;
  const kept = keptEnds(ends, await readTimeouts(args.value("switch")!), now);
  const { decided, lowered } = kept.size === 0 ? first : await decideWith(kept);
  if (lowered === undefined) return { decided };
  const [, table] = valueOf(ofSwitch(lowered.tables, args.value("as")), io);
  const warnings = relativeEndWarnings(relativeEnds(decided, instant), table, instant);
  return { decided, lowered: { ...lowered, diagnostics: [...lowered.diagnostics, ...warnings] } };
}
