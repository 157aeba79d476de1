/** `glazier say`: statements to a running server, and its answers. */
import type { Socket } from "node:net";
import type { Command } from "../common/command.ts";
import { exit, Failure, wrongUsage } from "../common/io.ts";
import { tlsClientOptions } from "../common/options.ts";
import { otherWords } from "../common/other-words.ts";
import { printJson } from "../common/output.ts";
import { readStdin } from "../common/read.ts";
import { failureReason } from "../../session/failure-reason.ts";

export const say: Command = {
  name: "say",
  summary: "statements to a running network, and its answers",
  synopsis: ['say "STATEMENT."… --server TARGET --as NAME', "say - --server TARGET --as NAME"],
  description: [
    "Sends statements to a `glazier serve`, one after the other, and prints what it answers: `True` or `False` in the first " +
      "line, the reasons below. `-` reads them from standard input.",
    "The token of NAME is read from the environment, GLAZIER_TOKEN: on a command line every user of the machine could read it. With --cert a certificate says who speaks, and at the socket of a `serve --unix-user` nothing else need say it.",
    "The exit code is 0 if all were accepted, 1 if one was not.",
  ],
  options: {
    server: { value: "TARGET", help: "the server: unix:PATH, tcp:HOST:PORT (this machine alone) or tls:HOST:PORT" },
    ...tlsClientOptions,
    as: { value: "NAME", help: "who says it" },
  },
  examples: [
    [
      'glazier say "deny(srcHost=10.0.0.3, dstHost=10.0.0.2) on aliceAC to +5min." --server unix:/run/glazier.sock --as Alice',
      "for the next five minutes",
    ],
    ['glazier say "ListShares." --server unix:/run/glazier.sock --as root', "a query"],
  ],
  async run(args, io) {
    const { positionals } = args;
    if (positionals.length === 0) throw wrongUsage("`say` needs a statement", "`glazier help say` shows how");
    const server = args.value("server");
    const name = args.value("as");
    if (server === undefined || name === undefined) throw wrongUsage("`say` needs --server TARGET and --as NAME");
    const { openText } = await import("../common/server.ts");
    const texts = positionals.map(async (one) => (one === "-" ? readStdin(() => io.stdin()) : stopped(one)));
    const text = (await Promise.all(texts)).join("\n");
    const socket = openText(server, args, io);
    // A token that is sent counts alone: who shows a certificate sends none.
    const token = args.value("cert") === undefined ? (io.env["GLAZIER_TOKEN"] ?? "") : "";
    const refused = token === "" && args.value("cert") === undefined ? UNSET : LOGIN;
    const said = await converse(socket, { login: `${name} ${token}`, text, refused, server }, (line) => {
      if (!args.json) io.out(`${line}\n`);
    });
    if (args.json) printJson(io, { ok: said.isGood, replies: said.replies });
    else if (said.replies.length === 0) io.err("note: nothing was said: there was no statement\n");
    return said.isGood ? exit.good : exit.fault;
  },
};

const LOGIN =
  "GLAZIER_TOKEN in the environment has to be the token of --as NAME: the first `serve` prints root's, root says `token NAME.` for others";
const UNSET =
  "GLAZIER_TOKEN is not set: `export GLAZIER_TOKEN=TOKEN` with the token of --as NAME; the first `serve` prints root's, root says `token NAME.` for others; none is needed at the socket that `serve --unix-user` gives a user of its machine";
/** Behind an address that speaks something else. */
const NOT_TEXT = "`say` speaks the text protocol: the address is that of `serve`'s --socket or --text, not of --http";
const UNBEGUN = "the server ended the conversation before it began";
const RUNNING = "is `glazier serve` running, and listening there (its --socket or --text)?";
const FORBIDDEN =
  "`serve --socket-mode MODE` says who may open its socket: without it the server's own user and group, with 666 everybody on its machine; the token still says who speaks";

/** A statement of a command line; the full stop may be missing. */
const stopped = (text: string): string => (/[.}]\s*$|^\s*$/.test(text) ? text : `${text}.`);

interface Said {
  /** Whether no statement was refused. */
  readonly isGood: boolean;
  readonly replies: readonly { readonly head: string; readonly lines: readonly string[] }[];
}

interface Words {
  readonly login: string;
  readonly text: string;
  /** What to do where the login is refused. */
  readonly refused: string;
  /** The address, as it was written. */
  readonly server: string;
}

/** Sends the login and the text; calls back with the lines of the replies as they come. */
async function converse(socket: Socket, words: Words, show: (line: string) => void): Promise<Said> {
  const { login, text, refused, server } = words;
  socket.setEncoding("utf8");
  socket.write(`${login}\n${text}\n`);
  socket.end();
  const replies: { readonly head: string; readonly lines: string[] }[] = [];
  let isIn = false;
  let rest = "";
  const take = (line: string): void => {
    const [, error] = /^(?:Login: )?error: (.*)$/.exec(line) ?? [];
    if (error !== undefined)
      throw new Failure(exit.world, `the server ends the conversation: ${error}`, isIn ? undefined : refused);
    if (!isIn) isIn = line === "Login: logged in";
    else {
      show(line);
      if (line.startsWith(" ")) replies.at(-1)?.lines.push(line.slice(1));
      else if (line !== "") replies.push({ head: line, lines: [] });
    }
  };
  try {
    for await (const piece of socket as AsyncIterable<string>) {
      const lines = (rest + piece).split("\n");
      rest = lines.pop()!;
      lines.forEach(take);
    }
  } catch (fault) {
    if (fault instanceof Failure) throw fault;
    const { code = "" } = fault as NodeJS.ErrnoException;
    // What ends the connection at once and what ends it after our first words are told alike.
    const other = await instead(server, fault as Error);
    if (!isIn && (code === "EPIPE" || code === "ECONNRESET")) throw new Failure(exit.world, UNBEGUN, other ?? NOT_TEXT);
    const isForbidden = code === "EACCES";
    const help = isForbidden ? FORBIDDEN : (other ?? RUNNING);
    throw new Failure(exit.world, `the server does not answer: ${failureReason(fault as Error)}`, help);
  }
  if (!isIn) throw new Failure(exit.world, UNBEGUN, (await instead(server, undefined)) ?? NOT_TEXT);
  return { isGood: replies.every(({ head }) => head !== "False"), replies };
}

/** The words with which the server would have answered. */
async function instead(server: string, fault: Error | undefined): Promise<string | undefined> {
  const { parseTarget } = await import("../../session/target.ts");
  const where = parseTarget(server);
  if ("code" in where || where.kind === "unix") return undefined;
  const { host, port, kind } = where;
  return otherWords({ host, port, isTls: kind === "tls", protocol: "text" }, fault);
}
