/**
 * Random rules and packets of a small network, for tests from lowering to the real switch. There are few values, so
 * that sets overlap, every kind of packet, and hosts known by addresses, by MACs and by both.
 */
import fc from "fast-check";
import type { FieldSet, Cube } from "../flowgroup/cube.ts";
import { cube } from "../flowgroup/cubes.ts";
import type { Field } from "../flowgroup/fields.ts";
import { addressSet, complement, nameSet, negation, numberSet } from "../flowgroup/sets.ts";
import type { Directory, Host } from "../model/model.ts";
import type { Ip } from "../net/address.ts";
import type { DerivedRule } from "../derived/rule.ts";
import { isIcmp, PORTED, type Packet } from "../trace/packet.ts";

const v4 = (last: number): Ip => ({ family: 4, value: 0x0a000000 + last });
const v6 = (last: number): Ip => ({ family: 6, value: (0x2001_0db8n << 96n) + BigInt(last) });

const host = (name: string, addresses: readonly Ip[], macs: readonly number[]): Host => ({ name, addresses, macs });

/** Alice has one host and Bob two; Carol and Dave share one; Eve's is known by MAC only; `printer` has no user. */
export const directory: Directory = {
  users: ["alice", "bob", "carol", "dave", "eve", "zoe"],
  userHosts: [
    { user: "alice", host: "a" },
    { user: "bob", host: "b" },
    { user: "bob", host: "c" },
    { user: "carol", host: "d" },
    { user: "dave", host: "d" },
    { user: "eve", host: "e" },
  ],
  hosts: new Map(
    [
      host("a", [v4(1), v6(1)], [1]),
      host("b", [v4(2)], []),
      host("c", [v4(3), v6(3)], []),
      host("d", [v4(4)], []),
      host("e", [], [5]),
      host("printer", [v4(6)], [6]),
    ].map((one) => [one.name, one]),
  ),
  switches: new Map(),
  links: [],
  portRates: [],
};

/** The same hosts in a network of two switches with a link. The ports of some hosts are known. */
export const twoSwitches: Directory = {
  ...directory,
  hosts: new Map(
    [...directory.hosts].map(([name, one]) => {
      const port = { a: 1, b: 2, printer: 3 }[name];
      return [name, port === undefined ? one : { ...one, at: { switch: name === "b" ? "s2" : "s1", port } }];
    }),
  ),
  switches: new Map(["s1", "s2"].map((name, i) => [name, { name, dpid: String(i + 1) }])),
  links: [{ from: "s1", fromPort: 9, to: "s2", toPort: 9, rate: 1e9 }],
};

const NAMES = ["alice", "bob", "carol", "eve", "zoe", "unknown"];
const ADDRESSES: readonly Ip[] = [0, 1, 2, 3, 4, 5, 6, 7, 8].flatMap((last) => [v4(last), v6(last)]);

const POOLS: Partial<Record<Field, readonly number[]>> = {
  srcEth: [1, 2, 5, 6],
  dstEth: [1, 2, 5, 6],
  vlan: [0, 5, 6, 4095],
  ethType: [0x0800, 0x0806, 0x86dd, 0x88cc],
  transport: [1, 6, 17, 58, 132, 47],
  srcPort: [0, 1, 80, 1024],
  dstPort: [0, 1, 22, 80],
  icmpType: [0, 3, 8, 128],
  icmpCode: [0, 1],
  dscp: [0, 46],
  inPort: [1, 2, 3],
};

function numberField(field: Field, pool: readonly number[]): fc.Arbitrary<FieldSet | undefined> {
  const some = fc.subarray([...pool], { minLength: 1 }).map((values) => numberSet(field, values)!);
  const range = fc
    .tuple(fc.constantFrom(...pool), fc.constantFrom(...pool))
    .map(([a, b]) => numberSet(field, [[Math.min(a, b), Math.max(a, b)]])!);
  return variants(field, WIDE.has(field) ? some : fc.oneof(some, range));
}

/** Fields without random ranges: a range of them takes too many entries, and the rule would be refused. */
const WIDE: ReadonlySet<Field> = new Set<Field>(["ethType", "inPort"]);

/** A set, its negation (`!=`) or its complement (`except`). The complement holds the absent value as well. */
function variants(field: Field, set: fc.Arbitrary<FieldSet>): fc.Arbitrary<FieldSet | undefined> {
  return fc.oneof(
    { weight: 4, arbitrary: set },
    { weight: 1, arbitrary: set.map((one) => negation(field, one)) },
    { weight: 1, arbitrary: set.map((one) => complement(field, one)) },
  );
}

function addressField(field: "srcHost" | "dstHost"): fc.Arbitrary<FieldSet | undefined> {
  const some = fc.subarray([...ADDRESSES], { minLength: 1, maxLength: 6 }).map((ips) => addressSet(ips)!);
  const block = fc
    .tuple(fc.constantFrom(...ADDRESSES.slice(0, 2)), fc.integer({ min: 1, max: 3 }))
    .map(([address, up]) => addressSet([{ address, length: (address.family === 4 ? 32 : 128) - up }])!);
  return variants(field, fc.oneof(some, block));
}

function nameField(field: "user" | "dstUser"): fc.Arbitrary<FieldSet | undefined> {
  return variants(
    field,
    fc.subarray(NAMES, { minLength: 1, maxLength: 2 }).map((names) => nameSet(names)!),
  );
}

const FIELD_SETS: readonly (readonly [Field, number, fc.Arbitrary<FieldSet | undefined>])[] = [
  ["user", 2, nameField("user")],
  ["dstUser", 1, nameField("dstUser")],
  ["srcHost", 4, addressField("srcHost")],
  ["dstHost", 4, addressField("dstHost")],
  ...Object.entries(POOLS).map(([field, pool]): [Field, number, fc.Arbitrary<FieldSet | undefined>] => [
    field as Field,
    field === "transport" || field === "dstPort" ? 4 : 1,
    numberField(field as Field, pool),
  ]),
];

/** A cube with up to four constrained fields. */
export const cubes: fc.Arbitrary<Cube> = fc
  .array(
    fc.oneof(...FIELD_SETS.map(([field, weight, set]) => ({ weight, arbitrary: set.map((s) => ({ field, s })) }))),
    {
      maxLength: 4,
    },
  )
  .map((list) => cube(Object.fromEntries(list.flatMap(({ field, s }) => (s === undefined ? [] : [[field, s]])))));

/** A rule of a small tree of shares. */
export const rules: fc.Arbitrary<DerivedRule> = fc
  .record({
    statement: fc.integer({ min: 0, max: 999 }).map((n) => `r${n}`),
    stage: fc.constantFrom("admission" as const, "admission" as const, "admission" as const, "guard" as const),
    effect: fc.constantFrom("allow" as const, "deny" as const),
    depth: fc.integer({ min: 0, max: 2 }),
    levels: fc.integer({ min: 1, max: 2 }),
    level: fc.integer({ min: 0, max: 1 }),
    cube: cubes,
    end: fc.constantFrom(Infinity, Infinity, 100, 200),
  })
  .map((rule) => ({
    ...rule,
    effect: rule.stage === "guard" ? ("deny" as const) : rule.effect,
    level: Math.min(rule.level, rule.levels - 1),
  }));

/**
 * A limit or a reservation. Names and rates are few, so that some statements have several cubes and some rates are
 * equal.
 */
export const claims: fc.Arbitrary<DerivedRule> = fc
  .record({
    statement: fc.integer({ min: 0, max: 11 }).map((n) => `c${n}`),
    kind: fc.constantFrom("limit" as const, "reserve" as const),
    rate: fc.constantFrom(1e6, 5e6, 10e6),
    cube: cubes,
    end: fc.constantFrom(Infinity, Infinity, 100, 200),
  })
  .map(({ kind, ...rule }) => ({ ...rule, stage: kind, effect: kind, depth: 0, level: 0, levels: 1 }));

/** Any packet of the small network. Some have the MAC of one user's host and the address of another's. */
export const packets: fc.Arbitrary<Packet> = fc
  .record({
    inPort: fc.constantFrom(1, 2, 3, 4, 9),
    ethSrc: fc.constantFrom(1, 2, 5, 6),
    ethDst: fc.constantFrom(1, 2, 5, 6),
    vlan: fc.constantFrom(undefined, undefined, undefined, 5, 6, 7),
    family: fc.constantFrom(0, 4, 4, 4, 4, 6, 6, 6),
    ethType: fc.constantFrom(0x0806, 0x88cc, 0x1234),
    src: fc.integer({ min: 0, max: 9 }),
    dst: fc.integer({ min: 0, max: 9 }),
    protocol: fc.constantFrom(1, 6, 6, 6, 17, 17, 47, 58, 132),
    dscp: fc.constantFrom(0, 46, 10),
    fragment: fc.constantFrom("no" as const, "no" as const, "no" as const, "first" as const, "later" as const),
    srcPort: fc.constantFrom(0, 1, 80, 1024, 40_000),
    dstPort: fc.constantFrom(0, 1, 22, 80, 81, 60_000),
    type: fc.constantFrom(0, 3, 8, 128, 135),
    code: fc.constantFrom(0, 1),
  })
  .map(packetOf);

function packetOf(
  draw: {
    readonly [K in "inPort" | "ethSrc" | "ethDst" | "family" | "ethType" | "src" | "dst" | "protocol" | "dscp"]: number;
  } & {
    readonly [K in "srcPort" | "dstPort" | "type" | "code"]: number;
  } & { readonly vlan: number | undefined; readonly fragment: "no" | "first" | "later" },
): Packet {
  const { inPort, ethSrc, ethDst, vlan, family, protocol, dscp, fragment } = draw;
  const link = { inPort, ethSrc, ethDst, ...(vlan !== undefined && { vlan }) };
  if (family === 0) {
    if (draw.ethType !== 0x0806) return { ...link, ethType: draw.ethType };
    const arp = { op: 1, spa: 0x0a000000 + draw.src, tpa: 0x0a000000 + draw.dst, sha: ethSrc, tha: 0 };
    return { ...link, ethType: 0x0806, arp };
  }
  const address = family === 4 ? v4 : v6;
  const ip = {
    src: address(draw.src),
    dst: address(draw.dst),
    protocol,
    dscp,
    fragment,
  };
  const whole = fragment !== "later";
  return {
    ...link,
    ethType: family === 4 ? 0x0800 : 0x86dd,
    ip,
    ...(whole && protocol in PORTED && { ports: { src: draw.srcPort, dst: draw.dstPort } }),
    ...(whole && isIcmp(family === 4 ? 4 : 6, protocol) && { icmp: { type: draw.type, code: draw.code } }),
  };
}
