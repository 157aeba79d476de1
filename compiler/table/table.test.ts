/** The laws of lowering on random rules and packets: the table decides as the policy, a live table is the batch's. */
import test from "ava";
import fc from "fast-check";
import type { Cube } from "../flowgroup/cube.ts";
import { addressSet, cube, numbers, numberSet } from "../flowgroup/index.ts";
import type { Ip } from "../net/index.ts";
import type { DerivedRule } from "../derived/rule.ts";
import type { Packet } from "../trace/packet.ts";
import { Switch } from "../trace/switch.ts";
import { directory, packets, rules, twoSwitches } from "../semantics/arbitrary-rules.ts";
import { LiveTable, lower, toOvs, type LowerContext, type TargetName } from "../lowering/index.ts";
import { lived, lives } from "../lowering/testing/lives.ts";
import { verdictOfRules } from "../semantics/table-reference.ts";

const targets: readonly TargetName[] = ["ovs", "of13"];
const base: LowerContext = { directory, defaults: { verdict: "allow", fragments: "deny" }, target: "ovs", now: 0 };
const contexts = fc.record({
  target: fc.constantFrom(...targets),
  defaults: fc.record({
    verdict: fc.constantFrom("allow" as const, "deny" as const),
    fragments: fc.constantFrom("deny" as const, "deny" as const, "allow" as const),
  }),
});
const sets = fc.array(rules, { maxLength: 6 });
const many = fc.array(packets, { minLength: 30, maxLength: 30 });

/** Without a fragment field a fragment looks like ports 0 and ICMP 0 (`shape.ts`): that is not compared. */
function ambiguous({ ip, ports }: Packet): boolean {
  const icmpRest = ip !== undefined && ip.fragment !== "no" && (ip.protocol === 1 || ip.protocol === 58);
  return icmpRest || ports?.src === 0 || ports?.dst === 0;
}

const show = (value: unknown): string =>
  JSON.stringify(value, (_, v: unknown) => (typeof v === "bigint" ? `${v}n` : v));

test("the table's first match decides every packet as the policy does, on both targets", (t) => {
  let compared = 0;
  const law = fc.property(sets, many, contexts, (some, sent, chosen) => {
    const lowered = lower(some, { ...base, ...chosen });
    if (lowered.diagnostics.some(({ severity }) => severity === "error")) return;
    const device = new Switch(lowered.tables.get("")!);
    for (const packet of sent) {
      if (chosen.target === "of13" && ambiguous(packet)) continue;
      const expected = verdictOfRules(some, packet, directory, chosen.defaults);
      const { verdict } = device.run(packet);
      if (verdict !== expected)
        throw new Error(`${expected} expected: ${show(packet)}\n${toOvs(lowered.tables.get("")!)}`);
      compared++;
    }
  });
  fc.assert(law, { numRuns: 400 });
  t.true(compared > 10_000);
});

test("with two switches the ingress edge decides, and a link's port is trusted", (t) => {
  let compared = 0;
  const law = fc.property(sets, many, contexts, (some, sent, chosen) => {
    const lowered = lower(some, { ...base, ...chosen, directory: twoSwitches });
    if (lowered.diagnostics.length > 0) return;
    for (const switchName of ["s1", "s2"]) {
      const device = new Switch(lowered.tables.get(switchName)!);
      for (const packet of sent) {
        const { verdict, path } = device.run(packet);
        if (packet.inPort === 9) {
          t.is(verdict, "allow");
          continue;
        }
        // Spoof and Neighbour, before any other table.
        const spoofed = verdict === "deny" && path.at(-1)!.table <= 1;
        if (spoofed || (chosen.target === "of13" && ambiguous(packet))) continue;
        const expected = verdictOfRules(some, packet, twoSwitches, chosen.defaults, switchName);
        if (verdict !== expected) throw new Error(`${expected} expected on ${switchName}: ${show(packet)}`);
        compared++;
      }
    }
  });
  fc.assert(law, { numRuns: 150 });
  t.true(compared > 1000);
});

test("the same rules in any order, twice or once, give the same bytes", (t) => {
  const shuffled = sets.chain((some) =>
    fc.tuple(fc.constant(some), fc.shuffledSubarray(some, { minLength: some.length })),
  );
  const law = fc.property(shuffled, contexts, ([some, other], chosen) => {
    const context = { ...base, ...chosen };
    t.is(toOvs(lower(some, context).tables.get("")!), toOvs(lower([...other, ...some], context).tables.get("")!));
  });
  fc.assert(law, { numRuns: 150 });
});

test("a live table is the batch's, byte for byte, after every change", (t) => {
  const law = fc.property(lives(rules), contexts, (steps, chosen) => {
    const context = { ...base, ...chosen, directory: twoSwitches };
    const live = new LiveTable(context);
    for (const { change, standing } of lived(steps)) {
      live.apply(change);
      const batch = lower(standing, context);
      for (const [name, table] of live.tables()) t.is(toOvs(table), toOvs(batch.tables.get(name)!));
      t.deepEqual(live.diagnostics(), batch.diagnostics);
      t.deepEqual(live.cookies(), batch.cookies);
    }
  });
  fc.assert(law, { numRuns: 80 });
});

test("an entry with an end leaves the switch by itself, and what is left decides as the next table does", (t) => {
  let compared = 0;
  const law = fc.property(sets, many, contexts, (some, sent, chosen) => {
    const { tables, diagnostics, validUntil } = lower(some, { ...base, ...chosen });
    const { entries } = tables.get("")!;
    if (diagnostics.length > 0) return;
    for (const instant of [100, 200]) {
      // A verdict that shares its match with a clause that outlives it stays until an apply removes it (`settle`).
      if (instant >= validUntil) continue;
      const device = new Switch({
        entries: entries.filter((one) => one.hardTimeout === 0 || one.hardTimeout > instant),
      });
      const rest = some.filter(({ end }) => end > instant);
      for (const packet of sent) {
        if (chosen.target === "of13" && ambiguous(packet)) continue;
        const expected = verdictOfRules(rest, packet, directory, chosen.defaults);
        const { verdict } = device.run(packet);
        if (verdict !== expected) throw new Error(`${expected} expected at ${instant}: ${show(packet)}`);
        compared++;
      }
    }
  });
  fc.assert(law, { numRuns: 150 });
  t.true(compared > 1000);
});

test("a conjunction that ends leaves no entry that would hide another conjunction", (t) => {
  const v6 = (last: bigint): Ip => ({ family: 6, value: (0x2001_0db8n << 96n) + last });
  const guard = (statement: string, end: number, of: Cube): DerivedRule => {
    return { statement, stage: "guard", effect: "deny", depth: 0, level: 0, levels: 1, end, cube: of };
  };
  const stays = guard(
    "stays",
    Infinity,
    cube({ srcEth: numbers("srcEth", [1, 5]), transport: numberSet("transport", [1, 6, 47, 132])! }),
  );
  const someHosts = addressSet([v6(2n), v6(8n)])!;
  const ends = guard(
    "ends",
    200,
    cube({ dstHost: someHosts, vlan: { kind: "number", absent: true, ranges: [0, 4094] } }),
  );
  const { tables, validUntil } = lower([stays, ends], base);
  const { entries } = tables.get("")!;
  const packet: Packet = {
    inPort: 1,
    ethSrc: 1,
    ethDst: 5,
    ethType: 0x86dd,
    ip: { src: v6(0n), dst: v6(8n), protocol: 6, dscp: 0, fragment: "no" },
    ports: { src: 1, dst: 1 },
  };
  t.is(validUntil, Infinity);
  const left = { entries: entries.filter(({ hardTimeout }) => hardTimeout === 0 || hardTimeout > 200) };
  t.true(left.entries.length < entries.length);
  t.is(new Switch(left).run(packet).verdict, "deny");
  // Where a longer conjunction shares all members, an apply has to remove the verdict.
  const twin = { ...stays, statement: "twin", end: 100 };
  t.is(lower([stays, twin], base).validUntil, 100);
});
