/**
 * Drops steered flows that enter where no host is known, since no path is computed from there. The entries stand in the
 * Spoof table below its other entries. Frames between switches and frames back from waypoints match higher entries
 * there; those from known ports go on and are steered.
 */
import { endPortsOf, leavesAt } from "../../paths/end-ports.ts";
import { goesFromAnywhere, hostsAtPorts, portKey, type Port, type Topology } from "../../paths/index.ts";
import type { Cube } from "../../flowgroup/cube.ts";
import { constraint, cube as cubeOf, withConstraint } from "../../flowgroup/cubes.ts";
import { numbers, setHolds } from "../../flowgroup/sets.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import type { EntryPosition } from "../contributions/contribution.ts";
import type { UserIndex } from "../encode/user-index.ts";
import { draft } from "../encode/draft.ts";
import { narrow, sentTo } from "../encode/endpoints.ts";
import type { LowerContext } from "../pipeline/options.ts";
import type { LoweringRefusal } from "../pipeline/refusal.ts";
import {
  asksForBound,
  HELD_BETWEEN,
  KNOWN_INGRESS,
  LEFT_BETWEEN,
  UNKNOWN_AT_PORT,
  UNKNOWN_INGRESS,
} from "../spoof/spoof-entries.ts";
import { ofArp } from "./drafts-at-ports.ts";
import { askedAt, sentToPort, type SentPart } from "../encode/senders.ts";
import { numbersLeftOut, withoutLeftOut } from "./returning.ts";
import type { SteeredEntries } from "./steered.ts";

interface DroppedIngress {
  readonly entries: readonly SteeredEntries[];
  readonly refusal?: LoweringRefusal;
}

/**
 * The entries that drop such flows of a waypoint or avoid; a refusal if only connection tracking could recognize them. No
 * entry can ask for all ports but some. So what comes in at a port that some of the `rules` leave out goes on there, and is
 * dropped there for each other rule.
 */
export function dropUnknownIngress(
  rule: DerivedRule,
  rules: readonly DerivedRule[],
  topology: Topology,
  userIndex: UserIndex,
  context: LowerContext,
): DroppedIngress {
  const entries: SteeredEntries[] = [];
  const switches = [...topology.trunks.keys()].filter(
    (name) => !goesFromAnywhere(topology, rule.effect, rule.nodes ?? [], name),
  );
  const exits = exitsLeftOut(rules, topology);
  for (const { sources, destinations } of endPortsOf(topology, { cubes: [rule.cube] })) {
    if (sources !== undefined || switches.length === 0) continue;
    if (constraint(rule.cube, "direction") !== undefined) return { entries: [], refusal: { kind: "unknownIngress" } };
    const held = withConstraint(withoutLeftOut(rule.cube), "dstAP", undefined);
    // Hosts tell where flows go that `dstAP` alone holds. All others show it themselves.
    const isToPorts = destinations !== undefined && constraint(rule.cube, "dstAP") !== undefined;
    const cubes = !isToPorts ? [{ flows: held }] : destinations.flatMap((to) => sentToPort(held, topology, to));
    for (const switchName of switches) {
      const put = ({ flows, asked }: SentPart, position: EntryPosition): LoweringRefusal | undefined => {
        const own = { ...rule, cube: flows };
        const { drafts: whole, refusal } = draft(own, context, userIndex, switchName, { tags: false });
        const all = asked === undefined ? whole : ofArp(whole, { tpa: asked });
        const drafts = all.filter(({ match }) => !asksForBound(context.directory, match));
        if (drafts.length > 0) entries.push({ switchName, rule, position, drafts });
        return refusal;
      };
      for (const cube of cubes) {
        const refusal = put(cube, { stage: "Spoof", priority: UNKNOWN_INGRESS, effect: "deny" });
        if (refusal !== undefined) return { entries: [], refusal };
      }
      if (!entries.some((one) => one.switchName === switchName)) continue;
      const known = knownPorts(topology, switchName);
      const passes = leftOut(rule.cube, switchName);
      // Of a port of hosts with known MACs alone Spoof has judged all by then.
      const open = [...known].flatMap(([port, hasUnknownMac]) => (hasUnknownMac ? [port] : []));
      for (const port of new Set([...open, ...passes.filter((one) => !known.has(one))])) {
        const flows = cubeOf({ inPort: numbers("inPort", port) });
        put({ flows }, { stage: "Spoof", priority: KNOWN_INGRESS, effect: "allow" });
      }
      const heldTo = (to: Port): readonly SentPart[] =>
        cubes.flatMap((one) => {
          if (one.asked === undefined) return sentToPort(one.flows, topology, to);
          // ARP for a bare host is let on where another rule leaves its port out.
          const here = askedAt(one.flows, topology, to).flatMap(({ asked = [] }) => asked);
          const asked = one.asked.filter((address) => here.includes(address));
          return asked.length === 0 ? [] : [{ ...one, asked }];
        });
      for (const port of new Set(rules.flatMap((other) => leftOut(other.cube, switchName)))) {
        if (known.has(port)) continue;
        // Between these two ports one says all, since the entries below ask for one of them alone.
        for (const to of exits) {
          const isHeld = !passes.includes(port) && leavesAt(rule.cube, to);
          const effect = isHeld ? "deny" : "allow";
          for (const part of isHeld ? heldTo(to) : leftTo(topology, to)) {
            const there = narrow(part.flows, "inPort", numbers("inPort", port));
            const position = { stage: "Spoof", priority: isHeld ? HELD_BETWEEN : LEFT_BETWEEN, effect } as const;
            if (there) put({ ...part, flows: there }, position);
          }
        }
        if (passes.includes(port)) continue;
        for (const cube of cubes) {
          const there = narrow(cube.flows, "inPort", numbers("inPort", port));
          if (there) put({ ...cube, flows: there }, { stage: "Spoof", priority: UNKNOWN_AT_PORT, effect: "deny" });
        }
      }
      // What is for a host at a port that it leaves out goes on likewise, wherever it comes in.
      for (const to of exits) {
        const isHeld = leavesAt(rule.cube, to);
        const priority = isHeld ? UNKNOWN_AT_PORT : KNOWN_INGRESS;
        for (const part of isHeld ? heldTo(to) : leftTo(topology, to))
          put(part, { stage: "Spoof", priority, effect: isHeld ? "deny" : "allow" });
      }
    }
  }
  return { entries };
}

const ANYTHING: Cube = cubeOf({});

/** What is for the hosts at a port, as forwarding knows it. */
const leftTo = (topology: Topology, to: Port): readonly SentPart[] => [
  ...hostsAtPorts(topology, [to]).flatMap((host) => {
    const flows = sentTo(ANYTHING, host);
    return flows ? [{ flows }] : [];
  }),
  ...askedAt(ANYTHING, topology, to),
];

/** The ports of known hosts that some rules leave out as those where their flows leave. */
function exitsLeftOut(rules: readonly DerivedRule[], topology: Topology): readonly Port[] {
  const leaving = rules.filter(({ cube }) => {
    const goesTo = constraint(cube, "dstAP");
    return goesTo?.kind === "name" && goesTo.not;
  });
  const ports = new Map([...topology.hosts.values()].map(({ at }) => [portKey(at), at]));
  return [...ports.values()].filter((at) => leaving.some(({ cube }) => !leavesAt(cube, at)));
}

/** The ports of a switch that a cube leaves out, where it holds all others. */
function leftOut(flows: Cube, switchName: string): readonly number[] {
  const here = constraint(flows, "switch");
  if (here !== undefined && !setHolds(here, switchName)) return [];
  const places = constraint(flows, "srcAP");
  const named = places?.kind === "name" && places.not ? places.names : [];
  const ports = named.flatMap((name) => {
    const at = name.lastIndexOf(":");
    const port = Number(name.slice(at + 1));
    return name.slice(0, at) === switchName && Number.isInteger(port) ? [port] : [];
  });
  return [...ports, ...(numbersLeftOut(flows) ?? [])];
}

/** The ports of a switch at which hosts are known, and whether a host without a known MAC is. */
function knownPorts({ hosts }: Topology, switchName: string): ReadonlyMap<number, boolean> {
  const found = new Map<number, boolean>();
  for (const { at, macs } of hosts.values())
    if (at.switch === switchName) found.set(at.port, found.get(at.port) === true || macs.length === 0);
  return found;
}
