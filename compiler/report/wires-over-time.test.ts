/** A timeline has boxes serve as wires alone at just the instants at which the tables of that instant would. */
import test from "ava";
import { NOW, RULES } from "../admission/testing/networks.ts";
import { decide, tablesAt } from "../compile.ts";
import type { Plan } from "../plan/plan.ts";
import { entryKey, sortEntries } from "../table/match.ts";
import { toOvs } from "../table/text.ts";
import type { Table } from "../table/entry.ts";
import { tableTimeline } from "./timeline.ts";

/** Two boxes of which each leads what the other forwards as a router back to that one, while both requests are in force. */
const network = (
  first: string,
  then: string,
): string => `default allow. switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 40, 1Gb).
  host_at(h3, s2, 3). host_mac(h3, 00:00:00:00:00:03). host_ip(h3, 10.0.0.3).
  host_at(b5, s1, 5). host_mac(b5, 00:00:00:00:00:05). host_at(b7, s2, 7). host_mac(b7, 00:00:00:00:00:07).
  host_at(x, s2, 8). host_mac(x, 00:00:00:00:00:08). host_ip(x, 10.0.0.8).
  @q3 waypoint(srcAP=s2:7) = s1 on rootShare${first}. @q2 waypoint(srcAP=s2:3) = b5, b7 on rootShare${then}.`;

function follow({ entries }: Table, plan: Plan): Table {
  const found = new Map(entries.map((entry) => [entryKey(entry), entry]));
  for (const mod of plan.stages.flat()) {
    if (mod.kind === "replace") found.delete(entryKey(mod.old));
    if (mod.kind === "delete") found.delete(entryKey(mod.entry));
    else found.set(entryKey(mod.entry), mod.entry);
  }
  return { entries: sortEntries([...found.values()]) };
}

/** What entries match and do; timeouts count from when they are made. */
const shown = (table: Table): string => toOvs(table).replaceAll(/(hard|idle)_timeout=\d+,/g, "");

test("boxes that would send each other round from a later instant on serve as wires from then on, and W857 says so (no E858)", (t) => {
  for (const [first, then, instants] of [
    ["", " from +60s to +120s", [60, 120]],
    [" from +30s to +90s", "", [30, 90]],
    [" from +30s to +90s", " from +60s to +120s", [30, 60, 90, 120]],
    ["", " to +60s", [60]],
  ] as const) {
    const text = network(first, then);
    const decided = decide([{ name: "test.pane", text }], { now: NOW, load: () => undefined, rules: RULES });
    const timeline = tableTimeline(decided, NOW, { target: "ovs" });
    if (!timeline.ok) throw new Error(timeline.fault);
    const { changes, diagnostics } = timeline.value;
    t.deepEqual(
      changes.map(({ instant }) => instant - NOW),
      [...instants],
    );
    const codes = new Set(diagnostics.map(({ code }) => code));
    t.deepEqual([codes.has("W857"), codes.has("E858")], [true, false], text);
    let standing = tablesAt(decided, NOW, { target: "ovs" }).tables;
    for (const { instant, switches } of changes) {
      standing = new Map(
        [...standing].map(([name, table]) => [name, follow(table, switches.get(name)?.plan ?? { stages: [] })]),
      );
      const now = tablesAt(decided, instant, { target: "ovs" });
      for (const [name, table] of now.tables)
        t.is(shown(standing.get(name)!), shown(table), `${instant - NOW} ${text}`);
      for (const { code } of now.diagnostics) t.true(codes.has(code), code);
    }
  }
});
