/**
 * Lines of other tools, pasted whole: where the same can be said, the fix says it and is accepted; where a line speaks of a
 * host that it does not name, the help does, and is accepted once HOST and SHARE are written; else the help says what a
 * request is. Which packets are held is compared with what each tool's manual says of its line.
 */
import { readFileSync } from "node:fs";
import test from "ava";
import { readRules } from "../../admission/read-rules.ts";
import { decide } from "../../decide.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { parse } from "../parse.ts";

const text = readFileSync(new URL("../../../policies/pane.fml", import.meta.url), "utf8");
const { rules } = readRules({ name: "pane.fml", text });
const PRELUDE =
  "default deny. host_ip(pc, 10.0.0.2). NewShare net0 for (*) [allow = True, deny = True] on rootShare.\n";
const errorsOf = (source: string): readonly Diagnostic[] =>
  decide([{ name: "p.pane", text: source }], { now: 1_764_579_600, load: () => undefined, rules }).diagnostics.filter(
    ({ severity }) => severity === "error",
  );
const onlyFaultOf = (line: string): Diagnostic => {
  const faults = errorsOf(`${PRELUDE}${line}\n`);
  if (faults.length !== 1 || faults[0]!.code !== "E115") throw new Error(`${line}: ${JSON.stringify(faults)}`);
  return faults[0]!;
};

/** Lines of what passes by → the fix. Tools of one family hold packets of that family alone. */
const SAME: Readonly<Record<string, string>> = {
  "iptables -A FORWARD -s 10.0.0.0/8 -p tcp --dport 22 -j DROP":
    "deny(srcHost=10.0.0.0/8, transport=TCP, dstPort=22) on rootShare.",
  "sudo iptables -I FORWARD 3 -d 10.0.0.1 -p udp -m udp --sport 53 -j ACCEPT":
    "allow(dstHost=10.0.0.1, transport=UDP, srcPort=53) on rootShare.",
  "$ iptables -A FORWARD -p tcp -m multiport --dports 80,443 -j ACCEPT":
    "allow(ethType=IPv4, transport=TCP, dstPort={80, 443}) on rootShare.",
  "/sbin/iptables -A FORWARD ! -s 10.0.0.0/8 -p icmp -j REJECT":
    "deny(ethType=IPv4, srcHost!=10.0.0.0/8, transport=ICMP) on rootShare.",
  "ip6tables -A FORWARD -p tcp --dport 1024:2048 -j DROP":
    "deny(ethType=IPv6, transport=TCP, dstPort=1024-2048) on rootShare.",
  "-A FORWARD -s 10.0.0.0/255.255.255.0 -j DROP": "deny(srcHost=10.0.0.0/24) on rootShare.",
  "iptables -P FORWARD DROP": "default deny.",
  "iptables -w -A FORWARD -s 10.0.0.3 -j DROP": "deny(srcHost=10.0.0.3) on rootShare.",
  "ip6tables -t filter -w 5 -v -A FORWARD -p tcp --dport 22 -j DROP":
    "deny(ethType=IPv6, transport=TCP, dstPort=22) on rootShare.",
  "access-list 101 permit tcp any host 10.0.0.1 eq 80":
    "allow(dstHost=10.0.0.1, transport=TCP, dstPort=80) on rootShare.",
  "access-list 101 deny udp 10.1.0.0 0.0.255.255 any range 100 200 log":
    "deny(srcHost=10.1.0.0/16, transport=UDP, dstPort=100-200) on rootShare.",
  "access-list 7 deny 10.0.0.9": "deny(srcHost=10.0.0.9) on rootShare.",
  "access-list OUT extended permit tcp any any eq www": "allow(ethType=IPv4, transport=TCP, dstPort=80) on rootShare.",
  "permit ip any any": "allow(ethType=IPv4) on rootShare.",
  "10 deny tcp any gt 1023 any eq 23":
    "deny(ethType=IPv4, transport=TCP, srcPort=1024-65535, dstPort=23) on rootShare.",
  "nft add rule inet filter forward tcp dport 22 drop": "deny(transport=TCP, dstPort=22) on rootShare.",
  "nft add rule ip filter forward ip saddr 10.0.0.0/8 udp dport { 53, 123 } counter accept":
    "allow(srcHost=10.0.0.0/8, transport=UDP, dstPort={53, 123}) on rootShare.",
  "nft insert rule ip6 filter FORWARD tcp dport != 443 drop":
    "deny(ethType=IPv6, transport=TCP, dstPort!=443) on rootShare.",
  'ovs-ofctl add-flow br0 "priority=100,ip,nw_src=10.0.0.1,actions=drop"': "deny(srcHost=10.0.0.1) on rootShare.",
  "ovs-ofctl -O OpenFlow13 add-flow br0 tcp,tp_dst=80,actions=NORMAL":
    "allow(ethType=IPv4, transport=TCP, dstPort=80) on rootShare.",
  "priority=100,ip,nw_src=10.0.0.1 actions=drop": "deny(srcHost=10.0.0.1) on rootShare.",
  "arp,dl_src=02:00:00:00:00:01 actions=drop": "deny(ethType=ARP, srcEth=02:00:00:00:00:01) on rootShare.",
  "cookie=0x0, duration=1.5s, table=0, n_packets=3, n_bytes=100, idle_age=4, hard_age=9, priority=5,tcp,nw_dst=10.0.0.2,tp_dst=80 actions=drop":
    "deny(dstHost=10.0.0.2, transport=TCP, dstPort=80) on rootShare.",
  "cookie=0x61a2ac48e1b6ebeb,table=0,priority=2,dl_type=0x800,nw_proto=6,nw_dst=10.0.0.4,tcp_dst=23 actions=drop":
    "deny(dstHost=10.0.0.4, transport=TCP, dstPort=23) on rootShare.",
  "table=0,priority=2,dl_type=0x86dd,nw_proto=58 actions=NORMAL": "allow(ethType=IPv6, transport=ICMP) on rootShare.",
  "table=0,priority=2,dl_type=0x806 actions=NORMAL": "allow(ethType=ARP) on rootShare.",
  "block in from any to any port 22": "deny(transport={TCP, UDP}, dstPort=22) on rootShare.",
  "pass in quick inet proto tcp from 10.0.0.0/8 to any port { 80, 443 }":
    "allow(srcHost=10.0.0.0/8, transport=TCP, dstPort={80, 443}) on rootShare.",
  // Neither tool has ARP in view.
  "block all": "deny(ethType={IPv4, IPv6}) on rootShare.",
  "nft add rule inet filter forward drop": "deny(ethType={IPv4, IPv6}) on rootShare.",
  "priority=0,actions=drop": "deny(*) on rootShare.",
  // What is of one family leaves the other out, also where no word of the line says so.
  "nft add rule filter forward tcp dport 22 accept": "allow(ethType=IPv4, transport=TCP, dstPort=22) on rootShare.",
  "nft add rule inet filter forward ip saddr != 10.0.0.0/8 accept":
    "allow(ethType=IPv4, srcHost!=10.0.0.0/8) on rootShare.",
  "nft add rule inet filter forward ip6 daddr != 2001:db8::/32 accept":
    "allow(ethType=IPv6, dstHost!=2001:db8::/32) on rootShare.",
  "pass in proto icmp from any to any": "allow(ethType=IPv4, transport=ICMP) on rootShare.",
  "ip6tables -A FORWARD -p ipv6-icmp -j ACCEPT": "allow(ethType=IPv6, transport=ICMP) on rootShare.",
  "priority=10,icmp6,actions=NORMAL": "allow(ethType=IPv6, transport=ICMP) on rootShare.",
  // Masks are of two kinds, and each list has its own.
  "access-list OUT extended permit ip 10.0.0.0 255.0.0.0 any": "allow(srcHost=10.0.0.0/8) on rootShare.",
  "access-list 101 permit ip 0.0.0.0 255.255.255.255 any": "allow(srcHost=0.0.0.0/0) on rootShare.",
};
for (const [line, meant] of Object.entries(SAME))
  test(`${line} is offered as ${meant}`, (t) => {
    const { fix, help } = onlyFaultOf(line);
    const source = `${PRELUDE}${line}\n`;
    t.is(source.slice(0, fix!.span.start) + fix!.text + source.slice(fix!.span.end), `${PRELUDE}${meant}\n`);
    t.deepEqual(errorsOf(`${PRELUDE.replace("default deny. ", "")}${meant}\n`), []);
    t.is(help, undefined);
  });

/** Lines that speak of the host on which they stand → what is said of the network, where HOST and SHARE are to be written. */
const OWN: Readonly<Record<string, string>> = {
  "iptables -A INPUT -s 10.0.0.0/8 -p tcp --dport 22 -j DROP":
    "deny(srcHost=10.0.0.0/8, dstHost=HOST, transport=TCP, dstPort=22) on SHARE.",
  "iptables -A OUTPUT -d 10.0.0.9 -j REJECT": "deny(srcHost=HOST, dstHost=10.0.0.9) on SHARE.",
  "iptables -P INPUT DROP": "default deny.",
  "nft add rule inet filter input tcp dport 22 drop": "deny(dstHost=HOST, transport=TCP, dstPort=22) on SHARE.",
  "tcp dport { 22, 80 } accept": "allow(dstHost=HOST, transport=TCP, dstPort={22, 80}) on SHARE.",
  "ufw allow 22/tcp": "allow(dstHost=HOST, transport=TCP, dstPort=22) on SHARE.",
  "ufw allow ssh": "allow(dstHost=HOST, transport={TCP, UDP}, dstPort=22) on SHARE.",
  "ufw deny from 10.0.0.0/8 to any port 22 proto tcp":
    "deny(srcHost=10.0.0.0/8, dstHost=HOST, transport=TCP, dstPort=22) on SHARE.",
  "sudo ufw default deny incoming": "default deny.",
  "firewall-cmd --permanent --add-port=22/tcp": "allow(dstHost=HOST, transport=TCP, dstPort=22) on SHARE.",
  "firewall-cmd --add-service=https": "allow(dstHost=HOST, transport=TCP, dstPort=443) on SHARE.",
};
for (const [line, meant] of Object.entries(OWN))
  test(`${line} is told as ${meant}`, (t) => {
    const { fix, help } = onlyFaultOf(line);
    t.is(fix, undefined);
    t.regex(help!, /^it speaks of the host/);
    t.is(/`([^`]*)`$/.exec(help!)![1], meant);
    const source = PRELUDE.replace("default deny. ", "") + meant.replace("HOST", "pc").replace("SHARE", "net0");
    t.deepEqual(errorsOf(source), []);
  });

test("what takes lines of iptables away, and what changes packets, has nothing that says the same", (t) => {
  for (const [line, help] of [
    ["iptables -F", /what is not written does not hold/],
    ["iptables -w -D INPUT -p tcp --dport 22 -j DROP", /what is not written does not hold/],
    ["iptables -t nat -A POSTROUTING -s 10.0.0.3 -j MASQUERADE", /no statement changes packets/],
    ["iptables -w -t mangle -A FORWARD -s 10.0.0.3 -j DROP", /no statement changes packets/],
  ] as const) {
    const told = onlyFaultOf(line);
    t.is(told.fix, undefined);
    t.regex(told.help!, help);
  }
});

test("a host is awaited only where one is to be written", (t) => {
  t.regex(onlyFaultOf("ufw allow 22/tcp").help!, /which is HOST here/);
  t.notRegex(onlyFaultOf("ufw allow from any to 10.0.0.2 port 80").help!, /HOST/);
});

test("a default of one family is no default of ours", (t) => {
  for (const tool of ["iptables", "ip6tables"]) {
    const { fix, help } = onlyFaultOf(`${tool} -P FORWARD ACCEPT`);
    t.is(fix, undefined);
    t.regex(help!, /`default allow\.` lets everything pass/);
  }
});

/** Lines that say more than flows, or what no reader is sure of: nothing is translated. */
const TOLD = [
  "iptables -A FORWARD -i eth0 -j DROP",
  "iptables -A FORWARD -m state --state ESTABLISHED,RELATED -j ACCEPT",
  "iptables -A FORWARD -s example.org -j DROP",
  "iptables -A FORWARD -p tcp --dport 22 -j LOG",
  "iptables -A MYCHAIN -p tcp --dport 22 -j DROP",
  "iptables -A FORWARD -p tcp --dport 99999 -j DROP",
  "access-list 101 permit tcp any any established",
  "ip access-list extended OUT",
  "nft add rule inet filter forward ct state established accept",
  "nft add table inet filter",
  "ovs-ofctl add-flow br0 in_port=1,actions=output:2",
  "ovs-ofctl add-flow br0 ip,nw_ttl=1,actions=drop",
  // A switch passes over a protocol without its type, and 58 over IPv4 is no ICMP.
  "priority=1,nw_proto=6,actions=drop",
  "priority=1,dl_type=0x800,nw_proto=58,actions=drop",
  "priority=1,dl_type=0x86dd,nw_proto=1,actions=drop",
  "priority=1,dl_type=0x88cc,actions=drop",
  "ovs-vsctl add-br br0",
  "ufw enable",
  "firewall-cmd --reload",
  "pass out on em0 proto tcp from any to any port 80",
  // Protocol 1 over IPv6 is no ICMP, and no address is of both families.
  "ip6tables -A FORWARD -p icmp -j ACCEPT",
  "iptables -A FORWARD -p ipv6-icmp -j ACCEPT",
  "iptables -A FORWARD -s 2001:db8::1 -j ACCEPT",
  "ip6tables -A FORWARD -s 10.0.0.1 -j ACCEPT",
  "pass in inet from 2001:db8::1 to any",
  "nft add rule inet filter forward ip6 saddr 10.0.0.1 accept",
  "priority=10,tcp,nw_src=2001:db8::1,actions=NORMAL",
  // Masks of the other kind.
  "iptables -A FORWARD -s 10.0.0.0/0.0.0.255 -j ACCEPT",
  "access-list 101 permit ip 10.0.0.0 255.255.255.0 any",
  "access-list 101 deny ip 0.0.0.0 0.0.0.0 any",
  "access-list OUT extended permit ip 10.0.0.0 0.0.0.255 any",
  // What the tool itself refuses, passes over or writes for something else.
  "iptables -A FORWARD --dport 22 -j ACCEPT",
  "iptables -A FORWARD -p icmp --dport 22 -j ACCEPT",
  "nft add rule inet filter forward tcp sport 1 udp dport 53 accept",
  "priority=10,tp_dst=22,actions=NORMAL",
  "priority=10,nw_dst=10.0.0.1,actions=NORMAL",
  "priority=10,ip,tp_dst=22,actions=NORMAL",
  "priority=10,ip,nw_src=10.0.0.1,ipv6,actions=drop",
  "priority=10,arp,nw_src=10.0.0.1,actions=drop",
  "priority=10,dl_vlan=0xffff,actions=drop",
  "priority=10,in_port=LOCAL,actions=drop",
  "priority=10,tcp,tp_dst=70000,actions=drop",
  "firewall-cmd --add-service=dns",
  "firewall-cmd --add-port=22/tcp --add-port=23/tcp",
] as const;
for (const line of TOLD)
  test(`${line} is told what a request is`, (t) => {
    const { fix, help } = onlyFaultOf(line);
    t.is(fix, undefined);
    t.regex(help!, /a request (?:names its flows and its share|says what may pass)/);
  });

test("lines that follow one another are all told, and mended one by one they are what was meant", (t) => {
  let source = `${PRELUDE}iptables -A FORWARD -s 10.0.0.1 -j DROP\niptables -A FORWARD -s 10.0.0.2 -j ACCEPT\nufw enable\n`;
  const faults = errorsOf(source);
  t.deepEqual(
    faults.map(({ span }) => source.slice(span!.start, span!.end)),
    source.trimEnd().split("\n").slice(1),
  );
  t.regex(faults[0]!.help!, /where the order of lines decides/);
  for (const { fix } of faults.toReversed())
    if (fix !== undefined) source = source.slice(0, fix.span.start) + fix.text + source.slice(fix.span.end);
  t.is(source, `${PRELUDE}deny(srcHost=10.0.0.1) on rootShare.\nallow(srcHost=10.0.0.2) on rootShare.\nufw enable\n`);
});

test("in a policy no request is offered, but a rule shown", (t) => {
  const policy = (rule: string): string => `${PRELUDE}policy p {\n${rule}\n}\n`;
  const [fault] = errorsOf(policy("deny tcp any any eq 23"));
  t.is(fault!.code, "E115");
  t.is(fault!.fix, undefined);
  t.deepEqual(errorsOf(policy(/`(deny[^`]*)`/.exec(fault!.help!)![1]!)), []);
});

test("a network policy of Kubernetes is one fault, whose example is accepted", (t) => {
  const yaml = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: deny-all
spec:
  ingress:
  - from:
    - ipBlock: { cidr: 172.17.0.0/16 }
    ports:
    - protocol: TCP
      port: 6379
`;
  const faults = errorsOf(yaml);
  t.deepEqual(
    faults.map(({ code }) => code),
    ["E115"],
  );
  const request = /`(allow[^`]*)`/.exec(faults[0]!.help!)![1]!;
  t.deepEqual(errorsOf(PRELUDE.replace("default deny. ", "") + request.replace("SHARE", "net0")), []);
});

test("what parses is never taken for such a line, nor is what stands in a comment or behind it", (t) => {
  for (const good of [
    "// iptables -A FORWARD -j DROP\nAddUser Al.",
    "/*\niptables -A FORWARD -j DROP\n*/ AddUser Al.",
    'block(all). kind("NetworkPolicy"). tcp(dport). AddUser ufw.',
  ])
    t.deepEqual(parse({ name: "p.pane", text: good }).diagnostics, [], good);
  const mixed = "/*\niptables -A FORWARD -j DROP\n*/\nAddUser Al\nAddUser Bo.";
  t.deepEqual(
    parse({ name: "p.pane", text: mixed }).diagnostics.map(({ code }) => code),
    ["E101"],
  );
});

test("a line of iptables-save says its family by an address or a protocol alone; else none is chosen", (t) => {
  const told = (line: string): Diagnostic => onlyFaultOf(line);
  t.is(
    told("-A FORWARD -d 2001:db8::1 -p tcp --dport 22 -j DROP").fix!.text,
    "deny(dstHost=2001:db8::1, transport=TCP, dstPort=22) on rootShare.",
  );
  t.is(told("-A FORWARD -p ipv6-icmp -j ACCEPT").fix!.text, "allow(ethType=IPv6, transport=ICMP) on rootShare.");
  for (const [line, family, other] of [
    ["-A FORWARD -p tcp --dport 22 -j DROP", "deny(ethType=IPv4, transport=TCP, dstPort=22) on SHARE.", undefined],
    ["-A FORWARD -j ACCEPT", "allow(ethType=IPv4) on SHARE.", undefined],
  ] as const) {
    const { help, fix } = told(line);
    t.is(fix, undefined, line);
    t.is(help, `it does not say whether it is of IPv4 or IPv6: write \`${family}\`, or \`ethType=IPv6\` there`, other);
    for (const written of [family, family.replace("IPv4", "IPv6")])
      t.deepEqual(errorsOf(PRELUDE + written.replace("SHARE", "net0")), [], written);
  }
  t.regex(told("-A INPUT -p tcp --dport 22 -j DROP").help!, /HOST.*ethType=IPv4.*, or `ethType=IPv6` there$/);
  // A whole file: what stands around its rules is told too, once each.
  const file = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n-A FORWARD -s 10.0.0.1 -j ACCEPT\nCOMMIT\n";
  const faults = errorsOf(PRELUDE + file);
  t.deepEqual([...new Set(faults.map(({ code }) => code))], ["E115"]);
  t.deepEqual(
    faults.flatMap(({ fix }) => (fix ? [fix.text] : [])),
    ["default deny.", "allow(srcHost=10.0.0.1) on rootShare."],
  );
});
