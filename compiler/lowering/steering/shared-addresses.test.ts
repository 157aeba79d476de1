/**
 * Hosts that are not told apart by what they share, where flows are steered. Of an address that facts state for hosts at several ports
 * it does not show whose a packet is: a stated MAC does; what shows the address and comes from a host without one is dropped
 * where a statement leads it, and told. At a port of nobody's host and a user's the port tells what shows no address.
 */
import test from "ava";
import { NOW, RULES } from "../../admission/testing/networks.ts";
import { decide, tablesAt } from "../../compile.ts";
import { send, type Judged } from "../../semantics/frame-judge.ts";

interface Sent {
  readonly codes: readonly string[];
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
  return {
    codes: [...new Set([...policy.diagnostics, ...diagnostics].map(({ code }) => code))].toSorted(),
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
  t.deepEqual(arrived(frame("s4:1", [0x99, 3], [5, 5])), ["s6:1"], "the statement leaves it out");
  const led = frame("s6:1", [3, 4], [5, 4]);
  t.deepEqual(arrived(led), ["s6:2"], "its MAC tells");
  t.true(led.crossed.has("s4"), "by way of s4");
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

test("of hosts that share an address their stated MACs tell who sends, beside their other addresses too", (t) => {
  const { codes, frame } = network(STATED);
  t.false(codes.some((code) => code.startsWith("E")));
  const led = frame("s6:1", [3, 4], [3, 4]);
  t.deepEqual([arrived(led), led.faults, led.crossed.has("s4")], [["s6:2"], [], true]);
  // With its own MAC the box may have forwarded what h4 sent to it.
  t.true(codes.includes("N867"));
  t.deepEqual(arrived(frame("s6:1", [3, 4], [5, 4])), []);
  const others = frame("s4:1", [5, 4], [5, 4]);
  t.deepEqual([arrived(others), others.faults], [["s6:1"], []], "it comes to the box first");
});

const ENDS = `default allow.
@q waypoint(dstHost=10.0.0.9) = s2 on rootShare.
switch(s1, 1). switch(s2, 2). switch(s3, 3).
link(s1, 11, s2, 12, 1Gb). link(s2, 11, s3, 12, 1Gb).
host_at(h1, s1, 1). host_mac(h1, 00:00:00:00:00:01). host_ip(h1, 10.0.0.1).
host_at(h2, s2, 1). host_mac(h2, 00:00:00:00:00:02). host_ip(h2, 10.0.0.9).
host_at(h3, s3, 1). host_mac(h3, 00:00:00:00:00:03). host_ip(h3, 10.0.0.9).`;

test("what is for a shared address comes to the host whose MAC it has", (t) => {
  const { frame } = network(ENDS);
  t.deepEqual(arrived(frame("s1:1", [1, 2], [1, 9])), ["s2:1"]);
  t.deepEqual(arrived(frame("s1:1", [1, 3], [1, 9])), ["s3:1"]);
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
