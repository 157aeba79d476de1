/** A running server: the network, its speakers' connections, and the switches that it holds. */
import { setImmediate as turn, setTimeout as pause } from "node:timers/promises";
import type { Entry } from "#compiler/table/entry.ts";
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import type { EntryOrigin } from "../controller/index.ts";
import { Keeper } from "./switches/keeper.ts";
import { KEEP_AGAIN, LAST_WORDS } from "./switches/options.ts";
import type { HeldSwitch, Holder, WantedChange, WantedTable } from "./switches/options.ts";
import type { KeeperEvent } from "./switches/events.ts";
import { calledSwitch, saidSwitch, unheld, unheldSwitches } from "./switches/standing.ts";
import { Lacks, type StandingSwitch } from "./lacks.ts";
import type { RunningNetwork } from "./network.ts";
import type { Journal } from "./journal.ts";
import type { DecidedSentence, ServiceOptions } from "./conversation.ts";
import { Service, ServiceStopped } from "./service.ts";
import { steadyClock } from "../process/steady-clock.ts";
import { TextListeners } from "./text-listeners.ts";
import { TurningPoints, type TurningPoint } from "./turning-points.ts";
import { isSpeaker, tokenDigest, tokenId, type TokenAnswer, type Tokens } from "./tokens.ts";

export interface ServerOptions {
  readonly network: RunningNetwork;
  readonly journal: Journal;
  readonly tokens: Tokens;
  readonly switches: readonly HeldSwitch[];
  /** Unix milliseconds. */
  readonly clock: () => number;
  /** The machine's own clock, which may have been set back behind `clock` while the server was away; absent: `clock`. */
  readonly machine?: (() => number) | undefined;
  /** Milliseconds of a counter that nobody sets, by which `clock` goes on where it is set back; absent: it stands still then. */
  readonly passed?: (() => number) | undefined;
  /** Called with the milliseconds by which the machine's clock was set, below 0 back, where that is more than it drifts. */
  readonly clockSet?: ((by: number) => void) | undefined;
  /** Resolves once it is durable how far the clock of decisions has come, in Unix milliseconds. */
  readonly keepClock?: ((at: number) => Promise<void>) | undefined;
  readonly report: (name: string, event: KeeperEvent) => void;
  /** Called with errors of tables that come with time alone: no switch can keep what begins. */
  readonly faulty: (faults: readonly Diagnostic[]) => void;
  readonly observe?: ServiceOptions["observe"];
  /** Called with an exception that is a fault of ours, and what it was about. */
  readonly failed?: (error: unknown, about: string) => void;
  /** Brings the network to what its log holds, after an exception. */
  readonly rebuild?: ServiceOptions["rebuild"];
  /** Who may log in over the text protocol without a token; absent: only those who have one. */
  readonly anonymous?: string | undefined;
}

/** Milliseconds by which a clock that is not set does not drift within a second. */
const CLOCK_SET = 500;

/** Milliseconds of the making of tables between which all else has its turn. */
const MAKING = 5;

export class Server {
  readonly service: Service;
  readonly #options: ServerOptions;
  /** Unix milliseconds, that never go back. */
  readonly #clock: () => number;
  readonly #keepers: ReadonlyMap<string, Keeper>;
  /** The switches of the policy that it never holds, where it holds others. */
  readonly unheld: readonly string[];
  /** Where the text protocol is spoken. */
  readonly text: TextListeners;
  /** What each switch's keeper is at, by name. */
  readonly #running = new Map<string, Promise<void>>();
  readonly #watchers = new Set<ServerOptions["report"]>();
  readonly #turns = new TurningPoints();
  readonly #lacks = new Lacks();
  readonly #turnWatchers = new Set<(point: TurningPoint) => void>();
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;
  /** Resolves once all that began or ended by itself is durably over. */
  #kept: Promise<void> | undefined;
  /** By how many milliseconds the machine's clock was ahead of one that cannot be set. */
  #ahead: number | undefined;

  constructor(options: ServerOptions) {
    const { network, journal, switches, clock, report, observe, rebuild, failed, tokens, anonymous } = options;
    this.#options = options;
    this.unheld = unheldSwitches(network.decided.model.directory, switches);
    this.#clock = steadyClock(clock, options.passed ?? (() => 0));
    this.service = new Service(network, journal, {
      clock: this.#clock,
      changed: () => this.#changed(),
      noted: (heard) => this.#noted(heard),
      observe,
      tokenMade: (name, digest) => tokens.add(name, digest),
      userRemoved: (name) => tokens.removeUser(name),
      failed: (error, one) =>
        failed?.(
          error,
          one === undefined ? "sentences that were decided together" : `a sentence of ${one.by}: ${one.text}`,
        ),
      rebuild: rebuild && (() => this.#rebuild(rebuild)),
    });
    this.text = new TextListeners({
      login: (name, token) => {
        const may = token === undefined ? name === anonymous : tokens.admits(name, token);
        return may ? name : undefined;
      },
      isUser: (name) => isSpeaker(network, name),
      say: (spoken) => this.service.say(spoken),
      whenRemoved: (token, end) => tokens.whenRemoved(token, end),
      whenUserRemoved: (name, end) => tokens.whenUserRemoved(name, end),
    });
    this.#keepers = new Map(
      switches.map(({ name, ...one }) => {
        const keeper = new Keeper({
          ...one,
          clock: () => this.service.now() / 1000,
          wanted: () => this.#durably(() => this.#wanted(name)),
          change: () => this.#durably(() => this.#change(name)),
          opened: () => this.#changed(),
          statements: () => this.#statements(),
          least: () => network.tables.leastEntries(name),
          lacks: (cookies) => this.#lacked(name, cookies),
          report: (event) => {
            for (const watcher of this.#watchers) watcher(saidSwitch(name), event);
            report(calledSwitch({ name, ...one }), event);
          },
        });
        return [name, keeper];
      }),
    );
  }

  /**
   * Makes the tables, if they are not made, and then begins to hold the switches, which say so to others if there is a
   * `holder`. Until then nothing is sent to any.
   */
  start(holder?: Holder): void {
    this.#watchClock();
    // What begins and ends is told from now on.
    this.#turns.take(this.#options.network.admission, Math.floor(this.service.now() / 1000));
    this.#tick();
    if (this.#options.network.hasTables) this.#hold(holder);
    else void this.#makeTables(holder);
  }

  #hold(holder: Holder | undefined): void {
    for (const [name, keeper] of this.#keepers) this.#running.set(name, this.#keep(name, keeper, holder));
  }

  /** In steps between which sentences are decided. */
  async #makeTables(holder: Holder | undefined): Promise<void> {
    const { network } = this.#options;
    const goesOn = (until: number) => (): boolean => performance.now() < until;
    while (!this.#isStopped) {
      try {
        if (network.makeTables(goesOn(performance.now() + MAKING))) break;
        await turn();
      } catch (error) {
        this.#noteFault(error, "the tables");
        // Those that were left halfway are made anew, of a network that is built anew.
        this.service.restore();
        await pause(KEEP_AGAIN, undefined, { ref: false });
      }
    }
    if (this.#isStopped) return;
    this.#hold(holder);
  }

  /** Holds a switch until the server stops. After a fault of ours it is held again a little later. */
  async #keep(name: string, keeper: Keeper, holder: Holder | undefined): Promise<void> {
    try {
      await keeper.run(holder);
    } catch (error) {
      this.#noteFault(error, `the switch ${name}`);
      // Once nothing is decided any more the network is ahead of the log, and no switch gets its tables.
      if (error instanceof ServiceStopped) return;
      setTimeout(() => this.#running.set(name, this.#keep(name, keeper, holder)), KEEP_AGAIN).unref();
    }
  }

  /** Calls back with what becomes of switches; the function that is returned ends that. */
  watchSwitches(watcher: ServerOptions["report"]): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  /** Calls back with each request that begins or ends by itself, and that a switch lacks or has again; the function that is returned ends that. */
  watchTurns(watcher: (point: TurningPoint) => void): () => void {
    this.#turnWatchers.add(watcher);
    return () => void this.#turnWatchers.delete(watcher);
  }

  /** Resolves when nothing is decided any more, since the log cannot be written. */
  get over(): Promise<void> {
    return this.service.over;
  }

  /**
   * How many switches there are, how many have the table in force, how many of these do not take all of it, and on how many
   * others let on what is denied, led or limited.
   */
  get switches(): { readonly [K in "all" | "held" | "lacking" | "opened"]: number } {
    const keepers = [...this.#keepers.values()];
    const number = (is: (keeper: Keeper) => boolean): number => keepers.filter(is).length;
    return {
      all: keepers.length,
      held: number((one) => one.isHeld),
      lacking: number((one) => one.stands("lacking")),
      opened: number((one) => one.stands("opened")),
    };
  }

  /** Why the server is not ready, as anybody may read it. */
  get unready(): readonly string[] {
    const reasons = this.service.fault === undefined ? [] : ["the log cannot be written"];
    return [...reasons, ...(this.hasTables ? unheld([...this.#keepers.values()]) : ["the tables are not made yet"])];
  }

  /** What those hear whose request is accepted, of switches that do not have it in a moment. Reasons are for root. */
  #noted(heard: DecidedSentence): DecidedSentence {
    let alone: ReadonlyMap<string, readonly Entry[]> | undefined;
    const { tables } = this.#options.network;
    const denies = (name: string): readonly Entry[] =>
      (alone ??= tables.entriesAlone(heard.held?.() ?? [])).get(name) ?? [];
    const switches = this.#options.switches.map(({ name }): StandingSwitch => {
      const keeper = this.#keepers.get(name);
      const trouble = this.hasTables ? keeper?.troubleFor(() => denies(name)) : "making";
      return { name, trouble, unreserved: keeper?.unreserved };
    });
    return this.#lacks.noted(heard, switches, this.unheld);
  }

  /** Whether the tables are made, after a start. */
  get hasTables(): boolean {
    return this.#options.network.hasTables;
  }

  /** Whether every switch has the table in force. */
  get isHeld(): boolean {
    return [...this.#keepers.values()].every((keeper) => keeper.isHeld);
  }

  /**
   * Ends in peace: what is begun is answered, and its answer sent; all else is refused. Clients have a second to read it.
   * The network may be read until `stop`.
   */
  async end(): Promise<void> {
    this.text.close();
    await this.service.close();
    await this.#options.keepClock?.(this.service.now());
    const { fault } = this.service;
    await this.text.end(
      fault === undefined ? "the server was stopped" : `nothing is decided any more: ${fault.message}`,
    );
  }

  /** Lets go of everything at once. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    for (const keeper of this.#keepers.values()) keeper.stop();
    await this.text.stop();
    // A switch that does not answer keeps no server from its end.
    await Promise.race([Promise.all(this.#running.values()), pause(LAST_WORDS, undefined, { ref: false })]);
  }

  /** A new token of a name, once it is recorded. */
  async newToken(name: string, by: string): Promise<TokenAnswer> {
    const heard = await this.service.say({ text: "", tokenOf: name, by, via: "http" });
    if (heard.kind !== "token") throw new Error("a token was asked for");
    return heard.made;
  }

  /**
   * Takes tokens of a name away; returns how many, once that is recorded.
   *
   * @param token The one to take away, or its id; without either all of them.
   * @returns `last` for the last of root's: without one nobody could make another.
   */
  async revokeTokens(name: string, token: string | undefined, id?: string): Promise<number | "last"> {
    const { tokens } = this.#options;
    const all = tokens.of(name);
    const given = token === undefined ? undefined : tokenDigest(token);
    const gone = all.filter(
      (one) => (given === undefined || one === given) && (id === undefined || tokenId(one) === id),
    );
    if (name === "root" && gone.length > 0 && gone.length === all.length) return "last";
    // From now on they open nothing, whether or not the record is written.
    for (const digest of gone) tokens.remove(name, digest);
    for (const digest of gone) await this.service.note({ kind: "token", name, digest, revoked: true });
    return gone.length;
  }

  /** What the switches were sent last is not known to the tables that are built anew. */
  async #rebuild(rebuild: () => Promise<void>): Promise<void> {
    await rebuild();
    for (const keeper of this.#keepers.values()) keeper.readBack();
  }

  /** Something was accepted: the switches whose table it changes get it. */
  #changed(): void {
    if (!this.hasTables) return;
    const { pending } = this.#options.network.tables;
    for (const [name, keeper] of this.#keepers) if (pending.has(name)) keeper.changed(pending.news(name));
  }

  /** Requests begin and end by themselves, at whole seconds. */
  #tick(): void {
    this.#timer = setTimeout(
      () => {
        this.#tick();
        this.#watchClock();
        this.service
          .atRest(() => {
            this.#follow();
            const { machine, clock, keepClock } = this.#options;
            const now = this.service.now();
            if (now - (machine ?? clock)() > CLOCK_SET) void keepClock?.(now);
          })
          .catch((error: unknown) => this.#noteFault(error, "what begins and ends"));
      },
      // A clock that stands still would tick at once.
      1_000 - ((this.#options.passed === undefined ? this.#options.clock() : this.#clock()) % 1_000),
    );
  }

  /**
   * Where the machine's clock was set forward, the timeouts on switches are those of another one: they are read back. Set
   * back, it is not followed.
   */
  #watchClock(): void {
    const { machine, clock, clockSet } = this.#options;
    const ahead = (machine ?? clock)() - performance.now();
    const by = this.#ahead === undefined ? 0 : ahead - this.#ahead;
    this.#ahead = ahead;
    if (Math.abs(by) <= CLOCK_SET) return;
    clockSet?.(by);
    for (const keeper of this.#keepers.values()) keeper.readBack();
  }

  /** What time alone brings has no speaker who could be answered: it is reported. */
  #noteFault(error: unknown, about: string): void {
    if (!(error instanceof ServiceStopped)) this.#options.failed?.(error, about);
  }

  /** Brings the network to the second at hand, which it returns. */
  #follow(): number {
    const { network, faulty } = this.#options;
    const now = Math.floor(this.service.now() / 1000);
    try {
      network.admission.advance(now);
      if (!this.hasTables) return now;
      network.tables.advance(now);
    } catch (error) {
      // Tables that were left halfway have lost what should have come then, and would never have it.
      this.service.restore();
      throw error;
    }
    const { points, told } = this.#lacks.takeHeldBack(network, now);
    if (told.length > 0) faulty(told);
    const turned = this.#turns.take(network.admission, now);
    if (turned.length > 0) this.#kept = this.#options.keepClock?.(this.service.now());
    for (const point of [...turned, ...points]) for (const watcher of this.#turnWatchers) watcher(point);
    this.#changed();
    return now;
  }

  /** What switches get is what the next start, too, has in force. */
  async #durably<T>(read: () => T): Promise<T> {
    const found = await this.service.atRest(read);
    await this.#kept;
    return found;
  }

  /**
   * Tells the speakers whose requests a switch does not wholly have, and those whose it has again; returns whether the operator
   * asked for some of what it lacks.
   */
  #lacked(name: string, cookies: ReadonlySet<bigint>): boolean {
    const { tables, admission } = this.#options.network;
    const all = cookies.size === 0 ? undefined : tables.cookies();
    const ids = [...cookies].flatMap((cookie) => all?.get(cookie) ?? []);
    const { accepted } = admission.state;
    const at = Math.floor(this.service.now() / 1000);
    for (const point of this.#lacks.take(saidSwitch(name), ids, (id) => accepted.get(id), at))
      for (const watcher of this.#turnWatchers) watcher(point);
    return ids.some((id) => ["root", undefined].includes(accepted.get(id)?.speaker));
  }

  #wanted(name: string): WantedTable {
    const since = this.#follow();
    const { tables } = this.#options.network;
    return { ...tables.takeTable(name, since), statements: this.#statements(), since };
  }

  #statements(): WantedTable["statements"] {
    const { tables } = this.#options.network;
    return new Map([...tables.cookies()].map(([cookie, one]): [bigint, EntryOrigin] => [cookie, { name: one }]));
  }

  #change(name: string): WantedChange {
    const since = this.#follow();
    return { ...this.#options.network.tables.take(name, since), since };
  }
}
