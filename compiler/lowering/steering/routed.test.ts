/**
 * What a box forwards as a router to a MAC that no host has: at the last waypoint it is none of the box's own broadcasts,
 * whose MAC it shows, so it comes neither back to the box nor to its source.
 */
import test from "ava";
import { NOW, RULES } from "../../admission/testing/networks.ts";
import { decide, tablesAt } from "../../compile.ts";
import { send, type Judged } from "../../semantics/frame-judge.ts";
import { RING_OF_FOUR } from "../testing/cables.ts";

const RING = `default allow. switch(s1, 1). switch(s2, 2). switch(s3, 3). switch(s4, 4).
link(s4, 10, s1, 10, 1Gb). link(s2, 10, s3, 10, 1Gb). link(s1, 11, s2, 11, 1Gb). link(s3, 11, s4, 11, 1Gb).
host_ip(w, 10.0.0.1). host_mac(w, 02:00:00:00:00:01). host_at(w, s2, 1).
host_ip(a, 10.0.0.4). host_mac(a, 02:00:00:00:00:04). host_at(a, s3, 1).
host_ip(c, 10.0.0.2). host_at(c, s4, 1).
waypoint(*) = w, s3 on rootShare.`;
const CABLES = [
  ["s4:10", "s1:10"],
  ["s2:10", "s3:10"],
  ["s1:11", "s2:11"],
  ["s3:11", "s4:11"],
] as const;
const PLACES = [
  ["s2:1", "w", 0x020000000001n, 0x0a000001n],
  ["s3:1", "a", 0x020000000004n, 0x0a000004n],
  ["s4:1", "c", 0x020000000002n, 0x0a000002n],
] as const;

/** Where IPv4 with this source comes out that enters at the box, with the MAC of the box, for a MAC that no host has. */
function fromBox(source: bigint, destination = 0x020000000077n): readonly string[] {
  const policy = decide([{ name: "test.pane", text: RING }], { now: NOW, load: () => undefined, rules: RULES });
  const { tables } = tablesAt(policy, NOW, { target: "ovs" });
  const plugged = new Map(PLACES.map(([at, name, mac, ip]) => [at, { name, mac, ip, isMiddlebox: false }]));
  const cables = new Map(CABLES.flatMap(([a, b]) => [[a, b] as const, [b, a] as const]));
  const frame = new Map([
    ["eth_src", 0x020000000001n],
    ["eth_dst", destination],
    ["eth_type", 0x0800n],
    ["ip_proto", 17n],
    ["ip_dscp", 0n],
    ["udp_src", 4000n],
    ["udp_dst", 53n],
    ["ipv4_src", source],
    ["ipv4_dst", 0x0a0000c8n],
  ]);
  return send({ tables, cables, plugged }, frame, "s2:1").arrivals.map(({ at }) => at);
}

test("what a box forwards for a host comes back neither to the box nor to that host", (t) => {
  for (const source of [0x0a000004n, 0x0a000002n]) {
    const arrived = fromBox(source);
    t.false(arrived.includes("s2:1"), `${source}: ${arrived.join(" ")}`);
  }
  t.false(fromBox(0x0a000004n).includes("s3:1"));
});

test("what the box sends to all reaches all", (t) => {
  t.deepEqual(fromBox(0x0a000001n, 0xffffffffffffn).toSorted(), ["s3:1", "s4:1"]);
});

/** A line of switches with hosts `10.0.0.N`, whose MACs end with N; boxes are routers. Frames from host to host are judged. */
function throughRouters(
  text: string,
  line: readonly (readonly [string, string])[],
  hosts: Readonly<Record<string, readonly [at: string, last: number]>>,
  ends: readonly [from: string, to: string],
): Judged & { readonly codes: readonly string[] } {
  const policy = decide([{ name: "test.pane", text: `default allow. ${text}` }], {
    now: NOW,
    load: () => undefined,
    rules: RULES,
  });
  const { tables, diagnostics } = tablesAt(policy, NOW, { target: "ovs" });
  const of = (name: string): { name: string; mac: bigint; ip: bigint; isMiddlebox: "router" | false } => {
    const last = BigInt(hosts[name]![1]);
    return {
      name,
      mac: 0x020000000000n + last,
      ip: 0x0a000000n + last,
      isMiddlebox: name.startsWith("w") ? "router" : false,
    };
  };
  const plugged = new Map(Object.entries(hosts).map(([name, [at]]) => [at, of(name)]));
  const cables = new Map(line.flatMap(([a, b]) => [[a, b] as const, [b, a] as const]));
  const [from, to] = ends.map(of);
  const frame = new Map([
    ["eth_src", from!.mac],
    ["eth_dst", to!.mac],
    ["eth_type", 0x0800n],
    ["ip_proto", 17n],
    ["ip_dscp", 0n],
    ["udp_src", 4000n],
    ["udp_dst", 53n],
    ["ipv4_src", from!.ip],
    ["ipv4_dst", to!.ip],
  ]);
  const codes = [...policy.diagnostics, ...diagnostics].map(({ code }) => code);
  return { ...send({ tables, cables, plugged }, frame, hosts[ends[0]]![0]), codes };
}

test("what a router forwards for another box is not taken for its own by a statement about its port", (t) => {
  // Each box is the waypoint of the other's port: the packet went to and fro.
  const text = `switch(s1, 1). switch(s2, 2). switch(s3, 3). link(s2, 10, s3, 10, 1Gb). link(s2, 11, s1, 10, 1Gb).
    host_ip(w2, 10.0.0.3). host_mac(w2, 02:00:00:00:00:03). host_at(w2, s1, 2).
    host_ip(w1, 10.0.0.5). host_mac(w1, 02:00:00:00:00:05). host_at(w1, s2, 2).
    host_at(h, s3, 1).
    @p waypoint(srcAP=s1:2) = w1 on rootShare. @q waypoint(srcAP=s2:2) = w2, s3 on rootShare.`;
  const cables = [
    ["s2:10", "s3:10"],
    ["s2:11", "s1:10"],
  ] as const;
  const found = throughRouters(text, cables, { w2: ["s1:2", 3], w1: ["s2:2", 5], h: ["s3:1", 1] }, ["w2", "h"]);
  t.deepEqual([found.faults, found.codes.filter((code) => code.startsWith("E"))], [[], []]);
});

test("what a router forwards is not taken for its own by a statement about both", (t) => {
  // The flows of the three together say that they come in at a box, with the address of another.
  const text = `switch(s1, 1). switch(s2, 2). switch(s3, 3). switch(s4, 4).
    link(s2, 10, s1, 10, 1Gb). link(s1, 11, s4, 10, 1Gb). link(s1, 12, s3, 10, 1Gb).
    host_mac(w3, 02:00:00:00:00:01). host_at(w3, s4, 1).
    host_ip(w1, 10.0.0.2). host_mac(w1, 02:00:00:00:00:02). host_at(w1, s4, 2).
    host_mac(w2, 02:00:00:00:00:04). host_at(w2, s3, 1). host_at(h, s2, 1).
    @p1 waypoint(srcAP=s3:1) = s3, w3 on rootShare. @p2 waypoint(*) = w3 on rootShare.
    @p3 waypoint(srcHost=10.0.0.2) = w2 on rootShare.`;
  const cables = [
    ["s2:10", "s1:10"],
    ["s1:11", "s4:10"],
    ["s1:12", "s3:10"],
  ] as const;
  const hosts = { w3: ["s4:1", 1], w1: ["s4:2", 2], w2: ["s3:1", 4], h: ["s2:1", 3] } as const;
  t.deepEqual(throughRouters(text, cables, hosts, ["w1", "h"]).faults, []);
});

test("what a router forwards passes the waypoints that are left, though a statement holds what has the router's MAC", (t) => {
  const text = `switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 10, 1Gb).
    host_ip(w1, 10.0.0.1). host_mac(w1, 02:00:00:00:00:01). host_at(w1, s2, 1).
    host_ip(w3, 10.0.0.2). host_mac(w3, 02:00:00:00:00:02). host_at(w3, s2, 2).
    host_ip(h, 10.0.0.3). host_at(h, s2, 3).
    host_ip(k, 10.0.0.4). host_mac(k, 02:00:00:00:00:04). host_at(k, s2, 4).
    @p1 waypoint(srcEth=02:00:00:00:00:02) = w1 on rootShare.
    @p2 waypoint(transport=UDP, dstPort=53) = w3 on rootShare.
    @p3 waypoint(transport=UDP, dstPort=53) = w1 on rootShare.`;
  const hosts = { w1: ["s2:1", 1], w3: ["s2:2", 2], h: ["s2:3", 3], k: ["s2:4", 4] } as const;
  for (const ends of [["h", "k"] as const, ["k", "h"] as const]) {
    const { arrivals, faults } = throughRouters(text, [["s1:10", "s2:10"]], hosts, ends);
    t.deepEqual([faults, arrivals.map(({ at }) => at)], [[], ["s2:2", "s2:1", hosts[ends[1]][0]]]);
  }
});

test("what a router forwards of a host's packets to itself has one entry of a priority", (t) => {
  const text = `default allow. switch(s3, 3). switch(s4, 4). link(s4, 10, s3, 11, 1Gb).
    host_ip(w3, 10.0.0.1). host_mac(w3, 02:00:00:00:00:01). host_at(w3, s3, 1).
    host_ip(w2, 10.0.0.2). host_mac(w2, 02:00:00:00:00:02). host_at(w2, s3, 2).
    host_mac(w1, 02:00:00:00:00:05). host_at(w1, s3, 3). host_ip(h, 10.0.0.6). host_at(h, s4, 2).
    @p1 waypoint(transport=UDP, dstPort=53) = w3 on rootShare.
    @p2 waypoint(*) = w1, w2 on rootShare. @p3 waypoint(*) = w3 on rootShare.`;
  const policy = decide([{ name: "test.pane", text }], { now: NOW, load: () => undefined, rules: RULES });
  const all = [...policy.diagnostics, ...tablesAt(policy, NOW, { target: "ovs" }).diagnostics];
  t.deepEqual(
    all.filter(({ severity }) => severity === "error"),
    [],
  );
});

test("what a router forwards is not taken for that of the user who is on the router", (t) => {
  const text = `switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 10, 1Gb).
    host_ip(h, 10.0.0.1). host_mac(h, 02:00:00:00:00:01). host_at(h, s2, 1).
    host_ip(k, 10.0.0.2). host_mac(k, 02:00:00:00:00:02). host_at(k, s2, 2).
    host_ip(w1, 10.0.0.4). host_mac(w1, 02:00:00:00:00:04). host_at(w1, s1, 1).
    host_ip(w2, 10.0.0.5). host_mac(w2, 02:00:00:00:00:05). host_at(w2, s1, 3). user_host("Bob", w2).
    @p1 waypoint(user="Bob") = w1 on rootShare. @p2 waypoint(*) = w2 on rootShare.`;
  const hosts = { h: ["s2:1", 1], k: ["s2:2", 2], w1: ["s1:1", 4], w2: ["s1:3", 5] } as const;
  for (const [ends, ways] of [
    [
      ["h", "k"],
      ["s1:3", "s2:2"],
    ],
    [
      ["w1", "h"],
      ["s1:3", "s2:1"],
    ],
    [
      ["w2", "h"],
      ["s1:1", "s2:1"],
    ],
  ] as const) {
    const { codes, faults, arrivals } = throughRouters(text, [["s1:10", "s2:10"]], hosts, ends);
    t.deepEqual([codes.filter((code) => code.startsWith("E")), faults], [[], []]);
    t.deepEqual(
      arrivals.map(({ at }) => at),
      ways,
    );
  }
});

test("no router goes round beside a statement of another for a port where no host is known", (t) => {
  const text = `switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 10, 1Gb).
    host_ip(h, 10.0.0.1). host_mac(h, 02:00:00:00:00:01). host_at(h, s2, 1).
    host_ip(w1, 10.0.0.4). host_mac(w1, 02:00:00:00:00:04). host_at(w1, s1, 1).
    host_ip(w2, 10.0.0.6). host_mac(w2, 02:00:00:00:00:06). host_at(w2, s2, 3).
    @p1 waypoint(dstAP=s2:8) = w2 on rootShare. @p2 waypoint(dstAP=s2:1) = w1 on rootShare.`;
  const hosts = { h: ["s2:1", 1], w1: ["s1:1", 4], w2: ["s2:3", 6] } as const;
  const { codes, faults, arrivals } = throughRouters(text, [["s1:10", "s2:10"]], hosts, ["w2", "h"]);
  t.deepEqual([codes.filter((code) => code.startsWith("E")), faults], [[], []]);
  t.deepEqual(
    arrivals.map(({ at }) => at),
    ["s1:1", "s2:1"],
  );
});

test("what a router takes that is addressed to the next box of its list, and sends to the host of the address, comes to that box", (t) => {
  const text = `default allow. switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 10, 1Gb).
    host_ip(a, 10.0.0.1). host_mac(a, 02:00:00:00:00:01). host_at(a, s1, 1).
    host_ip(b, 10.0.0.2). host_mac(b, 02:00:00:00:00:02). host_at(b, s2, 1).
    host_ip(ids, 10.0.0.3). host_mac(ids, 02:00:00:00:00:03). host_at(ids, s1, 2).
    host_ip(gw, 10.0.0.4). host_mac(gw, 02:00:00:00:00:04). host_at(gw, s2, 2).
    @q waypoint(*) = ids, gw on rootShare.`;
  const policy = decide([{ name: "test.pane", text }], { now: NOW, load: () => undefined, rules: RULES });
  const { tables } = tablesAt(policy, NOW, { target: "ovs" });
  const plugged = new Map(
    ["s1:1", "s2:1", "s1:2", "s2:2"].map((at, i) => [
      at,
      { name: at, mac: 0x020000000001n + BigInt(i), ip: 0x0a000001n + BigInt(i), isMiddlebox: false },
    ]),
  );
  const cables = new Map([
    ["s1:10", "s2:10"],
    ["s2:10", "s1:10"],
  ]);
  const arrives = (from: string, source: bigint, destination: bigint): readonly string[] => {
    const frame = new Map([
      ["eth_src", 0x020000000000n + source],
      ["eth_dst", 0x020000000000n + destination],
      ["eth_type", 0x0800n],
      ["ip_proto", 17n],
      ["ip_dscp", 0n],
      ["udp_src", 4000n],
      ["udp_dst", 53n],
      ["ipv4_src", 0x0a000001n],
      ["ipv4_dst", 0x0a000002n],
    ]);
    return send({ tables, cables, plugged }, frame, from).arrivals.map(({ at }) => at);
  };
  // From a by way of gw; then as ids sends it to b itself; then as gw does.
  t.deepEqual(
    [arrives("s1:1", 1n, 4n), arrives("s1:2", 3n, 2n), arrives("s2:2", 4n, 2n)],
    [["s1:2"], ["s2:2"], ["s2:1"]],
  );
});

test("what a router forwards is not led by a statement about the router's own packets", (t) => {
  const text = (flows: string): string => `switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 10, 1Gb).
    host_ip(h, 10.0.0.3). host_mac(h, 02:00:00:00:00:03). host_at(h, s1, 2).
    host_ip(w4, 10.0.0.4). host_mac(w4, 02:00:00:00:00:04). host_at(w4, s2, 2).
    host_ip(w5, 10.0.0.5). host_mac(w5, 02:00:00:00:00:05). host_at(w5, s1, 3).
    @q0 waypoint(*) = w5 on rootShare. @q1 waypoint(${flows}) = w4 on rootShare.`;
  const hosts = { h: ["s1:2", 3], w4: ["s2:2", 4], w5: ["s1:3", 5] } as const;
  const cables = [["s1:10", "s2:10"]] as const;
  for (const flows of ["srcAP=s1:3", "srcHost=10.0.0.5", "srcEth=02:00:00:00:00:05"]) {
    const { faults, arrivals } = throughRouters(text(flows), cables, hosts, ["h", "w4"]);
    t.deepEqual([faults, arrivals.map(({ at }) => at)], [[], ["s1:3", "s2:2"]], flows);
  }
  // Boxes of one list lead on by the address of the sender.
  const chain = text("srcHost=10.0.0.5").replace("= w5 on", "= w5, w4 on").replace(/@q1.*/, "");
  const led = throughRouters(chain, cables, hosts, ["h", "w4"]);
  t.is(led.arrivals.map(({ at }) => at).join(), "s1:3,s2:2");
});

test("what a router forwards goes on beside an avoid of the router's own packets", (t) => {
  const text = (by: string): string => `switch(s1, 1). switch(s2, 2). switch(s3, 3).
    link(s1, 10, s2, 10, 1Gb). link(s2, 11, s3, 10, 1Gb).
    ${hostFacts("h", 3, "s1:1")} ${hostFacts("g", 4, "s3:1")} ${hostFacts("w", 5, "s2:1")} user_host("Eve", w).
    @q0 waypoint(*) = w on rootShare. @q1 avoid(${by}, transport=UDP) = s2 on rootShare.`;
  const cables = [
    ["s1:10", "s2:10"],
    ["s2:11", "s3:10"],
  ] as const;
  const hosts = { h: ["s1:1", 3], g: ["s3:1", 4], w: ["s2:1", 5] } as const;
  for (const by of ["srcEth=02:00:00:00:00:05", "user=Eve", "srcHost=w"]) {
    const { faults, arrivals } = throughRouters(text(by), cables, hosts, ["h", "g"]);
    t.deepEqual([faults, arrivals.map(({ at }) => at)], [[], ["s2:1", "s3:1"]], by);
  }
});

/** Hosts of `10.0.0.N` with the MAC that ends with N; those whose MACs are left out state none. */
const hostFacts = (name: string, last: number, at: string, hasMac = true): string =>
  `host_ip(${name}, 10.0.0.${last}). host_at(${name}, ${at.replace(":", ", ")}).${hasMac ? ` host_mac(${name}, 02:00:00:00:00:0${last}).` : ""}`;
const linkFacts = (cables: readonly (readonly [string, string])[]): string =>
  cables.map(([a, b]) => `link(${a.replace(":", ", ")}, ${b.replace(":", ", ")}, 1Gb).`).join(" ");

test("what a router forwards for a user passes the waypoints that are left, whatever statement holds the router's own by its user", (t) => {
  const cables = RING_OF_FOUR;
  const hosts = { h1: ["s4:1", 1], w3: ["s3:1", 3], h4: ["s2:2", 4] } as const;
  const facts = Object.entries(hosts).map(([name, [at, last]]) => hostFacts(name, last, at));
  const text = `switch(s1, 1). switch(s2, 2). switch(s3, 3). switch(s4, 4). ${linkFacts(cables)} ${facts.join(" ")}
    user_host(u4, h4). @b waypoint(*) = s4, w3 on rootShare.
    @a waypoint((ethType={IPv4, IPv6, ARP}) except (user=u4, dstUser=u4)) = w3, s2 on rootShare.`;
  for (const [from, to, end] of [
    ["h4", "h1", "s4:1"],
    ["h1", "h4", "s2:2"],
  ] as const) {
    const { faults, arrivals } = throughRouters(text, cables, hosts, [from, to]);
    t.deepEqual([faults, arrivals.map(({ at }) => at)], [[], ["s3:1", end]], from);
    const passed = arrivals.at(-1)!.by.filter((at) => ["s4", "s3:1", "s2"].includes(at));
    t.true(passed.slice(passed.indexOf("s3:1")).includes("s2"), `${from}: ${passed.join(" ")}`);
    t.true(passed.indexOf("s4") < passed.indexOf("s3:1"), `${from}: ${passed.join(" ")}`);
  }
});

test("what a router forwards back to its sender's own MAC is dropped beside a statement that leaves the sender's port out", (t) => {
  const cables = [
    ["s1:11", "s2:11"],
    ["s1:12", "s2:12"],
  ] as const;
  const hosts = { h1: ["s1:1", 1], h2: ["s2:1", 2], w3: ["s1:2", 3] } as const;
  const text = `switch(s1, 1). switch(s2, 2). ${linkFacts(cables)}
    ${hostFacts("h1", 1, "s1:1", false)} ${hostFacts("h2", 2, "s2:1")} ${hostFacts("w3", 3, "s1:2")}
    @a avoid((dstPort=80) except (srcAP=s2:1)) = h1 on rootShare. @b waypoint(*) = w3, s2, s1 on rootShare.`;
  const { faults, arrivals, codes } = throughRouters(text, cables, hosts, ["h2", "h1"]);
  t.deepEqual([faults, arrivals.map(({ at }) => at)], [[], ["s1:2", "s1:1"]]);
  t.deepEqual(
    codes.filter((code) => code.startsWith("E")),
    [],
  );
});

test("where a box has no path itself, what it forwards as a router from a stated IPv6 address goes on", (t) => {
  // The box is behind the switch of its list, and no fact states an IPv6 address of it.
  const text = `switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 10, 1Gb). ${hostFacts("h1", 1, "s1:1")}
    ${hostFacts("w3", 3, "s2:1")} ${hostFacts("h4", 4, "s2:2")} host_ip(h1, 2001:db8::1). host_ip(h4, 2001:db8::4).
    @q waypoint(*) = s2, w3 on rootShare.`;
  const policy = decide([{ name: "test.pane", text: `default allow. ${text}` }], {
    now: NOW,
    load: () => undefined,
    rules: RULES,
  });
  const { tables } = tablesAt(policy, NOW, { target: "ovs" });
  const plugged = new Map(
    [
      ["s1:1", "h1", 1n],
      ["s2:1", "w3", 3n],
      ["s2:2", "h4", 4n],
    ].map(([at, name, last]) => [
      at as string,
      { name: name as string, mac: 0x020000000000n + (last as bigint), isMiddlebox: false },
    ]),
  );
  const cables = new Map([
    ["s1:10", "s2:10"],
    ["s2:10", "s1:10"],
  ]);
  const arrives = (source: bigint, kind: "udp" | "solicits" = "udp"): readonly string[] => {
    const frame = new Map([
      ["eth_src", 0x020000000003n],
      ["eth_dst", 0x020000000004n],
      ["eth_type", 0x86ddn],
      ["ip_dscp", 0n],
      ["ipv6_src", (0x20010db8n << 96n) + source],
      ["ipv6_dst", (0x20010db8n << 96n) + 4n],
      ...(kind === "udp"
        ? ([
            ["ip_proto", 17n],
            ["udp_src", 4000n],
            ["udp_dst", 53n],
          ] as const)
        : ([
            ["ip_proto", 58n],
            ["icmpv6_type", 135n],
            ["icmpv6_code", 0n],
            ["ipv6_nd_target", (0x20010db8n << 96n) + 4n],
            ["ipv6_nd_sll", 0x020000000003n],
          ] as const)),
    ]);
    return send({ tables, cables, plugged }, frame, "s2:1").arrivals.map(({ at }) => at);
  };
  // For h1; its own, from an address that no fact states, as UDP and to find a neighbour.
  t.deepEqual([arrives(1n), arrives(3n), arrives(3n, "solicits")], [["s2:2"], [], []]);
});

test("a statement by one of two MACs of a host is told beside routers (N866): what comes back has the least of them", (t) => {
  const cables = [["s1:10", "s2:10"]] as const;
  const hosts = { h1: ["s2:1", 1], h2: ["s2:2", 2], w3: ["s1:1", 3], h4: ["s1:2", 4] } as const;
  const facts = Object.entries(hosts).map(([name, [at, last]]) => hostFacts(name, last, at));
  const text = `switch(s1, 1). switch(s2, 2). ${linkFacts(cables)} ${facts.join(" ")}
    @q0 waypoint(dstHost=h1) = w3 on rootShare. @q1 waypoint(srcEth=02:00:00:00:00:02) = w3, s1 on rootShare.`;
  for (const [other, told, arrives] of [
    ["", [], ["s1:1", "s1:2"]],
    ["host_mac(h2, 02:00:00:00:00:09).", ["N866"], ["s1:1", "s1:2"]],
    ["host_mac(h2, 02:00:00:00:00:00).", ["N866"], ["s1:1"]],
  ] as const) {
    const { codes, arrivals } = throughRouters(text + other, cables, hosts, ["h2", "h4"]);
    t.deepEqual([codes.filter((code) => code === "N866"), arrivals.map(({ at }) => at)], [told, arrives], other);
  }
});
