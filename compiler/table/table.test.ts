/** The laws of lowering on random rules and packets: table = policy, batch = incremental, order does not matter. */
import test from "ava";
import fc from "fast-check";
import { applyPlan, diff } from "../diff/index.ts";
import type { DerivedRule } from "../program/derived.ts";
import type { Packet } from "../semantics/packet.ts";
import { Switch } from "../semantics/switch.ts";
import { directory, packets, rules, twoSwitches } from "./arbitrary.ts";
import { LiveTable, lower, toOvs, type LowerContext, type TargetName } from "./index.ts";
import { verdictOf } from "./oracle.ts";

const targets: readonly TargetName[] = ["ovs", "of13"];
const base: LowerContext = { directory, defaults: { verdict: "allow", fragments: "deny" }, target: "ovs", now: 0 };
const contexts = fc.record({
  target: fc.constantFrom(...targets),
  defaults: fc.record({
    verdict: fc.constantFrom("allow" as const, "deny" as const),
    fragments: fc.constantFrom("deny" as const, "deny" as const, "allow" as const),
  }),
});

/** Without a fragment field a later fragment looks like ports 0 and ICMP 0: what is documented is not compared. */
function ambiguous(packet: Packet): boolean {
  const { ip, ports, icmp } = packet;
  return (ip?.fragment === "later" && icmp === undefined && (ip.protocol === 1 || ip.protocol === 58)) || ports?.src === 0 || ports?.dst === 0;
}

test("the table's first match is the policy, for every packet, on both targets", (t) => {
  const property = fc.property(
    fc.array(rules, { maxLength: 6 }),
    fc.array(packets, { minLength: 30, maxLength: 30 }),
    contexts,
    (some, sent, chosen) => {
      const lowered = lower(some, { ...base, ...chosen });
      if (lowered.diagnostics.length > 0) return;
      const device = new Switch(lowered.tables.get("")!);
      for (const packet of sent) {
        if (chosen.target === "of13" && ambiguous(packet)) continue;
        const expected = verdictOf(some, packet, directory, chosen.defaults);
        if (device.run(packet).verdict !== expected) {
          throw new Error(`${expected} expected: ${show(packet)}\n${toOvs(lowered.tables.get("")!)}`);
        }
      }
    },
  );
  fc.assert(property, { numRuns: 1500 });
  t.pass();
});

const show = (value: unknown): string => JSON.stringify(value, (_, v: unknown) => (typeof v === "bigint" ? `${v}n` : v));
