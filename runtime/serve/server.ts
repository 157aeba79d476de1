/** A running server: the network, its speakers' connections, and the switches that it holds. */
import { chmodSync, rmSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import { connect, createServer, type Server as Listener, type Socket } from "node:net";
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import type { EntryOrigin } from "../controller/index.ts";
import { Keeper, type KeeperEvent, type KeeperOptions, type WantedChange, type WantedTable } from "./keeper.ts";
import type { RunningNetwork } from "./network.ts";
import { Service, ServiceStopped, type Journal, type ServiceOptions } from "./service.ts";
import { converse, TEXT_BOUNDS } from "./text-connection.ts";
import { makeToken, tokenDigest, type Tokens } from "./tokens.ts";

/** A switch that the server holds. */
export interface HeldSwitch {
  /** Its name in the policy. */
  readonly name: string;
  readonly target: KeeperOptions["target"];
  readonly apply: KeeperOptions["apply"];
}

export interface ServerOptions {
  readonly network: RunningNetwork;
  readonly journal: Journal;
  readonly tokens: Tokens;
  readonly switches: readonly HeldSwitch[];
  /** Unix milliseconds. */
  readonly clock: () => number;
  readonly report: (name: string, event: KeeperEvent) => void;
  /** Called with errors of tables that come with time alone: no switch can keep what begins. */
  readonly faulty: (faults: readonly Diagnostic[]) => void;
  readonly observe?: ServiceOptions["observe"];
  /** Called with an exception that is a fault of ours, and what it was about. */
  readonly failed?: (error: unknown, about: string) => void;
  /** Brings the network to what its log holds, after an exception. */
  readonly rebuild?: ServiceOptions["rebuild"];
}

/** Milliseconds until a switch whose keeper met a fault of ours is held again. */
const KEEP_AGAIN = 5_000;

/** Milliseconds that clients have to read the last answers of a server that ends. */
const LAST_WORDS = 1_000;

/** The most connections at a time. */
const MOST_CONNECTIONS = 1_000;

export class Server {
  readonly service: Service;
  readonly #options: ServerOptions;
  readonly #keepers: ReadonlyMap<string, Keeper>;
  readonly #listeners: Listener[] = [];
  readonly #sockets = new Set<Socket>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ServerOptions) {
    const { network, journal, switches, clock, report, observe, rebuild, failed } = options;
    this.#options = options;
    this.service = new Service(network, journal, {
      clock,
      changed: () => this.#changed(),
      observe,
      failed: (error, { by, text }) => failed?.(error, `a sentence of ${by}: ${text}`),
      rebuild: rebuild && (() => this.#rebuild(rebuild)),
    });
    this.#keepers = new Map(
      switches.map(({ name, ...one }) => {
        const keeper = new Keeper({
          ...one,
          clock: () => clock() / 1000,
          wanted: () => this.service.atRest(() => this.#wanted(name)),
          change: () => this.service.atRest(() => this.#change(name)),
          report: (event) => report(name, event),
        });
        return [name, keeper];
      }),
    );
  }

  /** Begins to hold the switches. */
  start(): void {
    for (const [name, keeper] of this.#keepers) this.#keep(name, keeper);
    this.#tick();
  }

  /** Holds a switch until the server stops. After a fault of ours it is held again a little later. */
  #keep(name: string, keeper: Keeper): void {
    keeper.run().catch((error: unknown) => {
      this.#noteFault(error, `the switch ${name}`);
      // Once nothing is decided any more the network is ahead of the log, and no switch gets its tables.
      if (!(error instanceof ServiceStopped)) setTimeout(() => this.#keep(name, keeper), KEEP_AGAIN).unref();
    });
  }

  /** Resolves when nothing is decided any more, since the log cannot be written. */
  get over(): Promise<void> {
    return this.service.over;
  }

  /** How many switches there are, and how many of them have the table in force. */
  get switches(): { readonly all: number; readonly held: number } {
    const keepers = [...this.#keepers.values()];
    return { all: keepers.length, held: keepers.filter((keeper) => keeper.isHeld).length };
  }

  /** Whether every switch has the table in force. */
  get isHeld(): boolean {
    const { all, held } = this.switches;
    return all === held;
  }

  /** Listens on a socket of this machine that its owner and group may use. Rejects if somebody listens there. */
  async listen(path: string): Promise<void> {
    if (await answers(path)) throw new Error(`another server listens at ${path}`);
    // Nobody listens: the file is left from a server that was killed.
    rmSync(path, { force: true });
    const listener = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket, "unix"));
    await new Promise<void>((resolve, reject) => {
      listener.once("error", reject).listen(path, resolve);
    });
    chmodSync(path, 0o660);
    this.#listeners.push(listener);
  }

  /**
   * Ends in peace: what is begun is answered, and its answer sent; all else is refused. Clients have a second to read it.
   * The network may be read until `stop`.
   */
  async end(): Promise<void> {
    for (const one of this.#listeners) one.close();
    await this.service.close();
    // The replies to what was decided are written first.
    await turn();
    const gone = [...this.#sockets].map(
      (socket) => new Promise<void>((resolve) => socket.once("close", () => resolve())),
    );
    for (const socket of this.#sockets) if (!socket.writableEnded) socket.end("error: the server was stopped\n");
    const soon = Promise.withResolvers<void>();
    const timer = setTimeout(soon.resolve, LAST_WORDS);
    await Promise.race([Promise.all(gone), soon.promise]);
    clearTimeout(timer);
  }

  /** Lets go of everything at once. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    for (const keeper of this.#keepers.values()) keeper.stop();
    const closed = this.#listeners.map((one) => new Promise<void>((resolve) => one.close(() => resolve())));
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closed);
  }

  /** A new token of a name, once it is recorded; undefined: only root makes tokens. */
  async newToken(name: string, by: string): Promise<string | undefined> {
    if (by !== "root") return undefined;
    const { token, digest } = makeToken();
    await this.service.note({ kind: "token", name, digest });
    this.#options.tokens.add(name, digest);
    return token;
  }

  /**
   * Takes tokens of a name away; returns how many, once that is recorded.
   *
   * @param token The one to take away; undefined: all of them.
   * @returns `last` for the last of root's: without one nobody could make another.
   */
  async revokeTokens(name: string, token: string | undefined): Promise<number | "last"> {
    const { tokens } = this.#options;
    const all = tokens.of(name);
    const given = token === undefined ? undefined : tokenDigest(token);
    const gone = given === undefined ? all : all.filter((one) => one === given);
    if (name === "root" && gone.length > 0 && gone.length === all.length) return "last";
    // From now on they open nothing, whether or not the record is written.
    for (const digest of gone) tokens.remove(name, digest);
    for (const digest of gone) await this.service.note({ kind: "token", name, digest, revoked: true });
    return gone.length;
  }

  #accept(socket: Socket, via: string): void {
    if (this.#sockets.size >= MOST_CONNECTIONS) {
      socket.on("error", () => socket.destroy()).end("error: there are too many connections\n");
      // Half of a connection is one too many as well.
      setTimeout(() => socket.destroy(), 1_000).unref();
      return;
    }
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    const { tokens } = this.#options;
    void converse(socket, {
      login: (name, token) => (token !== undefined && tokens.admits(name, token) ? name : undefined),
      say: (text, by, from) => this.service.say({ text, by, via, from }),
      newToken: (name, by) => this.newToken(name, by),
      bounds: TEXT_BOUNDS,
    });
  }

  /** What the switches were sent last is not known to the tables that are built anew. */
  async #rebuild(rebuild: () => Promise<void>): Promise<void> {
    await rebuild();
    for (const keeper of this.#keepers.values()) keeper.readBack();
  }

  /** Something was accepted: the switches whose table it changes get it. */
  #changed(): void {
    for (const [name, keeper] of this.#keepers) if (this.#options.network.tables.hasChanges(name)) keeper.changed();
  }

  /** Requests begin and end by themselves, at whole seconds. */
  #tick(): void {
    this.#timer = setTimeout(
      () => {
        this.#tick();
        this.service
          .atRest(() => this.#follow())
          .catch((error: unknown) => this.#noteFault(error, "what begins and ends"));
      },
      1_000 - (this.service.now() % 1_000),
    );
  }

  /** What time alone brings has no speaker who could be answered: it is reported, and tried again a second later. */
  #noteFault(error: unknown, about: string): void {
    if (!(error instanceof ServiceStopped)) this.#options.failed?.(error, about);
  }

  /** Brings the network to the second at hand, which it returns. */
  #follow(): number {
    const { network, faulty } = this.#options;
    const now = Math.floor(this.service.now() / 1000);
    network.admission.advance(now);
    const faults = network.tables.follow(now);
    if (faults.length > 0) faulty(faults);
    for (const [name, keeper] of this.#keepers) if (network.tables.hasChanges(name)) keeper.changed();
    return now;
  }

  #wanted(name: string): WantedTable {
    const since = this.#follow();
    const { tables } = this.#options.network;
    tables.take(name, since);
    const statements = new Map(
      [...tables.cookies()].map(([cookie, one]): [bigint, EntryOrigin] => [cookie, { name: one }]),
    );
    return { table: tables.tables(since).get(name)!, statements, since };
  }

  #change(name: string): WantedChange {
    const since = this.#follow();
    return { ...this.#options.network.tables.take(name, since), since };
  }
}

/** Whether somebody listens at a socket. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
      .once("connect", () => {
        socket.destroy();
        resolve(true);
      })
      .once("error", () => resolve(false));
  });
}
