/** `glazier serve`: a policy becomes a network that answers, and switches that hold what was answered. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import { printable } from "#compiler/diagnostics/text.ts";
import type { Source } from "#compiler/source.ts";
import type { ServerMark } from "../../controller/index.ts";
import { failureReason } from "../../session/failure-reason.ts";
import type { KeeperEvent } from "../../serve/switches/events.ts";
import type { SwitchListener } from "../../serve/switches/listener.ts";
import type { OpenLog } from "../../log/log.ts";
import type { Server } from "../../serve/server.ts";
import type { KeptClock } from "../../serve/snapshot/kept-clock.ts";
import type { SnapshotKeeper } from "../../serve/snapshot/keeping.ts";
import type { ReadPolicy, ServedPolicy } from "../../serve/start.ts";
import type { Arguments, Command } from "../common/command.ts";
import { exit, Failure, wrongUsage } from "../common/io.ts";
import { checkTargets, onSwitch, switchOptions, target } from "../common/options.ts";
import { openingsOf } from "../common/openings.ts";
import { endAtFault, reportFaults } from "../common/output.ts";
import { decidePolicy, shippedRules, targetName } from "../common/policy.ts";
import { announce, eventText, rootTokenText } from "../common/serve-text.ts";

export const serve: Command = {
  name: "serve",
  summary: "a network that answers: statements over a socket, switches that hold what was answered",
  synopsis: [
    "serve [PATH…] --switch [NAME=]TARGET… | --listen TARGET… --state DIR --socket PATH [--text HOST:PORT] [--http HOST:PORT] [--take] [--take-over] [--db TARGET] [--run-filters]",
  ],
  description: [
    "Decides the policy, as `check` does, and then whatever its users and programs say over the socket, each with a reason. " +
      "An answer leaves once it is written to the log in --state; a server that is killed goes on where the log ends, and no " +
      "answered request is lost.",
    "Switches are held at what is in force: read back, compared, changed in one bundle, whenever something is accepted, " +
      "begins or ends, and whenever a switch comes back.",
    "With --listen switches connect to the server. The facts `switch(NAME, DPID)` say which are expected; any other is refused, " +
      "and so is a second one with the datapath id of one that answers.",
    "A switch is held by one server at a time, and says by which: `apply` is refused, and another server stands by. A server " +
      "that is ended lets go at once, one that was killed within 30 s; started again with the same --state it goes on at once.",
    "The first start prints root's token, once: `glazier say --server unix:PATH --as root` asks for it in GLAZIER_TOKEN.",
    "--text opens the same protocol on a port, and --http over HTTP, with JSON: `/v1/openapi.json` there says what may be " +
      "asked. On any other address than those of this machine both want TLS.",
    "Who may open the socket is decided by --socket-mode and by the folder that it lies in; who speaks, by the token. " +
      "--unix-user gives a user of this machine a socket that nobody else may open, and --anonymous lets one user speak " +
      "without a token, which is possible on this machine only.",
    "A policy with errors starts nothing. Under a changed policy the statements of the log are decided again; those that no " +
      "longer fit are listed, and are not in force.",
  ],
  options: {
    switch: { ...onSwitch, value: "[NAME=]TARGET", multiple: true },
    state: { value: "DIR", help: "the folder of the log; it is made if it is not there" },
    socket: { value: "PATH", help: "the socket of the text protocol" },
    target: { ...target, help: `${target.help} (default ovs)` },
    http: { value: "HOST:PORT", help: "where HTTP is spoken: 127.0.0.1:8080, or elsewhere with TLS" },
    text: { value: "HOST:PORT", help: "where else the text protocol is spoken: 127.0.0.1:6640, or elsewhere with TLS" },
    anonymous: { value: "NAME", help: "who may log in to the text protocol without a token" },
    "unix-user": {
      value: "USER=NAME",
      multiple: true,
      help: "who of this machine is which user: alice=Alice has a socket PATH.alice, and needs no token there",
    },
    "socket-mode": { value: "MODE", help: "who may open the socket, in octal (default 660: its owner and group)" },
    "tls-cert": { value: "FILE", help: "the certificate of --http and --text, in PEM" },
    "tls-key": { value: "FILE", help: "its key" },
    "client-ca": {
      value: "FILE",
      help: "the authority whose certificates stand for users at --http and --text, in PEM",
    },
    client: {
      value: "NAME=USER",
      multiple: true,
      help: "whom a name in such a certificate stands for: CN:NAME, DNS:NAME or email:ADDRESS",
    },
    "client-crl": {
      value: "FILE",
      help: "the authority's list of certificates that it has revoked, in PEM, read again when it changes; where it has expired, none is taken",
    },
    "keep-log": {
      value: "RECORDS,DURATION",
      help: "what stays of the log at the least, in records and in time (default 100000,30d); older ones go once a snapshot has what stands of them",
    },
    take: { help: "take the switch from another server that holds it" },
    "take-over": { help: "remove entries of others from our tables" },
    ...switchOptions,
    db: { value: "TARGET", help: "the switch's database: unix:PATH (default db.sock beside the management socket)" },
    "run-filters": {
      help: "install the filters and short queues of the target ovs-userspace on this machine's ports, which takes root; without it such a switch gets no queues, and answers say so",
    },
  },
  examples: [
    [
      "glazier serve campus --switch unix:/run/s1.mgmt --state /var/lib/glazier --socket /run/glazier.sock",
      "one switch of this machine",
    ],
    ["glazier serve --switch s1=tcp:192.0.2.1:6653 --switch s2=tcp:192.0.2.2:6653 …", "several switches by name"],
    [
      "glazier serve campus --listen tcp:192.0.2.10:6653 --state /var/lib/glazier --socket /run/glazier.sock",
      "switches that connect to the server",
    ],
  ],
  async run(args, io) {
    const [state, socket] = needed(args, ["state", "socket"]);
    if (socket!.startsWith("unix:"))
      throw wrongUsage(
        "--socket: what stands here is a path, and no address",
        `write \`${socket!.slice(5) || "PATH"}\``,
      );
    await checkTargets(args, ["db"]);
    const held = await import("../common/held-switches.ts");
    const given = held.readSwitches(args, io);
    const { front, text, mode, anonymous, unixUsers, named, revoked } = await openingsOf(args, io);
    const options = { target: targetName(args) };
    const { readRetention } = await import("../../serve/snapshot/retention.ts");
    const kept = args.value("keep-log");
    const retention = kept === undefined ? undefined : readRetention(kept);
    if (kept !== undefined && retention === undefined)
      throw wrongUsage(
        `--keep-log: ${kept} says not how many records and how long`,
        "write both, such as 100000,30d or 5000,12h",
      );
    const { boundYoungGeneration } = await import("../../process/young-generation.ts");
    boundYoungGeneration();
    const machine = (): number => Math.floor(io.now() * 1000);
    let since: number | undefined;
    /** It is read once the log is led, since another server may have kept its own until then. */
    const clock = (): number => Math.max((since ??= keeping.readClock(resolve(io.cwd, state))), machine());
    const { openSqliteLog } = await import("../../log/sqlite/sqlite-log.ts");
    const { LogError } = await import("../../log/log.ts");
    const { startNetwork } = await import("../../serve/start.ts");
    const { isSpeaker } = await import("../../serve/tokens.ts");
    const serving = await import("../../serve/server.ts");
    const { NoListening } = await import("../../serve/socket-path.ts");
    const { socketOf } = await import("../../serve/listening/unix-users.ts");
    const { stateId } = await import("../../serve/switches/identity.ts");
    const { HeldBefore } = await import("../../serve/switches/held-before.ts");
    const snapshotting = await import("../../serve/snapshot/keeping.ts");
    const keeping = await import("../../serve/snapshot/kept-clock.ts");
    const read = async (now: number, known?: string): Promise<ServedPolicy> => {
      const texts: Source[] = [];
      const heard = (source: Source): void => void texts.push(source);
      const submits = (): boolean => known === undefined || hashOf(texts) !== known;
      const decided = await decidePolicy(args.positionals, now, io, { heard, submits });
      // What does not fit the policy starts nothing: root's token would be shown by a server that is not there.
      if (decided.good) held.heldSwitches(given, decided.model.directory, args, io);
      return { decided, hash: hashOf(texts), rules: await shippedRules(), ...(!submits() && { isBare: true }) };
    };
    // A policy with errors starts nothing, and makes no folder. With a log the policy is decided at the clock of the log.
    const first = existsSync(resolve(io.cwd, state)) ? undefined : await read(Math.floor(io.now()));
    if (first?.decided.good === false) {
      reportFaults(first.decided.diagnostics, io);
      return endAtFault(first.decided.diagnostics, args.json, io);
    }
    let log: OpenLog | undefined;
    let server: Server | undefined;
    let snapshots: SnapshotKeeper | undefined;
    let keptClock: KeptClock | undefined;
    let awaited: SwitchListener | undefined;
    let unfollow: (() => void) | undefined;
    let untold: string | undefined;
    try {
      const folder = resolve(io.cwd, state);
      const notice = (sentence: string): void => io.err(`warning: ${printable(sentence)}\n`);
      log = await openSqliteLog(folder, { notice });
      const started = await startNetwork(once(first, read), log, options, clock, { folder, notice });
      if ("faults" in started) {
        reportFaults(started.faults, io);
        return endAtFault(started.faults, args.json, io);
      }
      untold = started.rootToken;
      const { network, journal, tokens } = started;
      for (const [option, user] of named)
        if (!isSpeaker(network, user))
          notice(`${option}: there is no user \`${user}\`; until one is added nobody speaks so`);
      const id = stateId(folder);
      const before = new HeldBefore(folder, notice);
      since = Math.max(clock(), started.since);
      if (since - machine() > CLOCK_BEHIND) notice(clockBehindText(since - machine()));
      keptClock = new keeping.KeptClock(folder, (error) => notice(unkeptClockText(error)));
      await keptClock.keep(since);
      const { switches, listener } = held.heldSwitches(given, network.decided.model.directory, args, io);
      awaited = listener;
      const report = (name: string, event: KeeperEvent): void => io.err(eventText(name, event));
      const faulty = (faults: readonly Diagnostic[]): void => reportFaults(faults, io);
      server = new serving.Server({
        network,
        journal,
        tokens,
        switches,
        clock,
        machine,
        passed: io.passed,
        keepClock: (at) => keptClock!.keep(at),
        clockSet: (by) => notice(clockSetText(by)),
        report,
        faulty,
        observe: front?.observe,
        failed: (error, about) => io.err(`error: a fault of glazier, at ${printable(about)}\n${stackOf(error)}\n`),
        rebuild: started.rebuild,
        anonymous,
      });
      const ports = await held.awaitSwitches(awaited, given, args);
      const at = resolve(io.cwd, socket);
      await server.text.listenAt(at, mode);
      for (const one of unixUsers) await server.text.listenAt(socketOf(at, one), 0o600, one);
      const textPort = await (text && server.text.listenOn(text))?.catch((error: Error) => {
        throw new Failure(exit.world, `--text ${args.value("text")}: ${failureReason(error)}`, OTHER_PORT);
      });
      const told = { server, network, tokens, once: started.once, log, journal };
      const port = await front?.listen(told).catch((error: Error) => {
        throw new Failure(exit.world, `--http ${args.value("http")}: ${failureReason(error)}`, OTHER_PORT);
      });
      const reached = {
        socket,
        text: textPort,
        http: port,
        listen: ports,
        dialled: switches.length,
        unheld: server.unheld,
      };
      const owned = unixUsers.map((one) => ({ ...one, at: socketOf(socket, one) }));
      announce(started, { ...reached, unixUsers: owned }, args.json, io);
      untold = undefined;
      const { service } = server;
      let isOver = false;
      snapshots = new snapshotting.SnapshotKeeper({
        folder,
        log,
        kept: started.kept,
        ...(retention && { retention }),
        next: () => journal.next,
        capture: () => service.atRest(started.capture),
        // Once nothing is decided any more the log belongs to the last snapshot.
        note: (draft) => (isOver ? journal.note(service.now(), draft) : service.note(draft)),
        failed: (reason) => notice(`the log goes on without a new snapshot: ${reason}`),
      });
      snapshots.start();
      unfollow = revoked?.follow();
      const mark = { id, process: process.pid, at: placeOf(args.value("http"), port) };
      server.start({ claim: { mark, take: args.flag("take") }, generation: journal.term << 32n, before });
      const signal = await Promise.race([server.over.then(() => undefined), io.asked?.() ?? never()]);
      // Also where the log cannot be written: whoever waits for an answer hears why there is none. A front's answers are
      // made of what the server has decided.
      await server.end();
      await front?.end();
      if (signal !== undefined) {
        isOver = true;
        await snapshots.end();
      }
      const { fault } = server.service;
      if (signal !== undefined && fault === undefined) {
        io.err(`${signal}: the server ends, and its switches keep what they hold\n`);
        return exit.good;
      }
      io.err(`error: nothing is decided any more: ${fault?.message ?? "it was stopped"}\n`);
      return exit.world;
    } catch (error) {
      if (error instanceof NoListening) throw new Failure(exit.world, error.message, error.help);
      if (!(error instanceof LogError)) throw error;
      throw new Failure(exit.world, error.message, error.fault.help);
    } finally {
      // The log has it already, and no later start shows it: a port that is taken must not cost who starts it the network.
      if (untold !== undefined) io.err(rootTokenText(untold));
      // Nothing that is still connected keeps a server that decides nothing.
      unfollow?.();
      await front?.stop();
      await server?.stop();
      await keptClock?.close();
      await snapshots?.stop();
      await awaited?.close();
      await log?.close();
    }
  },
};

const OTHER_PORT = "name an address of this machine and a port that is free; 0 takes any";

/** What becomes of ends when the machine's clock is set by so many milliseconds. */
function clockSetText(by: number): string {
  const seconds = Math.round(Math.abs(by) / 100) / 10;
  return by < 0
    ? `the machine's clock was set back by ${seconds} s: the server goes on by what has passed, so every end comes when it would have come`
    : `the machine's clock was set forward by ${seconds} s: what has ended by it, ends now, and what has begun, begins`;
}

/** Milliseconds by which the machine's clock may be behind without a word. */
const CLOCK_BEHIND = 1_000;

const clockBehindText = (by: number): string =>
  `the machine's clock is ${Math.round(by / 100) / 10} s behind that of the state, which does not go back: the server goes on from the latter, so nothing that has ended begins again`;

const unkeptClockText = (error: unknown): string =>
  `the clock cannot be kept (${failureReason(error as Error)}): where the machine's is set back, the next start goes back, too`;

/** Where HTTP is spoken, for those who find the server's marker on a switch. */
const placeOf = (http: string | undefined, port: number | undefined): ServerMark["at"] =>
  http === undefined || port === undefined ? undefined : { host: http.slice(0, http.lastIndexOf(":")), port };

/** What was read already for the first call, which asks at the same clock or a little later. */
function once(first: ServedPolicy | undefined, read: ReadPolicy): ReadPolicy {
  let ready = first;
  return async (now, known) => {
    const one = ready ?? (await read(now, known));
    ready = undefined;
    return one;
  };
}

const never = (): Promise<never> => new Promise(() => undefined);

const stackOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));

/** The values of options that must be given; those that are missing are told at once. */
function needed<const N extends readonly string[]>(args: Arguments, names: N): { readonly [K in keyof N]: string } {
  const missing = names.filter((name) => (args.value(name) ?? "") === "");
  if (missing.length > 0)
    throw wrongUsage(
      `\`serve\` needs ${missing.map((name) => `--${name} ${serve.options[name]!.value}`).join(" and ")}`,
      missing.map((name) => `--${name}: ${serve.options[name]!.help}`).join("\n  "),
    );
  return names.map((name) => args.value(name)!) as { readonly [K in keyof N]: string };
}

/** The same for the same texts in the order in which they are decided, wherever they lie: a log goes on under them alone. */
function hashOf(texts: readonly Source[]): string {
  return createHash("sha256")
    .update(JSON.stringify(texts.map(({ text }) => text)))
    .digest("hex");
}
