/**
 * What waypoints and avoids that overlap cost: entries and the steps of the proof grow together, and what would come to
 * too much is refused by counting, with the statements that cost it.
 */
import test from "ava";
import { proveNoCircles } from "../../circles/prove.ts";
import { compileFile, NOW } from "../../admission/testing/networks.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { topology } from "../../paths/topology.ts";
import { isOverBudget } from "../../report/diagnostics.ts";
import type { Table } from "../../table/entry.ts";
import { lower } from "../index.ts";
import { MOST_WAYS } from "./entry-budget.ts";

/** A link from each switch to another. */
const ring = (switches: number): readonly number[] => Array.from({ length: switches }, (_, i) => (i + 1) % switches);
const tree = (switches: number): readonly number[] => Array.from({ length: switches }, (_, i) => (i - 1) >> 1);

const FLOWS = [
  "srcHost=h1",
  "transport=TCP, dstPort=81",
  "dstHost=h3",
  "transport=UDP",
  "dstPort=4000-5500",
  "srcHost=10.0.0.0/29",
  "transport=TCP",
  "srcEth=02:00:00:00:00:03",
];

function network(links: readonly number[], statements: number, verb = "waypoint"): string {
  const facts = links.flatMap((to, i) => [
    `switch(s${i}, ${i + 1}). host_ip(h${i}, 10.0.0.${i + 1}). host_mac(h${i}, 02:00:00:00:00:${String(10 + i)}).`,
    `host_at(h${i}, s${i}, 1).`,
    ...(to < 0 ? [] : [`link(s${i}, 10, s${to}, ${20 + i}, 1Gb).`]),
  ]);
  const asked = FLOWS.slice(0, statements).map((flows, i) => {
    return `@w${i} ${verb}(${flows}) = s${(2 * i + 1) % links.length} on rootShare.`;
  });
  return ["default allow.", ...facts, ...asked].join("\n");
}

interface Cost {
  readonly entries: number;
  readonly steps: number;
  readonly errors: readonly Diagnostic[];
}

function costOf(text: string): Cost {
  const { model, admission } = compileFile(text);
  const { directory, defaults } = model;
  const { tables, diagnostics } = lower(admission.derived.active(NOW), {
    directory,
    defaults,
    target: "ovs",
    now: NOW,
  });
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  const entries = [...tables.values()].reduce((sum, one: Table) => sum + one.entries.length, 0);
  const proof = proveNoCircles(tables, topology(directory), [], Infinity);
  if (proof.kind !== "proven") throw new Error(proof.kind);
  return { entries, steps: proof.steps, errors };
}

test("on rings the proof of overlapping waypoints takes steps in proportion to the entries", (t) => {
  for (const [switches, counts] of [
    [4, [2, 5, 8]],
    [6, [2, 5]],
  ] as const) {
    for (const statements of counts) {
      const { entries, steps, errors } = costOf(network(ring(switches), statements));
      t.deepEqual(errors, []);
      t.true(steps < 60 * entries, `${switches} switches, ${statements} statements: ${steps} of ${entries}`);
    }
  }
});

test("waypoints and avoids that come to too many entries are refused, with the statements that cost the most", (t) => {
  for (const verb of ["waypoint", "avoid"]) {
    const { errors, entries } = costOf(network(tree(20), 8, verb));
    t.is(errors.length, 1);
    const [{ code, message }] = errors as [Diagnostic];
    t.is(code, "E845");
    t.regex(message, /`w\d`/);
    t.true(isOverBudget(errors[0]!));
    t.true(entries < MOST_WAYS.entries);
  }
});

test("what stays within the budget is not refused: three statements on a tree of twenty switches", (t) => {
  t.deepEqual(costOf(network(tree(20), 3)).errors, []);
});

test("statements that overlap in every combination are refused with their names", (t) => {
  const fields = [
    "srcHost=10.0.0.0/24",
    "dstHost=10.0.0.0/24",
    "transport=TCP",
    "srcPort=0-1023",
    "dstPort=0-1023",
    "dscp=0-31",
    "vlan=0-2047",
    "ethType=IPv4",
    "srcPort=512-2047",
    "dstPort=512-2047",
    "dscp=16-47",
    "vlan=1024-3071",
  ];
  const asked = fields.map((flows, i) => `@w${String(i).padStart(2, "0")} waypoint(${flows}) = s2 on rootShare.`);
  const apart = "@apart waypoint(ethType=ARP, vlan=none) = s2 on rootShare.";
  const { errors } = costOf([network(ring(4), 0), ...asked, apart].join("\n"));
  t.deepEqual(
    errors.map(({ code, message }) => [code, message.slice(message.indexOf(":"))]),
    [["E846", ": `w00`, `w01`, `w02`, `w03`, `w04`, `w05`, `w06`, `w07` and 2 more"]],
  );
});
