/**
 * Compare-and-swap for two applies at once (NETWORK, "Two writers"). A token matches the metadata with a random mask
 * and with ones in all its bits: so any two tokens overlap, and no two are the same. A bundle deletes the token that
 * was read and adds a new one that must not overlap any entry. If another bundle came between, the switch refuses the
 * whole.
 */
import { randomBytes } from "node:crypto";
import { isBookkeeping, isServerMarker, isTimeRecord, isToken, TOKEN } from "../../../compiler/table/bookkeeping.ts";
import type { Entry } from "../../../compiler/table/entry.ts";
import { ANY, type FlowStats } from "../../openflow/index.ts";
import type { Session } from "../../session/index.ts";
import { append } from "#compiler/net/lists.ts";

/** The flows of a switch, with the bookkeeping entries apart. */
export interface Books {
  readonly flows: readonly FlowStats[];
  readonly tokens: readonly FlowStats[];
  /** The time records (`times.ts`). */
  readonly times: readonly FlowStats[];
  /** The markers of servers that hold this switch (`../marker.ts`). */
  readonly markers: readonly FlowStats[];
}

export function readBooks(all: readonly FlowStats[]): Books {
  const books = all.filter(isBookkeeping);
  const flows = books.length === 0 ? all : all.filter((flow) => !isBookkeeping(flow));
  const kept = { tokens: books.filter(isToken), times: books.filter(isTimeRecord) };
  return { flows, ...kept, markers: books.filter(isServerMarker) };
}

/** A token that equals no other, for the last table of a switch. */
export function freshToken({ features }: Pick<Session, "features">): Entry {
  // The mask has at least one bit and not all of them: no mask bits would be no match, and all bits an exact match.
  const mask = (randomBytes(8).readBigUInt64BE() | 1n) & ~2n & 0xffff_ffff_ffff_ffffn;
  const timeouts = { hardTimeout: 0, idleTimeout: 0 };
  return {
    table: features.tables - 1,
    ...TOKEN,
    match: [{ field: "metadata", value: mask, mask }],
    instructions: [],
    ...timeouts,
  };
}

/** Whether the switch holds another token than these, so that another apply came after them. */
export const isSuperseded = (known: readonly bigint[], all: readonly FlowStats[]): boolean =>
  all.filter(isToken).some(({ match }) => !known.includes(tokenOf(match)));

/** The flows of one cookie. Open vSwitch finds them through an index. */
export async function readCookie(session: Session, table: number, cookie: bigint): Promise<readonly FlowStats[]> {
  const flows: FlowStats[] = [];
  const filter = { outPort: ANY, outGroup: ANY, cookie, cookieMask: 0xffff_ffff_ffff_ffffn, match: [] };
  await session.collect({ kind: "flow", table, ...filter }, (part) => {
    if (part.kind === "flow") append(flows, part.flows);
  });
  return flows;
}

/** The token of a switch that is as we left it, to be taken away by our own next change. */
export interface Withdrawal {
  readonly of: { readonly entry: Entry } | { readonly flow: FlowStats };
  /** What tells the token from all others. */
  readonly token: bigint;
}

/** The withdrawal of a token, as it was sent or as the switch reported it. */
export function withdrawalOf(of: Withdrawal["of"]): Withdrawal {
  return { of, token: tokenOf("entry" in of ? of.entry.match : of.flow.match) };
}

/** What tells a token from all others, by its match. */
export const tokenOf = ([oxm]: readonly object[]): bigint => (oxm && "value" in oxm ? (oxm.value as bigint) : -1n);

/**
 * The withdrawal after an apply: of the token that it has sent, or of the one that stood there if nothing was sent. After
 * stages another writer could come between unseen.
 */
export function withdrawalAfter(
  method: "bundle" | "stages" | "nothing",
  sent: Entry | undefined,
  [stood, ...others]: readonly FlowStats[],
): { readonly withdrawal?: Withdrawal } {
  if (method === "bundle") return sent ? { withdrawal: withdrawalOf({ entry: sent }) } : {};
  if (method === "stages" || stood === undefined || others.length > 0) return {};
  return { withdrawal: withdrawalOf({ flow: stood }) };
}
