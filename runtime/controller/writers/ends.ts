/**
 * Ends that count from the clock are kept on the switch (SEMANTICS, "Files"). Each statement with one has an entry in
 * the last table, whose match is a digest of the statement and the instant of its end. A cookie cannot replace the
 * digest: it stays the same when the text under a label changes, and two statements may share it.
 */
import { createHash } from "node:crypto";
import { END, isEndRecord } from "../../../compiler/table/bookkeeping.ts";
import type { Entry } from "../../../compiler/table/entry.ts";
import { exact } from "../../../compiler/table/match.ts";
import { ALL_TABLES, type FlowStats } from "../../openflow/index.ts";
import { parseTarget, Session, SessionFault } from "../../session/index.ts";
import { readCookie } from "./token.ts";

/** A statement or rule, and its end in Unix seconds. */
export interface KeptEnd {
  readonly id: string;
  /** Its canonical text, with its speaker. */
  readonly text: string;
  readonly end: number;
}

/** 112 bits of SHA-256, enough that no two texts with one digest can be found. */
function digest({ id, text }: Pick<KeptEnd, "id" | "text">): { readonly high: bigint; readonly low: bigint } {
  const bytes = createHash("sha256")
    .update(JSON.stringify([id, text]))
    .digest();
  return { high: bytes.readBigUInt64BE(0), low: bytes.readBigUInt64BE(8) >> 16n };
}

/** The end record of a statement, for the last table of a switch. */
export function endRecord({ features }: Pick<Session, "features">, kept: KeptEnd): Entry {
  const { high, low } = digest(kept);
  const match = [exact("eth_dst", kept.end), exact("eth_src", low), exact("metadata", high)];
  return { table: features.tables - 1, ...END, match, instructions: [], hardTimeout: 0, idleTimeout: 0 };
}

/** A text that two records share iff they are of one statement and one end. */
export const keyOfRecord = ({ match }: FlowStats | Entry): string =>
  ["eth_dst", "eth_src", "metadata"].map((field) => fieldOf(match, field)).join(" ");

function fieldOf(match: FlowStats["match"] | Entry["match"], name: string): bigint | undefined {
  for (const one of match) if (one.field === name && "value" in one) return one.value;
  return undefined;
}

/** The end that a switch keeps for a statement, in Unix seconds; `undefined` if it keeps none for exactly this text. */
export type Ends = (statement: Pick<KeptEnd, "id" | "text">) => number | undefined;

/** The ends that a switch keeps. None if it cannot be reached: the next connection to it reports why. */
export async function readEnds(target: string): Promise<Ends> {
  const ends = new Map<string, number>();
  const where = parseTarget(target);
  if (!("code" in where)) {
    try {
      const session = await Session.connect(where);
      try {
        for (const { match } of (await readCookie(session, ALL_TABLES, END.cookie)).filter(isEndRecord))
          ends.set(`${fieldOf(match, "metadata")} ${fieldOf(match, "eth_src")}`, Number(fieldOf(match, "eth_dst")));
      } finally {
        await session.close();
      }
    } catch (fault) {
      if (!(fault instanceof SessionFault)) throw fault;
    }
  }
  return (statement) => {
    const { high, low } = digest(statement);
    return ends.get(`${high} ${low}`);
  };
}
