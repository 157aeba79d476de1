/**
 * Sentences as new users write them: each fix that is offered is pasted in and means what its author meant, and where only
 * the author knows, the help has the word of this language and nothing to paste.
 */
import { readFileSync } from "node:fs";
import test from "ava";
import { readRules } from "../../admission/read-rules.ts";
import { decide } from "../../decide.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { renderPretty } from "../../diagnostics/render.ts";

const text = readFileSync(new URL("../../../policies/pane.fml", import.meta.url), "utf8");
const { rules } = readRules({ name: "pane.fml", text });
const PRELUDE = `host_ip(alice_pc, 10.0.0.2). host_ip(bob_pc, 10.0.0.3). user_host("Alice", alice_pc). user_host("Bob", bob_pc).
AddUser Alice. AddUser Bob. staff("Alice").
NewShare net0 for (*) [allow = True, deny = True, reserve <= 100Mb, limit <= 1Gb] on rootShare.
`;
const load = (name: string) => (name === "baseline.fml" ? { name, text: "" } : undefined);
const errorsOf = (source: string): readonly Diagnostic[] =>
  decide([{ name: "p.pane", text: source }], { now: 1_764_579_600, load, rules }).diagnostics.filter(
    ({ severity }) => severity === "error",
  );

/** What is written → what comes of it by the fixes that are offered. */
const MEANT: Readonly<Record<string, string>> = {
  'reject(Q, "no") <= request(Q, _, deny, _).': 'reject(Q, "no") <= request(Q, _, "deny", _).',
  "allow(dstPort=80) on net0 both ways.": "allow(dstPort=80) both ways on net0.",
  "deny(dstPort=80) on net0 to +5min partial both ways.": "deny(dstPort=80) both ways partial on net0 to +5min.",
  "NewShare s for (*) [deny, allow] on net0.": "NewShare s for (*) [deny = True, allow = True] on net0.",
  "NewShare s for (*) [allow = True, deny, reserve <= 1Mb] on net0.":
    "NewShare s for (*) [allow = True, deny = True, reserve <= 1Mb] on net0.",
  "allow(dstPort=80), allow(dstPort=443) on net0.": "allow(dstPort=80) on net0. allow(dstPort=443) on net0.",
  "root: deny(dstPort=80) and deny(srcPort=80), deny(vlan=7) on net0 to +1h.":
    "root: deny(dstPort=80) on net0 to +1h. root: deny(srcPort=80) on net0 to +1h. root: deny(vlan=7) on net0 to +1h.",
  "Grant net0 to Alice, Bob.": "Grant net0 to Alice. Grant net0 to Bob.",
  "Grant net0 to Alice and Bob.": "Grant net0 to Alice. Grant net0 to Bob.",
  "Grant net0 to {Alice, Bob}.": "Grant net0 to Alice. Grant net0 to Bob.",
  "root: Grant net0 to Alice, Bob.": "root: Grant net0 to Alice. root: Grant net0 to Bob.",
  "AddUser Carol, Dave.": "AddUser Carol. AddUser Dave.",
  "label=x deny(dstPort=80) on net0.": "@x deny(dstPort=80) on net0.",
  "deny(dstPort=80) on net0. Cancel deny(dstPort=80) on net0.":
    'deny(dstPort=80) on net0. Cancel "deny(dstPort=80) on net0.".',
  "@x: deny(dstPort=80) on net0.": "@x deny(dstPort=80) on net0.",
  "root: @x deny(dstPort=80) on net0.": "@x root: deny(dstPort=80) on net0.",
  "root deny(dstPort=80) on net0.": "root: deny(dstPort=80) on net0.",
  "-- what is closed\ndeny(dstPort=80) on net0.": "// what is closed\ndeny(dstPort=80) on net0.",
  "; what is closed\ndeny(dstPort=80) on net0.": "// what is closed\ndeny(dstPort=80) on net0.",
  "deny(dstPort=80–90) on net0.": "deny(dstPort=80-90) on net0.",
  "root： deny(dstPort=80) on net0。": "root: deny(dstPort=80) on net0.",
  "deny（dstPort=80） on net0.": "deny(dstPort=80) on net0.",
  "deny(user=“Alice”) on net0.": 'deny(user="Alice") on net0.',
  "deny(user=‘Alice’) on „net0“.": 'deny(user="Alice") on "net0".',
  "AddUser Carol; AddUser Dave;": "AddUser Carol. AddUser Dave.",
  "AddUser Carol.; AddUser Dave;.": "AddUser Carol. AddUser Dave.",
  "default deny;\nAddUser Carol;": "default deny.\nAddUser Carol.",
  "policy p { deny <= dstPort in {80, 443}; allow <= vlan = 8; }":
    "policy p { deny <= dstPort in {80, 443}. allow <= vlan = 8. }",
  "policy p { deny <= vlan = 7; };": "policy p { deny <= vlan = 7. }",
  "switch(s1, 1). switch(s2, 2). link(s1:9, s2:1, 1.5Gb).": "switch(s1, 1). switch(s2, 2). link(s1, 9, s2, 1, 1.5Gb).",
  "switch(s1, 1). port_rate(s1:1, 10Mbit/s).": "switch(s1, 1). port_rate(s1, 1, 10Mbit/s).",
  "default drop.": "default deny.",
  "default block.": "default deny.",
  "default accept.": "default allow.",
  "default permit.": "default allow.",
  "default pass.": "default allow.",
  "default: deny.": "default deny.",
  "default = deny.": "default deny.",
  "default policy drop.": "default deny.",
  "default deny all.": "default deny.",
  "policy p { deny <= dstPort == 80. }": "policy p { deny <= dstPort = 80. }",
  "policy p { deny <= dstPort = 80 && transport = TCP. }": "policy p { deny <= dstPort = 80, transport = tcp. }",
  "policy p { deny <= dstPort = 80 || dstPort = 81. }": "policy p { deny <= dstPort = 80 or dstPort = 81. }",
  "policy p { deny <= dstPort == 80 && (vlan == 7 || vlan == 8). }":
    "policy p { deny <= dstPort = 80, (vlan = 7 or vlan = 8). }",
  "policy p { deny <= dstPort = 80 AND transport = TCP. }": "policy p { deny <= dstPort = 80 and transport = tcp. }",
  "policy p { deny <= transport(UDP), direction = Request. }":
    "policy p { deny <= transport(udp), direction = request. }",
  "policy p { deny <= tcp, dstPort = 80. }": "policy p { deny <= transport(tcp), dstPort = 80. }",
  "policy p { deny <= ICMP. }": "policy p { deny <= transport(icmp). }",
  "policy p { deny <= arp. }": "policy p { deny <= ethType(arp). }",
  "deny(tcp, dstPort=80) on net0.": "deny(transport=TCP, dstPort=80) on net0.",
  "deny(udp) on net0.": "deny(transport=UDP) on net0.",
  "deny(arp) on net0.": "deny(ethType=ARP) on net0.",
  "policy p { deny <= vlan <> 80. }": "policy p { deny <= vlan != 80. }",
  'b("x && y"). policy p { deny <= srcUser(U), b(U) && dstPort = 80. }':
    'b("x && y"). policy p { deny <= srcUser(U), b(U), dstPort = 80. }',
  "policy p { if dstPort = 80 then deny. }": "policy p { deny <= dstPort = 80. }",
  "policy p { if dstPort = 80 drop. }": "policy p { deny <= dstPort = 80. }",
  "policy p { when dstPort = 80: allow. }": "policy p { allow <= dstPort = 80. }",
  "policy p { @web if dstPort = 80 then limit(1Mb). }": "policy p { @web limit(1Mb) <= dstPort = 80. }",
  "limit 1Mb (dstPort=80) on net0.": "limit(dstPort=80) = 1Mb on net0.",
  "reserve 5 Mb for (dstPort=80) on net0.": "reserve(dstPort=80) = 5Mb on net0.",
  "limit(dstPort=80) to 1Mb on net0.": "limit(dstPort=80) = 1Mb on net0.",
  "limit(dstPort=80) 1Mb on net0 to +1h.": "limit(dstPort=80) = 1Mb on net0 to +1h.",
  "limit(dstPort=80, 1Mb) on net0.": "limit(dstPort=80) = 1Mb on net0.",
  "police(dstPort=80) = 1Mb on net0.": "limit(dstPort=80) = 1Mb on net0.",
  "let web = (dstPort=80).": "flowgroup web = (dstPort=80).",
  "web = (dstPort=80).": "flowgroup web = (dstPort=80).",
  "flowgroup web (dstPort=80).": "flowgroup web = (dstPort=80).",
  "flowgroup web := (dstPort=80).": "flowgroup web = (dstPort=80).",
  "flowgroup web = dstPort=80.": "flowgroup web = (dstPort=80).",
  "flowgroup web = {dstPort=80}.": "flowgroup web = (dstPort=80).",
  "group guests = {Alice, Bob}.": 'guests("Alice"). guests("Bob").',
  "bad = {10.0.0.2, 10.0.0.3}.": "bad(10.0.0.2). bad(10.0.0.3).",
  "user Carol.": "AddUser Carol.",
  "DelUser Alice.": "RemoveUser Alice.",
  'import "baseline.fml".': 'include "baseline.fml".',
  "deny(tcp dport 80) on net0.": "deny(transport=TCP, dstPort=80) on net0.",
  "deny(ip saddr 10.0.0.2) on net0.": "deny(srcHost=10.0.0.2) on net0.",
  "deny(ip.src == 10.0.0.2) on net0.": "deny(srcHost=10.0.0.2) on net0.",
  "deny(tcp.dstport == 80) on net0.": "deny(transport=TCP, dstPort=80) on net0.",
  "deny(dstPort eq 80) on net0.": "deny(dstPort=80) on net0.",
  "deny(dstPort ne 80) on net0.": "deny(dstPort!=80) on net0.",
  "deny(dstPort <> 80) on net0.": "deny(dstPort!=80) on net0.",
  "deny(dstPort range 80 90) on net0.": "deny(dstPort=80-90) on net0.",
  "deny(dstPort gt 1023) on net0.": "deny(dstPort=1024-65535) on net0.",
  "deny(dstPort lt 1024, vlan=7) on net0.": "deny(dstPort=0-1023, vlan=7) on net0.",
  "deny(dstPort=<1024) on net0.": "deny(dstPort=0-1023) on net0.",
  "deny(srcHost=10.0.0.2|10.0.0.3) on net0.": "deny(srcHost={10.0.0.2, 10.0.0.3}) on net0.",
  "deny(dstPort=80) to +2h on net0.": "deny(dstPort=80) on net0 to +2h.",
  "reserve(user=Alice) = 5Mb strict from now to +2h on net0.":
    "reserve(user=Alice) = 5Mb strict on net0 from now to +2h.",
  "root: deny(dstPort=80) on net0 to +2h from now.": "root: deny(dstPort=80) on net0 from now to +2h.",
  "NewShare a on net0 for (user=Alice) [deny = True].": "NewShare a for (user=Alice) [deny = True] on net0.",
  "NewShare a for (user=Alice) [deny = True; allow = True] on net0.":
    "NewShare a for (user=Alice) [deny = True, allow = True] on net0.",
  "switch(s1, 1). host_at(alice_pc, s1, 1). host_at(bob_pc, s1, 2). waypoint(dstPort=80) = alice_pc; bob_pc on rootShare.":
    "switch(s1, 1). host_at(alice_pc, s1, 1). host_at(bob_pc, s1, 2). waypoint(dstPort=80) = alice_pc, bob_pc on rootShare.",
  "policy p { deny <= dstPort in {80; 443}. }": "policy p { deny <= dstPort in {80, 443}. }",
  "policy p { deny <= dstPort = 80. }.": "policy p { deny <= dstPort = 80. }",
  "policy p { allow <= *. }": "policy p { allow. }",
  "flowgroup web = (dstPort=80). deny(user=Alice and web) on net0.":
    "flowgroup web = (dstPort=80). deny(user=Alice, web) on net0.",
  "flowgroup web = (dstPort=80). deny((user=Alice) and web) on net0.":
    "flowgroup web = (dstPort=80). deny((user=Alice) and (web)) on net0.",
  "include baseline.fml.": 'include "baseline.fml".',
  "'deny'(dstPort=80) on net0.": "deny(dstPort=80) on net0.",
  "root: “deny”(dstPort=80) on net0.": "root: deny(dstPort=80) on net0.",
  "deny(dstPort=80) on share net0.": "deny(dstPort=80) on net0.",
  'deny(dstPort=80) on "net0" share to +1h.': 'deny(dstPort=80) on "net0" to +1h.',
  "begin transaction. deny(dstPort=80) on net0. commit.": "begin. deny(dstPort=80) on net0. commit.",
  "NewShare a for (user=Alice) {deny = True} on net0.": "NewShare a for (user=Alice) [deny = True] on net0.",
  "set default deny.": "default deny.",
  "True -> deny(dstPort=80) on net0.": "deny(dstPort=80) on net0.",
};

for (const [written, meant] of Object.entries(MEANT))
  test(`${written} is offered as ${meant}`, (t) => {
    let source = PRELUDE + written;
    for (let turn = 0; turn < 3; turn++) {
      const fix = errorsOf(source).find((one) => one.fix !== undefined)?.fix;
      if (fix === undefined) break;
      source = source.slice(0, fix.span.start) + fix.text + source.slice(fix.span.end);
    }
    t.is(source, PRELUDE + meant);
    t.deepEqual(
      errorsOf(source).map((one) => renderPretty(one)),
      [],
    );
  });

/** What is written → what its help says, with nothing to paste. */
const TOLD: Readonly<Record<string, RegExp>> = {
  "deny(dstPort=22) on net0 except Alice.": /behind the flows, and before the share: `\(…\) except \(…\) on SHARE\.`/,
  "deny(dstPort=22) on net0 except (vlan=7).": /`\(…\) except \(vlan=7\) on SHARE\.`/,
  "deny(dstPort=22) everywhere.": /all of the network is `on rootShare`/,
  "AddUser Carol password=secret.": /no more than a name: `AddUser Carol\.`; .* `token Carol\.`/,
  "policy p on share net0 priority 10 { deny. }": /`cascade FIRST > SECOND\.` .* `policy NAME ordered`/,
  "deny(dstPort={}) on net0.": /a set has one value at least/,
  "deny(srcEth=02:00:00:*:*:*) on net0.": /a range: `02:00:00:00:00:00-02:00:00:ff:ff:ff`/,
  "alias web2 = 10.0.0.2.": /a host is named by a fact: `host_ip\(web2, 10\.0\.0\.2\)\.`/,
  "deny(dstPort=80) on net0 until 18:00.": /behind `to`, as `to \+8h` or `to 2030-12-24T18:00:00Z`/,
  "@x Grant net0 to Alice, Bob.": /`Grant` names one; write a statement for each/,
  "Grant net0 Alice.": /the share stands first: `Grant SHARE to USER\.`/,
  "Revoke Alice net0.": /the share stands first: `Revoke SHARE from USER\.`/,
  "if dstPort = 80 then deny.": /`policy NAME \{ deny <= dstPort = 80\. \}`/,
  "policy p { if dstPort = 80 then allow else deny. }": /a rule has its verdict first/,
  'policy p { deny unless srcUser("Alice"). }': /what must not hold behind `not`/,
  "policy p { permit tcp. }": /`allow <= CONDITION, CONDITION\.`/,
  "Remove base.": /`RemoveUser` takes a user away, `RemoveShare` a share, `Cancel` a request/,
  "redirect(dstPort=80) = s1 on net0.": /`waypoint\(…\) = NODE on SHARE\.`/,
  "mirror(dstPort=80) = s1 on net0.": /no statement copies packets/,
  "host_ip(web.example.com, 10.0.0.9).": /names with dots are quoted: `"web\.example\.com"`/,
  "AddHost pc.": /`host_ip\(HOST, ADDRESS\)\.`/,
  "show requests.": /`glazier query`/,
  "policy p { deny <= http. }": /a service is told by its port: `dstPort = 80`/,
  "deny(http) on net0.": /a service is told by its port: `dstPort=80`/,
  "deny(any) on net0.": /all flows are `\(\*\)`/,
  'policy p { deny <= "Alice". }': /`Alice` is a user: write `srcUser\("Alice"\)`/,
  "policy p { allow <= srcHost in servers. }": /for the members of a relation write `srcHost\(V\), servers\(V\)`/,
  'policy p { allow <= dstPort in "80,443". }': /several values stand in braces, .*: `\{80, 443\}`/,
  'deny(srcHost="10.0.0.2, 10.0.0.3") on net0.': /several values stand in braces, .*: `\{10\.0\.0\.2, 10\.0\.0\.3\}`/,
  "policy p { allow <= dstPort in web_ports. }": /for the members of a relation write `dstPort\(V\), web_ports\(V\)`/,
  "deny(user=10.0.0.2) on net0.": /an address is of a host: `srcHost`/,
  "AddUser Mia Meyer.": /a name with blanks stands in quotes: `AddUser "Mia Meyer"\.`/,
  "NewShare a for (user=Alice) deny on net0.": /`NewShare SHARE for \(FLOWS\) \[PRIVILEGES\] on SHARE\.`/,
  'policy p { allow <= srcUser("Alice") dstPort = 80. }': /conditions stand between commas, or between `or`/,
  "policy p { limit = 2Mb <= dstPort = 80. }": /`limit\(RATE\) <= …`/,
  "waypoint(dstPort=80) = 10.0.0.2 on rootShare.": /a node is named: .*`host_ip\(NAME, 10\.0\.0\.2\)\.`/,
  "waypoint(user=Alice, web) on rootShare.": /`waypoint\(FLOWS\) = NODE on SHARE\.`/,
  "police(dstPort=80) 5 on net0.": /what `police` says elsewhere is `limit` here/,
  "deny(dstPort=80) on net0. Delete deny(dstPort=80) on net0.": /`Cancel "deny\(dstPort=80\) on net0\."\.`/,
  "@allow ssh deny(dstPort=80) on net0.": /in quotes: `@"allow ssh"`; who speaks stands before a colon: `ssh:`/,
  '"allow ssh" deny(dstPort=80) on net0.': /behind `@`: `@"allow ssh"`; who speaks .*: `"allow ssh":`/,
  "rules:\n  - action: deny": /no YAML or JSON/,
  '{"rules": 1}': /no YAML or JSON/,
  "deny from alice to bob on net0.": /flows in parentheses: `deny\(srcHost=ADDRESS, dstHost=ADDRESS\) on SHARE\.`/,
  "---\ndefault: deny": /no YAML or JSON/,
  "learn(table=1)": /actions of flow tables are not written/,
  "policy p { 1. deny <= dstPort = 80. }": /a rule has no number/,
  "policy p { 1: deny <= dstPort = 80. }": /a rule has no number/,
  "policy p { deny(*). }": /has no conditions: `deny\.`/,
  "flowgroup web2 = (transport=TCP, dstPort=80 or dstPort=443).": /several values .*: `dstPort=\{80, 443\}`/,
  "limit(dstHost=10.0.0.2) = 100 packets on net0.": /no statement counts packets/,
  "rate(dstHost=10.0.0.2) = 10Mb on net0.": /`limit\(FLOWS\) = RATE on SHARE\.`/,
  "deny(dstPort=1024+) on net0.": /`dstPort=1024-65535`/,
  "AddUser 10.0.0.5.": /`user_host\(USER, HOST\)\.`/,
  "@10 deny(dstHost=10.0.0.2) on net0.": /`@"10"`/,
  '@ssh, "note" deny(dstHost=10.0.0.2) on net0.': /its note stands without a comma/,
  "deny(dstPort=80) on net0 priority 10.": /no request has a priority/,
  "limit(dstHost=10.0.0.2) = 10 MB/s on net0.": /a number of bits in a second: `10Mb`/,
  "limit(dstHost=10.0.0.2) = 10Mbit per second on net0.": /a number of bits in a second: `10Mb`/,
  "Grant deny on net0 to Alice.": /`Grant net0 to Alice\.`/,
  "policy p ordered { 10 deny <= dstPort = 22. }": /a rule has no number/,
  // A colon, quotes and `=` alone would lead to the next error.
  "Alice deny <= dstPort = 80.": /take `Alice` out: no speaker stands before a rule/,
  "policy p { Alice limit(2Mb) <= dstPort = 80. }": /take `Alice` out: no speaker stands before a rule/,
  "include alice_pc.": /a path stands in quotes, as `include "baseline\.fml"`/,
  "NewShare s for (*) [deny <= X] on net0.": /`deny =`, and behind it `True` or `False`/,
  "NewShare s for (*) [allow, deny deny=True] on net0.": /a privilege is stated with its value, as `allow = True`/,
  "priority=100,tcp,tp_dst=80,actions=resubmit(,2)": /an entry of a flow table/,
};
for (const [written, help] of Object.entries(TOLD))
  test(`${written} has a help`, (t) => {
    const [fault] = errorsOf(PRELUDE + written);
    t.regex(renderPretty(fault!), help);
    t.is(fault!.fix, undefined);
  });

/** What is written → what its help quotes, which parses in its place and means what was meant. */
const QUOTED: Readonly<Record<string, string>> = {
  "deny from 10.0.0.3 to 10.0.0.2 on net0.": "deny(srcHost=10.0.0.3, dstHost=10.0.0.2) on net0.",
  "deny 10.0.0.0/8 to any on net0.": "deny(srcHost=10.0.0.0/8) on net0.",
  "@a deny on net0.": "deny(*) on net0.",
  "AddUser alice@example.com.": 'AddUser "alice@example.com".',
  "deny(dstPort=80) on net0 expires +1h.": "deny(dstPort=80) on net0 to +1h.",
  "deny(dstPort=80) on net0 lasting 1h.": "deny(dstPort=80) on net0 to +1h.",
  "deny(dstPort=80) on net0 after 1h.": "deny(dstPort=80) on net0 from +1h.",
  "deny(dstPort=80) on net0, both ways.": "deny(dstPort=80) both ways on net0.",
  "both ways deny(dstPort=80) on net0.": "deny(dstPort=80) both ways on net0.",
  "GrantDefault net0 to Alice.": "Grant net0 to Alice.",
  "policy p { limit(dstHost=10.0.0.2, transport=TCP) = 10Mb. }":
    "policy p { limit(10Mb) <= dstHost = 10.0.0.2, transport = tcp. }",
  "policy p { deny(srcHost=10.0.0.0/8, dstPort={80, 443}) on net0. }":
    "policy p { deny <= srcHost in 10.0.0.0/8, dstPort in {80, 443}. }",
  "policy p { deny(ethType=IPv4, srcHost!=10.0.0.2). }": "policy p { deny <= ethType = ipv4, srcHost != 10.0.0.2. }",
  "policy p { allow(srcPort=1-9, dstPort!=80). }": "policy p { allow <= srcPort in 1-9, dstPort != 80. }",
  "deny(dstHost=http://10.0.0.2) on net0.": "dstHost=10.0.0.2, transport=TCP, dstPort=80",
  "deny(dstHost=tcp://10.0.0.2:8080/) on net0.": "dstHost=10.0.0.2, transport=TCP, dstPort=8080",
  "deny(dstHost=http://10.0.0.2, dstPort=81) on net0.": "dstHost=10.0.0.2",
  "$HOME_NET = 10.0.0.0/9.": "flowgroup home_net = (dstHost=10.0.0.0/9).",
  "deny(inPort=eth0) on net0.": "inPort=1",
};
for (const [written, meant] of Object.entries(QUOTED))
  test(`${written} is told \`${meant}\``, (t) => {
    const [fault] = errorsOf(PRELUDE + written);
    t.is(fault!.fix, undefined);
    const isTerm = /^\w+=/.test(meant);
    const rule = /^policy p \{ (.*) \}$/.exec(meant)?.[1];
    t.true(fault!.help!.includes(`\`${rule ?? meant}\``), fault!.help);
    t.deepEqual(errorsOf(PRELUDE + (isTerm ? `deny(${meant}) on net0.` : meant)), []);
  });

test("where a name may mean another thing in a rule, no rule is written for a request", (t) => {
  for (const written of [
    "deny(user=Alice).",
    "deny(srcHost!={10.0.0.1, 10.0.0.2}).",
    "deny(dstPort=80) on net0 to +1h.",
  ])
    t.regex(errorsOf(`${PRELUDE}policy p { ${written} }`)[0]!.help!, /as `deny <= srcHost = 10\.0\.0\.1\.`/, written);
});

test("both ways is told where it is written alone", (t) => {
  t.notRegex(errorsOf(`${PRELUDE}allow(dstPort=80x) on net0.`)[0]!.help ?? "", /both ways/);
});

test("what is said of `if` in a file, signs of other languages and sizes of ports in it, parses and means what was meant", (t) => {
  for (const [written, meant] of [
    ["if (srcHost == 10.0.0.3 && dstPort > 22) deny.", "deny <= (srcHost = 10.0.0.3, dstPort in 23-65535)."],
    ["if srcHost == 10.0.0.3 || dstPort <= 22 then allow.", "allow <= srcHost = 10.0.0.3 or dstPort in 0-22."],
    ["if (user == Bob || srcHost == 10.0.0.3) deny.", 'deny <= (user = "Bob" or srcHost = 10.0.0.3).'],
    ["if user == Alice then allow.", 'allow <= user = "Alice".'],
    ["if user != Alice && transport == TCP then deny.", 'deny <= user != "Alice", transport = tcp.'],
    ["if srcUser in {Alice, Bob} then deny.", 'deny <= srcUser in {"Alice", "Bob"}.'],
    ["if staff(U) && srcUser == U then deny.", "deny <= staff(U), srcUser = U."],
    ["when dstPort>=1024 && dstPort<2000: drop.", "deny <= dstPort in 1024-65535, dstPort in 0-1999."],
  ] as const) {
    const { help } = errorsOf(PRELUDE + written)[0]!;
    const policy = /`(policy [^`]*)`/.exec(help!)![1]!;
    t.is(policy, `policy NAME { ${meant} }`);
    t.deepEqual(errorsOf(`${PRELUDE}${policy}`), []);
  }
});

test("no word is offered in whose place the sentence has the same fault", (t) => {
  // `except` was offered for `accept`, `policy` for `police`.
  for (const written of ["deny(*) accept on net0.", "polize(dstPort=80) = 5 on net0.", "flowgroup a accept (*)."])
    t.is(errorsOf(PRELUDE + written)[0]!.fix, undefined, written);
});

test("a relation's name where a user is named is said to be one, and no user of that name is advised", (t) => {
  const told = (written: string): string =>
    decide([{ name: "p.pane", text: PRELUDE + written }], { now: 1_764_579_600, load, rules })
      .diagnostics.map((one) => renderPretty(one))
      .join("");
  for (const written of ["policy p { allow <= srcUser in staff. }", "policy p { allow <= srcUser = staff. }"]) {
    const words = told(written);
    t.regex(words, /W265[^]*`staff` is a relation, which is asked by `srcUser\(V\), staff\(V\)`/, written);
    t.notRegex(words, /AddUser staff/, written);
  }
  t.regex(told("deny(user=staff) on net0."), /which the rules of a policy ask: `… <= srcUser\(V\), staff\(V\)`/);
  t.deepEqual(
    errorsOf(`${PRELUDE}policy p { allow <= srcUser(V), staff(V). }`).map((one) => renderPretty(one)),
    [],
  );
  t.regex(told("policy p { allow <= srcUser in alise. }"), /did you mean `Alice`/);
  t.regex(
    told("policy p { allow <= srcUser in guests. }"),
    /for the members of a relation write `srcUser\(V\), guests\(V\)`/,
  );
});

test("a semicolon where a full stop belongs is one error, not two", (t) => {
  for (const [source, count] of [
    ["AddUser Carol;", 1],
    ["AddUser Carol ;\nAddUser Dave;\n", 2],
    ["default deny; deny(dstPort=80) on net0;", 2],
    ["policy p { deny <= vlan = 7; allow <= vlan = 8; }", 2],
    ["policy p { deny <= vlan = 7. };", 1],
  ] as const)
    t.deepEqual(
      errorsOf(PRELUDE + source).map(({ code }) => code),
      Array.from({ length: count }, () => "E103"),
      source,
    );
});

test("facts of the network with too few terms are told their form, with what is known filled in", (t) => {
  const helpOf = (source: string): string | undefined => errorsOf(source)[0]!.help;
  const link = "the form is `link(SWITCH, PORT, SWITCH, PORT, RATE)`";
  t.is(helpOf("link(s1:9, s2:1)."), `${link}: here \`link(s1, 9, s2, 1, RATE)\`, with a rate such as \`1Gb\``);
  t.is(helpOf("link(s1, s2, 1Gb)."), link);
  t.is(helpOf("switch(s2)."), "the form is `switch(SWITCH, DATAPATH)`");
});
