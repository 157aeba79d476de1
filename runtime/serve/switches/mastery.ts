/** As what a keeper writes to its switch: with a marker that other servers see, and with the role of MASTER. */
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import { changeRefused, serverHolds } from "#compiler/diagnostics/codes/runtime.ts";
import {
  becomeMaster,
  heldHelp,
  isStillMaster,
  markerText,
  othersMarker,
  readMarkers,
  reasonWords,
  RENEWAL,
  sendMark,
  type ServerClaim,
} from "../../controller/index.ts";
import type { Session } from "../../session/index.ts";
import { ASSERT_ROLE, type Holder } from "./options.ts";
import type { UnansweredQuestion } from "./unanswered.ts";

type Fails = (kind: "elsewhere" | "refused", diagnostics: readonly Diagnostic[]) => void;

export class Mastery {
  readonly #silence: UnansweredQuestion;
  readonly #fails: Fails;
  #holder: Holder | undefined;
  /** When the marker was sent last. */
  #marked = 0;
  /** The generation with which this server is MASTER of the switch; undefined: the switch has no roles. */
  #generation: bigint | undefined;
  /** Whether another controller has become master, and may be about to write. */
  #isDeposed = false;
  /** When the role was asked for last. */
  #asserted = 0;

  /** @param fails Called where another holds the switch, or the switch does not take the marker. */
  constructor(silence: UnansweredQuestion, fails: Fails) {
    this.#silence = silence;
    this.#fails = fails;
  }

  /** @param holder Absent: nothing on the switch says that a server holds it. */
  begin(holder: Holder | undefined): void {
    this.#holder = holder;
  }

  /** What the table of the switch is to say of its server. */
  get claim(): ServerClaim | undefined {
    return this.#holder?.claim;
  }

  /** Whether the bridge had a table of this server before it started. */
  heldBefore(datapath: bigint): boolean {
    return this.#holder?.before?.has(datapath) === true;
  }

  /** Whether no other server holds the switch. Then it is ours to write to: other servers are slaves of it from now on. */
  async mayWrite(session: Session): Promise<boolean> {
    this.#generation = undefined;
    if (this.#holder === undefined) return true;
    const { claim, generation } = this.#holder;
    const markers = claim.take === true ? [] : await readMarkers(session);
    const other = othersMarker(markers, claim.mark);
    // Our own marker stands until the other controller has put its own there, or for as long as it may need for that.
    if (other === undefined && this.#isDeposed && markers.length > 0) return false;
    if (other === undefined) {
      this.#isDeposed = false;
      this.#generation = await becomeMaster(session, generation);
      this.#asserted = performance.now();
      return true;
    }
    const [server, help] = [markerText(other), heldHelp(other, claim)];
    this.#fails("elsewhere", [serverHolds({ target: session.target, server }, { help })]);
    return false;
  }

  /** Says anew that the switch is ours, where that is due; undefined: it is not. False: it is not ours any more. */
  async renewed(session: Session, hasTable: boolean): Promise<boolean | undefined> {
    const now = performance.now();
    const isMarkOld = this.#holder !== undefined && now - this.#marked > RENEWAL * 1000;
    if (hasTable && isMarkOld) return this.#mark(session, this.#holder!);
    return now - this.#asserted > ASSERT_ROLE ? this.#assertRole(session) : undefined;
  }

  /** The switch has taken a table, and the marker with it. */
  took(datapath: bigint): void {
    this.#marked = performance.now();
    this.#holder?.before?.add(datapath);
    // A switch is taken once: afterwards another server may take it in turn.
    if (this.#holder?.claim.take === true) this.#holder = { ...this.#holder, claim: { mark: this.#holder.claim.mark } };
  }

  /** A server that ends leaves the switch to others at once. */
  async letGo(session: Session): Promise<void> {
    if (this.#holder !== undefined && session.fault === undefined)
      await sendMark(session, this.#holder.claim.mark, true);
  }

  /** Asks for the role again; returns whether no other controller has taken it. A switch tells that to none by itself. */
  async #assertRole(session: Session): Promise<boolean> {
    this.#asserted = performance.now();
    if (await this.#silence.until(session, isStillMaster(session, this.#generation))) return true;
    this.#isDeposed = true;
    const server = "another controller, which has become its master";
    this.#fails("elsewhere", [serverHolds({ target: session.target, server })]);
    return false;
  }

  /** Renews the marker; returns whether the switch has taken it. One that has another master by now does not. */
  async #mark(session: Session, { claim }: Holder): Promise<boolean> {
    this.#marked = performance.now();
    const sent = await this.#silence.until(session, sendMark(session, claim.mark));
    if (sent.outcome === "refused")
      this.#fails(
        "refused",
        sent.refused.map(({ error }) => changeRefused({ target: session.target, reason: reasonWords(error) })),
      );
    return sent.outcome === "done";
  }
}
