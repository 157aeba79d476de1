/**
 * The bookkeeping entries: entries of ours that no policy asks for and that decide no packet. They stand in the
 * switch's last table, where no entry of ours sends a packet. Cookie, priority and match say which kind one is
 * (NETWORK, "Two writers").
 */
import { systemCookie } from "./cookie.ts";

/** Cookie and priority of the token. Every change replaces the token, so it says which change was the last. */
export const TOKEN = { cookie: systemCookie("table:writer"), priority: 0x61a2 };
/** Cookie and priority of the marker that a server puts on a switch that it holds. */
export const SERVER = { cookie: systemCookie("table:server"), priority: 0x61a3 };

/**
 * Cookie and priority of a time record: when a statement begins or ends whose time counted from the clock (SEMANTICS,
 * "Files").
 */
export const TIME = { cookie: systemCookie("table:time"), priority: 0x61a4 };

/** What an entry and a flow that a switch reports have in common, as far as it shows the kind. */
interface EntryLike {
  readonly cookie: bigint;
  readonly priority: number;
  readonly match: readonly { readonly field: string }[];
  readonly instructions: readonly unknown[];
}

/** Whether this is a token: its match is nothing but a mask over the metadata. */
export const isToken = (one: EntryLike): boolean =>
  isKind(one, TOKEN) && one.match.length === 1 && one.match[0]!.field === "metadata";

/** Whether this is a server's marker: its match names where the server listens. */
export const isServerMarker = (one: EntryLike): boolean =>
  isKind(one, SERVER) && one.match.some(({ field }) => field === "tcp_dst");

/** Whether this is a time record: its match is a digest of the statement and an instant. */
export const isTimeRecord = (one: EntryLike): boolean =>
  isKind(one, TIME) &&
  one.match
    .map(({ field }) => field)
    .toSorted()
    .join() === "eth_dst,eth_src,metadata";

/** Whether this is a bookkeeping entry and so none of a policy. */
export const isBookkeeping = (one: EntryLike): boolean => isToken(one) || isServerMarker(one) || isTimeRecord(one);

const isKind = (one: EntryLike, { cookie, priority }: typeof TOKEN): boolean =>
  one.cookie === cookie && one.priority === priority && one.instructions.length === 0;
