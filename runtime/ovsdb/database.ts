/**
 * A connection to the database of an Open vSwitch: JSON-RPC over its socket (RFC 7047). Memory and time are bounded:
 * whatever the peer does, every promise is settled, and a fault is a `SessionFault` with a diagnostic.
 */
import type { Socket } from "node:net";
import { databaseLost, databaseRefused, noDatabase } from "../../compiler/diagnostics/codes/runtime.ts";
import { open, parseTarget, printTarget, failureReason, SessionFault, type SwitchTarget } from "../session/index.ts";
import { JsonFramer } from "./framer.ts";
import type { Operation } from "./value.ts";

const OTHER_SOCKET = "is it the socket of the database? that of Open vSwitch is db.sock; then apply again";

/** The result of one operation of a transaction. */
export interface OperationResult {
  readonly rows?: readonly Readonly<Record<string, unknown>>[];
  readonly count?: number;
  /** The identifier of the row that an `insert` made. */
  readonly uuid?: readonly ["uuid", string];
}

/** Milliseconds to connect, and to wait for an answer or a change. */
const PATIENCE = 10_000;
const NAME = "Open_vSwitch";

interface Pending {
  readonly awaited: string;
  readonly timer: NodeJS.Timeout;
  resolve(result: unknown): void;
  reject(fault: SessionFault): void;
}

interface Incoming {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: unknown;
}

export class Database {
  readonly target: string;
  readonly #socket: Socket;
  readonly #patience: number;
  readonly #framer = new JsonFramer();
  readonly #pending = new Map<number, Pending>();
  readonly #watchers = new Set<(params: unknown) => void>();
  /** Called when we get a lock that another connection held. */
  readonly #lockWatchers = new Set<(params: unknown) => void>();
  #id = 0;
  /** Whether it has said anything that a database says. */
  #heard = false;
  #fault: SessionFault | undefined;

  private constructor(target: string, socket: Socket, patience: number) {
    this.target = target;
    this.#socket = socket;
    this.#patience = patience;
    socket.setEncoding("utf8").on("data", (chunk: string) => this.#receive(chunk));
    socket.on("error", (error) => this.#lose(failureReason(error)));
    socket.on("close", () => this.#lose("it ended the connection"));
  }

  /** Connects; rejects with a `SessionFault`. */
  static async connect(target: SwitchTarget | string, patience = PATIENCE): Promise<Database> {
    const where = typeof target === "string" ? parseTarget(target) : target;
    if ("code" in where) throw new SessionFault(where);
    const socket = await open(where, {}, patience, noDatabase);
    return new Database(printTarget(where), socket, patience);
  }

  /** Sends one request; resolves with its result. */
  call(method: string, params: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#fault) {
        reject(this.#fault);
        return;
      }
      const id = ++this.#id;
      const timer = setTimeout(
        () => this.#lose(`no answer to ${method} within ${this.#patience / 1000} s`),
        this.#patience,
      );
      this.#pending.set(id, { awaited: method, timer, resolve, reject });
      this.#socket.write(JSON.stringify({ method, params, id }));
    });
  }

  /** Carries out all operations or none of them; rejects with the database's own words. */
  async transact(operations: readonly Operation[]): Promise<readonly OperationResult[]> {
    const results = await this.call("transact", [NAME, ...operations]);
    if (!Array.isArray(results)) throw this.#lose("its answer to a transaction is no list");
    for (const result of results as ({ error?: unknown; details?: unknown } | null)[]) {
      if (typeof result?.error !== "string") continue;
      const reason = typeof result.details === "string" ? `${result.error}: ${result.details}` : result.error;
      throw new SessionFault(databaseRefused({ target: this.target, reason }));
    }
    return results as OperationResult[];
  }

  /** The same for operations that the switch must carry out. Resolves when it runs the new configuration. */
  async configure(operations: readonly Operation[]): Promise<readonly OperationResult[]> {
    const results = await this.transact([
      ...operations,
      { op: "mutate", table: NAME, where: [], mutations: [["next_cfg", "+=", 1]] },
      { op: "select", table: NAME, where: [], columns: ["next_cfg"] },
    ]);
    const wanted = Number(results.at(operations.length + 1)?.rows?.[0]?.["next_cfg"]);
    await this.#reach(wanted);
    return results;
  }

  /**
   * Waits until the switch reports that it runs this configuration. The database notifies us when the number changes.
   */
  async #reach(wanted: number): Promise<void> {
    const monitor = `reach ${++this.#id}`;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = (updates: unknown): void => {
      const rows = Object.values((updates as Record<string, Record<string, Update>> | undefined)?.[NAME] ?? {});
      if (rows.some((row) => Number(row.new?.["cur_cfg"]) >= wanted)) resolve();
    };
    const watcher = (params: unknown): void => {
      if (Array.isArray(params) && params[0] === monitor) look(params[1]);
    };
    const awaited = "the switch does not take the configuration over";
    const timer = setTimeout(() => reject(this.#lose(`${awaited} within ${this.#patience / 1000} s`)), this.#patience);
    // If the request itself fails, this promise is rejected too and must not be reported as unhandled.
    promise.catch(() => undefined);
    this.#watchers.add(watcher);
    this.#socket.once("close", () => reject(this.#lose(awaited)));
    try {
      look(await this.call("monitor", [NAME, monitor, { [NAME]: { columns: ["cur_cfg"] } }]));
      await promise;
      await this.call("monitor_cancel", [monitor]);
    } finally {
      clearTimeout(timer);
      this.#watchers.delete(watcher);
      // A later end of the connection must not reject this promise.
      resolve();
    }
  }

  /**
   * Has the database tell each change of these columns until the connection ends; resolves with what stands there now, in
   * the same form (RFC 7047, section 4.1.5).
   */
  async watch(
    tables: Readonly<Record<string, { readonly columns: readonly string[] }>>,
    changed: (changes: unknown) => void,
  ): Promise<unknown> {
    const monitor = `watch ${++this.#id}`;
    this.#watchers.add((params) => {
      if (Array.isArray(params) && params[0] === monitor) changed(params[1]);
    });
    return this.call("monitor", [NAME, monitor, tables]);
  }

  /** Whether the connection has ended. */
  get isOver(): boolean {
    return this.#fault !== undefined;
  }

  /** Takes a lock, which this connection has until it ends. False if another had it for `patience` milliseconds. */
  async lock(name: string, patience: number): Promise<boolean> {
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    const ended = (): void => reject(this.#lose("it ended the connection"));
    const watcher = (params: unknown): void => {
      if (Array.isArray(params) && params[0] === name) resolve(true);
    };
    promise.catch(() => undefined);
    this.#lockWatchers.add(watcher);
    this.#socket.once("close", ended);
    const timer = setTimeout(() => resolve(false), patience);
    try {
      const answer = (await this.call("lock", [name])) as { readonly locked?: unknown } | null;
      if (answer?.locked === true) return true;
      if (await promise) return true;
      await this.call("unlock", [name]);
      return false;
    } finally {
      clearTimeout(timer);
      this.#lockWatchers.delete(watcher);
      this.#socket.off("close", ended);
      resolve(false);
    }
  }

  /** Ends the connection and rejects all that still waits. It may be called twice. */
  async close(): Promise<void> {
    this.#lose("we closed it");
    if (this.#socket.closed) return;
    await new Promise<void>((resolve) => this.#socket.once("close", () => resolve()));
  }

  #receive(chunk: string): void {
    for (const text of this.#framer.push(chunk)) {
      let message: Incoming;
      try {
        message = JSON.parse(text) as Incoming;
      } catch {
        this.#lose("it sends what is not JSON");
        return;
      }
      this.#dispatch(message);
    }
    if (this.#framer.fault !== undefined) this.#lose(`it sends ${this.#framer.fault}`);
  }

  #dispatch({ id, method, params, result, error }: Incoming): void {
    this.#heard = true;
    if (method === "echo") this.#socket.write(JSON.stringify({ id, result: params, error: null }));
    else if (method === "update") for (const watcher of this.#watchers) watcher(params);
    else if (method === "locked") for (const watcher of this.#lockWatchers) watcher(params);
    else if (typeof id === "number") {
      const pending = this.#pending.get(id);
      if (pending === undefined) return;
      this.#pending.delete(id);
      clearTimeout(pending.timer);
      if (error === null || error === undefined) pending.resolve(result);
      else {
        const reason = typeof error === "string" ? error : JSON.stringify(error);
        pending.reject(new SessionFault(databaseRefused({ target: this.target, reason })));
      }
    }
  }

  /** Ends everything. The first reason given is the fault. */
  #lose(reason: string): SessionFault {
    if (this.#fault === undefined) {
      const [first] = this.#pending.values();
      const words =
        first === undefined || reason.includes(first.awaited)
          ? reason
          : `${reason}, before its answer to ${first.awaited}`;
      const extras = this.#heard ? {} : { help: OTHER_SOCKET };
      this.#fault = new SessionFault(databaseLost({ target: this.target, reason: words }, extras));
      for (const pending of this.#pending.values()) {
        clearTimeout(pending.timer);
        pending.reject(this.#fault);
      }
      this.#pending.clear();
      this.#socket.destroy();
    }
    return this.#fault;
  }
}

interface Update {
  readonly new?: Readonly<Record<string, unknown>>;
}
