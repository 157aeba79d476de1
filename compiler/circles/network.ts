/**
 * Checks the tables of a network as a whole: proves that no packet circles and that no entries of one priority
 * conflict.
 */
import * as codes from "../diagnostics/codes/table.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { DerivedRule } from "../derived/rule.ts";
import type { Ip } from "../net/index.ts";
import { boxFault } from "../paths/boxes.ts";
import { byText } from "../net/order.ts";
import { portKey, type AttachedHost, type Port, type Topology } from "../paths/topology.ts";
import { ambiguousPair } from "../table/ambiguity.ts";
import type { Match, Table } from "../table/entry.ts";
import { exact } from "../table/match.ts";
import { toOvs } from "../table/text.ts";
import type { ShownFrame } from "./packets.ts";
import { proveNoCircles, type CircleProof } from "./prove.ts";
import type { Box } from "./places.ts";

/** The step budget: a fixed part and a part for each entry. A million steps take about a second. */
const FIXED_BUDGET = 3_000_000;
const BUDGET_PER_ENTRY = 30;

/** What it takes to read of one box and one address what the box forwards from there. */
const STEPS_OF_ROUTED = 3;

/** What a proof finds of packets that circle, or that may. */
export interface CircleFaults {
  readonly diagnostics: readonly Diagnostic[];
  /** The circle that what boxes forward as routers would take: its places, the boxes on it, and the statements that lead to these. */
  readonly routed?: RoutedCircle;
}

export interface RoutedCircle {
  readonly path: string;
  /** Sorted. */
  readonly boxes: readonly string[];
  /** In the order of the rules. */
  readonly statements: readonly string[];
}

/**
 * The diagnostics for packets that circle, or that may (NETWORK, "Forward"). `budget` counts rows; it is the step
 * budget above unless given, and `spend` is told how many were read.
 */
export function circleFaults(
  tables: ReadonlyMap<string, Table>,
  topology: Topology,
  rules: readonly DerivedRule[],
  budget?: number,
  spend?: (steps: number) => void,
): CircleFaults {
  if (tables.size < 2) return { diagnostics: [] };
  const entries = [...tables.values()].reduce((sum, one) => sum + one.entries.length, 0);
  const most = budget ?? FIXED_BUDGET + BUDGET_PER_ENTRY * entries;
  // What each box forwards as a router, from each address, is read before anything else.
  const proof: CircleProof =
    STEPS_OF_ROUTED * routedPairs(topology, rules) > most
      ? { kind: "open", spent: true, steps: most }
      : proveNoCircles(tables, topology, boxesOf(topology, rules), most);
  spend?.(proof.kind === "circles" ? 0 : proof.steps);
  switch (proof.kind) {
    case "proven":
      return { diagnostics: [] };
    case "circles": {
      const path = proof.circle.map(portKey).join(" → ");
      const witness = `${frameText(proof.frame)}, in at ${portKey(proof.from)}`;
      const routed = proof.isRouted ? routedCircle(proof.circle, path, topology, rules) : undefined;
      if (routed === undefined || routed.boxes.length === 0)
        return { diagnostics: [codes.circles({ path }, { witness, help: REPORT })] };
      const words = { boxes: namesInText(routed.boxes), path };
      const help = `change what leads to them: ${namesInText(routed.statements)}`;
      return { diagnostics: [codes.routedRound(words, { witness, help })], routed };
    }
    case "open":
      return { diagnostics: [codes.circlesOpen({ steps: proof.steps }, { help: NARROW })] };
  }
}

function routedCircle(
  circle: readonly Port[],
  path: string,
  { hosts }: Topology,
  rules: readonly DerivedRule[],
): RoutedCircle {
  const places = new Set(circle.map(portKey));
  const isOnIt = (node: string): boolean => {
    const host = hosts.get(node);
    return host !== undefined && places.has(portKey(host.at));
  };
  const leading = rules.filter(({ effect, nodes = [] }) => effect === "waypoint" && nodes.some(isOnIt));
  const boxes = new Set(leading.flatMap(({ nodes = [] }) => nodes.filter(isOnIt)));
  return {
    path,
    boxes: [...boxes].toSorted(byText),
    statements: [...new Set(leading.map(({ statement }) => statement))],
  };
}

/** Names in a sentence. */
export const namesInText = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(", ");

/**
 * The diagnostic for the first two entries of one priority that a packet may both match and that differ in what they
 * do. OpenFlow leaves it to the switch which of them decides.
 */
export function ambiguityFaults(tables: ReadonlyMap<string, Table>): readonly Diagnostic[] {
  const open: Diagnostic[] = [];
  for (const [name, table] of tables) {
    const found = ambiguousPair(table.entries);
    if (found === undefined) continue;
    if (found === "open") {
      open.push(codes.ambiguityOpen({ switch: name }, { help: FEWER_SETS }));
      continue;
    }
    const { one, other } = found;
    const witness = toOvs({ entries: [one, other] }).trim();
    return [codes.ambiguous({ switch: name, table: one.table, priority: one.priority }, { witness, help: REPORT })];
  }
  return open;
}

/** All that is proven of the tables of a network before they leave the compiler (NETWORK, "Forward"). */
export function proveTables(
  tables: ReadonlyMap<string, Table>,
  of: Topology,
  rules: readonly DerivedRule[],
  spend?: (steps: number) => void,
): CircleFaults {
  const circles = circleFaults(tables, of, rules, undefined, spend);
  return { ...circles, diagnostics: [...ambiguityFaults(tables), ...circles.diagnostics] };
}

/** What is wrong of the tables. */
export const tableFaults = (
  tables: ReadonlyMap<string, Table>,
  of: Topology,
  rules: readonly DerivedRule[],
  spend?: (steps: number) => void,
): readonly Diagnostic[] => proveTables(tables, of, rules, spend).diagnostics;

const REPORT = "this is a fault of glazier, and nothing was sent: please report it with the policy";
const FEWER_SETS =
  "statements that list sets in several fields each are proven sooner where the sets of one field are apart";
const NARROW = "`glazier trace` follows one packet; fewer waypoints for flows that overlap are proven sooner";

/** How many pairs of a box with its MAC and an address `boxesOf` comes to. */
function routedPairs({ hosts }: Topology, rules: readonly DerivedRule[]): number {
  const boxes = new Set(rules.flatMap(({ effect, nodes }) => (effect === "waypoint" ? (nodes ?? []) : [])));
  let [macs, addresses] = [0, 0];
  for (const host of hosts.values()) {
    addresses += host.addresses.length;
    if (boxes.has(host.name)) macs += host.macs.length;
  }
  return macs * addresses;
}

/**
 * The hosts that are waypoints of rules in force. Each keeps packets that are addressed to it. It may give back even what
 * it sent itself, its broadcasts among them. What it forwards as a router does shows its MAC and the address of another
 * host, and it does not forward that twice, unless another router has had it in between.
 */
export function boxesOf(of: Topology, rules: readonly DerivedRule[]): readonly Box[] {
  const { hosts } = of;
  const names = new Set(rules.flatMap(({ effect, nodes }) => (effect === "waypoint" ? (nodes ?? []) : [])));
  // What can be no waypoint is led nowhere, and is taken to give nothing back.
  const boxes = [...hosts.values()].filter(({ name }) => names.has(name) && boxFault(of, name) === undefined);
  const byPort = Map.groupBy(boxes, ({ at }) => portKey(at));
  // Of several names at a port one might give back what another keeps.
  const addresses = [...hosts.values()].flatMap((host) => host.addresses);
  return [...byPort.values()].map((some) => ({
    at: some[0]!.at,
    macs: [
      ...new Set(some.flatMap(({ macs }): readonly (number | undefined)[] => (macs.length === 0 ? [undefined] : macs))),
    ],
    keeps: some.length === 1 ? [...keptBy(some[0]!), ...routedBy(some[0]!, addresses)] : [],
    own: some.length === 1 ? toAddressesOf(some[0]!) : [],
  }));
}

/** What a host forwarded as a router: with its MAC, from an address that is not its own. */
const routedBy = ({ macs, addresses: own }: AttachedHost, addresses: readonly Ip[]): readonly Match[] =>
  addresses
    .filter((one) => !own.some(({ family, value }) => family === one.family && value === one.value))
    .flatMap(({ family, value }) =>
      macs.map((mac) => [exact("eth_src", mac), exact(family === 4 ? "ipv4_src" : "ipv6_src", value)]),
    );

/** What is addressed to a host: by its MAC, as a wire gives back what shows its address alone; by this where none is known. */
const keptBy = (host: AttachedHost): readonly Match[] =>
  host.macs.length > 0 ? host.macs.map((mac) => [exact("eth_dst", mac)]) : toAddressesOf(host);

const toAddressesOf = ({ addresses }: AttachedHost): readonly Match[] =>
  addresses.map(({ family, value }) => [exact(family === 4 ? "ipv4_dst" : "ipv6_dst", value)]);

const frameText = (frame: ShownFrame): string =>
  [...frame]
    .filter(([, value]) => value !== 0n)
    .map(([field, value]) => `${field}=0x${value.toString(16)}`)
    .join(", ");
