/**
 * Hosts that are not told apart by what they share, where flows are steered. An address or a MAC that facts state for hosts at several
 * ports, or for hosts of different users where statements tell users apart, shows of none whose a packet is: what a statement steers
 * from or to it is dropped, and told. At a port of nobody's host and a user's the port tells what shows no address.
 */
import test from "ava";
import { NOW, RULES } from "../../admission/testing/networks.ts";
import { decide, tablesAt } from "../../compile.ts";
import { send, type Judged } from "../../semantics/frame-judge.ts";

interface Sent {
  readonly codes: readonly string[];
  /** Of W821. */
  readonly help: string;
  readonly witness: string;
  /** The messages of N868. */
  readonly notes: readonly string[];
  /** Sends UDP over IPv4, or an ARP reply, or another type of frame, from a port, with the MACs 00:00:00:00:00:0N and the addresses 10.0.0.N of these numbers. */
  readonly frame: (
    at: string,
    macs: readonly [number, number],
    ips: readonly [number, number],
    type?: bigint,
  ) => Judged;
}

function network(text: string): Sent {
  const policy = decide([{ name: "test.pane", text }], { now: NOW, load: () => undefined, rules: RULES });
  const { tables, diagnostics } = tablesAt(policy, NOW, { target: "ovs" });
  const { hosts, links } = policy.model.directory;
  const plugged = new Map(
    [...hosts.values()].map(({ name, macs, addresses, at }) => [
      `${at!.switch}:${at!.port}`,
      // A host whose MAC no fact states has one all the same.
      { name, mac: BigInt(macs[0] ?? 0x99), ip: addresses[0] && BigInt(addresses[0].value), isMiddlebox: false },
    ]),
  );
  const cables = links.flatMap(({ from: a, fromPort, to: b, toPort }) => [
    [`${a}:${fromPort}`, `${b}:${toPort}`] as const,
    [`${b}:${toPort}`, `${a}:${fromPort}`] as const,
  ]);
  const dropped = diagnostics.find(({ code }) => code === "W821");
  return {
    codes: [...new Set([...policy.diagnostics, ...diagnostics].map(({ code }) => code))].toSorted(),
    help: dropped?.help ?? "",
    witness: dropped?.witness ?? "",
    notes: diagnostics.flatMap(({ code, message }) => (code === "N868" ? [message] : [])),
    frame: (at, macs, [from, to], type = 0x0800n) => {
      const fields = new Map([
        ["eth_src", BigInt(macs[0])],
        ["eth_dst", BigInt(macs[1])],
        ["eth_type", type],
      ]);
      const ip = (host: number): bigint => 0x0a000000n + BigInt(host);
      if (type === 0x0800n) {
        fields.set("ipv4_src", ip(from)).set("ipv4_dst", ip(to));
        fields.set("ip_proto", 17n).set("ip_dscp", 0n).set("udp_src", 4000n).set("udp_dst", 53n);
      }
      if (type === 0x0806n) {
        fields.set("arp_op", 2n).set("arp_spa", ip(from)).set("arp_tpa", ip(to));
        fields.set("arp_sha", BigInt(macs[0])).set("arp_tha", BigInt(macs[1]));
      }
      return send({ tables, cables: new Map(cables), plugged }, fields, at);
    },
  };
}

const arrived = ({ arrivals }: Judged): readonly string[] => arrivals.map(({ at }) => at);

const BARE = `default allow.
@q3 waypoint((srcHost=h2) except (dstAP=s6:1)) = h2, s4 on rootShare.
switch(s4, 4). switch(s5, 5). switch(s6, 6).
link(s4, 12, s5, 12, 1Gb). link(s5, 13, s6, 11, 1Gb).
host_at(h2, s6, 1). host_mac(h2, 00:00:00:00:00:03). host_ip(h2, 10.0.0.5).
host_at(h3, s6, 2). host_mac(h3, 00:00:00:00:00:04). host_ip(h3, 10.0.0.4).
host_at(h4, s4, 1). host_ip(h4, 10.0.0.5).`;

test("what shows a shared address and no stated MAC is dropped where a statement leads it, and no file is refused", (t) => {
  const { codes, frame } = network(BARE);
  t.false(codes.some((code) => code.startsWith("E")));
  t.true(codes.includes("W269") && codes.includes("W821"), codes.join(" "));
  t.deepEqual(arrived(frame("s4:1", [0x99, 4], [5, 4])), [], "led to s4 and h2, which nothing behind shows");
  t.deepEqual(
    arrived(frame("s4:1", [0x99, 3], [5, 5])),
    [],
    "nor does a port that the statement leaves out bring it back",
  );
  t.deepEqual(arrived(frame("s6:1", [3, 4], [5, 4])), [], "the address tells nobody, whatever the MAC");
  t.deepEqual(arrived(frame("s6:2", [4, 3], [4, 5])), ["s6:1"], "no statement holds what is for it");
});

const STATED = `default allow.
@q1 waypoint(srcAP=s2:1) = s5, h2 on rootShare.
@q2 waypoint((transport=TCP, dstPort=80) except (dstAP=s6:1)) = s3 on rootShare.
@q3 waypoint((srcHost=h2) except (dstAP=s6:1)) = h2, s4 on rootShare.
switch(s2, 2). switch(s3, 3). switch(s4, 4). switch(s5, 5). switch(s6, 6).
link(s2, 11, s3, 10, 1Gb). link(s3, 11, s4, 10, 1Gb). link(s4, 11, s5, 10, 1Gb). link(s5, 11, s6, 10, 1Gb).
link(s4, 12, s5, 12, 1Gb). link(s5, 13, s6, 11, 1Gb).
host_at(h1, s2, 1). host_mac(h1, 00:00:00:00:00:02). host_ip(h1, 10.0.0.2).
host_at(h2, s6, 1). host_mac(h2, 00:00:00:00:00:03). host_ip(h2, 10.0.0.3). host_ip(h2, 10.0.0.5).
host_at(h3, s6, 2). host_mac(h3, 00:00:00:00:00:04). host_ip(h3, 10.0.0.4).
host_at(h4, s4, 1). host_mac(h4, 00:00:00:00:00:05). host_ip(h4, 10.0.0.5).`;

test("what shows an address of several hosts is dropped where a statement holds it, and their other addresses are led", (t) => {
  const { codes, frame } = network(STATED);
  t.true(codes.includes("W269") && codes.includes("W821") && codes.includes("N868"), codes.join(" "));
  const led = frame("s6:1", [3, 4], [3, 4]);
  t.deepEqual([arrived(led), led.faults, led.crossed.has("s4")], [["s6:2"], [], true]);
  for (const [at, mac] of [
    ["s6:1", 3],
    ["s4:1", 5],
  ] as const)
    t.deepEqual(arrived(frame(at, [mac, 4], [5, 4])), [], at);
});

const ENDS = `default allow.
@q waypoint(dstHost=10.0.0.9) = s2 on rootShare.
switch(s1, 1). switch(s2, 2). switch(s3, 3).
link(s1, 11, s2, 12, 1Gb). link(s2, 11, s3, 12, 1Gb).
host_at(h1, s1, 1). host_mac(h1, 00:00:00:00:00:01). host_ip(h1, 10.0.0.1).
host_at(h2, s2, 1). host_mac(h2, 00:00:00:00:00:02). host_ip(h2, 10.0.0.9).
host_at(h3, s3, 1). host_mac(h3, 00:00:00:00:00:03). host_ip(h3, 10.0.0.9).`;

const BARE_END = ENDS.replace(" host_mac(h3, 00:00:00:00:00:03).", "");

test("what is steered to or from an address of several hosts is dropped, whatever its MACs", (t) => {
  for (const [text, macs] of [
    [ENDS, [2, 3, 0x99]],
    [BARE_END, [2, 0x99]],
  ] as const) {
    const { codes, help, frame } = network(text);
    t.deepEqual(codes, ["W269", "W821"]);
    t.regex(
      help,
      /^`host_ip\(h2, 10\.0\.0\.9\)`, `host_ip\(h3, 10\.0\.0\.9\)` state it of several hosts, .*: give each its own/,
    );
    for (const mac of macs) t.deepEqual(arrived(frame("s1:1", [1, mac], [1, 9])), [], `to ${mac}`);
  }
  const { frame } = network(BARE_END);
  const back = frame("s2:1", [2, 1], [9, 1]);
  t.deepEqual(arrived(back), ["s1:1"], "what no statement holds");
  const led = (flows: string): Sent => network(BARE_END.replace("dstHost=10.0.0.9", flows));
  // By ports, users and what else may be of such an address, in both directions and beside what is left out.
  const [to, from] = [
    ["*", "srcAP=s1:1", "dstAP=s2:1", "dstHost=h3", "(*) except (dstAP=s2:1)", "(*) except (srcAP=s1:1)"],
    ["*", "srcAP=s2:1", "srcAP=s3:1", "dstAP=s1:1", "srcHost=h2"],
  ];
  for (const flows of to!) t.deepEqual(arrived(led(flows).frame("s1:1", [1, 2], [1, 9])), [], flows);
  for (const flows of from!) {
    const sent = led(flows);
    const isHeld = (at: string): boolean => !flows.startsWith("srcAP") || flows.endsWith(at);
    t.deepEqual(arrived(sent.frame("s2:1", [2, 1], [9, 1])), isHeld("s2:1") ? [] : ["s1:1"], flows);
    t.deepEqual(arrived(sent.frame("s3:1", [0x99, 1], [9, 1])), isHeld("s3:1") ? [] : ["s1:1"], flows);
  }
});

const OF_NOBODY = `default allow. AddUser ann.
@q2 avoid((user=unknown) except (dstAP=s1:2)) = s1 on rootShare.
switch(s1, 1).
host_at(h1, s1, 3). host_ip(h1, 10.0.0.2).
host_at(h2, s1, 2). host_mac(h2, 00:00:00:00:00:03). host_ip(h2, 10.0.0.3). user_host(ann, h2).
host_at(h3, s1, 3). host_mac(h3, 00:00:00:00:00:04). host_ip(h3, 10.0.0.9). user_host(ann, h3).`;

test("what nobody's host sends to a port that the statement leaves out arrives, though it shows no address", (t) => {
  const { frame } = network(OF_NOBODY);
  for (const type of [0x88b5n, 0x0806n]) t.deepEqual(arrived(frame("s1:3", [0x99, 3], [2, 3], type)), ["s1:2"]);
  t.deepEqual(arrived(frame("s1:3", [0x99, 0x98], [2, 8], 0x88b5n)), [], "what it does not leave out has no path");
});

const HOSTS = `switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 10, 1Gb).
host_at(h2, s1, 2). host_mac(h2, 00:00:00:00:00:03). host_ip(h2, 10.0.0.9).
host_at(h3, s1, 3). host_mac(h3, 00:00:00:00:00:04). host_ip(h3, 10.0.0.4). user_host(ann, h3).
host_at(h4, s1, 4). host_mac(h4, 00:00:00:00:00:05). host_ip(h4, 10.0.0.4). user_host(ann, h4).
host_at(h5, s1, 5). host_mac(h5, 00:00:00:00:00:06). host_ip(h5, 10.0.0.6).
host_at(ids, s2, 1). host_mac(ids, 00:00:00:00:00:07). host_ip(ids, 10.0.0.7).`;
const ONE_SWITCH = HOSTS.replace(/switch\(s2.*1Gb\)\./, "").replace("s2, 1)", "s1, 1)");

test("what goes to an address of several hosts is dropped with any MAC where a statement holds it, and passes where none does", (t) => {
  for (const hosts of [HOSTS, ONE_SWITCH])
    for (const flows of ["dstHost=10.0.0.4", "dstUser=ann", "*", "(*) except (dstAP=s1:5)", "srcAP=s1:2"]) {
      const { codes, frame } = network(`default allow. AddUser ann.
@q1 waypoint(${flows}) = ids on rootShare. @q2 waypoint(srcHost=h2) = h5 on rootShare. ${hosts}`);
      t.false(codes.some((code) => code.startsWith("E")));
      // Of its hosts, of a router elsewhere, of nobody, of a group.
      for (const mac of [4, 5, 6, 0x99, 0x01_00_00_00_00_01])
        t.deepEqual(arrived(frame("s1:2", [3, mac], [9, 4])), [], `${flows}: to ${mac}`);
    }
  const { frame } = network(`default allow. @q1 waypoint(dstHost=h5) = ids on rootShare. ${HOSTS}`);
  for (const [mac, at] of [
    [4, "s1:3"],
    [6, "s1:5"],
  ] as const)
    t.deepEqual(arrived(frame("s1:2", [3, mac], [9, 4])), [at], "what no statement holds");
});

/** Statements with hosts of which two at two ports have one MAC: the tables of each contradicted each other, or circled. */
const TWINS = {
  "the waypoint of a user has the user's MAC": `AddUser eve.
@q waypoint(dstUser=eve) = h1 on rootShare. switch(s1, 1).
host_at(h1, s1, 1). host_mac(h1, 00:00:00:00:00:41).
host_at(h2, s1, 2). host_mac(h2, 00:00:00:00:00:41). host_ip(h2, 2001:db8::3). user_host(eve, h2).`,
  "an avoid by nobody": `AddUser ann.
@q avoid((dstUser=unknown) except (srcAP=s3:1)) = s1 on rootShare.
switch(s1, 1). switch(s3, 3). link(s1, 11, s3, 10, 1Gb).
host_at(h1, s3, 1). host_mac(h1, 00:00:00:00:00:02). host_mac(h1, 00:00:00:00:00:41). host_ip(h1, 10.0.0.2). user_host(ann, h1).
host_at(h2, s1, 1). host_mac(h2, 00:00:00:00:00:41).`,
  "two boxes of one MAC": `@q waypoint(ethType={IPv4, IPv6, ARP}) = h1, h3 both ways on rootShare.
switch(s1, 1). switch(s2, 2).
host_at(h1, s1, 1). host_mac(h1, 00:00:00:00:00:04).
host_at(h3, s1, 2). host_mac(h3, 00:00:00:00:00:04).`,
};

test("no file is refused for a MAC of two hosts at two ports, and what has one is no waypoint by it", (t) => {
  for (const [name, text] of Object.entries(TWINS)) {
    const { codes } = network(`default allow. ${text}`);
    t.false(
      codes.some((code) => code.startsWith("E")),
      `${name}: ${codes.join(" ")}`,
    );
    t.true(codes.includes("W269") && (codes.includes("W750") || codes.includes("W821")), `${name}: ${codes.join(" ")}`);
  }
});

const TWIN = `default allow.
@q waypoint(dstHost=h3) = ids on rootShare. @r waypoint(dstEth=00:00:00:00:00:41) = ids on rootShare.
switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 10, 1Gb).
host_at(h1, s1, 1). host_mac(h1, 00:00:00:00:00:01). host_mac(h1, 00:00:00:00:00:41). host_ip(h1, 10.0.0.1).
host_at(h2, s2, 2). host_mac(h2, 00:00:00:00:00:02). host_mac(h2, 00:00:00:00:00:41). host_ip(h2, 10.0.0.2).
host_at(h3, s1, 3). host_mac(h3, 00:00:00:00:00:03). host_ip(h3, 10.0.0.3).
host_at(ids, s2, 1). host_mac(ids, 00:00:00:00:00:07). host_ip(ids, 10.0.0.7).`;

test("what shows a MAC of hosts at several ports is dropped where a statement holds it, and their own MACs are led", (t) => {
  const { codes, frame } = network(TWIN);
  t.true(codes.includes("W821"), codes.join(" "));
  t.deepEqual(arrived(frame("s1:1", [0x41, 3], [1, 3])), [], "from it");
  t.deepEqual(arrived(frame("s1:3", [3, 0x41], [3, 1])), [], "to it");
  t.deepEqual(arrived(frame("s1:1", [1, 3], [1, 3])), ["s2:1"], "with its own");
  t.deepEqual(arrived(frame("s1:1", [0x41, 2], [1, 2])), ["s2:2"], "what no statement holds");
});

const WIRES = `default allow.
@q1 waypoint(transport=TCP, dstPort=80) = h2, h1 on rootShare.
switch(s1, 1).
host_at(h1, s1, 1). host_mac(h1, 00:00:00:00:00:01). host_mac(h1, 00:00:00:00:00:41). host_ip(h1, 10.0.0.1).
host_at(h2, s1, 2). host_mac(h2, 00:00:00:00:00:02). host_mac(h2, 00:00:00:00:00:41). host_ip(h2, 10.0.0.2).
host_at(h3, s1, 3). host_mac(h3, 00:00:00:00:00:03). host_ip(h3, 10.0.0.3).`;

test("no waypoint sends with a MAC of hosts at other ports, so no broadcast goes to and fro between two of one MAC", (t) => {
  const { frame } = network(WIRES);
  for (const at of ["s1:1", "s1:2"]) t.deepEqual(arrived(frame(at, [0x41, 0xffff_ffff_ffff], [1, 3], 0x88b5n)), []);
});

/** One MAC of a user's host and of nobody's at one port. */
const ONE_PORT = `default allow. AddUser ann.
switch(s1, 1). switch(s2, 2). switch(s3, 3). link(s1, 20, s2, 21, 1Gb). link(s2, 22, s3, 23, 1Gb).
host_at(h1, s3, 1). host_mac(h1, 00:00:00:00:00:41). host_ip(h1, 10.0.0.1). user_host(ann, h1).
host_at(h2, s3, 1). host_mac(h2, 00:00:00:00:00:41). host_ip(h2, 10.0.0.2).
host_at(h3, s3, 1). host_ip(h3, 10.0.0.3).
host_at(h4, s2, 1). host_mac(h4, 00:00:00:00:00:04). host_ip(h4, 10.0.0.4).`;

test("where statements tell users apart, a MAC of a user's host and another's at one port tells nobody, and passes no waypoint by", (t) => {
  const byUser = network(`${ONE_PORT}
@q0 waypoint((user=ann) except (dstAP=s2:1)) = s2 on rootShare. @q1 waypoint(transport=UDP) = s1 on rootShare.`);
  t.true(byUser.codes.includes("W821") && !byUser.codes.some((code) => code.startsWith("E")), byUser.codes.join(" "));
  for (const ip of [1, 2]) t.deepEqual(arrived(byUser.frame("s3:1", [0x41, 4], [ip, 4])), [], `from ${ip}`);
  const of = network(`${ONE_PORT} @q waypoint(user=unknown) = s1 on rootShare.`);
  for (const type of [0x0800n, 0x88b5n])
    t.deepEqual(arrived(of.frame("s3:1", [0x41, 4], [2, 4], type)), [], `type ${type}`);
  // Nobody's host there without a MAC may have any but that one.
  t.true(of.frame("s3:1", [0x99, 4], [3, 4]).crossed.has("s1"));
  const past = of.frame("s3:1", [0x99, 4], [3, 4], 0x88b5n);
  t.true(arrived(past).length === 0 || past.crossed.has("s1"));
  // Where none does, its hosts are names of one machine.
  const open = network(`${ONE_PORT} @q waypoint(transport=UDP) = s1 on rootShare.`);
  for (const ip of [1, 2]) {
    const { crossed, arrivals } = open.frame("s3:1", [0x41, 4], [ip, 4]);
    t.deepEqual([crossed.has("s1"), arrivals.map(({ at }) => at)], [true, ["s2:1"]]);
  }
});

test("to an address of a user's host and of another's a statement about the user lets nothing pass, with either MAC", (t) => {
  const { codes, frame } = network(`default allow. AddUser ann.
@q waypoint(dstUser=ann) = s3 on rootShare. switch(s1, 1). switch(s2, 2). switch(s3, 3).
link(s1, 20, s2, 21, 1Gb). link(s2, 22, s3, 23, 1Gb).
host_at(h1, s2, 1). host_mac(h1, 00:00:00:00:00:01). host_ip(h1, 10.0.0.1).
host_at(h2, s2, 2). host_mac(h2, 00:00:00:00:00:02). host_ip(h2, 10.0.0.9). user_host(ann, h2).
host_at(h3, s1, 1). host_mac(h3, 00:00:00:00:00:03). host_ip(h3, 10.0.0.9).`);
  t.true(codes.includes("W269") && codes.includes("W821"), codes.join(" "));
  for (const mac of [2, 3]) t.deepEqual(arrived(frame("s2:1", [1, mac], [1, 9])), [], `to ${mac}`);
});

const ANYCAST = `default allow. AddUser ann.
switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 10, 1Gb).
host_at(h1, s2, 1). host_mac(h1, 00:00:00:00:00:02). host_ip(h1, 10.0.0.2).
host_at(h2, s1, 4). host_mac(h2, 00:00:00:00:00:05). host_ip(h2, 10.0.0.3). host_ip(h2, 10.0.0.53). user_host(ann, h2).
host_at(h3, s1, 3). host_mac(h3, 00:00:00:00:00:06). host_ip(h3, 10.0.0.8). host_ip(h3, 10.0.0.53).
host_at(box, s1, 5). host_mac(box, 00:00:00:00:00:07). host_ip(box, 10.0.0.7).`;

test("what a statement by user does not hold goes on from an address that its user has, too, and what it holds of both is dropped", (t) => {
  for (const steers of ["waypoint(user=ann) = box", "avoid(user=ann) = s2"]) {
    const { help, frame } = network(`${ANYCAST} @q0 ${steers} on rootShare.`);
    t.regex(help, /host_ip\(h2, 10\.0\.0\.53\)/);
    t.deepEqual(arrived(frame("s1:3", [6, 2], [53, 2])), ["s2:1"], `${steers}: no statement holds it`);
    t.deepEqual(arrived(frame("s1:4", [5, 2], [53, 2])), [], `${steers}: ann's`);
    t.deepEqual(arrived(frame("s1:4", [5, 6], [3, 53])), [], `${steers}: to it`);
    t.deepEqual(arrived(frame("s1:3", [6, 5], [53, 53])), ["s1:4"], `${steers}: from h3 to it`);
  }
  const { frame } = network(`${ANYCAST} @q0 waypoint(user!=ann) = box on rootShare.`);
  const avoided = network(`${ANYCAST} @q0 avoid(user!=ann) = s2 on rootShare.`);
  t.deepEqual(arrived(avoided.frame("s1:4", [5, 2], [53, 2])), ["s2:1"], "ann's past no avoid");
  t.deepEqual(arrived(frame("s1:4", [5, 2], [53, 2])), ["s2:1"], "ann's are not held");
  t.deepEqual(arrived(frame("s1:4", [5, 6], [53, 53])), ["s1:3"], "not to it, either");
  t.deepEqual(arrived(frame("s1:3", [6, 2], [53, 2])), [], "nobody's");
  t.deepEqual(arrived(frame("s2:1", [2, 6], [2, 53])), [], "nobody's to it");
});

test("what a statement by user does not hold goes on with a MAC that its user's host has, too", (t) => {
  const hosts = `switch(s1, 1). host_at(h1, s1, 1). host_mac(h1, 00:00:00:00:00:02). host_ip(h1, 10.0.0.2).
host_at(h2, s1, 4). host_mac(h2, 00:00:00:00:00:05). host_ip(h2, 10.0.0.3). user_host(ann, h2).
host_at(h3, s1, 3). host_mac(h3, 00:00:00:00:00:05). host_ip(h3, 10.0.0.8).
host_at(box, s1, 5). host_mac(box, 00:00:00:00:00:07). host_ip(box, 10.0.0.7).`;
  for (const flows of ["user=ann", "user!=unknown"]) {
    const { witness, frame } = network(
      `default allow. AddUser ann. @q0 waypoint(${flows}) = box on rootShare. ${hosts}`,
    );
    t.regex(witness, /^user=ann, .*srcAP=s1:4/);
    for (const type of [0x0800n, 0x0806n, 0x88b5n]) {
      t.deepEqual(arrived(frame("s1:3", [5, 2], [8, 2], type)), ["s1:1"], flows);
      t.deepEqual(arrived(frame("s1:4", [5, 2], [3, 2], type)), [], flows);
    }
  }
});

test("what is sent beside a waypoint that can be none, from an address of several hosts, is dropped and told", (t) => {
  const { notes, frame } = network(`default allow. @q waypoint(dstHost=h1) = h2 on rootShare.
switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 10, 1Gb).
host_at(h1, s1, 1). host_mac(h1, 00:00:00:00:00:02). host_ip(h1, 10.0.0.2).
host_at(h2, s2, 2). host_mac(h2, 00:00:00:00:00:03). host_ip(h2, 10.0.0.3).
host_at(h3, s2, 2). host_mac(h3, 00:00:00:00:00:04). host_ip(h3, 10.0.0.4). host_ip(h3, 10.0.0.9).
host_at(h4, s1, 2). host_mac(h4, 00:00:00:00:00:05). host_ip(h4, 10.0.0.4).
host_at(h5, s1, 3). host_mac(h5, 00:00:00:00:00:06). host_ip(h5, 10.0.0.6).`);
  t.deepEqual(arrived(frame("s2:2", [4, 6], [4, 6])), []);
  t.deepEqual(arrived(frame("s2:2", [4, 6], [9, 6])), ["s1:3"]);
  t.deepEqual(arrived(frame("s1:2", [5, 6], [4, 6])), ["s1:3"], "the other stands at no waypoint's port");
  t.is(notes.length, 1);
  t.regex(notes[0]!, /is dropped, whoever it is for: from `h3`$/);
});

test("too many drops of what several hosts share refuse the statements, and the refusal names facts", (t) => {
  const names = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);
  const switches = names(60).map((i) => `switch(s${i}, ${i + 1}).`);
  const hosts = names(200).map(
    (i) => `host_at(h${i}, s${i % 60}, ${i + 1}). host_ip(h${i}, 10.0.0.${1 + 2 * Math.floor(i / 2)}).`,
  );
  const ways = names(9).map((i) => `@q${i} waypoint(transport=TCP, dstPort=${i}) = s0 on rootShare.`);
  const text = ["default allow.", ...switches, ...hosts, ...ways].join("\n");
  const policy = decide([{ name: "test.pane", text }], { now: NOW, load: () => undefined, rules: RULES });
  const refused = tablesAt(policy, NOW, { target: "ovs" }).diagnostics.find(({ code }) => code === "E845");
  t.regex(
    refused?.help ?? "",
    /^`host_ip\(h0, 10\.0\.0\.1\)`, `host_ip\(h1, 10\.0\.0\.1\)` state it of several hosts, .* as it is with 99 more: give each its own$/,
  );
});
