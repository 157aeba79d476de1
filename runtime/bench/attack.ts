/** What a hostile file is to the measurements and the tests, and the lists of which such texts are made. */

import { tablesAt } from "#compiler/compile.ts";
import type { Decided } from "#compiler/admission/decided.ts";
import { openings, type ForeignOpening } from "#compiler/plan/foreign.ts";
import { fromOvs } from "#compiler/table/text.ts";
import { foreseeTables } from "#compiler/lowering/foreseen.ts";
import type { DecideOptions } from "#compiler/decide.ts";
import type { Source } from "#compiler/source.ts";
import type { TargetName } from "#compiler/lowering/pipeline/pipeline.ts";

/** An attack: its text of size n, and the answer of the compiler. */
export interface Attack {
  readonly name: string;
  readonly text: (n: number) => string;
  /** The text behind each path of an extern; absent: there is none. */
  readonly file?: string;
  /** The largest size that is taken; absent: the cost is linear and no size is refused. */
  readonly most?: number;
  /** The code by which larger sizes are refused. */
  readonly code?: string;
  /** The flowgroup that `explain` splits; absent: `check` alone costs. */
  readonly explains?: string;
  /** The sizes at which an attack of linear cost is measured; absent: 500, 1,000 and 2,000. */
  readonly sizes?: readonly number[];
  /** The greatest exponent, where the tables themselves grow faster than the text; absent: 1.3. */
  readonly growth?: number;
  /** The target of its tables; absent: no tables are made. */
  readonly lowers?: TargetName;
  /** Whether the text is a trace. */
  readonly replays?: true;
  /** Whether Z3 decides again what was decided; what it leaves out is a warning then, and no refusal. */
  readonly proves?: true;
  /** Whether the text is only formatted. */
  readonly formats?: true;
  /** Entries of others, in the notation of `ovs-ofctl`, that are followed through its tables; absent: there are none. */
  readonly foreign?: (n: number) => string;
  /** Whether the timeline of its tables is made. */
  readonly follows?: true;
  /** The text of the policy that is planned after it, whose changes of traffic are found; absent: there is none. */
  readonly becomes?: (n: number) => string;
}

/** The entries of others that let on what an attack's tables drop; undefined: there are none. */
export function openedBy({ foreign }: Attack, n: number, decided: Decided): readonly ForeignOpening[] | undefined {
  if (foreign === undefined) return undefined;
  const read = fromOvs(foreign(n));
  if ("errors" in read) throw new Error(JSON.stringify(read.errors));
  const ours = [...tablesAt(decided, 0, { target: "ovs" }).tables.values()].flatMap(({ entries }) => entries);
  return openings(read.entries, ours);
}

/** What an attack's files hold. */
export const loadOf =
  ({ file }: Attack) =>
  (name: string): Source | undefined =>
    file === undefined ? undefined : { name, text: file };

/** What is asked of an attack's tables before it is decided, as `compile` asks it. */
export const foreseenOf = ({ lowers }: Attack): DecideOptions["foresees"] =>
  lowers && foreseeTables({ target: lowers, now: 0 });

export const indices = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i);
export const lines = (n: number, line: (i: number) => string): string => indices(n).map(line).join("\n");

/** Privileges that hold nobody back. */
export const PERMISSIVE = "[allow = True, deny = True, requests <= 100000, entries <= 1000000]";
