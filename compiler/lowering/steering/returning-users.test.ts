/** What comes back from a waypoint is of its sender's user, with an address or without one. Judged by frames through the tables. */
import test from "ava";
import { NOW, RULES } from "../../admission/testing/networks.ts";
import { decide, tablesAt } from "../../compile.ts";
import { send, type JudgedFrame, type Wiring } from "../../semantics/frame-judge.ts";

const ALL = 0xffffffffffffn;
const HOSTS = [
  ["a", "s2:1", 1n],
  ["b", "s1:1", 2n],
  ["c", "s2:2", 3n],
  ["d", "s1:2", 4n],
] as const;

/** Alice is on `a`, Dan on `d`; `b` is a box on the switch of `d`. */
function wired(...statements: readonly string[]): Wiring {
  const text = [
    "switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 10, 1Gb).",
    ...HOSTS.map(
      ([name, at, last]) =>
        `host_at(${name}, ${at.replace(":", ", ")}). host_mac(${name}, 02:00:00:00:00:0${last}). host_ip(${name}, 10.0.0.${last}).`,
    ),
    'user_host("Alice", a). user_host("Dan", d).',
    ...statements,
  ].join("\n");
  const policy = decide([{ name: "test.pane", text }], { now: NOW, load: () => undefined, rules: RULES });
  const plugged = HOSTS.map(
    ([name, at, last]) =>
      [at, { name, mac: 0x020000000000n + last, ip: 0x0a000000n + last, isMiddlebox: name === "b" }] as const,
  );
  const cables = new Map([
    ["s1:10", "s2:10"],
    ["s2:10", "s1:10"],
  ]);
  return { tables: tablesAt(policy, NOW, { target: "ovs" }).tables, cables, plugged: new Map(plugged) };
}

const asks = (last: bigint): JudgedFrame =>
  new Map([
    ["eth_src", 0x020000000000n + last],
    ["eth_dst", ALL],
    ["eth_type", 0x0806n],
    ["arp_op", 1n],
    ["arp_sha", 0x020000000000n + last],
    ["arp_tha", 0n],
    ["arp_spa", 0x0a000000n + last],
    ["arp_tpa", 0x0a000003n],
  ]);

const reached = (wiring: Wiring, last: bigint, at: string): readonly string[] =>
  send(wiring, asks(last), at)
    .arrivals.map((one) => one.at)
    .toSorted();

test("what a user's host sends without an address comes through a box on another switch and on its own", (t) => {
  for (const flows of ['user="Alice"', 'user={"Alice", "Dan"}', "user!=unknown", 'user="Alice", srcAP=s2:1']) {
    const wiring = wired("default deny.", `allow(${flows}) on rootShare.`, "waypoint(*) = b on rootShare.");
    t.deepEqual(reached(wiring, 1n, "s2:1"), ["s1:1", "s1:2", "s2:2"], flows);
    t.deepEqual(reached(wiring, 3n, "s2:2"), [], flows);
  }
  const wiring = wired("default deny.", 'allow(user="Dan") on rootShare.', "waypoint(*) = b on rootShare.");
  t.deepEqual(reached(wiring, 4n, "s1:2"), ["s1:1", "s2:1", "s2:2"]);
});

test("what is denied to a user no box sends in that user's name, with an address or without one", (t) => {
  const wiring = wired("default allow.", 'deny(user="Alice") on rootShare.', "waypoint(*) = b on rootShare.");
  t.deepEqual(reached(wiring, 1n, "s1:1"), []);
  t.deepEqual(reached(wiring, 3n, "s1:1"), ["s1:2", "s2:1"]);
});
