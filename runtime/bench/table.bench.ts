/**
 * Lowering: from derived rules to the table of a switch. Distinct denies, two groups that all overlap, limits and
 * reservations beside denies, isolation of tenants on both targets; and one rule more in a table that is there. Lists of
 * filters are measured in `lists`.
 */
import { addresses, cube } from "#compiler/flowgroup/index.ts";
import type { Directory } from "#compiler/model/model.ts";
import type { Ip } from "#compiler/net/index.ts";
import type { DerivedRule } from "#compiler/derived/rule.ts";
import { LiveTable, lower, type LowerContext, type TargetName } from "#compiler/lowering/index.ts";
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

const limit = (i: number): DerivedRule =>
  rule({
    statement: `limit ${i}`,
    stage: "limit",
    effect: "limit",
    rate: 1_000_000 + i,
    cube: cube({ srcHost: addresses(ip(NET + 2 ** 20 + i)) }),
  });

const reserve = (i: number): DerivedRule =>
  rule({
    statement: `reserve ${i}`,
    stage: "reserve",
    effect: "reserve",
    rate: 1_000_000 + (i % 100),
    cube: cube({ dstHost: addresses(ip(NET + i)) }),
  });

/** n denies by source, n limits by source and n reservations by destination: their products would be n³. */
const bandwidth = (n: number): DerivedRule[] => denies(n).flatMap((one, i) => [one, limit(i), reserve(i)]);

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
  bounds: { readonly time: number; readonly entries: number; readonly growth?: number },
): Promise<void> {
  let entries = 0;
  const { cpu } = await measure(() => {
    entries = lower(rules, context(target)).tables.get("")!.entries.length;
  });
  const { time, growth = 1.2 } = bounds;
  report({ case: `${label}: time`, n, figure: cpu, unit: "ms CPU", bound: time, growth });
  report({ case: `${label}: entries`, n, figure: entries, unit: "entries", bound: bounds.entries });
}

export async function run(report: Report): Promise<void> {
  for (const n of [1000, 10_000, 100_000])
    await lowering(report, "n disjoint denies", n, denies(n), "ovs", { time: n / 10, entries: n + 1 });
  for (const n of [320, 3200, 32_000])
    await lowering(report, "n rules, all overlapping", n, crossing(n), "ovs", { time: 5000, entries: n + 1 });
  for (const n of [1000, 10_000]) {
    const bounds = { time: 3000, entries: 3 * n + 3 };
    await lowering(report, "n denies, n limits, n reservations", n, bandwidth(n), "ovs", bounds);
  }
  for (const target of ["ovs", "of13"] as const) {
    for (const n of [25, 50, 100]) {
      // A few entries for each host, never for pairs of hosts. The rules themselves name each host n times.
      const bounds = { time: 5000, entries: 60 * n, growth: 2.4 };
      await lowering(report, `n tenants of 20 hosts, ${target}`, n, tenants(n), target, bounds);
    }
  }
  for (const n of [1000, 10_000, 100_000]) {
    const live = new LiveTable(context("ovs"));
    live.load(denies(n));
    const step = medianStep(500, (i) => void live.apply({ added: [deny(n + i)], removed: [deny(i)] }));
    report({ case: "one rule for another among n: plan", n, figure: step, unit: "ms", bound: 2, growth: 0.3 });
  }
  for (const n of [1000, 10_000]) {
    const live = new LiveTable(context("ovs"));
    live.load(bandwidth(n));
    const step = medianStep(500, (i) => {
      live.apply({ added: [limit(n + i), reserve(n + i)], removed: [limit(i), reserve(i)] });
    });
    report({ case: "one limit and reservation among n: plan", n, figure: step, unit: "ms", bound: 2, growth: 0.3 });
  }
}
