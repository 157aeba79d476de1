/**
 * The times that count from the clock, as the switch keeps them (SEMANTICS, "Files"). Each has an entry in the last
 * table, whose match holds the instant and a digest of the statement. A cookie cannot replace the digest. It stays the
 * same when the text under a label changes, and two statements may share it.
 */
import { createHash } from "node:crypto";
import { isTimeRecord, TIME } from "../../../compiler/table/bookkeeping.ts";
import type { Entry } from "../../../compiler/table/entry.ts";
import { exact } from "../../../compiler/table/match.ts";
import { ALL_TABLES, type FlowStats } from "../../openflow/index.ts";
import { parseTarget, Session, SessionFault } from "../../session/index.ts";
import { readCookie } from "./token.ts";

/** A time of a statement or rule, or the reading of an apply's clock (`clockTime`). */
export interface KeptTime {
  /** A text that is the same for two statements iff they are one statement, unchanged. */
  readonly key: string;
  readonly which: "from" | "to" | "clock";
  /** Unix seconds, below 2^48. */
  readonly at: number;
}

/** What a machine's clock said. Its record has an age, so the switch can say what that clock would say now. */
export const clockTime = (at: number): KeptTime => ({ key: "", which: "clock", at });

/** 112 bits of SHA-256. Finding two texts with one digest is infeasible. */
function digest({ key, which }: Omit<KeptTime, "at">): { readonly high: bigint; readonly low: bigint } {
  const bytes = createHash("sha256")
    .update(JSON.stringify([which, key]))
    .digest();
  return { high: bytes.readBigUInt64BE(0), low: bytes.readBigUInt64BE(8) >> 16n };
}

function digestKey(kept: Omit<KeptTime, "at">): string {
  const { high, low } = digest(kept);
  return `${high} ${low}`;
}

/** The record of a time, for the last table of a switch. */
export function timeRecord({ features }: Pick<Session, "features">, kept: KeptTime): Entry {
  const { high, low } = digest(kept);
  const match = [exact("eth_dst", kept.at), exact("eth_src", low), exact("metadata", high)];
  return { table: features.tables - 1, ...TIME, match, instructions: [], hardTimeout: 0, idleTimeout: 0 };
}

type Record = Pick<FlowStats, "match"> | Pick<Entry, "match">;

/** A key that two records share iff they belong to the same time of the same statement. */
const ownerOf = ({ match }: Record): string => `${fieldOf(match, "metadata")} ${fieldOf(match, "eth_src")}`;

const instantOf = ({ match }: Record): number => Number(fieldOf(match, "eth_dst"));

/** A key that two records share iff they also have the same instant. */
export const keyOfRecord = (record: Record): string => `${ownerOf(record)} ${instantOf(record)}`;

function fieldOf(match: Record["match"], name: string): bigint | undefined {
  for (const one of match) if (one.field === name && "value" in one) return one.value;
  return undefined;
}

/** The times that a switch keeps. */
export interface Times {
  /** The kept time in Unix seconds; `undefined` if the switch keeps none for exactly this statement. */
  of(this: void, key: string, which: KeptTime["which"]): number | undefined;
  /** The clock that an apply has recorded: what it said, and the seconds that the switch has counted since. */
  readonly clock?: { readonly at: number; readonly age: number } | undefined;
  /** Whether another apply has since recorded an instant that differs from a wanted one. */
  missed(session: Pick<Session, "features">, now: readonly FlowStats[], wanted: readonly KeptTime[]): boolean;
}

/** Reads the times that a switch keeps. There are none if it cannot be reached, which the next connection reports. */
export async function readTimes(target: string): Promise<Times> {
  const times = new Map<string, number>();
  const ages = new Map<string, number>();
  const where = parseTarget(target);
  if (!("code" in where)) {
    try {
      const session = await Session.connect(where);
      try {
        for (const flow of (await readCookie(session, ALL_TABLES, TIME.cookie)).filter(isTimeRecord)) {
          times.set(ownerOf(flow), instantOf(flow));
          ages.set(ownerOf(flow), flow.seconds);
        }
      } finally {
        await session.close();
      }
    } catch (fault) {
      if (!(fault instanceof SessionFault)) throw fault;
    }
  }
  const clock = digestKey(clockTime(0));
  const [at, age] = [times.get(clock), ages.get(clock)];
  return {
    of: (key, which) => times.get(digestKey({ key, which })),
    ...(at !== undefined && age !== undefined && { clock: { at, age } }),
    missed: (session, now, wanted) => {
      // Two applies read their clocks at different seconds, and that is no promise of either.
      const promised = wanted.filter(({ which }) => which !== "clock");
      const instants = new Map(promised.map((one) => [ownerOf(timeRecord(session, one)), one.at]));
      return now.some((flow) => {
        const [owner, at] = [ownerOf(flow), instantOf(flow)];
        const meant = instants.get(owner);
        return meant !== undefined && meant !== at && times.get(owner) !== at;
      });
    },
  };
}
