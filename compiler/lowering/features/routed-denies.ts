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
import { IPV4, IPV6 } from "../../flowgroup/prerequisites.ts";
import { numberSet, setHolds } from "../../flowgroup/sets.ts";
import { flowsInBoth } from "../../flowgroup/universe.ts";
import { by } from "../../net/order.ts";
import { comesInAt, INGRESS } from "../../paths/end-ports.ts";
import type { AttachedHost, Topology } from "../../paths/index.ts";
import type { DraftedRule } from "../encode/draft.ts";
import type { UserIndex } from "../encode/user-index.ts";
import type { LowerContext } from "../pipeline/options.ts";
import type { Feature } from "./feature.ts";

export class RoutedDeniesFeature implements Feature {
  readonly owns = [] as const;
  readonly #context: LowerContext;
  readonly #topology: Topology;
  readonly #userIndex: UserIndex;
  readonly #denies = new Map<string, DerivedRule>();
  readonly #waypoints = new Map<string, DerivedRule>();

  constructor(context: LowerContext, topology: Topology, userIndex: UserIndex) {
    this.#context = context;
    this.#topology = topology;
    this.#userIndex = userIndex;
  }

  enter(key: string, { rule }: DraftedRule): void {
    if (rule.effect === "waypoint") this.#waypoints.set(key, rule);
    if (isDeny(rule)) this.#denies.set(key, rule);
  }

  leave(key: string): void {
    this.#waypoints.delete(key);
    this.#denies.delete(key);
  }

  warnings(): readonly Diagnostic[] {
    const found = new Map<string, { statement: string; through: string; box: AttachedHost }>();
    const waypoints = [...this.#waypoints.values()];
    const boxes = new Set(waypoints.flatMap(({ nodes = [] }) => nodes));
    for (const name of boxes) {
      const box = this.#topology.hosts.get(name);
      if (box === undefined || box.macs.length === 0) continue;
      const denies = [...this.#denies.values()].filter(({ cube }) => this.#isShownBy(cube, box));
      const through = denies.length === 0 ? [] : waypoints.filter(({ nodes }) => nodes!.includes(name));
      for (const { statement, cube } of denies) {
        const one = through.find((waypoint) => this.#holdsBehind(cube, waypoint.cube, box));
        if (one !== undefined) found.set(`${statement}\n${name}`, { statement, through: one.statement, box });
      }
    }
    return [...found]
      .toSorted(by(([key]) => key))
      .map(([, { statement, through, box }]) =>
        codes.deniesRouted(
          { box: box.name, through, statement },
          { span: this.#context.spanOf?.(statement), help: helpFor(box) },
        ),
      );
  }

  /** Whether a deny names the MAC of a box, or a user who is bound to it. */
  #isShownBy(of: Cube, box: AttachedHost): boolean {
    const [macs, users] = [constraint(of, "srcEth"), constraint(of, "user")];
    if (macs !== undefined) return box.macs.some((mac) => setHolds(macs, mac));
    return users !== undefined && usersAt(this.#userIndex, box).some((one) => setHolds(users, one));
  }

  /** Whether a deny holds some flow of a waypoint behind the box, and not where it enters. */
  #holdsBehind(denied: Cube, led: Cube, box: AttachedHost): boolean {
    const forwarded = flowsInBoth(withoutSender(led), IP);
    if (forwarded === undefined || flowsInBoth(withoutSender(denied), forwarded) === undefined) return false;
    return [...this.#topology.hosts.values()].some((host) => {
      if (host.name === box.name || !comesInAt(led, host.at) || !comesInAt(denied, host.at)) return false;
      const isFrom = host.addresses.some((address) =>
        [led, denied].every((one) => {
          const own = constraint(one, "srcHost");
          return own === undefined || setHolds(own, address);
        }),
      );
      if (!isFrom || !isSentBy(led, host, usersAt(this.#userIndex, host))) return false;
      // Behind the box it may be of the user at the MAC that it shows, and of the one at its address.
      const [users, own] = [constraint(denied, "user"), usersAt(this.#userIndex, host)];
      const theirs = [...usersAt(this.#userIndex, box), ...own];
      const isHeld = users === undefined || theirs.some((one) => setHolds(users, one));
      return isHeld && !isSentBy(denied, host, own);
    });
  }
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

const isDeny = (rule: DerivedRule): boolean => givesVerdict(rule) && rule.effect === "deny" && rule.observed !== true;

/** A router forwards nothing else. */
const IP = cubeOf({ ethType: numberSet("ethType", [IPV4, IPV6])! });
const SENDER = ["srcEth", "srcHost", "user", ...INGRESS] as const;
const withoutSender = (of: Cube): Cube => SENDER.reduce((rest, field) => withConstraint(rest, field, undefined), of);

const helpFor = ({ name, addresses }: AttachedHost): string =>
  addresses.length === 0
    ? `a box that gives frames back as they are loses nothing; where it routes, let the deny hold what is of its own alone: frames that are not IP`
    : `a box that gives frames back as they are loses nothing; where it routes, take the senders that it forwards for out of the deny: \`(…) except (srcHost=…)\`; \`srcHost=${nameText(name)}\` holds what shows its address alone, and lets its ARP and IPv6 from elsewhere pass`;
