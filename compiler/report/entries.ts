/** Entries and tables → text for people and JSON for programs; every line leads back to its statement. */
import type { Entry, Table } from "../table/entry.ts";
import { entryText, matchText } from "../table/text.ts";

/** The identity of the statement or rule that a cookie stands for. */
export type Cookies = ReadonlyMap<bigint, string>;

/** A statement behind a line, as a comment; empty where the line has none. */
export const commentText = (statement: string | undefined): string =>
  statement === undefined ? "" : `    # ${statement.replaceAll(/\s+/g, " ")}`;

/** The statement behind an entry, as a comment. */
export const originText = ({ cookie }: Entry, cookies: Cookies): string => commentText(cookies.get(cookie));

/** Which statement each cookie of a table stands for: a comment line each, in the order of `cookies`. */
export function legendText({ entries }: Table, cookies: Cookies): string {
  const used = new Set(entries.map(({ cookie }) => cookie));
  return [...cookies]
    .filter(([cookie]) => used.has(cookie))
    .map(([cookie, statement]) => `# cookie=${hex(cookie)} ${statement.replaceAll(/\s+/g, " ")}\n`)
    .join("");
}

/** One entry for programs: its parts, and the whole of it in the notation of ovs-ofctl. */
export function entryJson(entry: Entry, cookies: Cookies): object {
  return {
    table: entry.table,
    priority: entry.priority,
    match: matchText(entry.match),
    cookie: hex(entry.cookie),
    ...(cookies.has(entry.cookie) && { statement: cookies.get(entry.cookie) }),
    ...(entry.hardTimeout > 0 && { hardTimeout: entry.hardTimeout }),
    ...(entry.idleTimeout > 0 && { idleTimeout: entry.idleTimeout }),
    ovs: entryText(entry),
  };
}

const hex = (value: bigint): string => `0x${value.toString(16)}`;
