/** Who judges in place of the policy: a waypoint drops what has no way, and nothing else does under its name. */
import test from "ava";
import { cube } from "#compiler/flowgroup/index.ts";
import type { DerivedRule } from "#compiler/program/derived.ts";
import { runTable } from "#compiler/semantics/switch.ts";
import { lower } from "#compiler/table/index.ts";
import { wayless } from "./agreement.ts";

const directory = {
  users: [],
  userHosts: [],
  hosts: new Map(),
  switches: new Map(["s1", "s2"].map((name, i) => [name, { name, dpid: `${i + 1}` }])),
  links: [{ from: "s1", fromPort: 1, to: "s2", toPort: 1, rate: 1e9 }],
  portRates: [],
};

const shared = { depth: 0, level: 0, levels: 1, end: Infinity, cube: cube({}) } as const;
const by: DerivedRule = { ...shared, statement: "by", stage: "waypoint", effect: "waypoint", nodes: ["s2"] };
const no: DerivedRule = { ...shared, statement: "no", stage: "admission", effect: "deny" };

test("a drop of a waypoint is told from one of the policy", (t) => {
  for (const [rule, expected] of [
    [by, "dropped by `by`: from here no way is known that does what it asks"],
    [no, undefined],
  ] as const) {
    const defaults = { verdict: "allow", fragments: "deny" } as const;
    const { tables, cookies } = lower([rule], { directory, defaults, target: "ovs", now: 0 });
    const run = runTable(tables.get("s1")!, { inPort: 7, ethSrc: 1, ethDst: 2, ethType: 0x88cc });
    t.is(run.verdict, "deny");
    t.is(wayless(run, cookies, [rule])?.why, expected);
  }
});
