/**
 * What the law says of one frame under a policy of `bridge-policies.ts`: who sends it, which statements hold it, and
 * whether it is denied. It follows the pages of the law, and nothing of the compiler. `undefined` is "the law, or this
 * reading of it, leaves that open". For tests.
 */
import type { BridgePolicy, Machine, Part, Saying, Term } from "./bridge-policies.ts";

/** A frame as a machine sends it: everything in it is its own and true. */
export interface Sent {
  readonly source: number;
  /** A machine, all of them, or an address that none has. */
  readonly to: number | "all" | "unknown";
  readonly kind: "web" | "back" | "dns" | "web6" | "dns6" | "arp" | "asks" | "raw" | "solicits";
  /** The machine that shall forward it as a router; its MAC is the receiver's. */
  readonly gateway?: number;
}

export type Maybe = boolean | undefined;
const some = (all: readonly Maybe[]): Maybe =>
  all.includes(true) ? true : all.includes(undefined) ? undefined : false;
const every = (all: readonly Maybe[]): Maybe =>
  all.includes(false) ? false : all.includes(undefined) ? undefined : true;
const not = (one: Maybe): Maybe => (one === undefined ? undefined : !one);

/** The family of IP that a frame shows. */
export const familyOf = ({ kind }: Sent): 4 | 6 | undefined =>
  kind === "arp" || kind === "asks" || kind === "raw" ? undefined : kind.endsWith("6") || kind === "solicits" ? 6 : 4;

/** Whether a frame goes to a group of hosts. */
export const isFlood = ({ to, kind }: Sent): boolean => to === "all" || kind === "asks" || kind === "solicits";

/** A user of whom the law, or this reading of it, says nothing. What a statement asks for besides may still leave the frame out. */
const OPEN = "?";

/** A policy and the machines whose frames it decides. */
export class BridgeLaw {
  readonly machines: readonly Machine[];
  readonly policy: BridgePolicy;
  readonly #inForce: readonly Saying[];

  /** `accepted`: the ids of the statements in force. */
  constructor(machines: readonly Machine[], policy: BridgePolicy, accepted: ReadonlySet<string>) {
    this.machines = machines;
    this.policy = policy;
    this.#inForce = policy.sayings.filter(({ id }) => accepted.has(id));
  }

  /** Whether facts state the address that a machine shows in packets of a family. */
  #states(host: number, family: 4 | 6 | undefined): boolean {
    const { v4, v6 } = this.policy.stated[host]!;
    return family === 4 ? v4 : family === 6 ? v6 : false;
  }

  /** Whether no address is stated for a host. */
  #isBare(host: number): boolean {
    return !this.policy.stated[host]!.v4 && !this.policy.stated[host]!.v6;
  }

  /** Whether a waypoint that holds a frame, or may, names this host. */
  isLedTo(host: number, frame: Sent): boolean {
    const { name } = this.machines[host]!;
    return this.#inForce.some(
      (one) => one.kind === "waypoint" && one.nodes.includes(name) && this.holds(one, frame) !== false,
    );
  }

  /** Whether a host is a waypoint of a statement in force, and can be one. */
  isBox(host: number): boolean {
    const { place, mac } = this.policy.stated[host]!;
    const isNamed = this.#inForce.some(
      ({ kind, nodes }) => kind === "waypoint" && nodes.includes(this.machines[host]!.name),
    );
    return isNamed && place && mac;
  }

  /** Whether the address that a frame comes from, if it shows one, is stated for its sender. */
  isShown(frame: Sent): boolean {
    const family = familyOf(frame);
    return family === undefined || this.#states(frame.source, family);
  }

  /** The address that a packet of IP is sent to belongs to this machine, as far as facts say. */
  #addressee(frame: Sent): number | undefined {
    return typeof frame.to === "number" && frame.kind !== "solicits" && this.#states(frame.to, familyOf(frame))
      ? frame.to
      : undefined;
  }

  /** The known host that a frame is for (NETWORK, "Forward"). */
  receiver(frame: Sent): number | undefined {
    const { to, gateway } = frame;
    if (typeof to !== "number") return undefined;
    const { stated } = this.policy;
    const shown = gateway ?? to;
    if (!isFlood(frame) && stated[shown]!.place && stated[shown]!.mac) return shown;
    if (!stated[to]!.place || stated[to]!.mac) return undefined;
    const isAsked = (frame.kind === "arp" || frame.kind === "asks") && stated[to]!.v4;
    return isAsked || (!isFlood(frame) && this.#addressee(frame) === to) ? to : undefined;
  }

  /** The users that a frame may be of; none where it is of no user (NETWORK, "Addresses, users, hosts"). */
  senders(frame: Sent): readonly string[] | undefined {
    const { stated } = this.policy;
    const { place, mac, users, v4, v6 } = stated[frame.source]!;
    const own = users.length > 0 ? users : ["unknown"];
    if (place) return own;
    const family = familyOf(frame);
    if (this.#states(frame.source, family)) return own;
    if (mac && !v4 && !v6) return users.length > 0 ? users : undefined;
    return family === undefined ? [] : ["unknown"];
  }

  /** The users that a frame may go to. */
  receivers(frame: Sent): readonly string[] | undefined {
    const { stated } = this.policy;
    // An address that is nobody's is of `unknown`, also one of a group or of all.
    if (isFlood(frame) || typeof frame.to !== "number") return familyOf(frame) ? ["unknown"] : [];
    const usersOf = (host: number): readonly string[] =>
      stated[host]!.users.length > 0 ? stated[host]!.users : ["unknown"];
    const addressee = this.#addressee(frame);
    if (frame.gateway !== undefined) return undefined;
    if (addressee !== undefined) return usersOf(addressee);
    const { mac, v4, v6 } = stated[frame.to]!;
    if (mac && !v4 && !v6) return stated[frame.to]!.users.length > 0 ? usersOf(frame.to) : undefined;
    return familyOf(frame) === undefined ? [] : ["unknown"];
  }

  #term(term: Term, frame: Sent, sender: string | undefined, receiver: string | undefined): Maybe {
    const { source, to, kind } = frame;
    const family = familyOf(frame);
    const transport = kind.startsWith("web") || kind === "back" ? "TCP" : kind.startsWith("dns") ? "UDP" : undefined;
    switch (term.field) {
      // The name of a host means its addresses; of a host without one, its MAC.
      case "srcHost":
        return (
          (term.host === source && this.#states(source, family)) ||
          (this.#isBare(term.host) && term.host === source && this.policy.stated[term.host]!.mac)
        );
      case "dstHost":
        if (!this.#isBare(term.host)) return term.host === this.#addressee(frame);
        return this.policy.stated[term.host]!.mac && !isFlood(frame) && term.host === (frame.gateway ?? to);
      case "srcEth":
        return term.host === source;
      case "dstEth":
        return !isFlood(frame) && term.host === (frame.gateway ?? to);
      case "srcAP":
        return term.host === source;
      case "dstAP": {
        const receives = this.receiver(frame);
        if (frame.gateway !== undefined) return undefined;
        // Where no host is known, what some statements leave out by `dstAP` and others hold may be dropped with more.
        if (!this.policy.stated[source]!.place) return undefined;
        if (this.policy.stated[term.host]!.place) {
          // What is for it and does not show so may be held or not: W852 tells of it.
          return receives === term.host || (term.host === to && !isFlood(frame) ? undefined : false);
        }
        return false;
      }
      case "switch":
        return this.machines[source]!.at.startsWith(`${term.name}:`);
      case "user":
      case "dstUser": {
        const user = term.field === "user" ? sender : receiver;
        if (user === OPEN) return undefined;
        return user !== undefined && term.users.includes(user) !== term.isNot;
      }
      case "ethType":
        return term.types.includes(family === 4 ? 0x800 : family === 6 ? 0x86dd : kind === "raw" ? 0x1234 : 0x806);
      case "dstPort":
        return transport === term.transport && term.port === (kind === "back" ? 4000 : transport === "TCP" ? 80 : 53);
      case "srcPort":
        return transport === term.transport && term.port === (kind === "back" ? 80 : 4000);
    }
  }

  #part({ terms, except }: Part, frame: Sent, sender?: string, receiver?: string): Maybe {
    const all = (list: readonly Term[]): Maybe => every(list.map((one) => this.#term(one, frame, sender, receiver)));
    return every([all(terms), except === undefined ? true : not(all(except))]);
  }

  /** Whether a statement holds a frame. What may be of several users a restriction holds for one, a permission for all. */
  holds({ kind, parts, isBothWays }: Saying, frame: Sent): Maybe {
    const halves = isBothWays ? [...parts, ...parts.map(mirrored)] : parts;
    const used = halves.flatMap(({ terms, except = [] }) => [...terms, ...except]);
    const isLed = kind === "waypoint" || kind === "avoid";
    const candidates = (field: "user" | "dstUser", known: readonly string[] | undefined) => {
      const named = used.flatMap((one) => (one.field === field ? [one] : []));
      if (named.length === 0) return [undefined];
      // Beside what leads, these are sets of addresses ("Today").
      const isOdd = named.some(({ users, isNot }) => isNot || users.includes("unknown"));
      if (known === undefined || (isLed && (isOdd || !familyOf(frame)))) return [OPEN];
      return known.length === 0 ? [undefined] : known;
    };
    const senders = candidates("user", this.senders(frame));
    const receivers = candidates("dstUser", this.receivers(frame));
    const of = senders.flatMap((one) =>
      receivers.map((other) => some(halves.map((part) => this.#part(part, frame, one, other)))),
    );
    return kind === "allow" || kind === "reserve" ? every(of) : some(of);
  }

  /** Whether a frame is denied: by the guard, by a deny that no allow in a share below overrides, or by default. */
  isDenied(frame: Sent): Maybe {
    const { guard, verdict } = this.policy;
    if (guard !== undefined && every(guard.map((one) => this.#term(one, frame, undefined, undefined)))) return true;
    const has = (kind: "allow" | "deny"): { readonly one: Saying; readonly holds: Maybe }[] =>
      this.#inForce.flatMap((one) => (one.kind === kind ? [{ one, holds: this.#granted(one, frame) }] : []));
    const allows = has("allow");
    const denied = some(
      has("deny").map(({ one, holds }) =>
        every([
          holds,
          not(some(allows.map((other) => (other.one.shares.length > one.shares.length ? other.holds : false)))),
        ]),
      ),
    );
    if (denied === true) return true;
    const allowed = verdict === "allow" ? true : some(allows.map(({ holds }) => holds));
    return denied === undefined || allowed === undefined ? undefined : !allowed;
  }

  /** What was granted: a partial request may have lost what a blocker holds. */
  #granted(one: Saying, frame: Sent): Maybe {
    const holds = this.holds(one, frame);
    if (!one.isPartial || holds === false) return holds;
    const isOpposed = this.#inForce.some(
      (other) =>
        other.kind !== one.kind &&
        (other.kind === "allow" || other.kind === "deny") &&
        this.holds(other, frame) !== false,
    );
    return isOpposed ? undefined : holds;
  }

  /** The statements of a kind that hold a frame, and whether some may hold it that are not among them. */
  holding(kind: Saying["kind"], frame: Sent): { readonly all: readonly Saying[]; readonly isOpen: boolean } {
    const asked = this.#inForce
      .filter((one) => one.kind === kind)
      .map((one) => ({ one, holds: this.holds(one, frame) }));
    return {
      all: asked.flatMap(({ one, holds }) => (holds === true ? [one] : [])),
      isOpen: asked.some(({ holds }) => holds === undefined),
    };
  }
}

const MIRROR = {
  srcHost: "dstHost",
  dstHost: "srcHost",
  srcEth: "dstEth",
  dstEth: "srcEth",
  srcAP: "dstAP",
  dstAP: "srcAP",
  user: "dstUser",
  dstUser: "user",
  dstPort: "srcPort",
  srcPort: "dstPort",
} as const;

function mirrored({ terms, except }: Part): Part {
  const turn = (one: Term): Term =>
    one.field === "switch" || one.field === "ethType" ? one : ({ ...one, field: MIRROR[one.field] } as Term);
  return { terms: terms.map(turn), ...(except && { except: except.map(turn) }) };
}
