/**
 * A switch in memory for tests: holds flows, takes flow-mods and bundles, refuses what a test asks it to. It stands
 * in where there is no Open vSwitch, and for switches without bundles.
 */
import type { ExecutionContext } from "ava";
import { listen, behave, say } from "../../session/testing/peer.ts";
import type {
  FlowModMessage,
  FlowStats,
  MalformedFrame,
  Message,
  MessageOf,
  MultipartReply,
} from "../../openflow/index.ts";
import type { Socket } from "node:net";
import { isBookkeeping, isToken } from "../../../compiler/table/bookkeeping.ts";
import { COOKIE_OWNER } from "../../../compiler/table/cookie.ts";
import type { WireMeter } from "../meters.ts";

export interface Behaviour {
  /** False: messages of bundles are answered as OpenFlow 1.3 demands of unknown ones. */
  readonly bundles?: boolean;
  /** The most flows that it holds. */
  readonly limit?: number;
  /** Returns the type and code of the error for a flow-mod to refuse. */
  readonly refuse?: (mod: FlowModMessage) => readonly [type: number, code: number] | undefined;
  /** The most meters that it holds; 0 is a switch without meters. */
  readonly meterLimit?: number;
  /** What it holds at first. */
  readonly meters?: readonly WireMeter[];
  readonly flows?: readonly FlowStats[];
  /** Gets every message first; true where the switch is not to answer it. */
  readonly before?: (message: Message | MalformedFrame, socket: Socket) => boolean;
}

type Filter = { readonly cookie: bigint; readonly cookieMask: bigint };
type Flows = Map<string, FlowStats>;
type Refusal = { readonly mod: FlowModMessage; readonly error: readonly [number, number] };

const EMPTY = new Uint8Array(0);
const CHECK_OVERLAP = 2;
const OVERLAP = [5, 2] as const;
const TABLE_FULL = [5, 1] as const;
const BAD_EXPERIMENTER = [1, 3] as const;
const BAD_MULTIPART = [1, 2] as const;
const METER_EXISTS = [12, 1] as const;
const UNKNOWN_METER = [12, 3] as const;
const OUT_OF_METERS = [12, 10] as const;
const MSG_FAILED = 2313;

const place = ({ table, priority, match }: FlowModMessage | FlowStats): string =>
  JSON.stringify([table, priority, match], (_, value: unknown) => (typeof value === "bigint" ? `${value}` : value));

export class FakeSwitch {
  readonly #behaviour: Behaviour;
  #flows: Flows;
  #bundle: FlowModMessage[] = [];
  #bundleBroken = false;
  readonly #meters: Map<number, WireMeter>;
  /** The types of all messages that arrived, in order. */
  readonly heard: string[] = [];

  constructor(behaviour: Behaviour = {}) {
    this.#behaviour = behaviour;
    this.#flows = new Map((behaviour.flows ?? []).map((flow) => [place(flow), flow]));
    this.#meters = new Map((behaviour.meters ?? []).map((meter) => [meter.meter, meter]));
  }

  get meters(): readonly WireMeter[] {
    return [...this.#meters.values()];
  }

  /** All flows but our bookkeeping. */
  get flows(): readonly FlowStats[] {
    return this.all.filter((flow) => !isBookkeeping(flow));
  }

  get all(): readonly FlowStats[] {
    return [...this.#flows.values()];
  }

  /** Begins to listen, and returns the target. */
  start(t: ExecutionContext): Promise<string> {
    return listen(
      t,
      behave((message, socket) => {
        // Each apply asks so, and this switch does nothing with fragments.
        if (message.type === "get_config_request")
          return say(socket, { type: "get_config_reply", xid: message.xid, flags: 0, missSendLength: 0 });
        this.heard.push(nameOf(message));
        if (this.#behaviour.before?.(message, socket) !== true) this.#answer(message, socket);
      }),
    );
  }

  #answer(message: Message | MalformedFrame, socket: Socket): void {
    const { xid } = message;
    if (message.type === "echo_request") say(socket, { ...message, type: "echo_reply" });
    else if (message.type === "barrier_request") say(socket, { type: "barrier_reply", xid });
    else if (message.type === "multipart_request") this.#answerRead(message, socket);
    else if (message.type === "meter_mod") {
      const error = this.#changeMeter(message);
      if (error) fail(socket, xid, error);
    } else if (message.type === "flow_mod") {
      const refused = this.#carryOut(this.#flows, message);
      if (refused) fail(socket, xid, refused.error);
    } else if (message.type === "bundle_control" || message.type === "bundle_add") {
      if (this.#behaviour.bundles === false) fail(socket, xid, BAD_EXPERIMENTER);
      else if (message.type === "bundle_control") this.#control(message, socket);
      else this.#add(message, socket);
    }
  }

  #answerRead({ xid, part }: MessageOf<"multipart_request">, socket: Socket): void {
    const { kind } = part.body;
    const answer = (body: MultipartReply): void =>
      say(socket, { type: "multipart_reply", xid, part: { more: false, body } });
    if (kind === "flow") this.#report(xid, socket, part.body);
    else if (kind === "meter_config" && this.#behaviour.meterLimit !== 0) answer({ kind, meters: this.meters });
    else if (kind === "aggregate") {
      const flows = this.all.filter(({ cookie }) => cookie >> 48n === COOKIE_OWNER).length;
      answer({ kind, packets: 0n, bytes: 0n, flows });
    } else fail(socket, xid, BAD_MULTIPART);
  }

  /** A meter that is deleted takes along the flows that use it, as in Open vSwitch. */
  #changeMeter({ command, flags, meter, bands }: MessageOf<"meter_mod">): readonly [number, number] | undefined {
    const known = this.#meters.has(meter);
    if (command === "add" && known) return METER_EXISTS;
    if (command === "add" && this.#meters.size >= (this.#behaviour.meterLimit ?? Infinity)) return OUT_OF_METERS;
    if (command === "modify" && !known) return UNKNOWN_METER;
    if (command !== "delete") this.#meters.set(meter, { flags, meter, bands });
    else if (this.#meters.delete(meter))
      this.#flows = new Map([...this.#flows].filter(([, flow]) => !uses(flow, meter)));
    return undefined;
  }

  /** Reports two flows a message, so that answers have several parts. */
  #report(xid: number, socket: Socket, { cookie, cookieMask }: Filter): void {
    const flows = this.all.filter((flow) => ((flow.cookie ^ cookie) & cookieMask) === 0n);
    for (let at = 0; at === 0 || at < flows.length; at += 2) {
      const body = { kind: "flow", flows: flows.slice(at, at + 2) } as const;
      say(socket, { type: "multipart_reply", xid, part: { more: at + 2 < flows.length, body } });
    }
  }

  #control(message: MessageOf<"bundle_control">, socket: Socket): void {
    const { xid, control } = message;
    const reply = (what: "open_reply" | "commit_reply" | "discard_reply"): void =>
      say(socket, { ...message, control: what });
    if (control === "open_request") {
      this.#bundle = [];
      this.#bundleBroken = false;
      reply("open_reply");
    } else if (control === "discard_request") reply("discard_reply");
    else if (control === "commit_request") {
      const flows: Flows = new Map(this.#flows);
      const refused = this.#bundle.map((mod) => this.#carryOut(flows, mod)).find((one) => one !== undefined);
      if (refused) fail(socket, refused.mod.xid, refused.error);
      if (refused || this.#bundleBroken) {
        say(socket, {
          type: "experimenter_error",
          xid,
          errorType: 0xffff,
          code: MSG_FAILED,
          experimenter: 0x4f4e4600,
          data: EMPTY,
        });
      } else {
        this.#flows = flows;
        reply("commit_reply");
      }
    }
  }

  #add({ message, xid }: MessageOf<"bundle_add">, socket: Socket): void {
    if (message.type === "flow_mod") this.#bundle.push(message);
    else {
      this.#bundleBroken = true;
      fail(socket, xid, BAD_EXPERIMENTER);
    }
  }

  #carryOut(flows: Flows, mod: FlowModMessage): Refusal | undefined {
    const error = this.#behaviour.refuse?.(mod);
    if (error) return { mod, error };
    const missing = mod.instructions.some((one) => one.kind === "meter" && !this.#meters.has(one.meter));
    if (missing) return { mod, error: UNKNOWN_METER };
    const key = place(mod);
    const there = flows.get(key);
    if (mod.command === "delete_strict") flows.delete(key);
    else if (mod.command === "modify_strict") {
      if (there !== undefined) flows.set(key, { ...there, instructions: mod.instructions });
    } else if (mod.flags === CHECK_OVERLAP && [...flows.values()].some((flow) => overlaps(flow, mod)))
      return { mod, error: OVERLAP };
    else if (!isToken(mod) && !flows.has(key) && flows.size >= (this.#behaviour.limit ?? Infinity))
      return { mod, error: TABLE_FULL };
    else flows.set(key, reported(mod));
    return undefined;
  }
}

/**
 * Whether two flows overlap, as far as our tokens need it: all of one table and priority. Open vSwitch compares
 * matches.
 */
const overlaps = (flow: FlowStats, mod: FlowModMessage): boolean =>
  flow.table === mod.table && flow.priority === mod.priority && place(flow) !== place(mod);

const uses = ({ instructions }: FlowStats, meter: number): boolean =>
  instructions.some((one) => one.kind === "meter" && one.meter === meter);

/** The name of a message in tests: its type, or its use if the type has several. */
function nameOf(message: Message | MalformedFrame): string {
  if (message.type === "bundle_control") return message.control;
  return message.type === "multipart_request" ? `read ${message.part.body.kind}` : message.type;
}

/** The flow that a switch reports after it carried out a flow-mod. */
export function reported(mod: FlowModMessage): FlowStats {
  const { table, priority, idleTimeout, hardTimeout, flags, cookie, match, instructions } = mod;
  const counters = { seconds: 1, nanoseconds: 0, packets: 0n, bytes: 0n };
  return { table, priority, idleTimeout, hardTimeout, flags, cookie, match, instructions, ...counters };
}

function fail(socket: Socket, xid: number, [errorType, code]: readonly [number, number]): void {
  say(socket, { type: "error", xid, errorType, code, data: EMPTY });
}
