/** What is offered in place of a refused statement keeps what its author wrote, and is accepted where it is pasted. */
import test from "ava";
import { NOW, RULES } from "../admission/testing/networks.ts";
import { decide } from "../decide.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";

const BASE = `default deny.
host_ip(pc, 10.0.0.2). host_ip(eve, 10.0.0.3). host_ip(srv, 10.0.0.9). host_ip(srv, 2001:db8::9).
user_host("Alice", pc). staff(eve). staff(pc). AddUser "Al B".
flowgroup web = (transport=TCP, dstPort=80).
NewShare one for (dstHost=eve) [allow = True, deny = True, reserve <= 10Mb, limit <= 5Mb] on rootShare.
@two NewShare two for (dstHost=srv)   [allow = True, deny = True, reserve <= 10Mb] on rootShare.
Grant two to Alice. Grant one to Alice. Grant one to "Al B".
`;
const faults = (text: string): readonly Diagnostic[] =>
  decide([{ name: "p.pane", text }], { now: NOW, rules: RULES, load: () => undefined }).diagnostics.filter(
    ({ severity }) => severity === "error",
  );

/** Code and offer of the last statement, whose fix and offer are one and are accepted. */
function offered(t: { is: (a: unknown, b: unknown) => unknown }, statement: string, before = ""): string {
  const text = `${BASE}${before}${statement}`;
  const [fault] = faults(text);
  const offer = fault?.help?.replace("would be accepted: ", "") ?? "";
  const { span, text: fixed } = fault!.fix!;
  t.is(fixed.trim().replace(/\.?$/, "."), offer);
  t.is(faults(text.slice(0, span.start) + fixed + text.slice(span.end))[0]?.message, undefined);
  return `${fault!.code} ${offer}`;
}

test("E701, E704, E707, E741, E744, E746: an offer keeps names of hosts and flowgroups, label, note and speaker", (t) => {
  for (const [statement, wanted, before] of [
    ['@a "hi" Alice: allow(srcHost=pc) on one.', 'E701 @a "hi" Alice: allow(srcHost=pc, dstHost=eve) on one.'],
    ["@a Alice: allow(srcHost=pc) on two.", "E701 @a Alice: allow(srcHost=pc, dstHost=srv) on two."],
    ["Alice: allow(web) on two.", "E701 Alice: allow(web, dstHost=srv) on two."],
    ["@a Alice: reserve(dstHost=srv) = 20Mb on two.", "E741 @a Alice: reserve(dstHost=srv) = 10Mb on two."],
    [
      '"Al B": limit(srcHost=pc, dstHost=eve) = 9Mb on one.',
      'E744 "Al B": limit(srcHost=pc, dstHost=eve) = 5Mb on one.',
    ],
    [
      "@l Alice: limit(srcHost=pc, dstHost=eve) = 1Mb on one.",
      "E746 @l Alice: limit(srcHost=pc, dstHost=eve) = 4Mb on one.",
      "Alice: reserve(srcHost=pc, dstHost=eve) = 4Mb on one.\n",
    ],
    [
      "@x allow(srcHost=eve, dstHost=srv, transport=TCP, dstPort=80-81) on two.",
      "E707 @x allow(srcHost=eve, dstHost=srv, transport=TCP, dstPort=81) on two.",
      "NewShare three for (dstHost=srv) [deny = True] on rootShare. deny(srcHost=eve, dstHost=srv, dstPort=80) on three.\n",
    ],
    [
      "@n NewShare n for (srcHost=pc) [allow = True] on two.",
      "E701 @n NewShare n for (srcHost=pc, dstHost=srv) [allow = True] on two.",
    ],
    [
      "policy p on share two { @r allow <= srcHost(H), staff(H). }",
      "E701 @r allow <= srcHost(H), staff(H), (dstHost = 10.0.0.9 or dstHost = 2001:db8::9).",
    ],
    [
      "policy p on share one { @r reserve(20Mb) <= srcHost(H), staff(H), dstHost(eve). }",
      "E741 @r reserve(10Mb) <= srcHost(H), staff(H), dstHost(eve).",
    ],
    [
      "policy p on share one { @r allow <= srcHost(H), staff(H) or srcHost(srv) from +5min. }",
      "E701 @r allow <= (srcHost(H), staff(H) or srcHost(srv)), dstHost = 10.0.0.3 from +5min.",
    ],
  ] as const)
    t.is(offered(t, statement, before), wanted);
});

test("E701: label, note and speaker stay with quotation marks in the note and with comments between the words; what a trace expects stays in the fix alone", (t) => {
  for (const [head, shown] of [
    [String.raw`@q "say \"hi\" // to Al" Alice:`, String.raw`@q "say \"hi\" // to Al" Alice:`],
    ['@q /* why */ "n" // more\n  Alice /* x * y */ :', '@q "n" Alice :'],
    ["// before\n@q\n\n\tAlice:", "@q Alice:"],
    ['@q "a  b"', '@q "a  b"'],
    ['@q // "no note"\n', "@q"],
    ["True <- @q Alice :", "@q Alice :"],
    ["True <- // so be it\n", ""],
    ["@q Alice: # why\n", "@q Alice:"],
    ['@q # why\n "n" Alice:', '@q "n" Alice:'],
    ['@q "n" # "why:"\n Alice:', '@q "n" Alice:'],
    ['@q"n" Alice:', '@q"n" Alice:'],
    ['@q"n"Alice:', '@q"n"Alice:'],
    ["@q/* why */Alice/* */:#\n", "@q Alice :"],
    ['@q "Alice":', '@q "Alice":'],
  ] as const) {
    const text = `${BASE}${head} allow(srcHost=pc) on one.`;
    const [fault] = faults(text);
    t.is(fault?.help, `would be accepted: ${`${shown} allow`.trim()}(srcHost=pc, dstHost=eve) on one.`);
    const { span, text: fixed } = fault!.fix!;
    const pasted = text.slice(0, span.start) + fixed + text.slice(span.end);
    t.is(pasted, `${BASE}${head} allow(srcHost=pc, dstHost=eve) on one.`);
    t.deepEqual(faults(pasted), []);
  }
});
