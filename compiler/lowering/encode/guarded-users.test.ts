/**
 * Users that a rule leaves out (`user!=Eve`), on random networks: the tables decide each packet that the spoof guard
 * passes as the rules do, also where hosts share addresses, MACs, ports and users, and the entries of many such rules
 * grow with their number.
 */
import test from "ava";
import fc from "fast-check";
import { cube, numbers, type FieldSet } from "../../flowgroup/index.ts";
import { complement, nameSet, negation } from "../../flowgroup/sets.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import type { Directory, Host } from "../../model/model.ts";
import type { Ip } from "../../net/address.ts";
import { packets, twoSwitches } from "../../semantics/arbitrary-rules.ts";
import { verdictOfRules } from "../../semantics/table-reference.ts";
import { Switch } from "../../trace/switch.ts";
import type { Packet } from "../../trace/packet.ts";
import { cookieOf, systemCookie } from "../../table/cookie.ts";
import { lower, toOvs } from "../index.ts";

const v4 = (last: number): Ip => ({ family: 4, value: last === 0 ? 0 : 0x0a000000 + last });
const v6 = (last: number): Ip => ({
  family: 6,
  value: last === 0 ? 0n : (last === 9 ? 0xfe80n << 112n : 0x2001_0db8n << 96n) + BigInt(last),
});
const address = fc
  .tuple(fc.boolean(), fc.constantFrom(1, 2, 3, 4, 9))
  .map(([isSix, last]) => (isSix ? v6(last) : v4(last)));
const unique = <T>(one: fc.Arbitrary<T>, maxLength: number): fc.Arbitrary<T[]> =>
  fc.uniqueArray(one, { maxLength, selector: (value) => show(value) });
const USERS = ["alice", "bob", "carol", "eve"];

const host = fc.record({
  addresses: unique(address, 2),
  macs: unique(fc.constantFrom(1, 2, 5), 1),
  at: fc.option(fc.record({ switch: fc.constantFrom("s1", "s1", "s2"), port: fc.constantFrom(1, 2, 3) }), {
    nil: undefined,
  }),
  users: fc.subarray(USERS, { maxLength: 2 }),
});

/** An address of a host without users is no other host's, and no MAC is bound to two places. */
const lists = fc.array(host, { minLength: 1, maxLength: 5 }).filter((list) => {
  const bound = list.flatMap(({ at, macs }) => (at === undefined ? [] : macs));
  if (new Set(bound).size < bound.length) return false;
  const unused = list.filter(({ users }) => users.length === 0);
  return unused.every((one) =>
    list.every(
      (other) => other === one || !other.addresses.some((ip) => one.addresses.some((own) => show(own) === show(ip))),
    ),
  );
});

/** Networks of two switches. */
const directories: fc.Arbitrary<Directory> = lists.map((list) => {
  const hosts = list.map(({ at, addresses, macs }, i): Host => ({ name: `h${i}`, addresses, macs, ...(at && { at }) }));
  return {
    ...twoSwitches,
    users: USERS,
    userHosts: list.flatMap(({ users }, i) => users.map((user) => ({ user, host: `h${i}` }))),
    hosts: new Map(hosts.map((one) => [one.name, one])),
  };
});

const users = (field: "user" | "dstUser"): fc.Arbitrary<FieldSet | undefined> =>
  fc
    .tuple(fc.subarray([...USERS, "unknown"], { minLength: 1, maxLength: 2 }), fc.integer({ min: 0, max: 3 }))
    .map(([names, how]) => {
      const set = nameSet(names)!;
      return how === 0 ? set : how === 1 ? complement(field, set) : negation(field, set);
    });

const rule = fc
  .record({
    effect: fc.constantFrom("allow" as const, "deny" as const),
    user: users("user"),
    dstUser: fc.option(users("dstUser"), { nil: undefined, freq: 3 }),
    more: fc.constantFrom<Partial<Record<string, FieldSet>>>(
      {},
      { transport: numbers("transport", 6) },
      { transport: numbers("transport", 17), dstPort: numbers("dstPort", 67, 80) },
      { transport: numbers("transport", 1) },
      { ethType: numbers("ethType", 0x86dd) },
      { ethType: numbers("ethType", 0x0800), dscp: numbers("dscp", 0) },
      { transport: numbers("transport", 6, 17), dstPort: numbers("dstPort", 22) },
    ),
  })
  .map(({ effect, user, dstUser, more }): DerivedRule => {
    const sets = { ...more, ...(user && { user }), ...(dstUser && { dstUser }) };
    const rank = { depth: 0, level: 0, levels: 1, end: Infinity };
    return { statement: `r${effect}`, stage: "admission", effect, ...rank, cube: cube(sets) };
  });

/** Packets from the addresses of the hosts, and from nowhere. */
const sent: fc.Arbitrary<Packet> = fc
  .tuple(
    packets,
    fc.constantFrom(1, 2, 3),
    fc.constantFrom(1, 2, 5, 7),
    fc.constantFrom(0, 1, 2, 3, 4, 5, 9),
    fc.constantFrom(1, 2, 3, 4),
  )
  .map(([packet, inPort, mac, from, to]) => {
    const ip = packet.ip;
    if (ip === undefined) return { ...packet, inPort, ethSrc: mac };
    const of = ip.src.family === 4 ? v4 : v6;
    return { ...packet, inPort, ethSrc: mac, ip: { ...ip, src: of(from), dst: of(to) } } as Packet;
  });

/** The cookies of all that decides but the spoof guard. */
const RULES: ReadonlySet<bigint | undefined> = new Set([
  cookieOf("rallow"),
  cookieOf("rdeny"),
  systemCookie("default"),
]);
const RUNS = Number(process.env.GLAZIER_RUNS ?? 300);
const show = (value: unknown): string =>
  JSON.stringify(value, (_, v: unknown) => (typeof v === "bigint" ? `${v}n` : v instanceof Map ? [...v] : v));

test("rules of users that are left out decide each packet that the spoof guard passes, on random networks", (t) => {
  let compared = 0;
  let passed = 0;
  const many = fc.array(sent, { minLength: 40, maxLength: 40 });
  const law = fc.property(
    directories,
    fc.array(rule, { minLength: 1, maxLength: 2 }),
    many,
    fc.constantFrom("allow" as const, "deny" as const),
    (directory, some, list, verdict) => {
      const defaults = { verdict, fragments: "deny" as const };
      const { tables, diagnostics } = lower(some, { directory, defaults, target: "ovs", now: 0 });
      if (diagnostics.some(({ severity }) => severity === "error")) return;
      for (const on of ["s1", "s2"]) {
        const device = new Switch(tables.get(on)!);
        for (const packet of list) {
          const outcome = device.run(packet);
          if (outcome.verdict === "deny" && !RULES.has(outcome.path.at(-1)!.entry?.cookie)) continue;
          const expected = verdictOfRules(some, packet, directory, defaults, on);
          if (outcome.verdict !== expected)
            throw new Error(
              `${expected} expected on ${on} of ${show(packet)}\n${show(directory)}\n${show(some)}\n${toOvs(tables.get(on)!)}`,
            );
          compared++;
          if (expected === "allow") passed++;
        }
      }
    },
  );
  fc.assert(law, { numRuns: RUNS });
  t.true(compared > 20 * RUNS && passed > 5 * RUNS, `${compared} ${passed}`);
});

/** n users with a host each, bound to MACs and ports; each is left out by a statement with a port of its own. */
function entriesOf(n: number, effect: "allow" | "deny"): number {
  const list = Array.from({ length: n }, (_, i) => i);
  const hosts = list.map((i): Host => ({
    name: `h${i}`,
    addresses: [v4(100 + i)],
    macs: [1000 + i],
    at: { switch: "s1", port: 100 + i },
  }));
  const directory: Directory = {
    ...twoSwitches,
    users: list.map((i) => `u${i}`),
    userHosts: list.map((i) => ({ user: `u${i}`, host: `h${i}` })),
    hosts: new Map(hosts.map((one) => [one.name, one])),
  };
  const some = list.map((i): DerivedRule => {
    const user = negation("user", nameSet([`u${i}`])!)!;
    const of = cube({ user, transport: numbers("transport", 6), dstPort: numbers("dstPort", i + 100) });
    return { statement: `r${i}`, stage: "admission", effect, depth: 0, level: 0, levels: 1, end: Infinity, cube: of };
  });
  const defaults = { verdict: effect === "allow" ? ("deny" as const) : ("allow" as const), fragments: "deny" as const };
  const { tables } = lower(some, { directory, defaults, target: "ovs", now: 0 });
  return tables.get("s1")!.entries.length;
}

test("statements that leave out one user each are entries in proportion, of both effects", (t) => {
  for (const effect of ["allow", "deny"] as const) {
    const [small, large] = [entriesOf(60, effect), entriesOf(120, effect)];
    // Besides the entries themselves, the number of classes takes one bit more.
    t.true(large < 2.5 * small, `${effect}: ${small}, ${large}`);
  }
});
