/**
 * Users who are recognized by where their packets come in. The tables agree with `UserIndex.userOf` on each packet,
 * also beside hosts with fewer known facts, and the number of their entries is bounded.
 */
import test from "ava";
import fc from "fast-check";
import { cube, names, numbers } from "../../flowgroup/index.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import type { Directory, Host } from "../../model/model.ts";
import type { Ip } from "../../net/address.ts";
import { packets, rules, twoSwitches } from "../../semantics/arbitrary-rules.ts";
import { verdictOfRules } from "../../semantics/table-reference.ts";
import { Switch } from "../../trace/switch.ts";
import { lower, toOvs } from "../index.ts";
import { Whereabouts } from "./whereabouts.ts";

const v4 = (last: number): Ip => ({ family: 4, value: 0x0a000000 + last });
const v6 = (last: number): Ip => ({ family: 6, value: (0x2001_0db8n << 96n) + BigInt(last) });
const at = (port: number): Pick<Host, "at"> => ({ at: { switch: "s1", port } });

/** Hosts with every combination of facts about a place, and hosts without a place. */
const directory: Directory = {
  ...twoSwitches,
  hosts: new Map(
    [
      { name: "a", addresses: [v4(1)], macs: [1], ...at(1) },
      { name: "b", addresses: [v4(2)], macs: [], ...at(2) },
      { name: "c", addresses: [v4(3), v6(3)], macs: [] },
      { name: "d", addresses: [v4(4)], macs: [2], ...at(4) },
      { name: "e", addresses: [], macs: [5] },
      { name: "printer", addresses: [], macs: [6], ...at(3) },
    ].map((host) => [host.name, host]),
  ),
};

test("all addresses of a host share one list of its users, however many both are", (t) => {
  const host: Host = { name: "h", addresses: [v4(1), v4(2), v4(3)], macs: [] };
  const userHosts = ["Bob", "Alice"].map((user) => ({ user, host: "h" }));
  const { users } = new Whereabouts({ ...twoSwitches, hosts: new Map([["h", host]]), userHosts });
  const lists = [...users.values()];
  t.deepEqual(
    lists,
    Array.from({ length: 3 }, () => ["Alice", "Bob"]),
  );
  t.is(new Set(lists).size, 1);
});

test("a sender is recognized by the place first and then by the address, on every switch and for every packet", (t) => {
  let compared = 0;
  const law = fc.property(
    rules.filter(({ cube: { mask } }) => (mask & 1) !== 0),
    packets,
    fc.constantFrom("allow" as const, "deny" as const),
    (rule, packet, verdict) => {
      const defaults = { verdict, fragments: "deny" as const };
      const { tables, diagnostics } = lower([rule], { directory, defaults, target: "ovs", now: 0 });
      if (diagnostics.some(({ severity }) => severity === "error") || packet.inPort === 9) return;
      for (const on of ["s1", "s2"]) {
        const outcome = new Switch(tables.get(on)!).run(packet);
        // The spoof guard (tables 0 and 1) dropped the packet before the rule could decide.
        if (outcome.verdict === "deny" && outcome.path.at(-1)!.table <= 1) continue;
        const expected = verdictOfRules([rule], packet, directory, defaults, on);
        if (outcome.verdict !== expected) throw new Error(`${expected} expected on ${on}:\n${toOvs(tables.get(on)!)}`);
        compared++;
      }
    },
  );
  fc.assert(law, { numRuns: 1500 });
  t.true(compared > 300, `${compared}`);
});

const rule = (effect: "allow" | "deny", of: DerivedRule["cube"]): DerivedRule => ({
  statement: "r",
  stage: "admission",
  effect,
  depth: 0,
  level: 0,
  levels: 1,
  end: Infinity,
  cube: of,
});
const entriesOf = (of: DerivedRule["cube"], known: Directory): readonly string[] =>
  toOvs(
    lower([rule("deny", of)], {
      directory: known,
      defaults: { verdict: "allow", fragments: "deny" },
      target: "ovs",
      now: 0,
    }).tables.get("s1")!,
  )
    .split("\n")
    .filter((line) => line.includes("priority=2,"))
    .map((line) => line.replace(/^.*priority=2,/, ""));

test("a rule by ports for a host with addresses of both families costs no more entries than the addresses", (t) => {
  const hosts = new Map<string, Host>([["a", { name: "a", addresses: [v4(1), v6(1)], macs: [1], ...at(1) }]]);
  const known = { ...directory, hosts };
  const web = { user: names("alice"), transport: numbers("transport", 6), dstPort: numbers("dstPort", 80) };
  t.deepEqual(entriesOf(cube(web), known), [
    "dl_type=0x800,nw_proto=6,nw_src=10.0.0.1,tcp_dst=80 actions=drop",
    "dl_type=0x800,nw_proto=6,nw_src=10.0.0.1,tcp_src=0,tcp_dst=0 actions=drop",
    "dl_type=0x86dd,nw_proto=44,ipv6_src=2001:db8::1 actions=drop",
    "dl_type=0x86dd,nw_proto=6,ipv6_src=2001:db8::1,tcp_dst=80 actions=drop",
    "dl_type=0x86dd,nw_proto=6,ipv6_src=2001:db8::1,tcp_src=0,tcp_dst=0 actions=drop",
  ]);
  t.deepEqual(entriesOf(cube({ user: names("alice") }), known), [
    "dl_type=0x800,nw_src=10.0.0.1 actions=drop",
    "dl_type=0x86dd,ipv6_src=2001:db8::1 actions=drop",
    "in_port=1,dl_src=00:00:00:00:00:01 actions=drop",
  ]);
});
