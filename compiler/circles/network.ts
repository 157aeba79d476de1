/**
 * Checks the tables of a network as a whole: proves that no packet circles and that no entries of one priority
 * conflict.
 */
import * as codes from "../diagnostics/codes/table.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { DerivedRule } from "../derived/rule.ts";
import { boxFault } from "../paths/boxes.ts";
import { portKey, type AttachedHost, type Topology } from "../paths/topology.ts";
import { ambiguousPair } from "../table/ambiguity.ts";
import type { Match, Table } from "../table/entry.ts";
import { exact } from "../table/match.ts";
import { toOvs } from "../table/text.ts";
import type { ShownFrame } from "./packets.ts";
import { proveNoCircles } from "./prove.ts";
import type { Box } from "./places.ts";

/** The step budget: a fixed part and a part for each entry. A million steps take about a second. */
const FIXED_BUDGET = 3_000_000;
const BUDGET_PER_ENTRY = 30;

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
): readonly Diagnostic[] {
  const boxes = boxesOf(topology, rules);
  // On one switch nothing comes in twice that no box gives back.
  if (tables.size < 2 && boxes.length === 0) return [];
  const proof = proveNoCircles(tables, topology, boxes, budget ?? budgetOf(tables));
  spend?.(proof.kind === "circles" ? 0 : proof.steps);
  switch (proof.kind) {
    case "proven":
      return [];
    case "circles": {
      const path = proof.circle.map(portKey).join(" → ");
      const witness = `${frameText(proof.frame)}, in at ${portKey(proof.from)}`;
      return [codes.circles({ path }, { witness, help: REPORT })];
    }
    case "open":
      return [codes.circlesOpen({ steps: proof.steps }, { help: NARROW })];
  }
}

const budgetOf = (tables: ReadonlyMap<string, Table>, fixed = FIXED_BUDGET): number =>
  fixed + BUDGET_PER_ENTRY * [...tables.values()].reduce((sum, one) => sum + one.entries.length, 0);

/**
 * The diagnostic for the first two entries of one priority that a packet may both match and that differ in what they
 * do. OpenFlow leaves it to the switch which of them decides.
 */
export function ambiguityFaults(tables: ReadonlyMap<string, Table>, fixedSteps?: number): readonly Diagnostic[] {
  const open: Diagnostic[] = [];
  for (const [name, table] of tables) {
    const found = ambiguousPair(table.entries, fixedSteps);
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

/** What is wrong of the tables of a network: all that is proven of them before they leave the compiler (NETWORK, "Forward"). */
export function tableFaults(
  tables: ReadonlyMap<string, Table>,
  of: Topology,
  rules: readonly DerivedRule[],
  { spend, fixed }: ProofSteps = {},
): readonly Diagnostic[] {
  const most = fixed === undefined ? undefined : budgetOf(tables, fixed);
  return [...ambiguityFaults(tables, fixed), ...circleFaults(tables, of, rules, most, spend)];
}

export interface ProofSteps {
  /** The steps beside what each entry has, where not many are to be spent. */
  readonly fixed?: number | undefined;
  /** It is told how many were spent on the proof that no packet circles. */
  readonly spend?: (steps: number) => void;
}

const REPORT = "this is a fault of glazier, and nothing was sent: please report it with the policy";
const FEWER_SETS =
  "statements that list sets in several fields each are proven sooner where the sets of one field are apart";
const NARROW = "`glazier trace` follows one packet; fewer waypoints for flows that overlap are proven sooner";

/**
 * The hosts that are waypoints of rules in force. Each keeps packets that are addressed to it. It may give back even what
 * it sent itself, its broadcasts among them. What it forwards as a router is what it would give back as a wire, once it has got the
 * MAC of its sender back.
 */
export function boxesOf(of: Topology, rules: readonly DerivedRule[]): readonly Box[] {
  const { hosts } = of;
  const names = new Set(rules.flatMap(({ effect, nodes }) => (effect === "waypoint" ? (nodes ?? []) : [])));
  // What can be no waypoint is led nowhere, and is taken to give nothing back.
  const boxes = [...hosts.values()].filter(({ name }) => names.has(name) && boxFault(of, name) === undefined);
  const byPort = Map.groupBy(boxes, ({ at }) => portKey(at));
  // Of several names at a port one might give back what another keeps.
  return [...byPort.values()].map((some) => ({
    at: some[0]!.at,
    keeps: some.length === 1 ? keptBy(some[0]!) : [],
  }));
}

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
