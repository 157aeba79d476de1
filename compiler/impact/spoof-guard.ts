/**
 * Two directories → the frames of one switch that the spoof guard drops under one and lets on under the other (NETWORK,
 * "Spoof"), as cubes. Cubes have no fields for the content of ARP and neighbour discovery, so changes of these name
 * only the host.
 */
import type { Cube, FieldSet } from "../flowgroup/cube.ts";
import { cube } from "../flowgroup/cubes.ts";
import type { Field } from "../flowgroup/fields.ts";
import { addressSet, numbers } from "../flowgroup/sets.ts";
import type { Directory } from "../model/model.ts";
import type { SpoofEntry } from "../lowering/spoof/claims.ts";
import { spoofEntries } from "../lowering/spoof/spoof-entries.ts";
import type { Match, MatchField } from "../table/entry.ts";
import { matchKey } from "../table/match.ts";
import type { SplitBudget } from "./deciders.ts";
import { append } from "../net/lists.ts";
import { GuardTable, type CubeFate, type Fate, type GuardEntry } from "./guard-table.ts";

/** Frames with another fate than before; both fates are determined. */
export interface GuardFlip {
  readonly cube: Cube;
  readonly was: Fate;
  readonly is: Fate;
  /** The statement of the entry that lets the frames on; that of the changed entry where no entry matches them. */
  readonly statement: string;
}

export interface GuardChange {
  readonly flips: readonly GuardFlip[];
  /** Identities of the hosts whose entries for ARP or neighbour discovery changed, sorted. */
  readonly discoveryHosts: readonly string[];
  /** The parts of a cube that may reach the policy both before and after; undefined where the budget ends. */
  readonly reachingPolicy: (of: Cube) => readonly Cube[] | undefined;
  /** False where the budget ended: `flips` then lacks the frames of some changed entries. */
  readonly isExact: boolean;
}

/** The most parts of one cube that are followed from the guard to the policy. */
const MOST_REACHING = 300;

/**
 * What a new directory changes at the guard of one switch; `switchName` undefined: the only switch. `known`: what was read
 * of the guards of other switches, for the same directories.
 */
export function guardChange(
  old: Directory,
  next: Directory,
  switchName: string | undefined,
  budget: SplitBudget,
  known = new GuardCubes(),
): GuardChange {
  const before = guardEntries(old, switchName, known);
  const after = guardEntries(next, switchName, known);
  const [oldKeys, nextKeys] = [before, after].map((some) => new Set(some.map(({ key }) => key))) as [
    Set<string>,
    Set<string>,
  ];
  const come = after.filter(({ key }) => !oldKeys.has(key));
  const gone = before.filter(({ key }) => !nextKeys.has(key));
  const [was, is] = [new GuardTable(before), new GuardTable(after)];
  const flips: GuardFlip[] = [];
  let isExact = true;
  const compare = ({ cube, isNarrower, entry }: GuardEntry, other: GuardTable): void => {
    // Frames with another fate than before have an entry that decides them and has come, or has gone.
    if (isNarrower || (entry.does === "drop" && other.drops(cube))) return;
    // Where it depends on what cubes do not show, no flip is told.
    const isTold = (now: CubeFate): boolean =>
      now.fate !== "undetermined" && !(now.fate === "drop" && was.drops(now.cube));
    const found = is.fatesOf(cube, budget)?.map((now) =>
      (isTold(now) ? was.fatesOf(now.cube, budget) : [])?.map((then) => ({
        cube: then.cube,
        was: then.fate,
        is: now.fate,
        statement: (letsOn(now.fate) ? now.by : then.by) ?? entry.statement,
      })),
    );
    if (found === undefined || found.includes(undefined)) isExact = false;
    else append(flips, found.flatMap((some) => some!).filter(isFlip));
  };
  for (const one of come) compare(one, was);
  for (const one of gone) compare(one, is);
  const narrower = [...come, ...gone].filter(({ isNarrower }) => isNarrower);
  const discoveryHosts = new Set(narrower.map(({ entry }) => entry.statement));
  const reachingPolicy = (of: Cube): readonly Cube[] | undefined =>
    handedToPolicy(of, is, budget)?.reduce<readonly Cube[] | undefined>((all, one) => {
      const found = all && handedToPolicy(one, was, budget);
      return found && [...all, ...found];
    }, []);
  return { flips, discoveryHosts: [...discoveryHosts].sort(), reachingPolicy, isExact };
}

const letsOn = (fate: Fate): boolean => fate === "next" || fate === "trust";

const isFlip = ({ was, is }: GuardFlip): boolean => was !== is && was !== "undetermined" && is !== "undetermined";

/** An entry with a text that equal entries share. */
interface KeyedEntry extends GuardEntry {
  readonly key: string;
}

/** Entries with their cubes, each once: most stand on all switches, and both before and after. */
export class GuardCubes {
  readonly #entries = new Map<SpoofEntry, KeyedEntry>();
  readonly #cubes = new Map<string, Pick<GuardEntry, "cube" | "isNarrower">>();

  of(entry: SpoofEntry): KeyedEntry {
    let known = this.#entries.get(entry);
    if (known !== undefined) return known;
    const { stage, priority, match, does } = entry;
    const key = matchKey(match, `${stage}|${priority}|${does}|`);
    let made = this.#cubes.get(key);
    if (made === undefined) this.#cubes.set(key, (made = cubeOf(match)));
    this.#entries.set(entry, (known = { entry, key, ...made }));
    return known;
  }
}

const guardEntries = (directory: Directory, switchName: string | undefined, known: GuardCubes): readonly KeyedEntry[] =>
  spoofEntries(directory, switchName)
    .toSorted((a, b) => b.priority - a.priority)
    .map((entry) => known.of(entry));

/** The parts of a cube that the guard may hand to the policy; undefined where the budget ends, or they are too many. */
const handedToPolicy = (of: Cube, table: GuardTable, budget: SplitBudget): readonly Cube[] | undefined =>
  table
    .fatesOf(of, budget, MOST_REACHING)
    ?.flatMap(({ cube: piece, fate }) => (fate === "drop" || fate === "trust" ? [] : [piece]));

/** Match fields of numbers and of addresses that cubes have too. */
const NUMBERS: Partial<Readonly<Record<MatchField, Field>>> = {
  in_port: "inPort",
  eth_src: "srcEth",
  eth_dst: "dstEth",
  eth_type: "ethType",
  ip_proto: "transport",
  tcp_src: "srcPort",
  tcp_dst: "dstPort",
  udp_src: "srcPort",
  udp_dst: "dstPort",
  icmpv6_type: "icmpType",
  icmpv6_code: "icmpCode",
};
const ADDRESSES: Partial<Readonly<Record<MatchField, readonly [Field, 4 | 6]>>> = {
  ipv4_src: ["srcHost", 4],
  ipv6_src: ["srcHost", 6],
  ipv4_dst: ["dstHost", 4],
  ipv6_dst: ["dstHost", 6],
};

/** The smallest cube that holds all frames of a match. */
function cubeOf(match: Match): Pick<GuardEntry, "cube" | "isNarrower"> {
  const sets: Partial<Record<Field, FieldSet>> = {};
  let isNarrower = false;
  for (const { field, value, mask } of match) {
    const number = NUMBERS[field];
    const [of, family] = ADDRESSES[field] ?? [];
    if (number !== undefined && mask === undefined) sets[number] = numbers(number, Number(value));
    else if (of !== undefined && family === 4 && mask === undefined)
      sets[of] = addressSet([{ address: { family, value: Number(value) }, length: 32 }])!;
    else if (of !== undefined && family === 6)
      sets[of] = addressSet([{ address: { family, value }, length: mask === undefined ? 128 : prefixLength(mask) }])!;
    else isNarrower = true;
  }
  return { cube: cube(sets), isNarrower };
}

/** The length of a prefix's mask. */
const prefixLength = (mask: bigint): number => mask.toString(2).replaceAll("0", "").length;
