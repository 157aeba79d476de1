/** A running server: the network, its speakers' connections, and the switches that it holds. */
import { chmodSync } from "node:fs";
import { createServer, type Server as Listener, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import type { EntryOrigin } from "../controller/index.ts";
import {
  Keeper,
  type Holder,
  type KeeperEvent,
  type KeeperOptions,
  type WantedChange,
  type WantedTable,
} from "./keeper.ts";
import type { RunningNetwork } from "./network.ts";
import { Service, ServiceStopped, type Journal, type ServiceOptions } from "./service.ts";
import { converse, TEXT_BOUNDS } from "./text-connection.ts";
import { clearSocket, ELSEWHERE, NoListening } from "./socket-path.ts";
import { failureReason, printTarget } from "../session/index.ts";
import { makeToken, tokenDigest, type Tokens } from "./tokens.ts";

/** A switch that the server holds. */
export interface HeldSwitch {
  /** Its name in the policy. */
  readonly name: string;
  readonly target: KeeperOptions["target"];
  readonly apply: KeeperOptions["apply"];
  readonly look?: KeeperOptions["look"];
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
}

/** What a switch is called in sentences: a network of one switch need not name it. */
const calledSwitch = ({ name, target }: Pick<HeldSwitch, "name" | "target">): string =>
  name === "" ? printTarget(target) : name;

const NOT_YET = "not yet in force on";
const NOTES = {
  new: NOT_YET,
  away: NOT_YET,
  elsewhere: NOT_YET,
  refused: NOT_YET,
  opened: "not alone in force on",
} as const;
const WHY = {
  new: "it is not reached yet",
  away: "it is not reached",
  elsewhere: "another server holds it",
  refused: "it does not take the table",
  opened: "entries of others there let on what is denied",
} as const;

/** Milliseconds that switches get when the server ends. */
const LAST_WORDS = 2_000;

/** The most connections at a time. */
const MOST_CONNECTIONS = 1_000;

export class Server {
  readonly service: Service;
  readonly #options: ServerOptions;
  readonly #keepers: ReadonlyMap<string, Keeper>;
  readonly #listeners: Listener[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #running: Promise<void>[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ServerOptions) {
    const { network, journal, switches, clock, report, observe } = options;
    this.#options = options;
    const notes = (): readonly string[] => this.#notes();
    this.service = new Service(network, journal, { clock, changed: () => this.#changed(), notes, observe });
    this.#keepers = new Map(
      switches.map(({ name, ...one }) => {
        const keeper = new Keeper({
          ...one,
          clock: () => clock() / 1000,
          wanted: () => this.service.atRest(() => this.#wanted(name)),
          change: () => this.service.atRest(() => this.#change(name)),
          report: (event) => report(calledSwitch({ name, ...one }), event),
        });
        return [name, keeper];
      }),
    );
  }

  /** Begins to hold the switches, which say so to others if there is a `holder`. */
  start(holder?: Holder): void {
    for (const keeper of this.#keepers.values()) this.#running.push(keeper.run(holder).catch(ifNotStopped));
    this.#tick();
  }

  /** Resolves when nothing is decided any more, since the log cannot be written. */
  get over(): Promise<void> {
    return this.service.over;
  }

  /** How many switches there are, how many have the table in force, and on how many others let on what is denied. */
  get switches(): { readonly all: number; readonly held: number; readonly opened: number } {
    const keepers = [...this.#keepers.values()];
    const number = (is: (keeper: Keeper) => boolean): number => keepers.filter(is).length;
    return {
      all: keepers.length,
      held: number((one) => one.isHeld),
      opened: number(({ trouble }) => trouble === "opened"),
    };
  }

  /** What those hear whose request is accepted, of switches that do not have it in a moment. Reasons are for root. */
  #notes(): readonly string[] {
    return this.#options.switches.flatMap(({ name }) => {
      const trouble = this.#keepers.get(name)?.trouble;
      return trouble === undefined ? [] : [`${NOTES[trouble]} ${name === "" ? "the switch" : name}: ${WHY[trouble]}`];
    });
  }

  /** Whether every switch has the table in force. */
  get isHeld(): boolean {
    const { all, held } = this.switches;
    return all === held;
  }

  /**
   * Listens on a socket of this machine that its owner and group may use.
   *
   * @throws {NoListening} Somebody listens there, or the path is of something else.
   */
  async listen(path: string): Promise<void> {
    await clearSocket(path);
    const listener = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket, "unix"));
    await new Promise<void>((resolve, reject) => {
      const fails = (error: Error): void =>
        reject(new NoListening(`no socket can be made at ${path}: ${failureReason(error)}`, ELSEWHERE));
      listener.once("error", fails).listen(path, resolve);
    });
    chmodSync(path, 0o660);
    this.#listeners.push(listener);
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    for (const keeper of this.#keepers.values()) keeper.stop();
    const closed = this.#listeners.map((one) => new Promise<void>((resolve) => one.close(() => resolve())));
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closed);
    // A switch that does not answer keeps no server from its end.
    await Promise.race([Promise.all(this.#running), pause(LAST_WORDS, undefined, { ref: false })]);
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
      return;
    }
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    const { tokens } = this.#options;
    void converse(socket, {
      login: (name, token) => (token !== undefined && tokens.admits(name, token) ? name : undefined),
      say: (text, by) => this.service.say({ text, by, via }),
      newToken: (name, by) => this.newToken(name, by),
      bounds: TEXT_BOUNDS,
    });
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
        this.service.atRest(() => this.#follow()).catch(ifNotStopped);
      },
      1_000 - (this.service.now() % 1_000),
    );
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

/** Once nothing is decided any more the network is ahead of the log, and no switch gets its tables. */
function ifNotStopped(error: unknown): void {
  if (!(error instanceof ServiceStopped)) throw error;
}
