/**
 * Steered frames where facts say little of an end: an address without a MAC, a MAC without an address, no place. What is led
 * passes the waypoints and arrives, and what no statement holds is left alone.
 */
import test from "ava";
import { NOW, RULES } from "../../admission/testing/networks.ts";
import { decide, tablesAt } from "../../compile.ts";
import { send, type Judged } from "../../semantics/frame-judge.ts";

const A = 0x020000000001n;
const B = 0x020000000002n;
const W = 0x020000000003n;
const ALL = 0xffffffffffffn;

/** ARP from host a (10.0.0.1) that asks for 10.0.0.2, or a frame of another type. */
function frame(to: bigint, type = 0x0806n): Map<string, bigint> {
  const shown = new Map([
    ["eth_src", A],
    ["eth_dst", to],
    ["eth_type", type],
  ] as const) as Map<string, bigint>;
  if (type === 0x0806n) {
    shown.set("arp_op", 1n).set("arp_sha", A).set("arp_tha", 0n);
    shown.set("arp_spa", 0x0a000001n).set("arp_tpa", 0x0a000002n);
  }
  return shown;
}

/** TCP from host a (10.0.0.1) to an address that is nobody's. */
const ipFrame = (to: bigint): Map<string, bigint> =>
  frame(to, 0x0800n).set("ipv4_src", 0x0a000001n).set("ipv4_dst", 0x0a000063n).set("ip_proto", 6n);

/** Where hosts stand, each with its MAC and the last number of its address. */
type Places = readonly (readonly [at: string, name: string, mac: bigint, last: number])[];

function sends(
  text: string,
  places: Places,
  cables: readonly (readonly [string, string])[],
  one: Map<string, bigint>,
  start = "s1:1",
): Judged {
  const policy = decide([{ name: "test.pane", text }], { now: NOW, load: () => undefined, rules: RULES });
  const { tables } = tablesAt(policy, NOW, { target: "ovs" });
  const plugged = new Map(
    places.map(([at, name, mac, last]) => [
      at,
      { name, mac, ip: 0x0a000000n + BigInt(last), isMiddlebox: name === "w" },
    ]),
  );
  const wires = new Map(cables.flatMap(([a, b]) => [[a, b] as const, [b, a] as const]));
  return send({ tables, cables: wires, plugged }, one, start);
}

/** The errors of a policy and its tables. */
function errors(text: string): readonly string[] {
  const policy = decide([{ name: "test.pane", text }], { now: NOW, load: () => undefined, rules: RULES });
  const all = [...policy.diagnostics, ...tablesAt(policy, NOW, { target: "ovs" }).diagnostics];
  return all.flatMap(({ severity, code }) => (severity === "error" ? [code] : []));
}

const where = ({ arrivals }: Judged): readonly string[] => arrivals.map(({ at }) => at);

const HOST_A = "host_mac(a, 02:00:00:00:00:01). host_ip(a, 10.0.0.1). host_at(a, s1, 1).";

test("ARP for a host without a stated MAC goes back from a waypoint switch through the link where it came in", (t) => {
  const text = `default allow. switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 10, 1Gb). ${HOST_A}
    host_ip(b, 10.0.0.2). host_at(b, s1, 2).
    @q waypoint(srcEth=02:00:00:00:00:01) = s2 on rootShare.`;
  const places: Places = [
    ["s1:1", "a", A, 1],
    ["s1:2", "b", B, 2],
  ];
  for (const to of [ALL, B]) {
    const asked = sends(text, places, [["s1:10", "s2:10"]], frame(to));
    t.deepEqual([asked.faults, where(asked), asked.crossed.has("s2")], [[], ["s1:2"], true]);
  }
});

test("ARP for a host without a stated MAC arrives where the flood goes ahead and the shortest way goes back", (t) => {
  // A ring: from s3 the tree leads on to s4, and the shortest way to b is back through s2.
  const text = `default allow. switch(s1, 1). switch(s2, 2). switch(s3, 3). switch(s4, 4).
    link(s1, 10, s2, 11, 1Gb). link(s2, 10, s3, 11, 1Gb). link(s3, 10, s4, 11, 1Gb). link(s4, 10, s1, 11, 1Gb).
    ${HOST_A} host_ip(b, 10.0.0.2). host_at(b, s2, 2).
    @q waypoint(srcEth=02:00:00:00:00:01) = s3 on rootShare.`;
  const places: Places = [
    ["s1:1", "a", A, 1],
    ["s2:2", "b", B, 2],
  ];
  const cables = [
    ["s1:10", "s2:11"],
    ["s2:10", "s3:11"],
    ["s3:10", "s4:11"],
    ["s4:10", "s1:11"],
  ] as const;
  const asked = sends(text, places, cables, frame(ALL));
  t.deepEqual([asked.faults, where(asked), asked.crossed.has("s3")], [[], ["s2:2"], true]);
});

test("a waypoint of what is for a user with a MAC and no address holds ARP and what is not IP", (t) => {
  const text = `default allow. switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 10, 1Gb). ${HOST_A}
    host_mac(b, 02:00:00:00:00:02). host_at(b, s2, 1). user_host("Bob", b).
    host_mac(w, 02:00:00:00:00:03). host_ip(w, 10.0.0.3). host_at(w, s2, 2).
    @q waypoint(dstUser="Bob") = w on rootShare.`;
  const places: Places = [
    ["s1:1", "a", A, 1],
    ["s2:1", "b", B, 2],
    ["s2:2", "w", W, 3],
  ];
  t.deepEqual(where(sends(text, places, [["s1:10", "s2:10"]], frame(B))), ["s2:2", "s2:1"]);
  // What is neither IP nor ARP ends at the first waypoint that is a host (NETWORK, "Forward").
  t.deepEqual(where(sends(text, places, [["s1:10", "s2:10"]], frame(B, 0x88b5n))), ["s2:2"]);
});

test("a flow that a port's statement does not hold passes, from a host without a stated MAC too", (t) => {
  const text = `default allow. switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 10, 1Gb).
    host_ip(a, 10.0.0.1). host_at(a, s1, 1).
    host_mac(b, 02:00:00:00:00:02). host_ip(b, 10.0.0.2). host_at(b, s2, 1).
    host_ip(c, 10.0.0.4). host_at(c, s2, 2).
    host_mac(w, 02:00:00:00:00:03). host_ip(w, 10.0.0.3). host_at(w, s2, 5).
    @q waypoint(srcAP=s2:2) = w both ways on rootShare.`;
  const places: Places = [
    ["s1:1", "a", A, 1],
    ["s2:1", "b", B, 2],
    ["s2:5", "w", W, 3],
  ];
  const packet = frame(B, 0x0800n).set("ipv4_src", 0x0a000001n).set("ipv4_dst", 0x0a000002n).set("ip_proto", 17n);
  packet.set("ip_dscp", 0n).set("udp_src", 4000n).set("udp_dst", 53n);
  t.deepEqual(where(sends(text, places, [["s1:10", "s2:10"]], packet)), ["s2:1"]);
});

test("what is for a MAC and enters where no host is known is dropped, whatever address it shows", (t) => {
  const text = (statement: string): string => `default allow. switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 10, 1Gb).
    host_mac(b, 02:00:00:00:00:02). host_ip(b, 10.0.0.2). host_at(b, s1, 2).
    @q ${statement} on rootShare.`;
  const places: Places = [
    ["s1:2", "b", B, 2],
    ["s2:7", "a", A, 1],
  ];
  for (const statement of ["avoid(dstEth=02:00:00:00:00:02) = s2", "waypoint(dstEth=02:00:00:00:00:02) = s1, s2"])
    for (const type of [0x88b5n, 0x0806n])
      t.deepEqual(where(sends(text(statement), places, [["s1:10", "s2:10"]], frame(B, type), "s2:7")), [], statement);
});

test("two avoids by ports, one of a host known by its address and one of a host known by its MAC, have a table", (t) => {
  const text = `default allow. switch(s4, 4). switch(s5, 5). switch(s6, 6). link(s5, 11, s6, 10, 1Gb).
    host_mac(h1, 00:00:00:00:00:02). host_at(h1, s6, 1). host_ip(h2, 10.0.0.3). host_at(h2, s4, 1).
    host_mac(h5, 00:00:00:00:00:06). switch(s2, 2).
    @q1 avoid(srcAP=s4:1, dstHost=h5) = s6 on rootShare.
    @q3 avoid(srcAP=s6:1) = s2 on rootShare.`;
  t.deepEqual(errors(text), []);
});

test("a statement of a box's own port does not lead what the box gives back of others", (t) => {
  const text = `default allow.
    switch(s1, 1). switch(s2, 2). switch(s3, 3). switch(s4, 4). switch(s5, 5). switch(s6, 6).
    link(s1, 10, s2, 10, 1Gb). link(s2, 11, s3, 10, 1Gb). link(s3, 11, s4, 10, 1Gb).
    link(s4, 11, s5, 10, 1Gb). link(s5, 11, s6, 10, 1Gb). link(s6, 11, s1, 11, 1Gb).
    host_mac(h1, 00:00:00:00:00:02). host_at(h1, s3, 1). host_ip(b4, 10.0.0.5). host_at(b4, s4, 1).
    host_mac(b5, 00:00:00:00:00:06). host_at(b5, s1, 2).
    @q0 waypoint(dstHost=10.0.0.0/29, transport=TCP) = b5 on rootShare.
    @q1 waypoint(srcAP=s1:2, dstHost=h1) = s6 on rootShare.`;
  t.deepEqual(errors(text), []);
});

test("a packet that may be of two users passes the waypoints of both, and nothing circles", (t) => {
  const text = `default allow. switch(s1, 1). switch(s2, 2). switch(s3, 3).
    link(s1, 10, s2, 10, 1Gb). link(s1, 11, s3, 10, 1Gb).
    ${HOST_A} user_host("Ann", a). user_host("Bob", a).
    host_mac(b, 02:00:00:00:00:02). host_ip(b, 10.0.0.2). host_at(b, s1, 2). user_host("Cid", b). user_host("Dan", b).
    `;
  const places: Places = [
    ["s1:1", "a", A, 1],
    ["s1:2", "b", B, 2],
  ];
  const cables = [
    ["s1:10", "s2:10"],
    ["s1:11", "s3:10"],
  ] as const;
  const packet = frame(B, 0x0800n).set("ipv4_src", 0x0a000001n).set("ipv4_dst", 0x0a000002n).set("ip_proto", 17n);
  packet.set("ip_dscp", 0n).set("udp_src", 4000n).set("udp_dst", 53n);
  for (const [one, other] of [
    ['user="Ann"', 'user="Bob"'],
    ['dstUser="Cid"', 'dstUser="Dan"'],
    ['user="Ann", dstUser="Cid"', 'user="Bob", dstUser="Dan"'],
  ]) {
    const both = `${text} @p waypoint(${one}) = s2 on rootShare. @q waypoint(${other}) = s3 on rootShare.`;
    t.deepEqual(errors(both), [], one);
    const led = sends(both, places, cables, packet);
    t.deepEqual(
      [led.faults, where(led), led.crossed.has("s2"), led.crossed.has("s3")],
      [[], ["s1:2"], true, true],
      one,
    );
  }
  const avoided = `${text} @p waypoint(user="Ann") = s2 on rootShare. @q avoid(user="Bob") = s2 on rootShare.`;
  t.deepEqual(where(sends(avoided, places, cables, packet)), []);
});

test("a waypoint of one port beside an avoid of what goes to another leads what goes elsewhere", (t) => {
  const text = `default allow. switch(s1, 1). switch(s2, 2). switch(s3, 3).
    link(s1, 10, s2, 10, 1Gb). link(s2, 11, s3, 10, 1Gb).
    ${HOST_A} host_mac(b, 02:00:00:00:00:02). host_ip(b, 10.0.0.2). host_at(b, s1, 2).
    host_mac(w, 02:00:00:00:00:03). host_ip(w, 10.0.0.3). host_at(w, s2, 1).
    @p waypoint(srcAP=s1:1) = w on rootShare.
    @q avoid(dstAP=s2:1, transport=UDP) = s3 on rootShare.`;
  const places: Places = [
    ["s1:1", "a", A, 1],
    ["s1:2", "b", B, 2],
    ["s2:1", "w", W, 3],
  ];
  const packet = frame(B, 0x0800n).set("ipv4_src", 0x0a000001n).set("ipv4_dst", 0x0a000002n).set("ip_proto", 17n);
  packet.set("ip_dscp", 0n).set("udp_src", 4000n).set("udp_dst", 53n);
  t.deepEqual(where(sends(text, places, [["s1:10", "s2:10"]], packet)), ["s2:1", "s1:2"]);
});

test("no broadcast goes to and fro between two boxes without stated MACs, and a note says what they lose", (t) => {
  const two = "host_at(v, s1, 1). host_at(w, s2, 1).";
  const line = "default allow. switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 10, 1Gb).";
  const dhcp = "ethType=0x0800, srcHost=0.0.0.0, transport=UDP, srcPort=68, dstPort=67";
  for (const facts of [
    two,
    "host_at(v, s1, 1). host_at(w, s1, 2).",
    `${two} host_ip(v, 10.0.0.1). host_ip(w, 10.0.0.2).`,
    `${two} host_ip(v, 2001:db8::1). host_ip(w, 2001:db8::2). ${HOST_A.replace("s1, 1)", "s1, 2)").replace("10.0.0.1", "10.0.0.9")}`,
  ])
    for (const flows of ["transport=TCP", dhcp]) {
      const text = `${line} ${facts}
        @p waypoint(${flows}) = v on rootShare. @q waypoint(transport=UDP) = w on rootShare.`;
      const policy = decide([{ name: "test.pane", text }], { now: NOW, load: () => undefined, rules: RULES });
      const { diagnostics } = tablesAt(policy, NOW, { target: "ovs" });
      const told = diagnostics.filter(({ code }) => code === "N847" || code === "E903" || code === "N834");
      t.deepEqual(
        told.map(({ code }) => code),
        ["N847", "N847"],
        text,
      );
    }
});

test("with the MACs that its help names the note about a box without one is gone", (t) => {
  const text = `default allow. switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 10, 1Gb).
    ${HOST_A} host_ip(w, 10.0.0.3). host_ip(w, 2001:db8::3). host_at(w, s2, 1).
    host_at(v, s1, 2). @q waypoint(srcHost=a) = v, w on rootShare.`;
  const notes = (one: string): readonly string[] => {
    const policy = decide([{ name: "test.pane", text: one }], { now: NOW, load: () => undefined, rules: RULES });
    const { diagnostics } = tablesAt(policy, NOW, { target: "ovs" });
    return diagnostics.flatMap(({ code, help }) => (code === "N847" ? [help!] : []));
  };
  t.regex(notes(text)[0]!, /`host_mac\(v, MAC\)`, `host_mac\(w, MAC\)`/);
  t.deepEqual(notes(`${text} host_mac(v, 02:00:00:00:00:04). host_mac(w, 02:00:00:00:00:03).`), []);
});

test("ARP that is led by the MAC of its end comes back from a box", (t) => {
  const text = `default allow. switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 10, 1Gb). ${HOST_A}
      host_mac(b, 02:00:00:00:00:02). host_ip(b, 10.0.0.2). host_at(b, s2, 1).
      host_mac(w, 02:00:00:00:00:03). host_ip(w, 10.0.0.3). host_at(w, s2, 2).
      @q waypoint(srcAP=s1:1, dstEth=02:00:00:00:00:02) = w, s2 on rootShare.`;
  const places: Places = [
    ["s1:1", "a", A, 1],
    ["s2:1", "b", B, 2],
    ["s2:2", "w", W, 3],
  ];
  const asked = sends(text, places, [["s1:10", "s2:10"]], frame(B));
  t.deepEqual([asked.faults, where(asked)], [[], ["s2:2", "s2:1"]]);
  const far = frame(B, 0x0800n).set("ipv4_src", 0x0a000001n).set("ipv4_dst", 0x08080808n).set("ip_proto", 17n);
  far.set("ip_dscp", 0n).set("udp_src", 4000n).set("udp_dst", 53n);
  t.deepEqual(where(sends(text, places, [["s1:10", "s2:10"]], far)), ["s2:2", "s2:1"], "what b is to forward");
});

test("a user's host beside another at a port, none with a stated MAC: what shows no address is dropped, and all else led", (t) => {
  const text = (
    kind: string,
    more = "",
  ): string => `default allow. switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 10, 1Gb).
    host_ip(a, 10.0.0.1). host_at(a, s2, 1). host_ip(b, 10.0.0.2). host_at(b, s2, 1). user_host("Ann", a).
    host_ip(c, 10.0.0.4). host_at(c, s2, 1). host_mac(d, 02:00:00:00:00:05). host_ip(d, 10.0.0.5). host_at(d, s2, 2).
    host_mac(w, 02:00:00:00:00:03). host_at(w, s1, 1). ${more}
    @q ${kind} on rootShare.`;
  const D = 0x020000000005n;
  const places: Places = [
    ["s2:1", "a", A, 1],
    ["s2:2", "d", D, 5],
    ["s1:1", "w", W, 3],
  ];
  const packet = (last: bigint): Map<string, bigint> => {
    const four = frame(D, 0x0800n)
      .set("ipv4_src", 0x0a000000n + last)
      .set("ipv4_dst", 0x0a000005n);
    return four.set("ip_proto", 17n).set("ip_dscp", 0n).set("udp_src", 4000n).set("udp_dst", 53n);
  };
  const arrives = (kind: string, one: Map<string, bigint>): readonly string[] => {
    const { faults, arrivals } = sends(text(kind), places, [["s1:10", "s2:10"]], one, "s2:1");
    return [...faults, ...arrivals.map(({ at }) => at)];
  };
  const statements = ['waypoint(user="Ann") = s1', 'waypoint(user="Ann") = w', 'avoid(user="Ann") = s1'];
  for (const kind of statements) {
    t.deepEqual(errors(text(kind)), [], kind);
    const policy = decide([{ name: "test.pane", text: text(kind) }], { now: NOW, load: () => undefined, rules: RULES });
    const told = tablesAt(policy, NOW, { target: "ovs" }).diagnostics.filter(({ code }) => code === "W821");
    t.regex(told[0]?.help ?? "", /`host_mac\(a, MAC\)`/, kind);
    const led = kind.includes("= w") ? ["s1:1", "s2:2"] : ["s2:2"];
    t.deepEqual(arrives(kind, packet(1n)), led, kind);
    t.deepEqual(arrives(kind, packet(2n)), ["s2:2"], kind);
    // It may be hers, and nothing tells it from what is led.
    for (const to of [D, ALL]) t.deepEqual(arrives(kind, frame(to, 0x88b5n)), [], kind);
  }
  t.true(sends(text(statements[0]!), places, [["s1:10", "s2:10"]], packet(1n), "s2:1").crossed.has("s1"));
  t.false(sends(text(statements[0]!), places, [["s1:10", "s2:10"]], packet(2n), "s2:1").crossed.has("s1"));
  // Of another type, of another VLAN, to another MAC: no flow of the statement.
  const narrow = 'waypoint(user="Ann", dstEth=02:00:00:00:00:09) = s1';
  t.deepEqual(arrives(narrow, frame(D, 0x88b5n)), ["s2:2"]);
  const stated = "host_mac(a, 02:00:00:00:00:01). host_mac(b, 02:00:00:00:00:02).";
  for (const kind of statements) t.deepEqual(errors(text(kind, stated)), [], kind);
});

for (const [name, statements] of [
  ["by the port of the box itself", "@q avoid(srcAP=s1:3) = s2 on rootShare. @r waypoint(*) = w on rootShare."],
  ["by a user, led to the box", '@q avoid(user="Ann") = s2 on rootShare. @r waypoint(*) = w on rootShare.'],
  ["by a user, flooded", "@q avoid(user=Ann) = s2 on rootShare. @r waypoint(srcHost=10.0.0.99) = w on rootShare."],
] as const)
  test(`what shows no address comes to no avoided switch by way of a box: ${name}`, (t) => {
    const text = `default allow. switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 10, 1Gb).
      host_ip(a, 10.0.0.1). host_at(a, s1, 1). user_host("Ann", a).
      host_mac(w, 02:00:00:00:00:03). host_ip(w, 10.0.0.3). host_at(w, s1, 3).
      ${statements}`;
    t.deepEqual(errors(text), []);
    const places: Places = [
      ["s1:1", "a", A, 1],
      ["s1:3", "w", W, 3],
    ];
    const [from, source] = name.includes("itself") ? (["s1:3", W] as const) : (["s1:1", A] as const);
    const shown = frame(ALL, 0x88b5n).set("eth_src", source);
    t.false(sends(text, places, [["s1:10", "s2:10"]], shown, from).crossed.has("s2"));
  });

/** Two switches: c at s1:3 and d at s1:5, the box w at s1:6, and a at s2:1, of which no MAC is stated here. */
const AROUND_A_BOX = `default allow. switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 10, 1Gb).
  host_mac(c, 02:00:00:00:00:04). host_ip(c, 10.0.0.4). host_at(c, s1, 3).
  host_mac(d, 02:00:00:00:00:05). host_ip(d, 10.0.0.5). host_at(d, s1, 5).
  host_mac(w, 02:00:00:00:00:03). host_ip(w, 10.0.0.3). host_at(w, s1, 6).
  host_ip(a, 10.0.0.1). host_at(a, s2, 1).`;
const SEATS_AROUND_A_BOX: Places = [
  ["s2:1", "a", A, 1],
  ["s1:3", "c", 0x020000000004n, 4],
  ["s1:5", "d", 0x020000000005n, 5],
  ["s1:6", "w", W, 3],
  ["s2:30", "nobody", B, 2],
];

test("what a host without a stated MAC sends to nobody known passes no waypoint by where the ports left out are those of others", (t) => {
  const text = `${AROUND_A_BOX} @q waypoint((*) except (dstAP=s1:3)) = w on rootShare.`;
  const sent = (to: bigint, type?: bigint): readonly string[] =>
    where(sends(text, SEATS_AROUND_A_BOX, [["s1:10", "s2:10"]], frame(to, type), "s2:1"));
  for (const type of [0x0806n, 0x88b5n, 0x86ddn]) {
    for (const to of [ALL, B]) t.deepEqual(sent(to, type), [], `${to.toString(16)} ${type.toString(16)}`);
    t.deepEqual(sent(0x020000000004n, type), ["s1:3"]);
  }
});

test("a statement for a port of a known host and one where nobody is known holds what is for the first", (t) => {
  const stated = AROUND_A_BOX.replace("host_ip(a,", "host_mac(a, 02:00:00:00:00:01). host_ip(a,");
  const text = `${stated} @q waypoint(dstAP={s1:3, s2:30}) = w on rootShare.`;
  t.deepEqual(errors(text), []);
  const sent = (to: bigint): Judged => sends(text, SEATS_AROUND_A_BOX, [["s1:10", "s2:10"]], ipFrame(to), "s2:1");
  t.deepEqual(where(sent(0x020000000004n)), ["s1:6", "s1:3"]);
  t.deepEqual(where(sent(0x020000000005n)), ["s1:5"]);
  t.true(where(sent(B)).includes("s2:30"));
  t.true(where(sent(B)).includes("s1:5"), "what is for nobody known is flooded");
});

test("what a host without a stated MAC sends arrives where an avoid by its port is of a switch that nothing would cross", (t) => {
  const text = `default allow. switch(s1, 1). switch(s2, 2). switch(s3, 3). link(s1, 10, s2, 10, 1Gb). link(s1, 11, s3, 11, 1Gb).
    host_ip(a, 10.0.0.1). host_at(a, s1, 1). host_ip(b, 10.0.0.2). host_at(b, s2, 2).
    host_mac(c, 02:00:00:00:00:04). host_ip(c, 10.0.0.4). host_at(c, s2, 3).
    @q avoid(srcAP=s1:1) = s3 on rootShare.`;
  const C = 0x020000000004n;
  const places: Places = [
    ["s1:1", "a", A, 1],
    ["s2:2", "b", B, 2],
    ["s2:3", "c", C, 4],
  ];
  const cables = [
    ["s1:10", "s2:10"],
    ["s1:11", "s3:11"],
  ] as const;
  for (const [one, ports] of [
    [frame(ALL), ["s2:2"]],
    [frame(B), ["s2:2"]],
    [frame(C, 0x88b5n), ["s2:3"]],
    [frame(ALL, 0x88b5n), ["s2:2", "s2:3"]],
  ] as const) {
    const sent = sends(text, places, cables, one);
    t.deepEqual([sent.faults, where(sent).toSorted(), sent.crossed.has("s3")], [[], ports, false]);
  }
});
