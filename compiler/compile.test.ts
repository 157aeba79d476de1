/** The compiler as a whole, from text to tables: the faults of each phase, and how tables change with time. */
import test from "ava";
import type { Decided } from "./admission/decided.ts";
import { decide, plans, tablesAt, type DecideOptions } from "./compile.ts";
import { loadSolver } from "./proof/index.ts";
import { NOW, RULES } from "./admission/testing/networks.ts";

const decided = (text: string, options: Partial<DecideOptions> = {}): Decided =>
  decide([{ name: "test.pane", text }], { now: NOW, load: () => undefined, rules: RULES, ...options });

/** Four blocks that only together hold the request's two prefixes, none of them alone. */
const jigsaw = (dstPort: string): string => `default allow.
NewShare jigsaw for (srcHost=10.0.0.0/9, dstHost=10.0.0.0/8) or (srcHost=10.128.0.0/9, dstHost=10.0.0.0/9)
  or (srcHost=10.128.0.0/9, dstHost=10.128.0.0/9, transport=TCP, dstPort=0-1023) [deny = True] on rootShare.
deny(srcHost=10.0.0.0/8, dstHost=10.0.0.0/8, transport=TCP, dstPort=${dstPort}) on jigsaw.
`;

test("a subset question beyond the algebra's budget is an error of its own", (t) => {
  const { diagnostics, good } = decided(jigsaw("80"), { budget: 0 });
  t.false(good);
  t.deepEqual(
    diagnostics.map(({ code }) => code),
    ["E718"],
  );
});

test("Z3 answers a question beyond the algebra's budget with yes or no, and undecided stays an error", async (t) => {
  const solver = await loadSolver();
  const settle = (a: Parameters<typeof solver.subset>[0], b: typeof a): ReturnType<typeof solver.subset> =>
    solver.subset(a, b);
  t.true(decided(jigsaw("80"), { budget: 0, settle }).good);
  const outside = decided(jigsaw("1024"), { budget: 0, settle });
  t.deepEqual(
    outside.diagnostics.map(({ code }) => code),
    ["E701"],
  );
  t.regex(outside.diagnostics[0]!.witness!, /dstPort=1024/);
  const undecided = decided(jigsaw("80"), { budget: 0, settle: () => "undecided" });
  t.deepEqual(
    undecided.diagnostics.map(({ code }) => code),
    ["E718"],
  );
  solver.dispose();
});

test("the algebra alone gives the same answers within its budget", (t) => {
  t.true(decided(jigsaw("80")).good);
  t.false(decided(jigsaw("1024")).good);
});

test("an allow of what enters at one switch does not conflict with a deny of what enters at another", (t) => {
  const { diagnostics } = decided(`default deny.
switch(s1, 1). switch(s2, 2). host_ip(c, 10.0.0.3).
deny(switch=s1, transport=UDP) on rootShare.
NewShare c for (dstHost=c) [allow = True] on rootShare.
NewShare other for (switch=s1) [deny = True] on rootShare.
deny(switch=s1, transport=TCP) on other.
allow(srcAP=s2:3, dstHost=c) on c.
`);
  t.deepEqual(
    diagnostics.map(({ code }) => code),
    ["N760"],
  );
});

test("a NewShare that does not parse is the only error: its share is not reported as unknown", (t) => {
  const { diagnostics } = decided("NewShre web for (*) [deny = True] on rootShare.\ndeny(*) on web.\n");
  t.deepEqual(
    diagnostics.filter(({ severity }) => severity === "error").map(({ message }) => message.includes("NewShre")),
    [true],
  );
});

test("shares that are each other's parents are an error that shows the cycle", (t) => {
  const { diagnostics, good } = decided(`default allow. AddUser Al.
NewShare a for (*) [deny = True] on b.
NewShare b for (*) [deny = True] on a.
Grant a to Al.
Al: deny(transport=TCP, dstPort=23) on a.
NewShare self for (*) [deny = True] on self.
`);
  t.false(good);
  t.deepEqual(
    diagnostics.map(({ code, message }) => [code, message]),
    [
      ["E727", "these declarations need each other, so none can be made: `a` → `b` → `a`"],
      ["E727", "these declarations need each other, so none can be made: `self` → `self`"],
    ],
  );
});

test("a limit or a reservation that begins or ends moves no other entry to another table", (t) => {
  const policy = decided(`default allow.
switch(s1, 1). switch(s2, 2). link(s1, 1, s2, 1, 1Gb).
host_ip(a, 10.0.0.1). host_mac(a, 02:00:00:00:00:01). host_at(a, s1, 2).
host_ip(b, 10.0.0.2). host_mac(b, 02:00:00:00:00:02). host_at(b, s2, 2). port_rate(s1, 2, 1Gb). port_rate(s2, 2, 1Gb).
deny(srcHost=a, dstHost=b, transport=TCP, dstPort=22) on rootShare.
@slow limit(srcHost=a, dstHost=b, transport=TCP) = 10Mb on rootShare from +1h to +2h.
@call reserve(srcHost=a, dstHost=b, transport=UDP) = 10Mb on rootShare from +2h to +3h.
`);
  t.deepEqual(policy.diagnostics, []);
  const at = (hours: number) => tablesAt(policy, NOW + hours * 3600, { target: "ovs" }).tables;
  const modsBetween = (from: number, to: number): readonly string[] =>
    [...plans(at(from), at(to)).values()].flatMap(({ stages }) => stages.flat().map(({ kind }) => kind));
  t.deepEqual(modsBetween(0, 1), ["add"], "its limit, where it enters");
  t.deepEqual(modsBetween(1, 2).toSorted(), ["add", "add", "delete"], "its queues on both switches");
  t.deepEqual(modsBetween(2, 3), ["delete", "delete"]);
});

test("a table is valid until the next statement begins, or until a far end comes within reach of a timeout", (t) => {
  const validFor = (...statements: readonly string[]): number =>
    tablesAt(decided(`default allow.\n${statements.join("\n")}`), NOW, { target: "ovs" }).validUntil - NOW;
  const deny = (host: number, time = ""): string => `deny(srcHost=10.0.0.${host}) on rootShare${time}.`;
  t.is(validFor(deny(1), deny(2, " from now to +2h")), Infinity);
  t.is(validFor(deny(1, " from now to +20h"), deny(2, " from now to +30h")), 20 * 3600 - 65_000);
  t.is(validFor(deny(1, " from now to +20h"), deny(2, " from +1h to +2h")), 3600);
  t.is(validFor(deny(2, " from +1h to +2h"), `@dropped ${deny(3, " from +30min to +1h")}`), 1800);
  t.is(validFor(deny(2, " from +1h to +2h"), `@dropped ${deny(3, " from +30min to +1h")}`, "Cancel dropped."), 3600);
});

test("flows that n hosts at n ports send through a waypoint cost n entries where they enter, not n × n", (t) => {
  const guests = Array.from({ length: 16 }, (_, i) => i + 1);
  const policy = decided(`default allow.
switch(s1, 1). switch(s2, 2). link(s1, 100, s2, 100, 1Gb).
host_ip(ids, 10.0.9.1). host_mac(ids, 02:00:00:00:09:01). host_at(ids, s2, 1). host_ip(www, 10.0.9.2). host_at(www, s2, 2).
${guests.map((n) => `host_ip(h${n}, 10.0.${n % 7}.${n * 5}). host_at(h${n}, s1, ${n}). guest(h${n}).`).join("\n")}
policy inspect { @web waypoint(ids) <= srcHost(H), guest(H), transport(tcp), dstPort(80). }
`);
  t.deepEqual(policy.diagnostics, []);
  const entries = tablesAt(policy, NOW, { target: "ovs" }).tables.get("s1")!.entries;
  const steered = entries.filter(
    ({ match }) =>
      match.some(({ field, value }) => field === "tcp_dst" && value === 80n) &&
      match.some(({ field }) => field === "in_port"),
  );
  t.is(steered.length, guests.length);
});
