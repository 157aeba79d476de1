/** N839 and N856: what a waypoint sends, and what it forwards of others, from addresses that no fact states. Its help names every fact, and these end it. */
import test from "ava";
import { NOW, RULES } from "../../admission/testing/networks.ts";
import { decide, tablesAt } from "../../compile.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { send } from "../../semantics/frame-judge.ts";

const LINE = `default allow.
switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 10, 1Gb).
host_ip(a, 10.0.0.1). host_mac(a, 02:00:00:00:00:01). host_at(a, s1, 1).
host_ip(b, 10.0.0.2). host_mac(b, 02:00:00:00:00:02). host_at(b, s2, 1).
host_mac(w, 02:00:00:00:00:11). host_at(w, s1, 2).
host_ip(v, 10.0.0.12). host_mac(v, 02:00:00:00:00:12). host_at(v, s2, 2).
@w waypoint(srcHost=a, dstHost=b) = w, v on rootShare.
`;

function notes(text: string, which = "N839"): readonly Diagnostic[] {
  const decided = decide([{ name: "p.pane", text }], { now: NOW, rules: RULES, load: () => undefined });
  return tablesAt(decided, NOW, { target: "ovs" }).diagnostics.filter(({ code }) => code === which);
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

test("what a box with an address forwards as a router of a host without one is dropped, which N856 says", (t) => {
  for (const [ofHost, ofBox, isTold] of [
    ["", "host_ip(w, 10.0.0.3).", true],
    ["host_ip(h, 10.0.0.1).", "host_ip(w, 10.0.0.3).", false],
    ["", "", false],
    ["host_ip(h, 10.0.0.1).", "", false],
  ] as const) {
    const text = `default allow. switch(s1, 1).
      host_mac(h, 02:00:00:00:00:01). host_at(h, s1, 1). ${ofHost}
      host_mac(w, 02:00:00:00:00:03). host_at(w, s1, 3). ${ofBox}
      host_ip(b, 10.0.0.2). host_mac(b, 02:00:00:00:00:02). host_at(b, s1, 2).
      @q waypoint(srcAP=s1:1) = w on rootShare.`;
    const told = notes(text, "N856").map(({ message, help = "" }) => `${message} ${help}`);
    t.is(told.length, isTold ? 1 : 0, text);
    if (isTold) t.regex(told[0]!, /`w` of `q` .*`h`.*: state `host_ip\(h, IPV4_ADDRESS\)`;/);
    const decided = decide([{ name: "p.pane", text }], { now: NOW, rules: RULES, load: () => undefined });
    const plugged = new Map(
      (["h", "b", "w"] as const).map((name, i) => [
        `s1:${i + 1}`,
        {
          name,
          mac: 0x020000000001n + BigInt(i),
          ip: 0x0a000001n + BigInt(i),
          isMiddlebox: name === "w" && ("router" as const),
        },
      ]),
    );
    const frame = new Map(
      Object.entries({
        eth_src: 0x020000000001n,
        eth_dst: 0x020000000002n,
        eth_type: 0x0800n,
        ip_proto: 17n,
        ip_dscp: 0n,
        udp_src: 4000n,
        udp_dst: 53n,
        ipv4_src: 0x0a000001n,
        ipv4_dst: 0x0a000002n,
      }),
    );
    const { tables } = tablesAt(decided, NOW, { target: "ovs" });
    const { arrivals } = send({ tables, cables: new Map(), plugged }, frame, "s1:1");
    t.is(
      arrivals.some(({ at }) => at === "s1:2"),
      !isTold,
      text,
    );
  }
});
