/** A deny that holds what a box forwards as a router is told (W861), and no other. Judged by frames through the tables. */
import test from "ava";
import { NOW, RULES } from "../../admission/testing/networks.ts";
import { decide, tablesAt } from "../../compile.ts";
import { send, type Wiring } from "../../semantics/frame-judge.ts";

const MAC = 0x020000000000n;
const IP = 0x0a000000n;
const NAMES = ["h1", "w", "h3"] as const;

/** Three hosts on a switch; the second is a box that routes, and bob's. */
function wired(statements: string): Wiring & { readonly told: readonly string[] } {
  const places = NAMES.map(
    (name, i) =>
      `host_ip(${name}, 10.0.0.${i + 1}). host_mac(${name}, 02:00:00:00:00:0${i + 1}). host_at(${name}, s1, ${i + 1}).`,
  );
  const text = `default allow. switch(s1, 1). ${places.join(" ")} user_host("bob", w). user_host("ann", h1).\n${statements}`;
  const policy = decide([{ name: "test.pane", text }], { now: NOW, load: () => undefined, rules: RULES });
  const { tables, diagnostics } = tablesAt(policy, NOW, { target: "ovs" });
  const plugged = NAMES.map((name, i) => {
    const isMiddlebox = name === "w" ? ("router" as const) : false;
    return [`s1:${i + 1}`, { name, mac: MAC + BigInt(i + 1), ip: IP + BigInt(i + 1), isMiddlebox }] as const;
  });
  const told = diagnostics.filter(({ code }) => code === "W861").map(({ message }) => message);
  return { tables, cables: new Map(), plugged: new Map(plugged), told };
}

/** Whether UDP from one host to another arrives. */
function arrives(wiring: Wiring, from: number, to: number): boolean {
  const frame = new Map([
    ["eth_src", MAC + BigInt(from)],
    ["eth_dst", MAC + BigInt(to)],
    ["eth_type", 0x0800n],
    ["ip_proto", 17n],
    ["ip_dscp", 0n],
    ["udp_src", 4000n],
    ["udp_dst", 53n],
    ["ipv4_src", IP + BigInt(from)],
    ["ipv4_dst", IP + BigInt(to)],
  ]);
  return send(wiring, frame, `s1:${from}`).arrivals.some(({ at }) => at === `s1:${to}`);
}

const CASES: readonly (readonly [statement: string, isTold: boolean, arrive: readonly [to3: boolean, to1: boolean]])[] =
  [
    ["deny(srcEth=02:00:00:00:00:02) on rootShare.", true, [false, false]],
    ["deny(user=bob) on rootShare.", true, [false, false]],
    ["deny(user=bob, dstHost=h1) on rootShare.", true, [true, false]],
    ["deny(srcEth=02:00:00:00:00:02, srcHost=h1) on rootShare.", true, [false, true]],
    // At its address it is of its sender's user still.
    ["deny(srcEth=02:00:00:00:00:02, user=ann) on rootShare.", true, [false, true]],
    ["deny(srcEth=02:00:00:00:00:02, user=bob) on rootShare.", true, [false, false]],
    ['policy g as guard { deny <= srcUser("bob"). }', true, [false, false]],
    // What is the box's own is not what it forwards.
    ["deny(srcHost=w) on rootShare.", false, [true, true]],
    ["deny(srcEth=02:00:00:00:00:02, srcHost=w) on rootShare.", false, [true, true]],
    ["deny(srcEth=02:00:00:00:00:02, ethType=ARP) on rootShare.", false, [true, true]],
    ["deny(user=bob, srcAP=s1:2) on rootShare.", false, [true, true]],
    // What is held where it enters does not come to the box.
    ["deny(user=ann) on rootShare.", false, [false, true]],
    ["deny(*) on rootShare.", false, [false, false]],
  ];

test("a deny that holds what a box forwards is told", (t) => {
  for (const [statement, isTold, arrive] of CASES) {
    const wiring = wired(`@d ${statement}\n@w waypoint(*) = w on rootShare.`.replace("@d policy", "policy"));
    t.deepEqual([wiring.told.length > 0, arrives(wiring, 1, 3), arrives(wiring, 3, 1)], [isTold, ...arrive], statement);
  }
});

test("where nothing of the denied flows is led to the box, nothing is told", (t) => {
  const wiring = wired("@d deny(user=bob, dstHost=h1) on rootShare.\n@w waypoint(dstHost=h3) = w on rootShare.");
  t.deepEqual([wiring.told, arrives(wiring, 1, 3), arrives(wiring, 3, 1)], [[], true, true]);
});

test("a deny without the senders that the box forwards for, as the help says, holds none of it and is not told", (t) => {
  const wiring = wired(`@d deny((user=bob) except (srcHost={h1, h3})) on rootShare.
    @w waypoint(srcHost={h1, h3}, ethType=IPv4) = w on rootShare.`);
  t.deepEqual([wiring.told, arrives(wiring, 1, 3), arrives(wiring, 3, 1)], [[], true, true]);
  // Its own stays denied.
  t.deepEqual([arrives(wiring, 2, 1), arrives(wiring, 2, 3)], [false, false]);
});

test("W861 names the box, the waypoint and the deny", (t) => {
  const { told } = wired("@d deny(user=bob) on rootShare.\n@w waypoint(*) = w on rootShare.");
  t.deepEqual(told, [
    "forwarded as by a router, what comes through `w` of `w` is held by the deny `d`: it shows the MAC of the router",
  ]);
});
