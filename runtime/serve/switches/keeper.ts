/**
 * Holds one switch at the table that is in force. After connecting, the switch is read back and gets the difference; then it
 * gets what changes, in bundles that it refuses if anybody else has written to it. Whatever is not as it was left, and every
 * switch from time to time, is read back again. One that comes back empty gets its whole table.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import type { FlowMod } from "#compiler/plan/plan.ts";
import { serverHolds } from "#compiler/diagnostics/codes/runtime.ts";
import { purge, type Withdrawal } from "../../controller/index.ts";
import { advised, BESIDE, isBeside, isNews, lacksEntries, notAnswered, OF_KIND, TROUBLES } from "./events.ts";
import type { KeeperTrouble, KeeperWord } from "./events.ts";
import { ClosedWays } from "./closed-ways.ts";
import { Mastery } from "./mastery.ts";
import { OthersBeside } from "./others-beside.ts";
import { QueueCommands } from "./queue-commands.ts";
import { reached } from "./reached.ts";
import { attentiveNow } from "../../process/attentive-clock.ts";
import { UnansweredQuestion } from "./unanswered.ts";
import { Surroundings } from "./surroundings.ts";
import { Troubles } from "./troubles.ts";
import { isMetered, onTokenGone, sendChange } from "./change.ts";
import { ASSERT_ROLE, FIRST_PAUSE, LONGEST_AWAY, LONGEST_PAUSE, LOOK, SILENT } from "./options.ts";
import type { Holder, KeeperOptions, WantedChange } from "./options.ts";
import { SessionFault, type Session } from "../../session/index.ts";

export class Keeper {
  readonly #options: KeeperOptions;
  readonly #end = new AbortController();
  #isDirty = true;
  /** When the oldest change was made that the switch is not known to have; undefined: it has all. */
  #unsent: number | undefined;
  #isUnsure = false;
  #wake: (() => void) | undefined;
  #held = false;
  /** For a change without reading back; undefined: the switch must be read back. */
  #withdrawal: Withdrawal | undefined;
  /** The tokens that the switch has reported as gone since it was read back. */
  readonly #gone = new Set<bigint>();
  #looked = 0;
  /** The bridge, if it has to forget what it has cached after each change (`runtime/controller/stale.test.ts`). */
  #bridge: string | undefined;
  /** Whether the switch has taken a table since this server started: what its database says of the bridge was asked then. */
  #isKnown = false;
  /** Whether the switch was away or had another table since it was told that it has this one. */
  #isNew = true;
  readonly #mastery: Mastery;
  readonly #silence: UnansweredQuestion;
  /** The cookies of what the switch did not wholly have when it was read back last. */
  #lacking: ReadonlySet<bigint> = new Set();
  /** Whether what it lacks costs others than the speakers who asked for it. */
  #keepsBack = false;
  /** Whether it was found to lack entries since it had its table last. */
  #isHollow = false;
  readonly #troubles = new Troubles<KeeperWord>();
  readonly #closed = new ClosedWays();
  readonly #others: OthersBeside;
  readonly #queues: QueueCommands;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#others = new OthersBeside(options);
    this.#queues = new QueueCommands(options.apply, (faults) => this.#fails("warned", faults));
    this.#silence = new UnansweredQuestion(
      options.silent ?? SILENT,
      (target, long) => void (this.#looked > 0 && this.#fails("silent", [notAnswered(target, long)])),
      (hasAnswered) => (hasAnswered ? this.#ends("silent") : this.#troubles.over("silent")),
    );
    this.#mastery = new Mastery(this.#silence, (kind, diagnostics) => this.#fails(kind, diagnostics));
  }

  /** Whether the switch has the table that was wanted last. */
  get isHeld(): boolean {
    return this.#held && !this.#closed.stand && !this.#isDirty && this.#unsent === undefined && !this.#isSilent;
  }

  /** Whether the switch has left a change or a question unanswered for so long that what it has is not known. */
  get #isSilent(): boolean {
    const since = Math.min(this.#unsent ?? Infinity, this.#silence.since ?? Infinity);
    return this.#looked > 0 && attentiveNow() - since > this.#silence.long;
  }

  /** Whether the switch has a table of ours and not all of it, or changed ways as drops; or whether what is held may pass, as far as is known. */
  stands(kind: "lacking" | "opened" | "closed"): boolean {
    if (kind === "closed") return this.#held && this.#closed.stand;
    return kind === "opened" ? this.#isHollow || this.#troubles.has(kind) : this.#held && this.#troubles.has(kind);
  }

  /** Whether the switch drops more than what single speakers asked for, as it does not take all. */
  get keepsBack(): boolean {
    return this.#keepsBack && this.stands("lacking");
  }

  /** Why the switch is known to lack queues; undefined: it has all that were asked for when it was read back last. */
  get unreserved(): QueueCommands["unreserved"] {
    return this.#queues.unreserved;
  }

  /** Why the switch does not have the table, or not alone; undefined: it has, or will have in a moment. */
  get trouble(): KeeperTrouble | "new" | undefined {
    return this.#troubleWhere(this.#troubles.has("opened"));
  }

  /** The same for whoever has denied, led or limited something; `denies`: the entries that would drop it, alone. */
  troubleFor(denies: NonNullable<KeeperOptions["least"]>): Keeper["trouble"] {
    return this.#troubleWhere(this.#others.concerns(denies));
  }

  #troubleWhere(isOpened: boolean): Keeper["trouble"] {
    const isSilent = this.#isSilent;
    for (const kind of TROUBLES) {
      // Beside what stands of these a table is in force; it need not be that of now.
      if (isSilent && isBeside(kind)) return "silent";
      const stands = kind === "opened" ? isOpened : this.#troubles.has(kind);
      if (stands && (kind !== "lacking" || this.#keepsBack)) return kind;
    }
    if (this.#looked === 0) return "new";
    return isSilent ? "silent" : undefined;
  }

  /** The table has changed. What the entries of others let on by now is known before this returns. */
  changed(mods: readonly FlowMod[] = []): void {
    this.#isDirty = true;
    this.#unsent ??= attentiveNow();
    const opened = this.#others.changed(mods);
    if (opened !== undefined) this.#stand("opened", opened);
    this.#wake?.();
  }

  /** What the switch was sent last is not known any more: it is read back. */
  readBack(): void {
    this.#isUnsure = true;
    this.changed();
  }

  /**
   * Keeps the switch until `stop`.
   *
   * @param holder Absent: nothing on the switch says that a server holds it.
   */
  async run(holder?: Holder): Promise<void> {
    this.#mastery.begin(holder);
    const { signal } = this.#end;
    for (let wait = FIRST_PAUSE; !signal.aborted; wait *= 2) {
      try {
        if (await this.#hold()) wait = FIRST_PAUSE;
      } finally {
        // After a fault of ours nothing holds the switch until it is connected to again.
        this.#held = false;
        this.#others.lost();
      }
      wait = Math.min(wait, this.#troubles.has("away") ? LONGEST_AWAY : LONGEST_PAUSE);
      await pause(wait, undefined, { signal }).catch(() => undefined);
    }
  }

  stop(): void {
    this.#end.abort();
    this.#wake?.();
  }

  /** Holds the switch over one connection; returns whether it had the table once. */
  async #hold(): Promise<boolean> {
    const { look = LOOK } = this.#options;
    const session = await reached(this.#options, this.#end.signal, (fault) => this.#fails("away", [fault]));
    if (session === undefined) return false;
    [this.#isDirty, this.#withdrawal] = [true, undefined];
    void session.over.then(() => this.#wake?.());
    const surroundings = new Surroundings(session, () => this.readBack());
    let wasHeld = false;
    try {
      if (!(await this.#mastery.mayWrite(session))) return false;
      this.#gone.clear();
      await onTokenGone(session, (token) => {
        this.#gone.add(token);
        if (this.#withdrawal?.token === token) this.changed();
      });
      while (!this.#end.signal.aborted && session.fault === undefined) {
        const closed = this.#closed.look(session.target, this.#silence.long);
        if (closed.length > 0) this.#fails("closed", closed);
        if (performance.now() - this.#looked > look) {
          this.#withdrawal = undefined;
          this.#isDirty = true;
          this.#queues.retry();
        }
        const isOurs = await this.#mastery.renewed(session, wasHeld);
        if (isOurs === false) break;
        if (isOurs === true) continue;
        if (!this.#isDirty) await this.#sleep();
        else if (await this.#send(session, surroundings)) wasHeld = true;
        else break;
      }
      if (session.fault !== undefined) this.#fails("away", [session.fault]);
      return wasHeld;
    } catch (fault) {
      if (!(fault instanceof SessionFault)) throw fault;
      this.#fails("away", [fault.diagnostic]);
      return wasHeld;
    } finally {
      if (wasHeld && this.#end.signal.aborted) await this.#mastery.letGo(session);
      await surroundings.close();
      await session.close();
    }
  }

  /** Brings the switch to the table as it is now; returns whether it has it. */
  async #send(session: Session, surroundings: Surroundings): Promise<boolean> {
    const begun = attentiveNow();
    this.#isDirty = false;
    if (!(await this.#bring(session, surroundings))) return false;
    // What has changed meanwhile may be no part of what it was sent.
    this.#unsent = this.#isDirty ? begun : undefined;
    return true;
  }

  async #bring(session: Session, surroundings: Surroundings): Promise<boolean> {
    const last = this.#isUnsure ? undefined : this.#withdrawal;
    this.#isUnsure = false;
    // A token that is gone was taken away by another writer, or with the whole table.
    if (last !== undefined && !this.#gone.has(last.token) && (await this.#sendChange(session, last))) return true;
    this.#withdrawal = undefined;
    this.#gone.clear();
    const { apply, wanted, clock, report } = this.#options;
    // What changes after this is told, and what changed before is read.
    await surroundings.watch(session, apply);
    const { table, statements, since, ...way } = await wanted();
    this.#others.wanted(table);
    const from = performance.now();
    const result = await this.#queues.applyTo(session, table, {
      ...apply,
      besideForeign: true,
      besideRefused: true,
      wasHeld: this.#isKnown || this.#mastery.heldBefore(session.features.datapath),
      purgesAtEnds: true,
      server: this.#mastery.claim,
      statements,
      elapsed: () => clock() - since,
    });
    this.#looked = performance.now();
    surroundings.wasRead(this.#looked - from);
    this.#held = result.outcome !== "failed";
    if (result.outcome === "failed") {
      // A connection that is lost is told as that.
      this.#isHollow ||= lacksEntries(result.diagnostics);
      const isHeldElsewhere = result.diagnostics.some(({ code }) => code === serverHolds.code);
      if (session.fault === undefined) this.#fails(isHeldElsewhere ? "elsewhere" : "refused", result.diagnostics);
      return false;
    }
    this.#mastery.took(session.features.datapath);
    this.#isKnown = true;
    this.#withdrawal = result.withdrawal;
    // A database that is away does not tell; what it told last is still so.
    this.#bridge = result.userspace ?? this.#bridge;
    if (this.#bridge !== result.userspace) await purge(session.target, apply.database, this.#bridge, result.plan);
    for (const kind of ["away", "elsewhere", "refused"] as const) this.#ends(kind);
    if (this.#isNew || result.added + result.replaced + result.deleted > 0) report({ kind: "applied", result });
    this.#isNew = false;
    const news = result.diagnostics.filter(isNews).map(advised);
    if (news.length > 0) report({ kind: "warned", diagnostics: news });
    const { lacking = new Set() } = result;
    // One more that is refused is said at once, though another was before.
    if ([...lacking].some((cookie) => !this.#lacking.has(cookie))) this.#troubles.over("lacking");
    this.#lacking = lacking;
    this.#keepsBack = this.#options.lacks?.(lacking) === true || result.keepsBack === true;
    this.#isHollow = false;
    const opened = this.#others.read(session.target, result);
    for (const kind of BESIDE) this.#stand(kind, kind === "opened" ? opened : result.diagnostics.filter(OF_KIND[kind]));
    this.#took(way);
    return true;
  }

  #took({ isClosed, reached: arrive }: Pick<WantedChange, "isClosed" | "reached">): void {
    this.#closed.taken(isClosed === true);
    if (isClosed !== true) this.#ends("closed");
    if (arrive?.() === true) this.#options.opened?.();
  }

  #stand(kind: (typeof BESIDE)[number], found: readonly Diagnostic[]): void {
    if (found.length > 0) this.#fails(kind, found);
    else this.#ends(kind);
  }

  #fails(kind: KeeperWord, diagnostics: readonly Diagnostic[]): void {
    if (!isBeside(kind) && kind !== "silent") this.#isNew = true;
    // It has answered, if not as was hoped.
    if (kind === "elsewhere" || kind === "refused") this.#ends("away");
    if (this.#troubles.met(kind, diagnostics)) this.#options.report({ kind, diagnostics: diagnostics.map(advised) });
  }

  #ends(trouble: KeeperWord): void {
    const past = this.#troubles.over(trouble);
    if (past !== undefined) this.#options.report({ kind: "over", trouble, past });
  }

  async #sendChange(session: Session, last: Withdrawal): Promise<boolean> {
    const { apply, change, clock, report } = this.#options;
    const { stages, resources, tooMuch, since, ...way } = await change();
    if (resources || tooMuch || this.#others.needsReading) return false;
    if (stages.flat().some(({ entry }) => isMetered(entry))) return false;
    const sent = sendChange(session, stages, last, () => clock() - since);
    this.#withdrawal = await this.#silence.watch(session, sent);
    if (this.#withdrawal === undefined) return false;
    // Our own change takes the one before away.
    this.#gone.delete(last.token);
    if (this.#gone.has(this.#withdrawal.token)) this.changed();
    // Where that fails, the apply before has said so.
    if (stages.length > 0 && this.#bridge) await purge(session.target, apply.database, this.#bridge, { stages });
    if (stages.length > 0) report({ kind: "changed", flowMods: stages.flat().length });
    this.#took(way);
    return true;
  }

  /** Waits until the table changes, the connection is lost or the keeper is stopped. */
  async #sleep(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const timer = setTimeout(resolve, Math.min(ASSERT_ROLE, this.#options.look ?? LOOK));
    await promise;
    clearTimeout(timer);
    this.#wake = undefined;
  }
}
