/** N839: what a waypoint sends from addresses that no fact states. Its help names every fact, and these end it. */
import test from "ava";
import { NOW, RULES } from "../../admission/testing/networks.ts";
import { decide, tablesAt } from "../../compile.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";

const LINE = `default allow.
switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 10, 1Gb).
host_ip(a, 10.0.0.1). host_mac(a, 02:00:00:00:00:01). host_at(a, s1, 1).
host_ip(b, 10.0.0.2). host_mac(b, 02:00:00:00:00:02). host_at(b, s2, 1).
host_mac(w, 02:00:00:00:00:11). host_at(w, s1, 2).
host_ip(v, 10.0.0.12). host_mac(v, 02:00:00:00:00:12). host_at(v, s2, 2).
@w waypoint(srcHost=a, dstHost=b) = w, v on rootShare.
`;

function notes(text: string): readonly Diagnostic[] {
  const decided = decide([{ name: "p.pane", text }], { now: NOW, rules: RULES, load: () => undefined });
  return tablesAt(decided, NOW, { target: "ovs" }).diagnostics.filter(({ code }) => code === "N839");
}

test("the help of N839 names each fact of each waypoint, and with all of them stated the note is gone", (t) => {
  const [note, ...more] = notes(LINE);
  t.deepEqual(more, []);
  t.regex(note!.message, /^what waypoints of `w` send .*: `v`, `w`$/);
  const facts = [...note!.help!.matchAll(/`(host_ip\([^`]*\))`/g)].map(([, fact]) => fact!);
  t.deepEqual(facts, ["host_ip(v, IPV6_ADDRESS)", "host_ip(w, IPV4_ADDRESS)", "host_ip(w, IPV6_ADDRESS)"]);
  const stated = facts.map(
    (fact, i) => `${fact.replace("IPV4_ADDRESS", `10.0.1.${i}`).replace("IPV6_ADDRESS", `2001:db8::${i + 1}`)}.`,
  );
  t.deepEqual(notes(`${LINE}${stated.join("\n")}`), []);
  t.is(notes(`${LINE}${stated.slice(1).join("\n")}`).length, 1);
});

test("the help of N839 says that a box without an address of a family loses nothing", (t) => {
  t.regex(notes(LINE)[0]!.help!, /where a box has none of a family, nothing of its own is lost, and this stays/);
});
