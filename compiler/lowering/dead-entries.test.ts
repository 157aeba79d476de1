/**
 * The tables of the spoof guard have no entry that no packet comes to (SEMANTICS, "From policy to table"), before a reader of the
 * printed table that shares no code with lowering. What is left out: the miss of a table, and what a waypoint's host may send
 * (priorities 20 to 22), which depends on what other statements lead to it.
 */
import test from "ava";
import fc from "fast-check";
import { NOW, RULES } from "../admission/testing/networks.ts";
import { decide, tablesAt } from "../compile.ts";
import { toOvs } from "../table/text.ts";
import { deadEntries, readEntries } from "./testing/dead-entries.ts";

const host = fc.record({
  port: fc.constantFrom("s1, 1", "s1, 2", "s2, 1", "s2, 2", "s3, 1"),
  mac: fc.boolean(),
  four: fc.boolean(),
  six: fc.boolean(),
  local: fc.boolean(),
});
const number = fc.integer({ min: 1, max: 5 });
const term = fc.oneof(
  number.map((n) => `srcHost=10.0.0.${n}`),
  number.map((n) => `dstHost=10.0.0.${n}`),
  number.map((n) => `srcEth=02:00:00:00:00:0${n}`),
  number.map((n) => `dstEth=02:00:00:00:00:0${n}`),
  fc.constantFrom(
    "srcHost=10.0.0.0/30",
    "dstHost=10.0.0.4/30",
    "ethType=ARP",
    "ethType=IPv6",
    "transport=TCP, dstPort=80",
  ),
);
const place = fc.constantFrom("s1:1", "s1:2", "s1:5", "s2:1", "s2:6", "s3:1").map((at) => `srcAP=${at}`);
const flows = fc
  .record({ held: fc.oneof(term, fc.constant("*")), left: fc.option(fc.oneof(place, term), { nil: undefined }) })
  .map(({ held, left }) => (left === undefined ? `(${held})` : `((${held}) except (${left}))`));
const statement = fc
  .record({ flows, leads: fc.constantFrom("waypoint", "avoid"), at: fc.constantFrom("s1", "s2", "s3") })
  .map(({ flows: held, leads, at }) => `${leads}${held} = ${at} on rootShare.`);

const WIRING = [
  "default allow.",
  "switch(s1, 1). switch(s2, 2). switch(s3, 3).",
  "link(s1, 10, s2, 11, 1Gb). link(s2, 10, s3, 11, 1Gb).",
];

function factsOf(
  { port, mac, four, six, local }: typeof host extends fc.Arbitrary<infer T> ? T : never,
  i: number,
): string {
  const n = i + 1;
  const facts = [
    four ? `host_ip(h${n}, 10.0.0.${n}).` : "",
    six ? `host_ip(h${n}, 2001:db8::${n}).` : "",
    local ? `host_ip(h${n}, fe80::${n}).` : "",
    mac || !(four || six || local) ? `host_mac(h${n}, 02:00:00:00:00:0${n}).` : "",
  ];
  return `${facts.join(" ")} host_at(h${n}, ${port}).`;
}

test("no packet of the spoof guard is decided above an entry that could decide it alone", (t) => {
  let [judged, policies] = [0, 0];
  fc.assert(
    fc.property(
      fc.array(host, { minLength: 2, maxLength: 5 }),
      fc.array(statement, { maxLength: 2 }),
      (hosts, statements) => {
        const text = [...WIRING, ...hosts.map(factsOf), ...statements].join("\n");
        const decided = decide([{ name: "dead.pane", text }], { now: NOW, rules: RULES, load: () => undefined });
        if (!decided.good) return;
        const { tables, diagnostics } = tablesAt(decided, NOW, { target: "ovs" });
        if (diagnostics.some(({ severity }) => severity === "error")) return;
        policies++;
        for (const table of tables.values()) {
          // The guard's tables come before the policy's, which drop no packet by its place.
          const printed = toOvs(table);
          const guard = Math.max(...readEntries(printed).map((one) => (one.match.has("nd_target") ? one.table : 0)));
          const dead = deadEntries(printed).filter(
            ({ table: at, priority }) => at <= guard && priority > 0 && (priority < 20 || priority > 22),
          );
          judged += readEntries(printed).length;
          t.deepEqual(
            dead.map(({ line }) => line),
            [],
            text,
          );
        }
      },
    ),
    { numRuns: 80, seed: 8 },
  );
  t.log({ policies, judged });
  t.true(policies > 30 && judged > 3000);
});
