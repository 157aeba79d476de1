/** A deny that holds what a box forwards as a router is told (W861), and no other. Judged by frames through the tables. */
import test from "ava";
import { NOW, RULES } from "../../admission/testing/networks.ts";
import { decide, tablesAt } from "../../compile.ts";
import { send, type Wiring } from "../../semantics/frame-judge.ts";

const MAC = 0x020000000000n;
const IP = 0x0a000000n;
const NAMES = ["h1", "w", "h3"] as const;

/** Three hosts on a switch; the second is a box that routes, and bob's. */
function wired(
  statements: string,
  { without, verdict = "allow" }: { readonly without?: string; readonly verdict?: "allow" | "deny" } = {},
): Wiring & { readonly told: readonly string[]; readonly users: readonly string[]; readonly help: readonly string[] } {
  const places = NAMES.map(
    (name, i) =>
      `${name === without ? "" : `host_ip(${name}, 10.0.0.${i + 1}).`} host_mac(${name}, 02:00:00:00:00:0${i + 1}). host_at(${name}, s1, ${i + 1}).`,
  );
  const shares = `NewShare A for (*) [allow=True, deny=True] on rootShare. NewShare A1 for (*) [allow=True, deny=True] on A.`;
  const text = `default ${verdict}. ${shares} switch(s1, 1). ${places.join(" ")} user_host("bob", w). user_host("ann", h1).\n${statements}`;
  const policy = decide([{ name: "test.pane", text }], { now: NOW, load: () => undefined, rules: RULES });
  const { tables, diagnostics } = tablesAt(policy, NOW, { target: "ovs" });
  const plugged = NAMES.map((name, i) => {
    const isMiddlebox = name === "w" ? ("router" as const) : false;
    return [`s1:${i + 1}`, { name, mac: MAC + BigInt(i + 1), ip: IP + BigInt(i + 1), isMiddlebox }] as const;
  });
  const told = diagnostics.filter(({ code }) => code === "W861" || code === "N865").map(({ message }) => message);
  const help = diagnostics.flatMap((one) => (one.code === "W861" ? (one.help ?? []) : []));
  const users = policy.diagnostics.flatMap(({ code }) => (code === "W807" || code === "N809" ? [code] : []));
  return { tables, cables: new Map(), plugged: new Map(plugged), told, users, help };
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
    // What is for one user is for no other, and nobody routes what is for himself.
    ["deny(user=bob, dstUser=bob) on rootShare.", false, [true, true]],
    ["deny(user=bob, dstUser=ann) on rootShare.", true, [true, false]],
    ["deny(user=bob, dstHost=w) on rootShare.", false, [true, true]],
    // A deeper allow that holds what is forwarded lets it through.
    ["deny(user=bob) on A. @a allow(srcHost={h1, h3}) on A1.", false, [true, true]],
    ["deny(user=bob) on A. @a allow(srcHost=h1) on A1.", true, [true, false]],
    ["deny(user=bob, srcHost=h1) on A. @a allow(transport=UDP) on A1.", true, [true, true]],
    ["deny(user=bob, transport=UDP) on A. @a allow(transport={UDP, TCP}) on A1.", false, [true, true]],
    ["deny(user=bob) on A. @a allow(user={ann, unknown}) on A1.", true, [false, false]],
    ["deny(user=bob, srcHost=h1) on A. @a allow(user=ann) on A1.", false, [true, true]],
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

test("of a box without an address the help says the same, and that holds the box's own IP still", (t) => {
  const box = "@w waypoint(srcHost={h1, h3}, ethType=IPv4) = w on rootShare.";
  const all = wired(`@d deny(user=bob) on rootShare. ${box}`, { without: "w" });
  t.regex(all.help.join(), /out of the deny: `\(…\) except \(srcHost=…\)`$/);
  const spared = wired(`@d deny((user=bob) except (srcHost={h1, h3})) on rootShare. ${box}`, { without: "w" });
  t.deepEqual(
    [spared.told, arrives(spared, 1, 3), arrives(spared, 3, 1), arrives(spared, 2, 1), arrives(spared, 2, 3)],
    [[], true, true, false, false],
  );
});

test("beside the MAC of a box a deny of a user holds what the box forwards of hers: nothing says that it holds nothing", (t) => {
  const deny = "@d deny(srcEth=02:00:00:00:00:02, user=ann) on rootShare.";
  const beside = wired(`${deny} @w waypoint(*) = w on rootShare.`);
  t.deepEqual([beside.users, beside.told.length, arrives(beside, 1, 3)], [[], 1, false]);
  t.deepEqual(wired(deny).users, ["W807"]);
  t.deepEqual(
    wired(`@l limit(srcEth=02:00:00:00:00:02, user=ann) = 1Mb on rootShare. @w waypoint(*) = w on rootShare.`).users,
    [],
  );
});

test("an allow by the MAC of the sender lets through nothing of what a box forwards: it is told where no other allow does", (t) => {
  for (const [allows, isTold] of [
    ["@a allow(srcEth=02:00:00:00:00:01) on A.", true],
    ["@a allow(srcHost=h1) on A.", false],
    ["@a allow(srcEth={02:00:00:00:00:01, 02:00:00:00:00:02}) on A.", false],
    ["@a allow(srcEth=02:00:00:00:00:01) on A. @b allow(user=ann) on A1.", false],
    ["@a allow(srcEth=02:00:00:00:00:01) on A. @b allow(user=ann, transport=TCP) on A1.", true],
  ] as const) {
    const wiring = wired(`${allows} @w waypoint(*) = w on rootShare.`, { verdict: "deny" });
    t.deepEqual([wiring.told.length > 0, arrives(wiring, 1, 3)], [isTold, !isTold], allows);
  }
});
