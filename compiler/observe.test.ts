/** Observed shares lose their effect and gain none: tables and whole policies, tried with random packets. */
import { readFileSync } from "node:fs";
import test from "ava";
import fc from "fast-check";
import { readRules } from "./admission/read-rules.ts";
import { decide, observe, tablesAt } from "./compile.ts";
import { lower, toOvs, type LowerContext } from "./lowering/index.ts";
import { directory, packets, rules as someRules } from "./semantics/arbitrary-rules.ts";
import { verdictOfRules } from "./semantics/table-reference.ts";
import type { Table } from "./table/entry.ts";
import { Switch } from "./trace/switch.ts";

const NOW = 1_796_115_600;
const pane = new URL("../policies/pane.fml", import.meta.url);
const { rules } = readRules({ name: "pane.fml", text: readFileSync(pane, "utf8") });
const decided = (text: string): ReturnType<typeof decide> =>
  decide([{ name: "test.pane", text }], { now: NOW, load: () => undefined, rules });

/** The table and the diagnostics of a policy with observed shares. */
function trial(
  text: string,
  ...shares: readonly string[]
): { readonly table: Table; readonly codes: readonly string[] } {
  const policy = decided(text);
  if (!policy.good) throw new Error(policy.diagnostics.map(({ message }) => message).join("\n"));
  const observation = observe(policy, shares, { rules });
  const { tables, diagnostics } = tablesAt(policy, NOW, { target: "ovs", observation });
  return { table: tables.get("")!, codes: diagnostics.map(({ code }) => code) };
}

const lines = (table: Table): readonly string[] =>
  toOvs({ entries: table.entries })
    .replaceAll(/cookie=\w+,table=/g, "")
    .trimEnd()
    .split("\n");

test("observed rules are counted before Admission, in its order, and decide nothing", (t) => {
  const base: LowerContext = { directory, defaults: { verdict: "allow", fragments: "deny" }, target: "ovs", now: 0 };
  const seen = { counted: 0, other: 0 };
  const law = fc.property(
    fc.array(fc.tuple(someRules, fc.boolean()), { maxLength: 6 }),
    fc.array(packets, { minLength: 20, maxLength: 20 }),
    fc.constantFrom("allow" as const, "deny" as const),
    (drawn, sent, verdict) => {
      const defaults = { ...base.defaults, verdict };
      const all = drawn.map(([rule, watched]) =>
        watched && rule.stage === "admission" ? { ...rule, observed: true as const } : rule,
      );
      const acting = all.filter(({ observed }) => observed !== true);
      const watched = all.filter(({ observed }) => observed);
      const table = lower(all, { ...base, defaults }).tables.get("")!;
      const device = new Switch(table);
      // Admission is the last table here, and Observe stands before it.
      const observing = Math.max(...table.entries.map((one) => one.table)) - 1;
      for (const packet of sent) {
        const { verdict: found, path } = device.run(packet);
        t.is(found, verdictOfRules(acting, packet, directory, defaults));
        if (watched.length === 0) continue;
        // A rule alone, over the opposite default, shows by the verdict whether it holds the packet.
        const holds = watched.some(({ statement, stage, effect, depth, level, levels, cube, end }) => {
          const rule = { statement, stage, effect, depth, level, levels, cube, end };
          const other = { ...defaults, verdict: rule.effect === "deny" ? ("allow" as const) : ("deny" as const) };
          return verdictOfRules([rule], packet, directory, other) !== other.verdict;
        });
        const counts = path.some(({ entry }) => entry!.table === observing && entry!.priority > 0);
        t.is(counts, holds);
        seen[holds ? "counted" : "other"]++;
      }
    },
  );
  fc.assert(law, { numRuns: 200 });
  for (const count of Object.values(seen)) t.true(count > 200, JSON.stringify(seen));
});

const SHARES = `default allow.
  NewShare a for (*) [allow = True, deny = True] on rootShare.
  NewShare b for (*) [allow = True, deny = True] on rootShare.
  NewShare c for (*) [allow = True, deny = True] on a.
  policy stop as guard { @stop deny <= srcHost(10.0.0.6). }`;

const statement = fc
  .record({
    share: fc.constantFrom("rootShare", "a", "b", "c"),
    kind: fc.constantFrom("allow", "deny"),
    from: fc.constantFrom("", "ethType=IPv4", "srcHost=10.0.0.0/24", "ethType=IPv6"),
    by: fc.constantFrom("", "", "transport=TCP", "transport=UDP"),
  })
  .map(({ share, kind, from, by }) => {
    const flows = [from, by].filter((one) => one !== "").join(", ");
    return { share, text: `${kind}(${flows === "" ? "*" : flows}) partial on ${share}.` };
  });

test("requests of observed shares have no effect, so flows that others deny stay denied", (t) => {
  const seen = { deny: 0, allow: 0, opened: 0 };
  const law = fc.property(
    fc.array(statement, { minLength: 1, maxLength: 5 }),
    fc.subarray(["rootShare", "a", "b", "c"], { minLength: 1, maxLength: 2 }),
    fc.array(packets, { minLength: 30, maxLength: 30 }),
    (drawn, shares, sent) => {
      const textOf = (some: typeof drawn): string => [SHARES, ...some.map(({ text }) => text)].join("\n");
      const policy = decided(textOf(drawn));
      if (!policy.good) return;
      const without = decided(textOf(drawn.filter(({ share }) => !shares.includes(share))));
      if (!without.good) return;
      const watching = new Switch(trial(textOf(drawn), ...shares).table);
      const bare = new Switch(tablesAt(without, NOW, { target: "ovs" }).tables.get("")!);
      const whole = new Switch(tablesAt(policy, NOW, { target: "ovs" }).tables.get("")!);
      for (const packet of sent) {
        const { verdict } = bare.run(packet);
        t.is(watching.run(packet).verdict, verdict, textOf(drawn));
        seen[verdict]++;
        if (verdict === "deny" && whole.run(packet).verdict === "allow") seen.opened++;
      }
    },
  );
  fc.assert(law, { numRuns: 80 });
  for (const count of Object.values(seen)) t.true(count > 15, JSON.stringify(seen));
});

test("a deny of the root or of a guard behind an observed deny stays in force, and the observed one is counted", (t) => {
  const text = `default allow.
    NewShare s for (srcHost=10.0.0.0/24) [deny = True, limit <= 10Mb] on rootShare.
    policy stop as guard { @stop deny <= srcHost(10.0.0.6), dstHost(10.0.0.7). }
    @root deny(srcHost=10.0.0.5, dstHost=10.0.0.4) on rootShare.
    @trial deny(srcHost=10.0.0.5) on s.
    @slow limit(srcHost=10.0.0.5) = 1Mb on s.`;
  const { table, codes } = trial(text, "s");
  t.deepEqual(codes, ["W843"]);
  t.deepEqual(lines(table), [
    "0,priority=4,dl_type=0x800,nw_src=10.0.0.5 actions=goto_table:1",
    "0,priority=0 actions=goto_table:1",
    "1,priority=65534,dl_type=0x800,nw_src=10.0.0.6,nw_dst=10.0.0.7 actions=drop",
    "1,priority=2,dl_type=0x800,nw_src=10.0.0.5,nw_dst=10.0.0.4 actions=drop",
    "1,priority=0 actions=NORMAL",
  ]);
  t.is(table.meters, undefined);
});
