/** Timeouts alone never let through what the policy denies without a break, even where no controller is there. */
import test from "ava";
import fc from "fast-check";
import type { Decided } from "../admission/decided.ts";
import { decide, plans, tablesAt } from "../compile.ts";
import { lasting, LastingChanges } from "./timeouts.ts";
import { OverlapIndex } from "../flowgroup/index.ts";
import { NOW, RULES } from "../admission/testing/networks.ts";
import { flowOf, type Packet } from "../trace/packet.ts";
import { NO_POLICIES, verdictOf, type ReferenceRequest } from "../semantics/reference.ts";
import { runTable } from "../trace/switch.ts";
import type { Table } from "../table/entry.ts";
import { keyOf } from "../derived/rule-key.ts";

const MINUTE = 60;

const decided = (text: string): Decided =>
  decide([{ name: "test.pane", text }], { now: NOW, load: () => undefined, rules: RULES });

const tableAt = (policy: Decided, instant: number): Table =>
  tablesAt(policy, instant, { target: "ovs" }).tables.get("")!;

/** What a switch still holds some seconds after the last flow-mod. */
const left = ({ entries, ...table }: Table, seconds: number): Table => ({
  ...table,
  entries: entries.filter(({ hardTimeout }) => hardTimeout === 0 || hardTimeout > seconds),
});

const from = (last: number): Packet => ({
  inPort: 1,
  ethSrc: 1,
  ethDst: 2,
  ethType: 0x0800,
  ip: {
    src: { family: 4, value: 0x0a000000 + last },
    dst: { family: 4, value: 0x0a000063 },
    protocol: 47,
    dscp: 0,
    fragment: "no",
  },
});

const allows = (table: Table, last: number): boolean => runTable(table, from(last)).verdict === "allow";

test("a deny that follows a deny leaves no gap: the first has no timeout, and the next apply keeps it", (t) => {
  const policy = decided(`default allow.
@d1 deny(srcHost=10.0.0.1) on rootShare to +10min.
@d2 deny(srcHost=10.0.0.1) on rootShare from +10min.`);
  const table = tableAt(policy, NOW);
  t.deepEqual(
    table.entries.map(({ hardTimeout }) => hardTimeout),
    [0, 0],
  );
  t.false(allows(left(table, 3600), 1));
  t.is(tablesAt(policy, NOW, { target: "ovs" }).validUntil, NOW + 10 * MINUTE);
  const [plan] = plans(
    new Map([["", table]]),
    new Map([["", tableAt(policy, NOW + 10 * MINUTE)]]),
    10 * MINUTE,
  ).values();
  t.deepEqual(plan!.stages, []);
});

test("a deny stays for a wider deny that follows, and ends with the last in a row", (t) => {
  const policy = decided(`default allow.
@d1 deny(srcHost=10.0.0.1) on rootShare to +10min.
@d2 deny(srcHost=10.0.0.1) on rootShare from +10min to +20min.
@d3 deny(srcHost=10.0.0.2) on rootShare to +10min.
@d4 deny(srcHost=10.0.0.0/31, transport=47) on rootShare from +15min to +30min.
@d5 deny(srcHost=10.0.0.3) on rootShare to +10min.
@d6 deny(srcHost=10.0.0.2/31) on rootShare from +10min.`);
  t.deepEqual(policy.diagnostics, []);
  const table = tableAt(policy, NOW);
  const timeouts = table.entries.filter(({ match }) => match.length > 0).map(({ hardTimeout }) => hardTimeout);
  t.deepEqual(timeouts, [30 * MINUTE, 0, 0]);
});

test("a deny stays for a guard's rule, or a policy's, that begins when it ends", (t) => {
  for (const policy of ["policy em as guard", "policy house"]) {
    const table = tableAt(
      decided(`default allow.
@d1 deny(srcHost=10.0.0.1) on rootShare to +10min.
${policy} { @e deny <= srcHost=10.0.0.1 from +10min. }`),
      NOW,
    );
    t.false(allows(left(table, 3600), 1), policy);
  }
});

test("an entry that ends for good, or is followed by one of another kind, has its timeout", (t) => {
  const timeoutOf = (text: string): number =>
    tableAt(decided(text), NOW).entries.find(({ match }) => match.length > 0)!.hardTimeout;
  const ten = 10 * MINUTE;
  t.is(timeoutOf("default allow. deny(srcHost=10.0.0.1) on rootShare to +10min."), ten);
  t.is(
    timeoutOf(
      "default allow. @a deny(srcHost=10.0.0.1) on rootShare to +10min. deny(srcHost=10.0.0.2) on rootShare from +10min.",
    ),
    ten,
  );
  t.is(
    timeoutOf(
      "default allow. @a deny(srcHost=10.0.0.1) on rootShare to +10min. deny(srcHost=10.0.0.1) on rootShare from +11min.",
    ),
    ten,
  );
  t.is(
    timeoutOf(
      "default deny. @a allow(srcHost=10.0.0.1) on rootShare to +10min. deny(srcHost=10.0.0.1) on rootShare from +10min.",
    ),
    ten,
  );
  t.is(
    timeoutOf(
      "default deny. @a allow(srcHost=10.0.0.0/24) on rootShare to +10min. allow(srcHost=10.0.0.1) on rootShare from +10min.",
    ),
    ten,
  );
});

test("an allow that follows an allow leaves no gap, and neither does a limit that follows a limit", (t) => {
  const going = decided(`default deny.
allow(srcHost=10.0.0.1) on rootShare to +10min.
allow(srcHost=10.0.0.0/24) on rootShare from +10min to +20min.`);
  const table = tableAt(going, NOW);
  t.true(allows(left(table, 15 * MINUTE), 1));
  t.false(allows(left(table, 20 * MINUTE), 1));
  const slow = decided(`default allow.
limit(srcHost=10.0.0.1) = 1Mb on rootShare to +10min.
limit(srcHost=10.0.0.1) = 2Mb on rootShare from +10min.`);
  t.deepEqual(slow.diagnostics, []);
  t.is(runTable(left(tableAt(slow, NOW), 3600), from(1)).meters.length, 1);
});

const statement = fc
  .record({
    action: fc.constantFrom("allow", "deny", "deny"),
    flows: fc.constantFrom("(srcHost=10.0.0.1)", "(srcHost=10.0.0.2)", "(srcHost=10.0.0.0/30)", "(*)"),
    partial: fc.boolean(),
    share: fc.constantFrom("rootShare", "a", "b", "c"),
    start: fc.constantFrom(0, 0, 0, 1, 2, 3),
    lasts: fc.constantFrom(1, 1, 2, 3, Infinity),
  })
  .map(({ action, flows, partial, share, start, lasts }) => {
    const end = Number.isFinite(lasts) ? ` to +${start + lasts}min` : "";
    return `${action}${flows}${partial ? " partial" : ""} on ${share} from +${start}min${end}.`;
  });

test("rules followed through time have the ends of rules computed anew", (t) => {
  let putOff = 0;
  const law = fc.property(fc.array(statement, { minLength: 2, maxLength: 10 }), (statements) => {
    const shares = ["a", "b", "c"].map((name) => `NewShare ${name} for (*) [allow = True, deny = True] on rootShare.`);
    const policy = decided(`default allow.\n${shares.join("\n")}\n${statements.join("\n")}`);
    const { admission } = policy;
    const computed = (instant: number): readonly string[] =>
      lasting(policy, instant, admission.derived.active(instant)).map(keyOf).toSorted();
    const followed = new LastingChanges(policy, NOW, admission.derived.active(NOW));
    t.deepEqual(followed.rules.map(keyOf).toSorted(), computed(NOW));
    const standing = new Set(computed(NOW));
    for (const { instant, added, removed } of admission.derived.changes(NOW, Infinity)) {
      const change = followed.move(instant, { added, removed });
      for (const key of change.removed.map(keyOf)) t.true(standing.delete(key));
      for (const key of change.added.map(keyOf)) standing.add(key);
      t.deepEqual([...standing].toSorted(), computed(instant), statements.join("\n"));
      if (change.added.length > added.length) putOff++;
    }
  });
  fc.assert(law, { numRuns: 300, seed: 5 });
  t.true(putOff > 20, `${putOff} times an end came nearer`);
});

test("along a timeline of denies within each other each rule looks for those that put it off as often as it must", (t) => {
  const n = 60;
  const nested = (i: number): string =>
    `deny(transport=TCP, dstPort=${i + 1}-${60_000 - i}) on rootShare from +${i + 1}s to +${3 * n - i}s.`;
  const policy = decided(`default allow.\n${Array.from({ length: n }, (_, i) => nested(i)).join("\n")}`);
  const { admission } = policy;
  let compared = 0;
  const asked = Object.getOwnPropertyDescriptor(OverlapIndex.prototype, "overlapping")!;
  let asks = 0;
  Object.defineProperty(OverlapIndex.prototype, "overlapping", {
    ...asked,
    value(this: OverlapIndex<unknown>, ...words: readonly unknown[]): unknown {
      asks++;
      return Reflect.apply(asked.value as () => unknown, this, words);
    },
  });
  try {
    const followed = new LastingChanges(policy, NOW, admission.derived.active(NOW));
    for (const { instant, ...change } of admission.derived.changes(NOW, Infinity)) followed.move(instant, change);
    compared = followed.compared;
  } finally {
    Object.defineProperty(OverlapIndex.prototype, "overlapping", asked);
  }
  // Once when it is accepted and once when it begins; n begin, and had all others look again.
  t.true(asks <= 3 * n, `${asks} times`);
  // What is to come ends earlier than each that begins.
  t.is(compared, 0);
});

test("what is to come behind all of them has each that begins look at those to come, and that counts", (t) => {
  const policy = decided(`default allow.
@a deny(dstPort=1) on rootShare from +1s to +9s.
@b deny(dstPort=1) on rootShare from +2s to +8s.
@c deny(vlan=5) on rootShare from +1d.`);
  const followed = new LastingChanges(policy, NOW, policy.admission.derived.active(NOW));
  for (const { instant, ...change } of policy.admission.derived.changes(NOW, Infinity)) followed.move(instant, change);
  // `a` looks at `b` and `c`, `b` at `c`; `c` never ends.
  t.is(followed.compared, 3);
});

test("without more flow-mods a switch lets nothing through that the policy has denied without a break", (t) => {
  const shares = `NewShare a for (*) [allow = True, deny = True] on rootShare.
NewShare b for (*) [allow = True, deny = True] on rootShare.
NewShare c for (*) [allow = True, deny = True] on a.`;
  let bridged = 0;
  const law = fc.property(
    fc.constantFrom("allow", "deny"),
    fc.array(statement, { minLength: 2, maxLength: 8 }),
    (verdict, statements) => {
      const policy = decided(`default ${verdict}.\n${shares}\n${statements.join("\n")}`);
      const { state } = policy.admission;
      const tree = new Map([...state.tree.root.subtree()].map(({ name, parent }) => [name, parent?.name]));
      const accepted: ReferenceRequest[] = [...state.accepted].map((one) => ({ ...one, share: one.share.name }));
      const denies = (last: number, instant: number): boolean => {
        const found = verdictOf(accepted, tree, NO_POLICIES, flowOf(from(last), policy.model.directory), instant);
        return (found === "default" ? verdict : found) === "deny";
      };
      const { tables, validUntil } = tablesAt(policy, NOW, { target: "ovs" });
      const table = tables.get("")!;
      for (const last of [1, 2, 3, 9]) {
        let without = true;
        for (let minute = 0; minute <= 7; minute++) {
          const instant = NOW + minute * MINUTE;
          const passes = allows(left(table, minute * MINUTE), last);
          without &&= denies(last, instant);
          if (without && instant >= validUntil) bridged++;
          const shown = `10.0.0.${last} at +${minute}min of\n${statements.join("\n")}`;
          if (without) t.false(passes, shown);
          // As long as nothing begins, the switch does what the policy says.
          if (instant < validUntil) t.is(passes, !denies(last, instant), shown);
        }
      }
    },
  );
  fc.assert(law, { numRuns: 300 });
  t.true(bridged > 500, `${bridged} times something followed`);
});

test("an allow that ends in days is renewed before it lapses, and is gone at its end", (t) => {
  const policy = decided(`default deny.
@a allow(srcHost=10.0.0.1) on rootShare to +3d.
@d deny(srcHost=10.0.0.2) on rootShare to +2d.`);
  const at = (instant: number) => tablesAt(policy, instant, { target: "ovs" });
  const timeouts = (table: Table): readonly number[] =>
    table.entries.filter(({ match }) => match.length > 0).map(({ hardTimeout }) => hardTimeout);
  t.deepEqual(
    timeouts(tableAt(policy, NOW)).toSorted((a, b) => a - b),
    [0, 65_000],
  );
  t.is(at(NOW).validUntil, NOW + 65_000 - 3);
  // With an apply at each `validUntil` the allow never lapses, and nothing of it is left at its end.
  let instant = NOW;
  const end = NOW + 3 * 86_400;
  for (let applies = 0; at(instant).validUntil < end && applies < 10; applies++) {
    const next = at(instant).validUntil;
    t.true(allows(left(tableAt(policy, instant), next - instant - 1), 1));
    instant = next;
  }
  t.true(end - instant <= 65_000, `${end - instant}`);
  t.true(allows(left(tableAt(policy, instant), end - instant - 1), 1));
  t.false(allows(left(tableAt(policy, instant), end - instant), 1));
  // A controller that dies leaves it open for no longer than one timeout.
  t.false(allows(left(tableAt(policy, NOW), 65_000), 1));
});
