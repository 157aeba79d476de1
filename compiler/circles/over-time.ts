/**
 * The tables of a timeline, one instant after the other → what a proof of each finds (NETWORK, "Forward"). On one switch
 * only new entries can conflict, with each other or with what stands, so only their tables and priorities are looked at;
 * what ends conflicts with nothing. What leads packets round may also come about by an end, so where there are several
 * switches, or entries of the one name ports, each instant is proven whole. Entries and steps are counted together: where the budget ends, the answer says
 * from which instant on nothing was proven.
 */
import * as codes from "../diagnostics/codes/table.ts";
import type { DerivedRule } from "../derived/rule.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { printInstant } from "../net/index.ts";
import type { Topology } from "../paths/topology.ts";
import type { Plan } from "../plan/plan.ts";
import type { Entry, Table } from "../table/entry.ts";
import { entryKey } from "../table/match.ts";
import { ambiguityFaults, tableFaults } from "./network.ts";

/** A million entries take some seconds. */
const BUDGET = 1_000_000;

/** The tables and the rules in force at an instant, made when they are asked for. */
export interface NetworkThen {
  readonly tables: () => ReadonlyMap<string, Table>;
  readonly rules: () => readonly DerivedRule[];
}

export class ProofOverTime {
  readonly #topology: Topology;
  readonly #budget: number;
  #spent = 0;
  #last = 0;
  #isOver = false;
  /** Whether each instant is proven whole: packets may come in twice. */
  #isWhole: boolean;
  /** Switch → the entries that stand, followed plan by plan; kept where they are not proven whole. */
  readonly #standing = new Map<string, Groups>();

  constructor(topology: Topology, budget = BUDGET) {
    this.#topology = topology;
    this.#budget = budget;
    this.#isWhole = topology.trunks.size > 1;
  }

  /** The faults of the first instant (Unix seconds). */
  begin(instant: number, now: NetworkThen): readonly Diagnostic[] {
    this.#last = instant;
    const made = now.tables();
    this.#isWhole ||= this.#mayGiveBack([...made.values()].flatMap(({ entries }) => entries));
    if (!this.#isWhole)
      for (const [name, { entries }] of made) for (const entry of entries) enter(groupsOf(this.#standing, name), entry);
    return this.#whole({ ...now, tables: () => made });
  }

  /** Whether the budget has ended, so that nothing later is proven. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The faults of the tables after a change, by the plan of each switch that changes. Instants come in order. */
  next(instant: number, plans: ReadonlyMap<string, Plan>, then: NetworkThen): readonly Diagnostic[] {
    this.#isWhole ||= this.#mayGiveBack(
      [...plans.values()].flatMap(({ stages }) => stages.flatMap((mods) => mods.map(({ entry }) => entry))),
    );
    const isWhole = this.#isWhole;
    const changed = isWhole ? plans : new Map([...plans].filter(([, plan]) => newGroups(plan).size > 0));
    if (!isWhole) for (const [name, plan] of plans) follow(groupsOf(this.#standing, name), plan);
    if (this.#isOver || changed.size === 0) return [];
    if (this.#spent > this.#budget) {
      this.#isOver = true;
      const words = { instant: printInstant(this.#last), steps: this.#budget };
      return [codes.laterOpen(words, { help: "`plan` and `apply` prove the tables of their own instant" })];
    }
    this.#last = instant;
    if (isWhole) return this.#whole(then);
    const tables = [...changed].map(([name, plan]): [string, Table] => {
      const groups = newGroups(plan);
      const standing = groupsOf(this.#standing, name);
      const all = groups.has(TAGS) ? [...standing.values()] : [TAGS, ...groups].map((group) => standing.get(group));
      const entries = all.flatMap((some) => [...(some?.values() ?? [])]);
      this.#spent += entries.length;
      return [name, { entries }];
    });
    return ambiguityFaults(new Map(tables));
  }

  /**
   * Whether hosts may give back packets of one switch: some entry sends to a port by its number. Where a host is a waypoint one does,
   * for what is for that host. Else the switch forwards by itself.
   */
  #mayGiveBack(entries: readonly Entry[]): boolean {
    return this.#topology.hosts.size > 0 && entries.some(namesPort);
  }

  #whole({ tables, rules }: NetworkThen): readonly Diagnostic[] {
    const made = tables();
    for (const { entries } of made.values()) this.#spent += entries.length;
    return tableFaults(made, this.#topology, rules(), { spend: (steps) => (this.#spent += steps) });
  }
}

/** The group of a change of tags, on which any entry may depend. */
const TAGS = "tags";

const groupOf = (entry: Entry): string => (isTag(entry) ? TAGS : `${entry.table}/${entry.priority}`);

/** Group → the entries in it, by their keys. */
type Groups = Map<string, Map<string, Entry>>;

function groupsOf(standing: Map<string, Groups>, name: string): Groups {
  let groups = standing.get(name);
  if (groups === undefined) standing.set(name, (groups = new Map<string, Map<string, Entry>>()));
  return groups;
}

function enter(groups: Groups, entry: Entry): void {
  const group = groupOf(entry);
  const known = groups.get(group);
  if (known === undefined) groups.set(group, new Map([[entryKey(entry), entry]]));
  else known.set(entryKey(entry), entry);
}

/** Carries a plan out. What is replaced may have been a tag, so it is taken from where it stood. */
function follow(groups: Groups, { stages }: Plan): void {
  for (const mod of stages.flat()) {
    const old = mod.kind === "delete" ? mod.entry : mod.kind === "add" ? undefined : mod.old;
    if (old !== undefined) groups.get(groupOf(old))?.delete(entryKey(old));
    if (mod.kind !== "delete") enter(groups, mod.entry);
  }
}

const namesPort = ({ instructions }: Entry): boolean =>
  instructions.some(
    (one) =>
      one.kind === "apply" && one.actions.some((action) => action.kind === "output" && typeof action.port === "number"),
  );

const isTag = ({ instructions: [first] }: Entry): boolean => first?.kind === "write_metadata";

/** The tables and priorities to which a plan adds entries or in which it changes some. */
function newGroups({ stages }: Pick<Plan, "stages">): ReadonlySet<string> {
  const groups = new Set<string>();
  for (const { kind, entry } of stages.flat()) {
    if (isTag(entry) || kind === "add" || kind === "replace") groups.add(groupOf(entry));
  }
  return groups;
}
