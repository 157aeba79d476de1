/**
 * What surrounds the tables of a switch that is held, and what others do in these: ports come, go and get other numbers,
 * take their queues along, get VLANs; the bridge gets a controller; another program adds or removes entries. OpenFlow tells
 * of ports, a switch with a flow monitor of entries (`runtime/controller/writers/monitor.ts`), the switch's database of the
 * rest. Each change calls back once things are quiet for a moment.
 */
import { findDatabase, onOthersChange, type ApplyOptions } from "../../controller/index.ts";
import { watchBridges, type Database } from "../../ovsdb/index.ts";
import { SessionFault, type Session } from "../../session/index.ts";

/** Milliseconds in which changes that come together count as one. */
const TOGETHER = 100;
/** Milliseconds between two calls at least: a port that comes and goes all the time must not have a table read all the time. */
const APART = 1_000;
/** The same, in times of what the last reading took: that of a large table costs the switch much. */
const OF_READING = 2;

export class Surroundings {
  readonly #changed: () => void;
  #database: Database | undefined;
  /** Whether the switch has no database that would tell anything. */
  #isSilent = false;
  #timer: NodeJS.Timeout | undefined;
  /** When the last call may be followed by another. */
  #free = 0;
  /** Whether the switch was asked for what others change. */
  #isMonitored = false;

  /** @param changed Called after changes. */
  constructor(session: Session, changed: () => void) {
    this.#changed = changed;
    session.listen((message) => {
      // A cable that is pulled out and plugged in again leaves the port as it was.
      if (message.type === "port_status" && message.reason !== "modify") this.#note();
    });
  }

  /** The switch was read back, which has taken so many milliseconds. */
  wasRead(milliseconds: number): void {
    this.#free = Math.max(this.#free, performance.now() + OF_READING * milliseconds);
  }

  /**
   * Begins to watch what others change in the tables, and the database, unless these are watched already. Where there is
   * no database, ports are watched beside.
   */
  async watch(session: Session, { database: named }: Pick<ApplyOptions, "database">): Promise<void> {
    if (!this.#isMonitored) await onOthersChange(session, () => this.#note());
    this.#isMonitored = true;
    const { target } = session;
    if (this.#isSilent || this.#database?.isOver === false) return;
    try {
      this.#database = await findDatabase(target, named);
      if (this.#database === undefined) this.#isSilent = true;
      else await watchBridges(this.#database, () => this.#note());
    } catch (fault) {
      if (!(fault instanceof SessionFault)) throw fault;
      // One that is away is looked for again; one that refuses the question would refuse it each time.
      this.#isSilent = this.#database?.isOver === false;
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#database?.close();
  }

  #note(): void {
    const wait = Math.max(TOGETHER, this.#free - performance.now());
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#free = performance.now() + APART;
      this.#changed();
    }, wait);
  }
}
