/** An entry that belongs to no rule: it follows from the directory, the topology and the pipeline alone. */
import type { Instruction, Match } from "../../table/entry.ts";
import type { StageName } from "../pipeline/pipeline.ts";

export interface FixedEntry {
  readonly stage: StageName;
  readonly priority: number;
  readonly match: Match;
  /** The identity that its cookie is made of: `host:NAME`, `link:SWITCH:PORT`, `table:STAGE`, … */
  readonly statement: string;
  readonly instructions: readonly Instruction[];
}

/** The identity of entries that belong to a table itself. */
export const tableIdentity = (stage: StageName): string => `table:${stage}`;

/** The identity of entries for packets that no statement decides. */
export const DEFAULT_STATEMENT = "default";
