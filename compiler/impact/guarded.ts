/**
 * Two directories → the frames of one switch that the spoof guard drops in the one and lets on in the other (NETWORK,
 * "Spoof"), as far as fields of flows tell them apart. What is inside of ARP and neighbour discovery no such field says:
 * of these only the host is named.
 */
import type { Cube, FieldSet } from "../flowgroup/cube.ts";
import { cube } from "../flowgroup/cubes.ts";
import { cut } from "../flowgroup/difference.ts";
import type { Field } from "../flowgroup/fields.ts";
import { addressSet, numbers } from "../flowgroup/sets.ts";
import { flowsInBoth, possible } from "../flowgroup/universe.ts";
import type { Directory } from "../model/model.ts";
import { spoofEntries, type SpoofEntry } from "../lowering/spoof/spoof-entries.ts";
import type { Match, MatchField } from "../table/entry.ts";
import { matchKey } from "../table/match.ts";
import type { SplitBudget } from "./deciders.ts";
import { append } from "../net/lists.ts";

/** What becomes of frames at the guard; `unsaid`: fields of flows do not tell. */
type Fate = SpoofEntry["does"] | "unsaid";

/** Frames with another fate than before. */
export interface GuardFlip {
  readonly cube: Cube;
  readonly was: Fate;
  readonly is: Fate;
  /** Of the entry that lets them on, or else of one that changed. */
  readonly statement: string;
}

interface Ranked {
  readonly entry: SpoofEntry;
  readonly cube: Cube;
  /** Whether the match asks for more than the cube says. */
  readonly isNarrower: boolean;
}

export interface GuardChange {
  readonly flips: readonly GuardFlip[];
  /** Identities of the hosts of which other ARP or neighbour discovery passes. */
  readonly talk: readonly string[];
  /** What of a cube the guard asks the policy about before and after; undefined: that takes too many steps. */
  readonly judged: (of: Cube) => readonly Cube[] | undefined;
  /** False: it took too many steps, and each flip is of a whole entry. */
  readonly isExact: boolean;
}

export function guardChange(
  old: Directory,
  next: Directory,
  switchName: string | undefined,
  steps: SplitBudget,
): GuardChange {
  const before = ranked(old, switchName);
  const after = ranked(next, switchName);
  const known = new Set(before.map(({ entry }) => guardKey(entry)));
  const stands = new Set(after.map(({ entry }) => guardKey(entry)));
  const changed = [
    ...after.filter(({ entry }) => !known.has(guardKey(entry))),
    ...before.filter(({ entry }) => !stands.has(guardKey(entry))),
  ];
  const flips: GuardFlip[] = [];
  let isExact = true;
  for (const one of changed) {
    if (one.isNarrower || one.entry.stage !== "Spoof") continue;
    const found = fatesOf(one.cube, after, steps)?.map((is) =>
      fatesOf(is.cube, before, steps)?.map((was) => ({
        cube: was.cube,
        was: was.fate,
        is: is.fate,
        statement: (passes(is.fate) ? is.by : was.by) ?? one.entry.statement,
      })),
    );
    if (found === undefined || found.includes(undefined)) isExact = false;
    else append(flips, found.flatMap((some) => some!).filter(isFlip));
  }
  const talk = new Set(changed.filter(({ isNarrower }) => isNarrower).map(({ entry }) => entry.statement));
  const judged = (of: Cube): readonly Cube[] | undefined =>
    asked(of, after, steps)?.reduce<readonly Cube[] | undefined>((all, one) => {
      const found = all && asked(one, before, steps);
      return found && [...all, ...found];
    }, []);
  return { flips, talk: [...talk].sort(), judged, isExact };
}

const passes = (fate: Fate): boolean => fate === "next" || fate === "trust";

const isFlip = ({ was, is }: GuardFlip): boolean => was !== is && was !== "unsaid" && is !== "unsaid";

const guardKey = ({ stage, priority, match, does }: SpoofEntry): string =>
  `${stage}|${priority}|${does}|${matchKey(match)}`;

function ranked(directory: Directory, switchName: string | undefined): readonly Ranked[] {
  return spoofEntries(directory, switchName)
    .toSorted((a, b) => b.priority - a.priority)
    .map((entry) => ({ entry, ...cubeOf(entry.match) }));
}

/** What of a cube is asked the policy about, as far as is known. */
const asked = (of: Cube, entries: readonly Ranked[], steps: SplitBudget): readonly Cube[] | undefined =>
  fatesOf(of, entries, steps)?.flatMap(({ cube: piece, fate }) => (fate === "drop" || fate === "trust" ? [] : [piece]));

interface Fated {
  readonly cube: Cube;
  readonly fate: Fate;
  /** Absent: no entry matches. */
  readonly by?: string;
}

/** What becomes of which frames of a cube; undefined: that takes too many steps. */
function fatesOf(of: Cube, entries: readonly Ranked[], steps: SplitBudget): readonly Fated[] | undefined {
  const fates: Fated[] = [];
  let rest: readonly Cube[] = [of];
  for (const { entry, cube: match, isNarrower } of entries) {
    if (entry.stage !== "Spoof") continue;
    if (rest.length === 0) break;
    steps.left -= rest.length;
    if (steps.left < 0) return undefined;
    rest = rest.flatMap((piece) => {
      const both = flowsInBoth(piece, match);
      if (both === undefined) return [piece];
      // Behind the table Neighbour it depends on what the message says.
      fates.push({ cube: both, by: entry.statement, fate: isNarrower || entry.does === "ask" ? "unsaid" : entry.does });
      return cut(piece, match).filter(possible);
    });
  }
  for (const piece of rest) fates.push({ cube: piece, fate: "next" });
  return fates;
}

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

function cubeOf(match: Match): Pick<Ranked, "cube" | "isNarrower"> {
  const sets: Partial<Record<Field, FieldSet>> = {};
  let isNarrower = false;
  for (const { field, value, mask } of match) {
    const number = NUMBERS[field];
    const [of, family] = ADDRESSES[field] ?? [];
    if (number !== undefined && mask === undefined) sets[number] = numbers(number, Number(value));
    else if (of !== undefined && family === 4 && mask === undefined)
      sets[of] = addressSet([{ address: { family, value: Number(value) }, length: 32 }])!;
    else if (of !== undefined && family === 6)
      sets[of] = addressSet([{ address: { family, value }, length: mask === undefined ? 128 : bitsOf(mask) }])!;
    else isNarrower = true;
  }
  return { cube: cube(sets), isNarrower };
}

const bitsOf = (mask: bigint): number => mask.toString(2).replaceAll("0", "").length;
