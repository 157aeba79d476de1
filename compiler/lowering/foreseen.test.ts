/** What is refused before it is decided (E848) is what tables would refuse, and never more. */
import test from "ava";
import fc from "fast-check";
import { decide, tablesAt } from "../compile.ts";
import { NOW, RULES } from "../admission/testing/networks.ts";
import { foreseeTables } from "./foreseen.ts";

const source = (text: string) => [{ name: "test.pane", text }];
const options = { now: NOW, load: () => undefined, rules: RULES };

/** Whether a policy is refused before it is decided, and what its tables are refused for, with room for so many entries. */
function ends(
  text: string,
  drafts: number,
): { readonly foreseen: readonly string[]; readonly late: readonly string[] } {
  const foresees = foreseeTables({ target: "ovs", now: NOW, drafts, few: 0 });
  const early = decide(source(text), { ...options, foresees });
  const decided = decide(source(text), options);
  const late = decided.good ? tablesAt(decided, NOW, { target: "ovs", drafts }).diagnostics : decided.diagnostics;
  const errors = (some: typeof late): readonly string[] =>
    some.flatMap(({ severity, code }) => (severity === "error" ? code : []));
  return { foreseen: errors(early.diagnostics).filter((code) => code === "E848"), late: errors(late) };
}

const HOLED = "deny((srcHost=10.0.0.0/24) except (srcHost=10.0.0.7, dstPort=9)) on rootShare";

test("a deny of holes that finds no room is refused before it is decided", (t) => {
  t.deepEqual(ends(`default deny.\nallow(dstPort=1) on rootShare.\n${HOLED}.`, 5).foreseen, ["E848"]);
  t.deepEqual(ends(`default deny.\nallow(dstPort=1) on rootShare.\n${HOLED}.`, 500).foreseen, []);
});

test("a guard's rule that finds no room is refused before it is decided", (t) => {
  const guard = "default allow.\npolicy g as guard {\ndeny <= dstPort in 1-1001, srcPort in 1-1001, transport(tcp).\n}";
  t.deepEqual(ends(guard, 5), { foreseen: ["E848"], late: ["E848"] });
});

test("what is not in force, is taken back, is expected to be refused or stands twice is not counted", (t) => {
  for (const text of [
    `${HOLED} from +1h.`,
    `@a ${HOLED}. Cancel a.`,
    `False <- nobody : ${HOLED}.`,
    `AddUser u. NewShare s for (*) [deny = True] on rootShare. Grant s to u. u: ${HOLED.replace("rootShare", "s")}. Revoke s from u with requests.`,
  ])
    t.deepEqual(ends(`default allow.\n${text}`, 5).foreseen, [], text);
});

const port = fc.integer({ min: 1, max: 60 });
const range = fc.tuple(port, port).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`);
const flows = fc.oneof(
  range.map((ports) => `dstPort=${ports}`),
  fc.tuple(range, range).map(([a, b]) => `transport=TCP, srcPort=${a}, dstPort=${b}`),
  port.map((last) => `(srcHost=10.0.0.0/24) except (srcHost=10.0.0.${last})`),
  fc.tuple(port, port).map(([a, b]) => `(srcHost!=10.0.0.${a}) except (dstPort=${b})`),
  range.map((ports) => `user!=u1, dstPort=${ports}`),
);
const when = fc.constantFrom("", "", " to +1h", " from +1h", " from +1h to +2h");
const request = fc
  .tuple(fc.constantFrom("deny", "deny", "allow"), flows, fc.constantFrom("", " partial"), when)
  .map(([kind, of, mode, time]) => `${kind}(${of})${mode} on rootShare${time}.`);
const guards = fc
  .array(
    fc.tuple(range, port).map(([ports, last]) => `deny <= dstPort in ${ports}, not srcHost = 10.0.0.${last}.`),
    {
      maxLength: 3,
    },
  )
  .map((rules) => (rules.length === 0 ? "" : `policy g as guard {\n${rules.join("\n")}\n}`));
const FACTS = [
  "",
  "switch(s1, 1). switch(s2, 2). link(s1, 9, s2, 9, 1Gb). host_at(h1, s1, 1). host_ip(h1, 10.0.0.1). user_host(u1, h1). host_at(h2, s2, 1). host_ip(h2, 10.0.0.2).",
  "host_ip(h1, 10.0.0.1). host_mac(h1, 00:00:00:00:00:01). user_host(u1, h1).",
];

test("no policy is refused before it is decided whose tables have room", (t) => {
  let [refused, taken] = [0, 0];
  fc.assert(
    fc.property(
      fc.constantFrom("default allow.", "default deny.", "default allow.\ndefault fragments deny."),
      fc.constantFrom(...FACTS),
      guards,
      fc.array(request, { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 120 }),
      (head, facts, guarded, requests, drafts) => {
        const { foreseen, late } = ends([head, facts, guarded, ...requests].join("\n"), drafts);
        if (foreseen.length === 0) taken++;
        else if (late.includes("E848")) refused++;
        // What is refused for something else is refused all the same.
        return foreseen.length === 0 || late.length > 0;
      },
    ),
    { numRuns: 150 },
  );
  t.true(refused > 5 && taken > 5, `${refused} ${taken}`);
});
