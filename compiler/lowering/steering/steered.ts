/** The result of steering as values: entries, refusals, and the statements to warn about. */
import type { BoxesToEnds } from "./told-by-mac.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import type { EntryPosition } from "../contributions/contribution.ts";
import type { Draft } from "../encode/choose.ts";
import type { SharedMark } from "../encode/telling-hosts.ts";
import type { LoweringRefusal } from "../pipeline/refusal.ts";
import type { Losses } from "./losses.ts";
import { cubeKey } from "../../flowgroup/keys.ts";
import type { Returned } from "./returning.ts";

/** A waypoint that sends from stated addresses alone, and the families of which none of it is stated. */
export interface UnstatedBox {
  readonly name: string;
  readonly lacked: readonly (4 | 6)[];
}

/** A host whose packets boxes may forward as routers, and the families of its addresses that no fact states. */
export interface UnstatedSender {
  readonly name: string;
  readonly lacked: readonly (4 | 6)[];
}

/** Boxes by name, sorted, and the senders. */
export interface UnstatedSenders {
  readonly boxes: readonly string[];
  readonly senders: readonly UnstatedSender[];
}

/** Hosts that one address does not tell apart, and the boxes that what shows it is dropped at. */
export interface SharedAddress {
  readonly address: string;
  readonly hosts: readonly string[];
  readonly boxes: readonly string[];
  /** A statement with one of the boxes. */
  readonly statement: string;
}

/** Entries of one rule on one switch at one position. */
export interface SteeredEntries {
  readonly switchName: string;
  readonly rule: DerivedRule;
  readonly position: EntryPosition;
  readonly drafts: readonly Draft[];
}

/** A rule that cannot be lowered. */
export interface RefusedSteering {
  readonly rule: DerivedRule;
  readonly refusal: LoweringRefusal;
}

/** The result for all waypoints and avoids in force. Statements are given by identity, sorted. */
export interface Steered {
  readonly entries: readonly SteeredEntries[];
  readonly refusals: readonly RefusedSteering[];
  /** Where flows come back from waypoints. */
  readonly returns: readonly Returned[];
  /** Statements some of whose flows have no path, and these. */
  readonly withoutPath: ReadonlyMap<string, Losses>;
  /** Those of them that drop frames for lack of a stated MAC → the hosts of these frames, sorted. */
  readonly unstatedMacs: ReadonlyMap<string, readonly string[]>;
  /** Those of them that drop what shows an address or a MAC of several hosts → these. */
  readonly sharedMarks: ReadonlyMap<string, readonly SharedMark[]>;
  /** Statements → ports of their flows of which no fact says who stands there, where some of these are dropped, sorted. */
  readonly unnamedPorts: ReadonlyMap<string, readonly string[]>;
  /** Statements → their waypoints that may send from stated addresses alone, and lack those of a family. */
  readonly unstatedSources: ReadonlyMap<string, readonly UnstatedBox[]>;
  /** Statements → the boxes that may forward what is from unstated addresses, and its senders, sorted. */
  readonly unstatedSenders: ReadonlyMap<string, UnstatedSenders>;
  /** Statements → hosts at their waypoints without a stated MAC, sorted: only what shows stated addresses is passed. */
  readonly bareBoxes: ReadonlyMap<string, readonly string[]>;
  /** Statement → its waypoints with a MAC that facts state for hosts at other ports, too, sorted. */
  readonly macsOfBoxes: ReadonlyMap<string, readonly string[]>;
  /** Statements that name `vlan` → hosts that are waypoints of their flows, sorted: these may give back another tag. */
  readonly taggedByBoxes: ReadonlyMap<string, readonly string[]>;
  /** Statements that know their ends by MAC → their waypoints that may send on to others, and these ends. */
  readonly endsByMac: ReadonlyMap<string, BoxesToEnds>;
  /** Statements → hosts of which some of what is for them shows no switch that it is, sorted. */
  readonly untoldEnds: ReadonlyMap<string, readonly string[]>;
  /** Statements → the ports that they name as those where flows leave, and where no host is known, sorted. */
  readonly nobodysEnds: ReadonlyMap<string, readonly string[]>;
  /** The addresses of several hosts of which nothing tells whose packets a box forwarded as a router. */
  readonly shared: readonly SharedAddress[];
  /** Statements for whose flows the search for paths gave up. */
  readonly givenUp: readonly string[];
  /** Statements some of whose flows may enter where no host is known. */
  readonly unknownIngress: readonly string[];
  /** Statements with flows to no known host that do not reach all hosts from the last waypoint, and these. */
  readonly unknownEnd: ReadonlyMap<string, Losses>;
  /** Statements some of whose flows, neither IP nor ARP, end at a box of theirs, and these. */
  readonly endedAtBox: ReadonlyMap<string, Losses>;
}

export const NOTHING_STEERED: Steered = {
  entries: [],
  refusals: [],
  returns: [],
  withoutPath: new Map(),
  unstatedMacs: new Map(),
  sharedMarks: new Map(),
  unnamedPorts: new Map(),
  unstatedSources: new Map(),
  unstatedSenders: new Map(),
  bareBoxes: new Map(),
  macsOfBoxes: new Map(),
  taggedByBoxes: new Map(),
  endsByMac: new Map(),
  untoldEnds: new Map(),
  nobodysEnds: new Map(),
  shared: [],
  givenUp: [],
  unknownIngress: [],
  unknownEnd: new Map(),
  endedAtBox: new Map(),
};

/** What ways came to last, by what shares it. */
const last = new WeakMap<object, { readonly key: string; readonly steered: Steered }>();

/** What rules come to, made once for all that share it. What is refused is not kept: others may be bound less. */
export function steeredOnce(of: object, rules: readonly DerivedRule[], make: () => Steered): Steered {
  const key = rules.map(keyOfWay).toSorted().join("\n");
  const known = last.get(of);
  if (known?.key === key) return known.steered;
  const steered = make();
  if (steered.refusals.length === 0) last.set(of, { key, steered });
  return steered;
}

/** All of a rule that its entries depend on: where it stands in shares and levels is nothing to a path. */
const keyOfWay = ({ statement, effect, nodes = [], end, cube }: DerivedRule): string =>
  JSON.stringify([statement, effect, nodes, end, cubeKey(cube)]);
