/**
 * Two directories → the frames of one switch that the spoof guard drops under one and lets on under the other (NETWORK,
 * "Spoof"), as cubes. Cubes have no fields for the content of ARP and neighbour discovery, so changes of these name
 * only the host.
 */
import type { Cube, FieldSet } from "../flowgroup/cube.ts";
import { cube } from "../flowgroup/cubes.ts";
import { cut } from "../flowgroup/difference.ts";
import type { Field } from "../flowgroup/fields.ts";
import { addressSet, numbers } from "../flowgroup/sets.ts";
import { flowsInBoth, possible } from "../flowgroup/universe.ts";
import type { Directory } from "../model/model.ts";
import { spoofEntries } from "../lowering/spoof/spoof-entries.ts";
import type { SpoofEntry } from "../lowering/spoof/claims.ts";
import type { Match, MatchField } from "../table/entry.ts";
import { matchKey } from "../table/match.ts";
import type { SplitBudget } from "./deciders.ts";
import { append } from "../net/lists.ts";

/** What the guard does with frames; `undetermined`: it depends on fields that cubes do not have. */
type Fate = SpoofEntry["does"] | "undetermined";

/** Frames with another fate than before; both fates are determined. */
export interface GuardFlip {
  readonly cube: Cube;
  readonly was: Fate;
  readonly is: Fate;
  /** The statement of the entry that lets the frames on; that of the changed entry where no entry matches them. */
  readonly statement: string;
}

/** An entry of the guard, with its match as a cube. */
interface GuardEntry {
  readonly entry: SpoofEntry;
  readonly cube: Cube;
  /** Whether the match has fields that cubes lack, and so holds only some frames of the cube. */
  readonly isNarrower: boolean;
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

/** What a new directory changes at the guard of one switch; `switchName` undefined: the only switch. */
export function guardChange(
  old: Directory,
  next: Directory,
  switchName: string | undefined,
  budget: SplitBudget,
): GuardChange {
  const before = guardEntries(old, switchName);
  const after = guardEntries(next, switchName);
  const oldKeys = new Set(before.map(({ entry }) => guardKey(entry)));
  const nextKeys = new Set(after.map(({ entry }) => guardKey(entry)));
  const changed = [
    ...after.filter(({ entry }) => !oldKeys.has(guardKey(entry))),
    ...before.filter(({ entry }) => !nextKeys.has(guardKey(entry))),
  ];
  const flips: GuardFlip[] = [];
  let isExact = true;
  for (const one of changed) {
    if (one.isNarrower) continue;
    const found = fatesOf(one.cube, after, budget)?.map((is) =>
      fatesOf(is.cube, before, budget)?.map((was) => ({
        cube: was.cube,
        was: was.fate,
        is: is.fate,
        statement: (letsOn(is.fate) ? is.by : was.by) ?? one.entry.statement,
      })),
    );
    if (found === undefined || found.includes(undefined)) isExact = false;
    else append(flips, found.flatMap((some) => some!).filter(isFlip));
  }
  const discoveryHosts = new Set(changed.filter(({ isNarrower }) => isNarrower).map(({ entry }) => entry.statement));
  const reachingPolicy = (of: Cube): readonly Cube[] | undefined =>
    handedToPolicy(of, after, budget)?.reduce<readonly Cube[] | undefined>((all, one) => {
      const found = all && handedToPolicy(one, before, budget);
      return found && [...all, ...found];
    }, []);
  return { flips, discoveryHosts: [...discoveryHosts].sort(), reachingPolicy, isExact };
}

const letsOn = (fate: Fate): boolean => fate === "next" || fate === "trust";

const isFlip = ({ was, is }: GuardFlip): boolean => was !== is && was !== "undetermined" && is !== "undetermined";

const guardKey = ({ stage, priority, match, does }: SpoofEntry): string =>
  `${stage}|${priority}|${does}|${matchKey(match)}`;

function guardEntries(directory: Directory, switchName: string | undefined): readonly GuardEntry[] {
  return spoofEntries(directory, switchName)
    .toSorted((a, b) => b.priority - a.priority)
    .map((entry) => ({ entry, ...cubeOf(entry.match) }));
}

/** The parts of a cube that the guard may hand to the policy; undefined where the budget ends. */
const handedToPolicy = (of: Cube, entries: readonly GuardEntry[], budget: SplitBudget): readonly Cube[] | undefined =>
  fatesOf(of, entries, budget)?.flatMap(({ cube: piece, fate }) =>
    fate === "drop" || fate === "trust" ? [] : [piece],
  );

interface CubeFate {
  readonly cube: Cube;
  readonly fate: Fate;
  /** The statement of the entry that decides; absent where no entry matches. */
  readonly by?: string;
}

/** The fate of each part of a cube, in disjoint parts; undefined where the budget ends. */
function fatesOf(of: Cube, entries: readonly GuardEntry[], budget: SplitBudget): readonly CubeFate[] | undefined {
  const onwards = (stage: SpoofEntry["stage"], cube: Cube): readonly CubeFate[] | undefined =>
    fatesIn(stage, cube, entries, budget)?.reduce<readonly CubeFate[] | undefined>((all, one) => {
      const found =
        one.fate === "check"
          ? onwards("Sender", one.cube)
          : one.fate === "ask"
            ? onwards("Neighbour", one.cube)
            : [one];
      return all && found && [...all, ...found];
    }, []);
  return onwards("Spoof", of);
}

/** The fate of each part in one table of the guard. What no entry matches goes on, but Neighbour drops it. */
function fatesIn(
  stage: SpoofEntry["stage"],
  of: Cube,
  entries: readonly GuardEntry[],
  budget: SplitBudget,
): readonly CubeFate[] | undefined {
  const fates: CubeFate[] = [];
  let rest: readonly Cube[] = [of];
  for (const { entry, cube: match, isNarrower } of entries) {
    if (entry.stage !== stage) continue;
    if (rest.length === 0) break;
    budget.left -= rest.length;
    if (budget.left < 0) return undefined;
    const open: Cube[] = [];
    for (const piece of rest) {
      const both = flowsInBoth(piece, match);
      if (both === undefined) open.push(piece);
      else {
        // A narrower entry decides by the content of a message, which cubes do not show: the entries below may decide.
        fates.push({ cube: both, by: entry.statement, fate: isNarrower ? "undetermined" : entry.does });
        append(open, cut(piece, match).filter(possible));
      }
    }
    rest = open;
  }
  for (const piece of rest) fates.push({ cube: piece, fate: stage === "Neighbour" ? "drop" : "next" });
  return fates;
}

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
