/** Entries and tables → text for people and JSON for programs. Every line names its statement. */
import type { Entry, Table } from "../table/entry.ts";
import { entryText, matchText } from "../table/text.ts";

/** Cookie → the identity of its statement or rule. */
export type Cookies = ReadonlyMap<bigint, string>;

/** The statement of a line as a comment; empty if the line has none. */
export const commentText = (statement: string | undefined): string =>
  statement === undefined ? "" : `    # ${statement.replaceAll(/\s+/g, " ")}`;

/** The statement of an entry as a comment. */
export const originText = ({ cookie }: Entry, cookies: Cookies): string => commentText(cookies.get(cookie));

/** The statements of all cookies of a table: a comment line each, in the order of `cookies`. */
export function legendText({ entries }: Table, cookies: Cookies): string {
  const used = new Set(entries.map(({ cookie }) => cookie));
  return [...cookies]
    .filter(([cookie]) => used.has(cookie))
    .map(([cookie, statement]) => `# cookie=${hex(cookie)} ${statement.replaceAll(/\s+/g, " ")}\n`)
    .join("");
}

/** One entry for programs: its parts, and the whole entry in the notation of ovs-ofctl. */
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
