/** What `glazier serve` says of itself: where it is reached, and what becomes of its switches. */
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import { count, fewNames, printable } from "#compiler/diagnostics/text.ts";
import type { KeeperEvent } from "../../serve/switches/events.ts";
import type { Started } from "../../serve/start.ts";
import type { Io } from "./io.ts";
import { lineOf, printJson } from "./output.ts";

/** Where a server is reached. */
interface Reached {
  readonly socket: string;
  /** Users of this machine, whom they stand for, and their sockets. */
  readonly unixUsers: readonly { readonly name: string; readonly user: string; readonly at: string }[];
  readonly text: number | undefined;
  readonly http: number | undefined;
  /** The ports where switches are awaited. */
  readonly listen: readonly number[];
  /** How many switches are dialled. */
  readonly dialled: number;
  /** The switches of the policy that the server never holds. */
  readonly unheld: readonly string[];
}

/** What becomes of what is said where a server holds some of the policy's switches alone. */
const unheldText = (names: readonly string[]): string =>
  `${fewNames(names)}: nothing that is said comes there, as answers say; and where waypoints or avoids change, what they hold ` +
  "stays dropped on all switches with links until that is taken back: hold each switch of the policy with " +
  `--switch ${names[0]}=TARGET, or with --listen`;

/** Shows root's token of a first start. */
export const rootTokenText = (token: string): string =>
  `root's token, shown this once: ${token}\n  glazier say … --as root reads it from GLAZIER_TOKEN\n`;

/** Says that the server serves, and where; root's token of a first start; and what no longer fits its policy. */
export function announce(
  { rootToken, fallen, read, kept }: Started,
  { socket, unixUsers, text, http, listen, dialled, unheld }: Reached,
  json: boolean,
  io: Io,
): void {
  if (json)
    printJson(io, {
      ok: true,
      socket,
      ...(text !== undefined && { text }),
      ...(http !== undefined && { http }),
      ...(listen.length > 0 && { listen }),
      records: read,
      ...(kept > 0 && { kept }),
      ...(rootToken !== undefined && { rootToken }),
      fallen,
    });
  else if (rootToken !== undefined) io.out(rootTokenText(rootToken));
  for (const { number, by, text: sentence } of fallen)
    io.err(`warning: record ${number} of ${by} is not in force any more: ${printable(sentence)}\n`);
  if (dialled === 0 && listen.length === 0)
    io.err("warning: no switch holds what is answered here: name them with --switch or --listen\n");
  else if (unheld.length > 0) io.err(`warning: ${printable(unheldText(unheld))}\n`);
  if (json) return;
  if (text !== undefined) io.out(`the text protocol at port ${text}\n`);
  if (http !== undefined) io.out(`HTTP at port ${http}\n`);
  for (const { name, user, at } of unixUsers)
    io.out(`${name} of this machine is ${printable(user)}, without a token, at ${at}\n`);
  if (listen.length > 0) io.out(`switches may connect at port ${listen.join(", ")}\n`);
  const behind = kept > 0 ? ` behind the snapshot of ${kept}` : "";
  io.out(`serving at ${socket}: ${count(read, "record")} read${behind}\n`);
}

/** The lines of what became of a switch. */
export function eventText(name: string, event: KeeperEvent): string {
  switch (event.kind) {
    case "changed":
      return `${name}: ${count(event.flowMods, "flow-mod")} sent\n`;
    case "applied": {
      const { added, replaced, deleted, unchanged } = event.result;
      return `${name}: ${added} added, ${replaced} replaced, ${deleted} deleted, ${unchanged} unchanged\n`;
    }
    case "over": {
      const { times, seconds } = event.past;
      return `${name}: ${OVER[event.trouble]} (after ${count(times, "time")} in ${Math.round(seconds)} s)\n`;
    }
    case "away":
    case "silent":
    case "elsewhere":
    case "lacking":
    case "opened":
    case "warned":
    case "closed":
      return told(name, event.diagnostics);
    case "refused":
      return `${told(name, event.diagnostics)}${name}: it keeps the table that it had, and gets nothing else of this one either\n`;
  }
}

const told = (name: string, diagnostics: readonly Diagnostic[]): string =>
  diagnostics.map((one) => `${name}: ${lineOf(one)}`).join("");

const OVER = {
  away: "it is reached again",
  silent: "it answers again",
  elsewhere: "no other server holds it any more",
  refused: "it takes the table again",
  lacking: "it takes all of the table again",
  opened: "entries and settings of others let on nothing any more that is denied",
  warned: "nothing is to be warned of any more",
  closed: "ways that have changed lead again",
} as const;
