/** Lines as tcpdump 4.99 prints them, and their fields in the language. */
import test from "ava";
import { readArp, readTcpdump } from "./tcpdump.ts";

/** The fields of a line; undefined where it is none of tcpdump's, or is refused. */
const fieldsOf = (line: string): string | undefined => {
  const read = readTcpdump(line);
  return read?.ok ? read.value : undefined;
};

const lines: Readonly<Record<string, readonly [line: string, words: string]>> = {
  "a TCP segment": [
    "12:00:01.123456 IP 10.0.0.3.40000 > 10.0.0.2.22: Flags [S], seq 1, win 64240, options [mss 1460], length 0",
    "srcHost=10.0.0.3, dstHost=10.0.0.2, transport=TCP, srcPort=40000, dstPort=22",
  ],
  "a TCP segment with an interface and a service name": [
    "12:00:01.123456 eth0  In  IP 10.0.0.3.40000 > 10.0.0.2.ssh: Flags [.], ack 1, length 0",
    "srcHost=10.0.0.3, dstHost=10.0.0.2, transport=TCP, srcPort=40000, dstPort=22",
  ],
  "an echo request": [
    "IP 10.0.0.3 > 10.0.0.2: ICMP echo request, id 1, seq 1, length 64",
    "srcHost=10.0.0.3, dstHost=10.0.0.2, transport=ICMP, icmpType=8, icmpCode=0",
  ],
  "an echo reply with its link-level header": [
    "12:00:01.1 00:00:00:00:00:03 > 00:00:00:00:00:02, ethertype IPv4 (0x0800), length 98: 10.0.0.3 > 10.0.0.2: ICMP echo reply, id 1, seq 1, length 64",
    "srcEth=00:00:00:00:00:03, dstEth=00:00:00:00:00:02, srcHost=10.0.0.3, dstHost=10.0.0.2, transport=ICMP, icmpType=0, icmpCode=0",
  ],
  "a tagged datagram": [
    "00:00:00:00:00:03 > 00:00:00:00:00:02, ethertype 802.1Q (0x8100), length 78: vlan 10, p 0, ethertype IPv4 (0x0800), 10.0.0.3.40000 > 10.0.0.2.53: 1+ A? x. (19)",
    "srcEth=00:00:00:00:00:03, dstEth=00:00:00:00:00:02, vlan=10, srcHost=10.0.0.3, dstHost=10.0.0.2, transport=UDP, srcPort=40000, dstPort=53",
  ],
  "an IPv6 datagram": [
    "IP6 fe80::1.546 > ff02::1:2.547: dhcp6 solicit",
    "srcHost=fe80::1, dstHost=ff02::1:2, transport=UDP, srcPort=546, dstPort=547",
  ],
  "neighbour discovery": [
    "IP6 fe80::1 > ff02::1:ff00:2: ICMP6, neighbor solicitation, who has fe80::2, length 32",
    "srcHost=fe80::1, dstHost=ff02::1:ff00:2, transport=ICMP, icmpType=135, icmpCode=0",
  ],
  "address resolution": ["ARP, Request who-has 10.0.0.2 tell 10.0.0.3, length 28", "ethType=0x0806"],
  "broadcast address resolution": [
    "00:00:00:00:00:03 > Broadcast, ethertype ARP (0x0806), length 42: Request who-has 10.0.0.2 tell 10.0.0.3, length 28",
    "srcEth=00:00:00:00:00:03, dstEth=ff:ff:ff:ff:ff:ff, ethType=0x0806",
  ],
};

for (const [title, [line, words]] of Object.entries(lines))
  test(`tcpdump's line of ${title} is read as fields`, (t) => t.is(fieldsOf(line), words));

test("fields of the language are not read as a line of tcpdump", (t) => {
  t.is(readTcpdump("srcEth=00:00:00:00:00:07, ethType=ARP"), undefined);
  t.is(readTcpdump("web, srcEth=00:00:00:00:00:07, ethType=ARP"), undefined);
});

test("the class of service is read, and of ARP the sender and the address that is asked for", (t) => {
  t.is(
    fieldsOf(
      "IP (tos 0xb8, ttl 64, id 1, offset 0, flags [DF], proto UDP (17), length 40) 10.0.0.3.4 > 10.0.0.2.53: UDP, length 12",
    ),
    "srcHost=10.0.0.3, dstHost=10.0.0.2, transport=UDP, srcPort=4, dstPort=53, dscp=46",
  );
  const ip = (value: number) => ({ family: 4, value: 0x0a000000 + value }) as const;
  t.deepEqual(readArp("ARP, Request who-has 10.0.0.2 tell 10.0.0.3, length 28"), { from: ip(3), to: ip(2) });
  t.deepEqual(readArp("ARP, Reply 10.0.0.2 is-at 00:00:00:00:00:02, length 28"), { from: ip(2), to: undefined });
  t.is(readArp("IP 10.0.0.3 > 10.0.0.2: ICMP echo request"), undefined);
});

test("a line of a fragment is read as one, with no more fields than switches read", (t) => {
  const line =
    "IP (tos 0x0, ttl 64, id 1, offset 1480, flags [none], proto UDP (17), length 40) 10.0.0.3 > 10.0.0.2: udp";
  t.is(fieldsOf(line), "srcHost=10.0.0.3, dstHost=10.0.0.2, transport=17, dscp=0, fragment=later");
  const first =
    "IP (tos 0x0, ttl 64, id 1, offset 0, flags [+], proto UDP (17), length 1500) 10.0.0.3.7 > 10.0.0.2.53: UDP, length 3000";
  t.is(fieldsOf(first), "srcHost=10.0.0.3, dstHost=10.0.0.2, transport=UDP, dscp=0, fragment=first");
  const [from, to] = ["2001:db8::3", "2001:db8::2"];
  t.is(fieldsOf(`IP6 ${from} > ${to}: frag (1448|600)`), `srcHost=${from}, dstHost=${to}, fragment=later`);
  const six = `srcHost=${from}, dstHost=${to}, transport=UDP, fragment=first`;
  t.is(fieldsOf(`IP6 ${from}.7 > ${to}.53: frag (0x00000007:0|1448) UDP, length 3000`), six);
});

test("other text is not read as a line of tcpdump", (t) => {
  t.is(readTcpdump("srcHost=10.0.0.3, dstPort=22"), undefined);
  t.is(readTcpdump("IP host.example.40000 > 10.0.0.2.22: Flags [S]"), undefined);
  t.is(readTcpdump("IP 10.0.0.3.40000 > 10.0.0.2.unknownservice: Flags [S]"), undefined);
});
