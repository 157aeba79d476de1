/** A running server: the network, its speakers' connections, and the switches that it holds. */
import { chmodSync, rmSync } from "node:fs";
import { connect, createServer, type Server as Listener, type Socket } from "node:net";
import type { EntryOrigin } from "../controller/index.ts";
import { Keeper, type KeeperEvent, type KeeperOptions, type WantedTable } from "./keeper.ts";
import type { RunningNetwork } from "./network.ts";
import { Service, type Journal } from "./service.ts";
import { converse, TEXT_BOUNDS } from "./text-connection.ts";
import type { Tokens } from "./tokens.ts";

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
}

/** The most connections at a time. */
const MOST_CONNECTIONS = 1_000;

export class Server {
  readonly service: Service;
  readonly #options: ServerOptions;
  readonly #keepers: readonly Keeper[];
  readonly #listeners: Listener[] = [];
  readonly #sockets = new Set<Socket>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ServerOptions) {
    const { network, journal, switches, clock, report } = options;
    this.#options = options;
    this.service = new Service(network, journal, { clock, changed: () => this.#changed() });
    this.#keepers = switches.map(
      ({ name, ...one }) =>
        new Keeper({
          ...one,
          clock: () => clock() / 1000,
          wanted: () => this.service.atRest(() => this.#wanted(name)),
          report: (event) => report(name, event),
        }),
    );
  }

  /** Begins to hold the switches. */
  start(): void {
    for (const keeper of this.#keepers) void keeper.run();
    this.#changed();
  }

  /** Resolves when nothing is decided any more, since the log cannot be written. */
  get over(): Promise<void> {
    return this.service.over;
  }

  /** Whether every switch has the table in force. */
  get isHeld(): boolean {
    return this.#keepers.every((keeper) => keeper.isHeld);
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

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    for (const keeper of this.#keepers) keeper.stop();
    const closed = this.#listeners.map((one) => new Promise<void>((resolve) => one.close(() => resolve())));
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closed);
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
      bounds: TEXT_BOUNDS,
    });
  }

  #changed(): void {
    for (const keeper of this.#keepers) keeper.changed();
    this.#await();
  }

  /** Sets the timer for the next instant at which the tables change by themselves. */
  #await(): void {
    clearTimeout(this.#timer);
    const { network } = this.#options;
    const now = this.service.now() / 1000;
    const until = network.tables(Math.floor(now)).validUntil;
    if (until === Infinity) return;
    const wait = Math.max(0, until - now) * 1000;
    this.#timer = setTimeout(() => this.#changed(), Math.min(wait, LONGEST_WAIT));
  }

  #wanted(name: string): WantedTable {
    const since = Math.floor(this.service.now() / 1000);
    const { tables, cookies } = this.#options.network.tables(since);
    const statements = new Map([...cookies].map(([cookie, one]): [bigint, EntryOrigin] => [cookie, { name: one }]));
    return { table: tables.get(name) ?? { entries: [] }, statements, since };
  }
}

/** Milliseconds that a timer of Node can wait, and some less. */
const LONGEST_WAIT = 2 ** 31 - 1_000;

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
