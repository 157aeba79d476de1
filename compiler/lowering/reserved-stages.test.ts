/** A table does not depend on when its policy was read: a written statement that has ended keeps its stage. */
import test from "ava";
import fc from "fast-check";
import type { Decided } from "../admission/decided.ts";
import { decide, tablesAt } from "../compile.ts";
import { RULES } from "../admission/testing/networks.ts";
import { directory } from "../semantics/arbitrary-rules.ts";
import { lower, toOvs } from "./index.ts";

const NETWORK = `default allow.
switch(s1, 1). port_rate(s1, 1, 10Mb). port_rate(s1, 2, 10Mb).
host_at(h1, s1, 1). host_ip(h1, 10.0.0.1). host_at(h2, s1, 2). host_ip(h2, 10.0.0.2).
`;

const read = (text: string, now: number): Decided =>
  decide([{ name: "test.pane", text: NETWORK + text }], { now, load: () => undefined, rules: RULES });

/** The table at an instant of a policy that was read at another. */
const table = (text: string, now: number, instant: number): string =>
  toOvs(tablesAt(read(text, now), instant, { target: "ovs" }).tables.get("s1")!);

test("a reservation that has ended keeps its stage, whether the policy is read before its end or after", (t) => {
  const text = `@r reserve(srcHost=h1, dstHost=h2) = 1Mb on rootShare from @1100 to @1200.
@l limit(srcHost=h1) = 5Mb on rootShare to @1300.`;
  t.is(table(text, 1000, 1200), table(text, 1200, 1200));
  t.regex(table(text, 1200, 1200), /table=3,priority=0/);
});

const statement = fc
  .record({
    kind: fc.constantFrom("limit(srcHost=h1) = 5Mb", "reserve(srcHost=h1, dstHost=h2) = 1Mb", "deny(dstPort=80)"),
    start: fc.nat(8),
    length: fc.integer({ min: 1, max: 8 }),
    rule: fc.boolean(),
  })
  .map(({ kind, start, length, rule }) => {
    const span = `from @${1000 + 100 * start} to @${1000 + 100 * (start + length)}`;
    if (!rule || kind.startsWith("deny")) return `${kind} on rootShare ${span}.`;
    const effect = kind.startsWith("limit") ? "limit(5Mb)" : "reserve(1Mb)";
    return `policy NAME on share rootShare { ${effect} <= srcHost = h1 ${span}. }`;
  });

test("a policy has the same table at an instant, whether it is read earlier or then", (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.array(statement, { minLength: 1, maxLength: 4 }), fc.nat(17), (statements, later) => {
        const text = statements.map((one, i) =>
          one.startsWith("policy") ? one.replace("NAME", `p${i}`) : `@r${i} ${one}`,
        );
        const instant = 1000 + 100 * later;
        const [early, late] = [1000, instant].map((now) => table(text.join("\n"), now, instant));
        if (early !== late) throw new Error(`${early}\n---\n${late}`);
      }),
      { seed: 63, numRuns: 150 },
    ),
  );
});

/** The frames that Forward never sends on. */
const reserved = [
  "01:00:0c:00:00:00",
  "01:00:0c:cc:cc:c0/ff:ff:ff:ff:ff:f8",
  "01:00:0c:cc:cc:cc/ff:ff:ff:ff:ff:fe",
  "01:00:0c:cd:cd:cd",
  "01:80:c2:00:00:00/ff:ff:ff:ff:ff:f0",
  "00:e0:2b:00:00:00",
  "00:e0:2b:00:00:04/ff:ff:ff:ff:ff:fd",
];

test("a table that is kept stays while no rule needs it", (t) => {
  const keep = ["Reserve", "Forward"] as const;
  const { tables } = lower([], {
    directory,
    defaults: { verdict: "allow", fragments: "deny" },
    target: "ovs",
    now: 0,
    keep,
  });
  const lines = toOvs(tables.get("")!).trimEnd().split("\n");
  t.deepEqual(
    lines.map((line) => line.replace(/cookie=\w+,table=/, "")),
    [
      "0,priority=0 actions=goto_table:1",
      "1,priority=0 actions=goto_table:2",
      ...reserved.map((group) => `2,priority=65535,dl_dst=${group} actions=drop`),
      "2,priority=0 actions=NORMAL",
    ],
  );
});
