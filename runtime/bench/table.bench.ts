/**
 * Lowering: from derived rules to the table of a switch. Distinct denies, two groups that all overlap, a list as people
 * bring it from a firewall, isolation of tenants on both targets; and one rule more in a table that is there.
 */
import { cube, numbers, addresses } from "#compiler/flowgroup/index.ts";
import type { Directory } from "#compiler/model/model.ts";
import type { Ip } from "#compiler/net/index.ts";
import type { DerivedRule } from "#compiler/program/derived.ts";
import { LiveTable, lower, type LowerContext, type TargetName } from "#compiler/table/index.ts";
import { measure, medianStep } from "./measure.ts";
import type { Report } from "./report.ts";

export const name = "table";

const directory: Directory = {
  users: [],
  userHosts: [],
  hosts: new Map(),
  switches: new Map(),
  links: [],
  portRates: [],
};
const context = (target: TargetName): LowerContext => ({
  directory,
  defaults: { verdict: "allow", fragments: "deny" },
  target,
  now: 0,
});
const ip = (value: number): Ip => ({ family: 4, value });
const NET = 0x0a000000;

function rule(of: Pick<DerivedRule, "statement" | "effect" | "cube"> & Partial<DerivedRule>): DerivedRule {
  return { stage: "admission", depth: 1, level: 0, levels: 1, end: Infinity, ...of };
}

const deny = (i: number): DerivedRule =>
  rule({ statement: `deny ${i}`, effect: "deny", cube: cube({ srcHost: addresses(ip(NET + i)) }) });

const denies = (n: number): DerivedRule[] => Array.from({ length: n }, (_, i) => deny(i));

/** Half denies by source, half allows by destination: every one meets every other. */
const crossing = (n: number): DerivedRule[] =>
  Array.from({ length: n }, (_, i) =>
    i % 2 === 0
      ? deny(i)
      : rule({
          statement: `allow ${i}`,
          effect: "allow",
          depth: 2,
          cube: cube({ dstHost: addresses(ip(NET + 65_536 + i)) }),
        }),
  );

/** Mulberry32: the same lists in every run. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** A filter list: two prefixes, a protocol and often a port or a range of ports; each rule a level of its own run. */
function list(n: number): DerivedRule[] {
  const draw = random(n);
  const block = (): { address: Ip; length: number } => {
    const length = [8, 16, 24, 24, 28, 32, 32, 32][draw(8)]!;
    const size = 2 ** (32 - length);
    return { address: ip(Math.floor((NET + draw(2 ** 24)) / size) * size), length };
  };
  return Array.from({ length: n }, (_, i) => {
    const port = draw(65_536);
    const ports = [
      [port, port],
      [port, port],
      [1024, 65_535],
      [Math.min(port, 60_000), Math.min(port, 60_000) + draw(5000)],
    ][draw(4)]!;
    return rule({
      statement: `line ${i}`,
      effect: draw(2) === 0 ? "allow" : "deny",
      level: Math.floor(i / 4),
      levels: Math.ceil(n / 4),
      cube: cube({
        srcHost: addresses(block()),
        dstHost: addresses(block()),
        transport: numbers("transport", draw(2) === 0 ? 6 : 17),
        dstPort: numbers("dstPort", [ports[0]!, ports[1]!]),
      }),
    });
  });
}

/** Tenants of 20 hosts; each is denied to all others but the two next to it. */
function tenants(n: number): DerivedRule[] {
  const hosts = (tenant: number): Ip[] => Array.from({ length: 20 }, (_, i) => ip(NET + tenant * 256 + 7 * i + 3));
  return Array.from({ length: n }, (_, a) => {
    const others = Array.from({ length: n }, (_unused, b) => b).filter((b) => Math.abs(a - b) > 1);
    return rule({
      statement: `isolate ${a}`,
      effect: "deny",
      cube: cube({
        srcHost: addresses(...(hosts(a) as [Ip, ...Ip[]])),
        dstHost: addresses(...(others.flatMap(hosts) as [Ip, ...Ip[]])),
      }),
    });
  });
}

/** Measures lowering and counts entries. */
async function lowering(
  report: Report,
  label: string,
  n: number,
  rules: readonly DerivedRule[],
  target: TargetName,
): Promise<void> {
  let entries = 0;
  const { cpu } = await measure(() => {
    entries = lower(rules, context(target)).tables.get("")!.entries.length;
  });
  report({ case: `${label}: time`, n, figure: cpu, unit: "ms CPU" });
  report({ case: `${label}: entries`, n, figure: entries, unit: "entries" });
}

export async function run(report: Report): Promise<void> {
  for (const n of [1000, 10_000, 100_000]) await lowering(report, "n disjoint denies", n, denies(n), "ovs");
  for (const n of [320, 3200]) await lowering(report, "n rules, all overlapping", n, crossing(n), "ovs");
  for (const n of [1000, 10_000]) await lowering(report, "ordered list of n rules", n, list(n), "ovs");
  for (const target of ["ovs", "of13"] as const) {
    for (const n of [25, 50]) await lowering(report, `n tenants of 20 hosts, ${target}`, n, tenants(n), target);
  }
  for (const n of [1000, 10_000, 100_000]) {
    const live = new LiveTable(context("ovs"));
    live.load(denies(n));
    const step = medianStep(500, (i) => void live.apply({ added: [deny(n + i)], removed: [deny(i)] }));
    report({ case: "one rule for another among n: plan", n, figure: step, unit: "ms" });
  }
}
