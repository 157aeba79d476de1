/**
 * A decided policy → whether lowering may report something about it. `check` need not lower a simple policy: allows and
 * denies on one switch whose every cube is a handful of entries on Open vSwitch. If the answer is false, lowering
 * reports nothing (`quick-check.test.ts`). If it is true, only lowering knows.
 */
import type { Decided } from "../admission/decided.ts";
import type { Cube, FieldSet } from "../flowgroup/cube.ts";
import { bitOf } from "../flowgroup/cubes.ts";
import { FIELDS, type Field } from "../flowgroup/fields.ts";
import { IPV6 } from "../flowgroup/prerequisites.ts";
import { setHolds } from "../flowgroup/sets.ts";
import type { Directory } from "../model/model.ts";
import { cookieOf } from "../table/cookie.ts";
import { isPortZeroAlone } from "./encode/port-zero.ts";

/** A set with at most this many alternatives never becomes a tag (`encode/choose.ts`). */
const FEW = 8;
/** A cube with at most this many alternatives costs far less than it may. */
const MANY = 2048;
/** With at most this many, depths and cascade levels need fewer than the 65,533 priorities, of which each takes two. */
const LEVELS = 30_000;

/** Whether lowering may report something; true if it is not certain. */
export function mayWarn({ model, outcomes, rules }: Pick<Decided, "model" | "outcomes" | "rules">): boolean {
  const { directory, policies, cascades } = model;
  if (directory.switches.size > 0 || outcomes.length + rules.length + policies.length + cascades.length > LEVELS) {
    return true;
  }
  const isDoubtful = needsLowering(directory);
  const cookies = new Map<bigint, string>();
  const clash = (statement: string): boolean => {
    const cookie = cookieOf(statement);
    const known = cookies.get(cookie);
    cookies.set(cookie, statement);
    return known !== undefined && known !== statement;
  };
  for (const { statement, verdict } of outcomes) {
    const { demand, id } = statement;
    if (verdict.kind === "rejected" || demand.kind !== "request") continue;
    if (!judges(demand.action) || verdict.kind === "partial" || clash(id) || demand.flows.cubes.some(isDoubtful))
      return true;
  }
  for (const { rule, verdict } of rules) {
    if (verdict.kind === "rejected" || rule.effect.kind === "pass") continue;
    if (!judges(rule.effect.kind) || verdict.kind === "partial" || clash(rule.id)) return true;
    if (rule.cubes.some(({ cube }) => isDoubtful(cube))) return true;
  }
  return false;
}

const judges = (kind: string): boolean => kind === "allow" || kind === "deny";

/** Whether a cube may be more than a handful of plain entries. */
export function needsLowering({ userHosts, hosts }: Pick<Directory, "userHosts" | "hosts">): (of: Cube) => boolean {
  const identifiers = new Map<string, number>();
  // Where a MAC alone shows some user, a packet may be of two, which takes a tag to say.
  let areApart = true;
  for (const { user, host } of userHosts) {
    const { addresses = [], macs = [], at } = hosts.get(host) ?? {};
    const places = at === undefined ? 0 : 1;
    if (addresses.length === 0 && macs.length > 0) areApart = false;
    identifiers.set(user, (identifiers.get(user) ?? 0) + addresses.length + macs.length + places);
  }
  return (one) => {
    const { mask, sets } = one;
    if (mask & PLACED || (!areApart && mask & USERS) || isPortZeroAlone(one)) return true;
    // With ports or ICMP fields each transport is a shape of its own, and with IP fields each family is.
    const own = (mask & HIDDEN ? bitOf("transport") : 0) | (mask & IP ? bitOf("ethType") : 0);
    let several = 0;
    let left = mask;
    let six = true;
    for (const set of sets) {
      const bit = left & -left;
      left ^= bit;
      if (set.absent) return true;
      if (bit === bitOf("ethType")) six = setHolds(set, IPV6);
      const count = alternatives(FIELDS[31 - Math.clz32(bit)]!, set, identifiers);
      if (count === Infinity) return true;
      if (count > 1 && !(bit & own)) several++;
    }
    // Later fragments over IPv6 hide their transport, so they are one more alternative of it.
    if (six && mask & (HIDDEN | bitOf("transport"))) several++;
    // Two sets multiply, or become a conjunction.
    return several > 1;
  };
}

const bitsOf = (...fields: readonly Field[]): number => fields.reduce((all, field) => all | bitOf(field), 0);
const HIDDEN = bitsOf("srcPort", "dstPort", "icmpType", "icmpCode");
const IP = HIDDEN | bitsOf("srcHost", "dstHost", "transport", "dscp");
/** Fields that depend on the network or on the target's capabilities. */
const PLACED = bitsOf("srcAP", "dstAP", "switch", "inPort", "direction");
const USERS = bitsOf("user", "dstUser");
/** The widths of fields that take masks; in all others every value is an entry. */
const BITS: Partial<Record<Field, number>> = { srcEth: 48, dstEth: 48, vlan: 12, srcPort: 16, dstPort: 16 };

/** The number of alternatives of a set in one family; Infinity if they are too many or may become a tag. */
function alternatives(field: Field, set: FieldSet, identifiers: ReadonlyMap<string, number>): number {
  switch (set.kind) {
    case "name": {
      if (set.not || set.names.includes("unknown")) return Infinity;
      const all = set.names.reduce((sum, name) => sum + (identifiers.get(name) ?? 0), 0);
      return all > FEW ? Infinity : all;
    }
    case "ip":
      return Math.max(untagged(set.v4, 32), untagged(set.v6, 128));
    case "number": {
      const bits = BITS[field];
      if (bits === 48) return untagged(set.ranges, bits);
      if (bits !== undefined) return blocks(set.ranges, bits);
      let size = 0;
      for (let i = 0; i < set.ranges.length; i += 2) size += set.ranges[i + 1]! - set.ranges[i]! + 1;
      return size > (field === "dscp" || field.startsWith("icmp") ? MANY : FEW) ? Infinity : size;
    }
  }
}

/** A tag is smaller if the holes are less than half of the blocks (`choose.ts`); n ranges have n - 1 holes between. */
function untagged(ranges: readonly (number | bigint)[], bits: number): number {
  const count = blocks(ranges, bits);
  return count > FEW && 2 * (ranges.length / 2 - 1) < count ? Infinity : count;
}

/** The number of masks that cover the ranges. */
function blocks(ranges: readonly (number | bigint)[], bits: number): number {
  let count = 0;
  for (let i = 0; i < ranges.length; i += 2) {
    const [first, last] = [ranges[i]!, ranges[i + 1]!];
    if (first === last) {
      count++;
      continue;
    }
    const high = BigInt(last);
    for (let low = BigInt(first); low <= high; count++) low += blockAt(low, high, bits);
  }
  return count > MANY ? Infinity : count;
}

/** The size of the largest block that begins at `low` and ends by `high`. */
function blockAt(low: bigint, high: bigint, bits: number): bigint {
  let size = low === 0n ? 1n << BigInt(bits) : low & -low;
  while (low + size - 1n > high) size >>= 1n;
  return size;
}
