/**
 * The feature that tells which denies hold what a box forwards as a router. It writes its own MAC into that, so a deny of
 * this MAC, or of a user who is bound to it, holds all that comes through the box (NETWORK, "Spoof"). It owns no table.
 */
import { nameText } from "../../certificates/text.ts";
import { givesVerdict, type DerivedRule } from "../../derived/rule.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import * as codes from "../../diagnostics/codes/table.ts";
import type { Cube } from "../../flowgroup/cube.ts";
import { constraint, cube as cubeOf, withConstraint } from "../../flowgroup/cubes.ts";
import { cut } from "../../flowgroup/index.ts";
import { IPV4, IPV6 } from "../../flowgroup/prerequisites.ts";
import { addressSet, numberSet, setHolds, type IpSet } from "../../flowgroup/sets.ts";
import { flowsInBoth, possible } from "../../flowgroup/universe.ts";
import type { Span } from "../../source.ts";
import type { Ip } from "../../net/address.ts";
import { by } from "../../net/order.ts";
import { comesInAt, INGRESS } from "../../paths/end-ports.ts";
import type { AttachedHost, Topology } from "../../paths/index.ts";
import { seenBy } from "../encode/directory-sets.ts";
import type { DraftedRule } from "../encode/draft.ts";
import { allBut } from "../encode/seats.ts";
import { UNKNOWN } from "../encode/whereabouts.ts";
import type { UserIndex } from "../encode/user-index.ts";
import { targetOf, type LowerContext } from "../pipeline/options.ts";
import type { AdmissionFeature } from "./admission.ts";
import type { Feature } from "./feature.ts";

export class RoutedDeniesFeature implements Feature {
  readonly owns = [] as const;
  readonly #context: LowerContext;
  readonly #topology: Topology;
  readonly #userIndex: UserIndex;
  readonly #admission: AdmissionFeature;
  readonly #verdicts = new Map<string, DerivedRule>();
  readonly #waypoints = new Map<string, DerivedRule>();
  readonly #byMac = new Map<number, readonly AttachedHost[]>();

  constructor(context: LowerContext, topology: Topology, userIndex: UserIndex, admission: AdmissionFeature) {
    this.#context = context;
    this.#topology = topology;
    this.#userIndex = userIndex;
    this.#admission = admission;
  }

  enter(key: string, { rule }: DraftedRule): void {
    if (rule.effect === "waypoint") this.#waypoints.set(key, rule);
    if (givesVerdict(rule) && rule.observed !== true) this.#verdicts.set(key, rule);
  }

  leave(key: string): void {
    this.#waypoints.delete(key);
    this.#verdicts.delete(key);
  }

  warnings(): readonly Diagnostic[] {
    const found = new Map<string, Told>();
    const lost = new Map<string, Told>();
    const waypoints = [...this.#waypoints.values()];
    const boxes = new Set(waypoints.flatMap(({ nodes = [] }) => nodes));
    const [denies, allows] = ["deny", "allow"].map((effect) =>
      boxes.size === 0 ? [] : [...this.#verdicts.values()].filter((one) => one.effect === effect),
    );
    const isClosed = this.#context.defaults.verdict === "deny";
    const byMac = isClosed ? allows!.filter(({ cube }) => constraint(cube, "srcEth") !== undefined) : [];
    for (const name of boxes) {
      const box = this.#topology.hosts.get(name);
      if (box === undefined || box.macs.length === 0) continue;
      const shown = denies!.filter(({ cube }) => this.#isShownBy(cube, box));
      const through = shown.length === 0 ? [] : waypoints.filter(({ nodes }) => nodes!.includes(name));
      for (const deny of shown) {
        const { statement } = deny;
        const above = (): readonly DerivedRule[] => allows!.filter((one) => this.#rank(one) > this.#rank(deny));
        const one = through.find(
          ({ cube }) => this.#holdsBehind(deny.cube, cube, box, []) && this.#holdsBehind(deny.cube, cube, box, above()),
        );
        if (one !== undefined) found.set(`${statement}\n${name}`, { statement, through: one.statement, box });
      }
      for (const { statement, cube } of byMac) {
        const one = waypoints.find(
          (other) => other.nodes!.includes(name) && this.#losesBehind(cube, other.cube, box, allows!),
        );
        if (one !== undefined) lost.set(`${statement}\n${name}`, { statement, through: one.statement, box });
      }
    }
    const sorted = (some: ReadonlyMap<string, Told>): readonly Told[] =>
      [...some].toSorted(by(([key]) => key)).map(([, one]) => one);
    const spanOf = (statement: string): Span | undefined => this.#context.spanOf?.(statement);
    return [
      ...sorted(found).map(({ statement, through, box }) =>
        codes.deniesRouted({ box: box.name, through, statement }, { span: spanOf(statement), help: helpFor(box) }),
      ),
      ...sorted(lost).map(({ statement, through, box }) =>
        codes.permitsLessRouted({ box: box.name, through, statement }, { span: spanOf(statement), help: BY_ADDRESS }),
      ),
    ];
  }

  /** Whether a deny names the MAC of a box, or a user who is bound to it. */
  #isShownBy(of: Cube, box: AttachedHost): boolean {
    const [macs, users] = [constraint(of, "srcEth"), constraint(of, "user")];
    if (macs !== undefined) return box.macs.some((mac) => setHolds(macs, mac));
    return users !== undefined && usersAt(this.#userIndex, box).some((one) => setHolds(users, one));
  }

  /** The priority of a verdict. */
  #rank(rule: DerivedRule): number {
    return this.#admission.position(rule)?.priority ?? 0;
  }

  /**
   * Whether a deny holds some flow of a waypoint behind the box, and not where it enters; none of these allows `above` it lets
   * that flow through.
   */
  #holdsBehind(denied: Cube, led: Cube, box: AttachedHost, above: readonly DerivedRule[]): boolean {
    return this.#isLeft(denied, led, box, above, this.#topology.hosts.values(), (host, own) => {
      // Behind the box it may be of the user at the MAC that it shows, and of the one at its address.
      const theirs = [...usersAt(this.#userIndex, box), ...own];
      const users = constraint(denied, "user");
      return !isSentBy(denied, host, own) && (users === undefined || theirs.some((one) => setHolds(users, one)));
    });
  }

  /** Whether an allow by a MAC holds some flow of a waypoint where it enters, and behind the box no allow does. */
  #losesBehind(allowed: Cube, led: Cube, box: AttachedHost, allows: readonly DerivedRule[]): boolean {
    return this.#isLeft(allowed, led, box, allows, this.#framedBy(allowed), (host, own) =>
      isSentBy(allowed, host, own),
    );
  }

  /** The hosts with a MAC that flows name, looked up where these are single ones. */
  #framedBy(of: Cube): Iterable<AttachedHost> {
    const macs = constraint(of, "srcEth");
    if (macs?.kind !== "number") return [];
    const isSingle = macs.ranges.every((value, i) => i % 2 === 0 || value === macs.ranges[i - 1]);
    if (!isSingle) return this.#topology.hosts.values();
    if (this.#byMac.size === 0)
      for (const host of this.#topology.hosts.values())
        for (const mac of host.macs) this.#byMac.set(mac, [...(this.#byMac.get(mac) ?? []), host]);
    return new Set(macs.ranges.flatMap((mac) => this.#byMac.get(mac) ?? []));
  }

  /** Whether some flow of a cube and of a waypoint, sent by such a host of these, is let through behind the box by none of these allows. */
  #isLeft(
    of: Cube,
    led: Cube,
    box: AttachedHost,
    allows: readonly DerivedRule[],
    senders: Iterable<AttachedHost>,
    isMeant: (host: AttachedHost, users: readonly string[]) => boolean,
  ): boolean {
    const forwarded = this.#told(led, true).flatMap((one) =>
      this.#told(of, true).flatMap((other) => {
        const both = flowsInBoth(one, IP);
        return (both && flowsInBoth(both, other)) ?? [];
      }),
    );
    if (forwarded.length === 0) return false;
    return [...senders].some((host) => {
      if (host.name === box.name || !comesInAt(led, host.at) || !comesInAt(of, host.at)) return false;
      const own = usersAt(this.#userIndex, host);
      if (!isSentBy(led, host, own) || !isMeant(host, own)) return false;
      return host.addresses.some((address) => {
        if (![led, of].every((one) => holdsSource(one, address))) return false;
        // What is for the box itself ends there, and nobody sends to himself.
        const between = cubeOf({
          srcHost: addressSet([address])!,
          dstHost: allBut([...box.addresses, ...host.addresses], false) as IpSet,
        });
        let left: readonly Cube[] = forwarded.flatMap((one) => flowsInBoth(one, between) ?? []);
        for (const { cube } of allows) {
          const isOpen = holdsSource(cube, address) && comesInAt(cube, host.at) && this.#permits(cube, box, own);
          for (const part of isOpen ? this.#told(cube, false) : [])
            left = left.flatMap((one) => cut(one, part)).filter(possible);
          if (left.length === 0) return false;
          if (left.length > MOST_LEFT) return true;
        }
        return left.length > 0;
      });
    });
  }

  /** Whether an allow surely holds what shows the MAC of a box and an address of a host of these users. */
  #permits(allowed: Cube, box: AttachedHost, own: readonly string[]): boolean {
    const [macs, users] = [constraint(allowed, "srcEth"), constraint(allowed, "user")];
    if (macs !== undefined && !box.macs.every((mac) => setHolds(macs, mac))) return false;
    if (users === undefined) return true;
    // An address tells its user by itself; who is none of others is told by the place, too.
    const isListed = users.kind === "name" && !users.not && !setHolds(users, UNKNOWN);
    const some = isListed && box.addresses.length > 0 ? own : [...usersAt(this.#userIndex, box), ...own];
    return some.every((one) => setHolds(users, one));
  }

  /** What a switch can tell of flows, besides of their sender; `could`: whether it is all that may be of them. */
  #told(of: Cube, could: boolean): readonly Cube[] {
    const hidden = ["direction", "dstAP"] as const;
    if (!could && hidden.some((field) => constraint(of, field) !== undefined)) return [];
    const open = hidden.reduce((rest, field) => withConstraint(rest, field, undefined), withoutSender(of));
    return seenBy(open, this.#userIndex, targetOf(this.#context), undefined, { could }).cubes;
  }
}

interface Told {
  readonly statement: string;
  readonly through: string;
  readonly box: AttachedHost;
}

/** Of more flows than this none is sought that no allow lets through. */
const MOST_LEFT = 64;

function holdsSource(of: Cube, address: Ip): boolean {
  const sources = constraint(of, "srcHost");
  return sources === undefined || setHolds(sources, address);
}

/** The users of what a host sends. */
const usersAt = (userIndex: UserIndex, { macs, addresses, at }: AttachedHost): readonly string[] =>
  macs.length === 0
    ? userIndex.usersOf(addresses[0], -1, at)
    : [...new Set(macs.flatMap((mac) => userIndex.usersOf(addresses[0], mac, at)))];

/** Whether flows hold some of what a host of these users sends. A MAC that is not stated is none of those that flows name. */
function isSentBy(of: Cube, { macs: own }: AttachedHost, users: readonly string[]): boolean {
  const [macs, named] = [constraint(of, "srcEth"), constraint(of, "user")];
  const isShown = macs === undefined || own.some((mac) => setHolds(macs, mac));
  return isShown && (named === undefined || users.some((one) => setHolds(named, one)));
}

/** A router forwards nothing else. */
const IP = cubeOf({ ethType: numberSet("ethType", [IPV4, IPV6])! });
const SENDER = ["srcEth", "srcHost", "user", ...INGRESS] as const;
const withoutSender = (of: Cube): Cube => SENDER.reduce((rest, field) => withConstraint(rest, field, undefined), of);

const helpFor = ({ name, addresses }: AttachedHost): string => {
  const spared = `a box that gives frames back as they are loses nothing; where it routes, take the senders that it forwards for out of the deny: \`(…) except (srcHost=…)\``;
  return addresses.length === 0
    ? spared
    : `${spared}; \`srcHost=${nameText(name)}\` holds what shows its address alone, and lets its ARP and IPv6 from elsewhere pass`;
};

const BY_ADDRESS =
  "a box that gives frames back as they are loses nothing; where it routes, hold its senders by `srcHost` instead of their MACs: the spoof guard binds both";
