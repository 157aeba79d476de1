/** `glazier serve`: a policy becomes a network that answers, and switches that hold what was answered. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import { renderLine } from "#compiler/diagnostics/render.ts";
import { count, printable } from "#compiler/diagnostics/text.ts";
import { ofSwitch } from "#compiler/lookup/switch.ts";
import type { Source } from "#compiler/source.ts";
import type { HttpFront } from "../../serve/http/front.ts";
import type { KeeperEvent } from "../../serve/keeper.ts";
import type { OpenLog } from "../../log/log.ts";
import type { Server } from "../../serve/server.ts";
import type { ServedPolicy } from "../../serve/start.ts";
import type { SwitchTarget } from "../../session/target.ts";
import type { Arguments, Command } from "../common/command.ts";
import { exit, Failure, wrongUsage, type Io } from "../common/io.ts";
import { onSwitch, target } from "../common/options.ts";
import { endAtFault, printJson, reportFaults, valueOf } from "../common/output.ts";
import { decidePolicy, targetName } from "../common/policy.ts";

export const serve: Command = {
  name: "serve",
  summary: "a network that answers: statements over a socket, switches that hold what was answered",
  synopsis: [
    "serve [PATH…] --switch [NAME=]TARGET… --state DIR --socket PATH [--http HOST:PORT] [--take-over] [--db TARGET]",
  ],
  description: [
    "Decides the policy, as `check` does, and then whatever its users and programs say over the socket, each with a reason. " +
      "An answer leaves once it is written to the log in --state; a server that is killed goes on where the log ends, and no " +
      "answered request is lost.",
    "Switches are held at what is in force: read back, compared, changed in one bundle, whenever something is accepted, " +
      "begins or ends, and whenever a switch comes back.",
    "The first start prints root's token, once: `glazier say --server unix:PATH --as root` asks for it in GLAZIER_TOKEN.",
    "--http opens the same over HTTP, with JSON: `/v1/openapi.json` there says what may be asked. On any other address than " +
      "those of this machine it wants TLS.",
    "A policy with errors starts nothing. Under a changed policy the statements of the log are decided again; those that no " +
      "longer fit are listed, and are not in force.",
  ],
  options: {
    switch: { ...onSwitch, value: "[NAME=]TARGET", multiple: true },
    state: { value: "DIR", help: "the folder of the log; it is made if it is not there" },
    socket: { value: "PATH", help: "the socket of the text protocol" },
    target: { ...target, help: `${target.help} (default ovs)` },
    http: { value: "HOST:PORT", help: "where HTTP is spoken: 127.0.0.1:8080, or elsewhere with TLS" },
    "tls-cert": { value: "FILE", help: "the certificate of HTTP, in PEM" },
    "tls-key": { value: "FILE", help: "its key" },
    "take-over": { help: "remove entries of others from our tables" },
    db: { value: "TARGET", help: "the switch's database: unix:PATH (default db.sock beside the management socket)" },
  },
  examples: [
    [
      "glazier serve campus --switch unix:/run/s1.mgmt --state /var/lib/glazier --socket /run/glazier.sock",
      "one switch of this machine",
    ],
    ["glazier serve --switch s1=tcp:192.0.2.1:6653 --switch s2=tcp:192.0.2.2:6653 …", "several switches by name"],
  ],
  async run(args, io) {
    const [state, socket] = [needed(args, "state"), needed(args, "socket")];
    const { parseTarget } = await import("../../session/target.ts");
    const given = args.values("switch").map((text) => readSwitch(text, parseTarget));
    const front = await frontOf(args, io);
    const database = args.value("db");
    const options = { target: targetName(args) };
    const clock = (): number => Math.floor(io.now() * 1000);
    const { openSqliteLog } = await import("../../log/sqlite/sqlite-log.ts");
    const { LogError } = await import("../../log/log.ts");
    const { startNetwork } = await import("../../serve/start.ts");
    const serving = await import("../../serve/server.ts");
    const read = async (now: number): Promise<ServedPolicy> => {
      const texts: Source[] = [];
      const decided = await decidePolicy(args.positionals, now, io, undefined, (source) => void texts.push(source));
      return { decided, hash: hashOf(texts) };
    };
    // A policy with errors starts nothing, and makes no folder. With a log the policy is decided at the clock of the log.
    const first = existsSync(resolve(io.cwd, state)) ? undefined : await read(Math.floor(io.now()));
    if (first?.decided.good === false) {
      reportFaults(first.decided.diagnostics, io);
      return endAtFault(first.decided.diagnostics, args.json, io);
    }
    let log: OpenLog | undefined;
    let server: Server | undefined;
    try {
      log = await openSqliteLog(resolve(io.cwd, state));
      const started = await startNetwork(once(first, read), log, options, clock);
      if ("faults" in started) {
        reportFaults(started.faults, io);
        return endAtFault(started.faults, args.json, io);
      }
      const { network, journal, tokens, rootToken, fallen } = started;
      const tables = network.tables.tables(Math.floor(io.now()));
      const switches = given.map(({ name, at }) => {
        const [known] = valueOf(ofSwitch(tables, name, "--switch"), io);
        return { name: known, target: at, apply: { takeOver: args.flag("take-over"), database } };
      });
      const report = (name: string, event: KeeperEvent): void => io.err(eventText(name, event));
      const faulty = (faults: readonly Diagnostic[]): void => reportFaults(faults, io);
      server = new serving.Server({
        network,
        journal,
        tokens,
        switches,
        clock,
        report,
        faulty,
        observe: front?.observe,
        failed: (error, about) => io.err(`error: a fault of glazier, at ${printable(about)}\n${stackOf(error)}\n`),
        rebuild: started.rebuild,
      });
      await server.listen(resolve(io.cwd, socket));
      const port = await front?.listen({ server, network, tokens, once: started.once, log }).catch((error: Error) => {
        throw new Failure(exit.world, `--http ${args.value("http")}: ${error.message}`);
      });
      if (args.json)
        printJson(io, {
          ok: true,
          socket,
          ...(port !== undefined && { http: port }),
          records: started.read,
          ...(rootToken !== undefined && { rootToken }),
          fallen,
        });
      else if (rootToken !== undefined)
        io.out(`root's token, shown this once: ${rootToken}\n  glazier say … --as root reads it from GLAZIER_TOKEN\n`);
      for (const { number, by, text } of fallen)
        io.err(`warning: r${number} of ${by} is not in force any more: ${printable(text)}\n`);
      if (port !== undefined && !args.json) io.out(`HTTP at port ${port}\n`);
      if (!args.json) io.out(`serving at ${socket}: ${count(started.read, "record")} read\n`);
      server.start();
      const signal = await Promise.race([server.over.then(() => undefined), io.stopped?.() ?? never()]);
      if (signal !== undefined) {
        // A front's answers are made of what the server has decided.
        await server.end();
        await front?.end();
      }
      const { fault } = server.service;
      if (signal !== undefined && fault === undefined) {
        io.err(`${signal}: stopped; the log has ${count(journal.next, "record")}\n`);
        return exit.good;
      }
      io.err(`error: nothing is decided any more: ${fault?.message ?? "it was stopped"}\n`);
      return exit.world;
    } catch (error) {
      if (!(error instanceof LogError)) throw error;
      throw new Failure(exit.world, error.message, error.fault.help);
    } finally {
      // Nothing that is still connected keeps a server that decides nothing.
      await front?.stop();
      await server?.stop();
      await log?.close();
    }
  },
};

/** The HTTP front, which is loaded only where it is wanted; undefined: it is not. */
async function frontOf(args: Arguments, io: Io): Promise<HttpFront | undefined> {
  const http = args.value("http");
  const [cert, key] = ["tls-cert", "tls-key"].map((name) => args.value(name));
  if (http === undefined) {
    if (cert !== undefined || key !== undefined) throw wrongUsage("--tls-cert and --tls-key are for --http");
    return undefined;
  }
  const { BadAddress, readAddress } = await import("../../serve/http/address.ts");
  const { HttpFront } = await import("../../serve/http/front.ts");
  const path = (one: string | undefined): string | undefined => one && resolve(io.cwd, one);
  try {
    return new HttpFront(readAddress(http, path(cert), path(key)), io.err);
  } catch (error) {
    if (!(error instanceof BadAddress)) throw error;
    throw wrongUsage(`--http: ${error.message}`, error.help);
  }
}

/** What was read already for the first call, which asks at the same clock or a little later. */
function once(first: ServedPolicy | undefined, read: (now: number) => Promise<ServedPolicy>): typeof read {
  let ready = first;
  return async (now) => {
    const one = ready ?? (await read(now));
    ready = undefined;
    return one;
  };
}

const never = (): Promise<never> => new Promise(() => undefined);

const stackOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));

function needed(args: Arguments, name: string): string {
  const value = args.value(name);
  if (value === undefined || value === "") throw wrongUsage(`\`serve\` needs --${name} ${serve.options[name]!.value}`);
  return value;
}

/** `NAME=TARGET`, or a target alone where the policy has one switch. */
function readSwitch(
  text: string,
  parseTarget: (target: string) => SwitchTarget | Diagnostic,
): { readonly name: string | undefined; readonly at: SwitchTarget } {
  const [, name, rest] = /^([^:=]+)=(.*)$/s.exec(text) ?? [undefined, undefined, text];
  const at = parseTarget(rest!);
  if ("code" in at) throw wrongUsage(`--switch: ${at.message}`, at.help);
  return { name, at };
}

/** The same for the same texts: a log goes on under them alone. */
function hashOf(texts: readonly Source[]): string {
  const all = texts.map(({ name, text }) => JSON.stringify([name, text])).toSorted();
  return createHash("sha256").update(all.join("\n")).digest("hex");
}

/** A line of what became of a switch. */
function eventText(name: string, event: KeeperEvent): string {
  if (event.kind === "changed") return `${name}: ${count(event.flowMods, "flow-mod")} sent\n`;
  if (event.kind === "away") return `${name}: ${renderLine(event.diagnostic)}\n`;
  const { result } = event;
  if (result.outcome === "failed") return result.diagnostics.map((one) => `${name}: ${renderLine(one)}\n`).join("");
  const { added, replaced, deleted, unchanged } = result;
  return `${name}: ${added} added, ${replaced} replaced, ${deleted} deleted, ${unchanged} unchanged\n`;
}
