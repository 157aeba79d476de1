/**
 * Entries of ours that decide no packet and that no policy asks for: they keep a switch's books. They stand in its last
 * table, where no entry of ours sends a packet, and are known by cookie and form (NETWORK, "Two writers").
 */
import { systemCookie } from "./cookie.ts";

/** Of the token, which every change replaces: it says whose change was the last. */
export const TOKEN = { cookie: systemCookie("table:writer"), priority: 0x61a2 };
/** Of the marker that a server puts on a switch that it holds. */
export const SERVER = { cookie: systemCookie("table:server"), priority: 0x61a3 };

/** Of a record of an end that counted from the clock: whose it is, and when (SEMANTICS, "Files"). */
export const END = { cookie: systemCookie("table:end"), priority: 0x61a4 };

/** As much of an entry, or of a flow as a switch reports it, as tells what it is. */
interface Standing {
  readonly cookie: bigint;
  readonly priority: number;
  readonly match: readonly { readonly field: string }[];
  readonly instructions: readonly unknown[];
}

/** Whether this is a token: its match is nothing but a mask over the metadata. */
export const isToken = (one: Standing): boolean =>
  isKind(one, TOKEN) && one.match.length === 1 && one.match[0]!.field === "metadata";

/** Whether this is a server's marker: its match names where the server listens. */
export const isServerMarker = (one: Standing): boolean =>
  isKind(one, SERVER) && one.match.some(({ field }) => field === "tcp_dst");

/** Whether this is the record of an end: its match is a digest and an instant. */
export const isEndRecord = (one: Standing): boolean =>
  isKind(one, END) &&
  one.match
    .map(({ field }) => field)
    .toSorted()
    .join() === "eth_dst,eth_src,metadata";

/** Whether this is an entry of the books, and none of a policy. */
export const isBookkeeping = (one: Standing): boolean => isToken(one) || isServerMarker(one) || isEndRecord(one);

const isKind = (one: Standing, { cookie, priority }: typeof TOKEN): boolean =>
  one.cookie === cookie && one.priority === priority && one.instructions.length === 0;
