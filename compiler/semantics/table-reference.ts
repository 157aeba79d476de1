/**
 * The slow, obviously right twin of lowering, for tests: it tries every rule on the packet's flow and takes the highest
 * of those that hold it. It shares nothing with lowering but the reading of a packet as a flow, and of that not the users.
 */
import { diffResources } from "../plan/index.ts";
import type { ResourceChanges } from "../plan/resources.ts";
import type { Cube, FieldSet, Value } from "../flowgroup/cube.ts";
import { constraint } from "../flowgroup/cubes.ts";
import { FIELDS, type Field } from "../flowgroup/fields.ts";
import { setHolds } from "../flowgroup/sets.ts";
import type { Directory } from "../model/model.ts";
import type { DerivedRule } from "../derived/rule.ts";
import type { Table } from "../table/entry.ts";
import { receivers, senders } from "./owners.ts";
import { flowOf, hidesTransport, isIcmp, PORTED, showsTransport, type Packet } from "../trace/packet.ts";

export interface Defaults {
  readonly verdict: "allow" | "deny";
  readonly fragments: "allow" | "deny";
}

/** The verdict of rules on a packet at its ingress: guards first, then the deepest share, the first level, and deny. */
export function verdictOfRules(
  rules: readonly DerivedRule[],
  packet: Packet,
  directory: Directory,
  defaults: Defaults,
  switchName?: string,
): "allow" | "deny" {
  const holding = rules.filter((rule) => judges(rule) && ruleHolds(rule, packet, directory, defaults, switchName));
  if (holding.some(({ stage }) => stage === "guard")) return "deny";
  const [first] = holding.toSorted((a, b) => b.depth - a.depth || rank(b) - rank(a) || deny(b) - deny(a));
  return first === undefined ? defaults.verdict : first.effect === "deny" ? "deny" : "allow";
}

/** The fault in the limits that an admitted packet passed, given by statement and rate; undefined if there is none. */
export function faultOfLimits(
  passed: readonly string[],
  rules: readonly DerivedRule[],
  packet: Packet,
  directory: Directory,
  defaults: Defaults,
): string | undefined {
  const limits = rules.filter((rule) => rule.stage === "limit" && ruleHolds(rule, packet, directory, defaults));
  // The limits that hold the packet whatever its hidden fields are.
  const hiding = (rule: DerivedRule): Packet =>
    showsNoPorts(packet) && mayHold(rule, defaults) ? { ...packet, ip: { ...packet.ip!, fragment: "first" } } : packet;
  const sure = limits.filter((rule) => ruleHolds(rule, hiding(rule), directory, defaults, undefined, true));
  const name = ({ statement, rate }: DerivedRule): string => `${statement} ${rate}`;
  const rateOf = (text: string): number => Number(text.split(" ").at(-1));
  const all = limits.map(name);
  const slow = limits.find(({ rate }) => !passed.some((one) => rateOf(one) <= rate!));
  if (new Set(passed).size < passed.length) return "one twice";
  if (passed.some((one) => !all.includes(one))) return `one that does not hold it: ${passed.join()} of ${all.join()}`;
  if (sure.some((rule) => !passed.includes(name(rule)))) return `not all: ${passed.join()} of ${all.join()}`;
  return slow && `none as slow as ${name(slow)}`;
}

/** The largest reservation that holds the packet; of equal ones that of the first statement. */
export function reservationOf(
  rules: readonly DerivedRule[],
  packet: Packet,
  directory: Directory,
  defaults: Defaults,
): string | undefined {
  const [first] = rules
    .filter((rule) => rule.stage === "reserve" && ruleHolds(rule, packet, directory, defaults))
    .sort((a, b) => b.rate! - a.rate! || (a.statement < b.statement ? -1 : 1));
  return first && `${first.statement} ${first.rate}`;
}

const judges = ({ stage }: DerivedRule): boolean => stage === "guard" || stage === "admission";

/** Levels count from the last one. */
const rank = (rule: DerivedRule): number => rule.levels - 1 - rule.level;
const deny = (rule: DerivedRule): number => (rule.effect === "deny" ? 1 : 0);

/**
 * Whether the rule holds the packet's flow; fragments show no ports (NETWORK, "Fragments"), what tracking calls invalid no
 * direction (NETWORK, "Track"), and what may be of several users none of them (NETWORK, "Addresses, users, hosts").
 * `surely`: whatever it hides.
 */
export function ruleHolds(
  rule: DerivedRule,
  packet: Packet,
  directory: Directory,
  defaults: Defaults,
  switchName?: string,
  surely = false,
): boolean {
  const could = !surely && mayHold(rule, defaults);
  const flow = flowOf(packet, directory, switchName);
  const hidden = hiddenFields(packet);
  const users = { user: senders(packet, directory, switchName), dstUser: receivers(packet, directory) };
  return (
    FIELDS.every((field) => {
      const set = constraint(rule.cube, field);
      if (set === undefined) return true;
      if (field === "user" || field === "dstUser") {
        const among = [...users[field]];
        if (among.length === 0) return set.absent;
        const isOf = (user: string): boolean => setHolds(set, user);
        return restricts(rule) && !surely ? among.some(isOf) : among.every(isOf);
      }
      if (field === "direction" && packet.ip !== undefined && packet.ip.fragment !== "no")
        return could ? holdsSome(set) : restricts(rule) && setHolds(set, 0) && setHolds(set, 1);
      // Of SCTP tracking knows the two hosts alone.
      if (field === "direction" && packet.ip !== undefined && (packet.invalid || packet.ip.protocol === 132))
        return !surely && restricts(rule) && holdsSome(set);
      if (!hidden.includes(field)) return setHolds(set, flow[field] as Value | undefined);
      if (hidesTransport(packet)) return true; // all of them at once, below
      // A cut header is no fragment: a permission never holds it by what it could be, and a restriction by its ports 0 at least.
      const isWhole = showsTransport(packet);
      if (could && (restricts(rule) || !isWhole)) return holdsSome(set);
      return isWhole && restricts(rule) && !surely
        ? setHolds(set, flow[field] as Value | undefined)
        : holdsAll(set, field);
    }) &&
    (!hidesTransport(packet) || holdsDatagrams(rule.cube, could, rule.stage !== "limit"))
  );
}

/**
 * Whether a rule holds a fragment that hides its transport: it holds some datagram (`could`), or every datagram, to
 * which the fragment could belong. A rule that must hold every one may also name protocol 44, which such fragments show
 * (`named`). A limit may not, since its meter cannot tell them apart.
 */
function holdsDatagrams(of: Cube, could: boolean, named: boolean): boolean {
  const sets = HIDDEN.map((field) => [field, constraint(of, field)] as const);
  const isCarried = (field: Field, transport: number): boolean =>
    field.startsWith("icmp") ? transport === 1 : transport in PORTED;
  const isHeld = (transport: number): boolean =>
    sets.every(([field, set]) => {
      if (set === undefined) return true;
      if (field === "transport") return setHolds(set, transport);
      if (!isCarried(field, transport)) return set.absent;
      return could ? holdsSome(set) : holdsAll(set, field);
    });
  if (could) return TRANSPORTS.some(isHeld);
  const stated = rangesOf(constraint(of, "transport"));
  const isNamed = stated.some((low, i) => i % 2 === 0 && low === 44 && stated[i + 1] === 44);
  return TRANSPORTS.every(isHeld) || (named && isNamed && isHeld(44));
}

const TRANSPORTS = Array.from({ length: 256 }, (_, i) => i);
const HIDDEN = ["transport", "srcPort", "dstPort", "icmpType", "icmpCode"] as const;

/**
 * Restrictions hold fragments that could be of their flows; permissions do not, unless the default for fragments is
 * allow.
 */
function mayHold({ effect }: DerivedRule, { fragments }: Defaults): boolean {
  if (effect === "reserve") return false;
  return (effect === "allow") === (fragments === "allow");
}

/** Whatever `default fragments` says. */
const restricts = ({ effect }: DerivedRule): boolean => effect !== "allow" && effect !== "reserve";

/** Fields that the datagram has and a fragment of it does not show. */
function hiddenFields(packet: Packet): readonly Field[] {
  const { ip } = packet;
  if (ip === undefined) return [];
  if (showsTransport(packet)) return showsNoPorts(packet) ? ["srcPort", "dstPort"] : [];
  if (hidesTransport(packet)) return HIDDEN;
  if (ip.protocol in PORTED) return ["srcPort", "dstPort"];
  return isIcmp(ip.src.family, ip.protocol) ? ["icmpType", "icmpCode"] : [];
}

/** As a header reads that is cut short (NETWORK, "Fragments"). */
const showsNoPorts = (packet: Packet): boolean =>
  showsTransport(packet) && packet.ports?.src === 0 && packet.ports.dst === 0;

const rangesOf = (set: FieldSet | undefined): readonly number[] => (set?.kind === "number" ? set.ranges : []);
const holdsSome = (set: FieldSet): boolean => rangesOf(set).length > 0;
const holdsAll = (set: FieldSet, field: Field): boolean => {
  const [low, high] = rangesOf(set);
  return low === 0 && high === (field.startsWith("icmp") ? 255 : 65_535);
};

/**
 * Switch → the changes of meters and queues between its old and its new table. Switches without any are absent.
 */
export function resourcesBetween(
  old: ReadonlyMap<string, Table>,
  next: ReadonlyMap<string, Table>,
): ReadonlyMap<string, ResourceChanges> {
  const all = [...next].map(([name, table]) => [name, diffResources(old.get(name) ?? { entries: [] }, table)] as const);
  return new Map(all.filter(([, { meters, queues }]) => meters.length + queues.length > 0));
}
