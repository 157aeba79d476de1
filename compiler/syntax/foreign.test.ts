/**
 * What operators write who come from other firewalls and switches: what is offered parses, decides, and means what its
 * author meant. Each fix is pasted back by its place in the text.
 */
import { readFileSync } from "node:fs";
import test from "ava";
import { readRules } from "../admission/read-rules.ts";
import { decide } from "../decide.ts";
import { renderPretty } from "../diagnostics/render.ts";

const text = readFileSync(new URL("../../policies/pane.fml", import.meta.url), "utf8");
const { rules } = readRules({ name: "pane.fml", text });
const PRELUDE = `default allow.
host_ip(alice_pc, 10.0.0.2). host_ip(bob_pc, 10.0.0.3). user_host("Alice", alice_pc). user_host("Bob", bob_pc).
switch(s1, 1). switch(s2, 2). link(s1, 9, s2, 9, 1Gb). host_at(alice_pc, s1, 1). host_at(bob_pc, s2, 1).
NewShare net0 for (*) [allow = True, deny = True, reserve <= 100Mb, limit <= 1Gb, waypoint = {s1, s2}] on rootShare.
`;

const diagnosticsOf = (source: string): ReturnType<typeof decide>["diagnostics"] =>
  decide([{ name: "p.pane", text: source }], { now: 1_764_579_600, load: () => undefined, rules }).diagnostics;
const errorsOf = (source: string): ReturnType<typeof diagnosticsOf> =>
  diagnosticsOf(source).filter(({ severity }) => severity === "error");

/** What is written → what comes out where the offered fix is pasted in, again where another fault is behind it. */
const FIXED: Readonly<Record<string, string>> = {
  "allow(dstPort=80) || (dstPort=443) on net0.": "allow(dstPort=80) or (dstPort=443) on net0.",
  "allow(dstPort=80) && (srcPort=443) on net0.": "allow(dstPort=80) and (srcPort=443) on net0.",
  "waypoint(dstHost=bob_pc) both ways = s1, s2 on net0.": "waypoint(dstHost=bob_pc) = s1, s2 both ways on net0.",
  "limit(dstPort=80) partial = 5Mb on net0.": "limit(dstPort=80) = 5Mb partial on net0.",
  "NewShare s for (*) [allow = True, waypoint = s1, s2] on net0.":
    "NewShare s for (*) [allow = True, waypoint = {s1, s2}] on net0.",
  "NewShare s for (*) [waypoint = s1 s2, allow = True] on net0.":
    "NewShare s for (*) [waypoint = {s1, s2}, allow = True] on net0.",
  "drop(srcHost=10.0.0.2) on net0.": "deny(srcHost=10.0.0.2) on net0.",
  "block(srcHost=10.0.0.2) on net0.": "deny(srcHost=10.0.0.2) on net0.",
  "reject(srcHost=10.0.0.2) on net0.": "deny(srcHost=10.0.0.2) on net0.",
  "DENY(srcHost=10.0.0.2) on net0.": "deny(srcHost=10.0.0.2) on net0.",
  "permit(srcHost=10.0.0.2) on net0.": "allow(srcHost=10.0.0.2) on net0.",
  "accept(srcHost=10.0.0.2) on net0.": "allow(srcHost=10.0.0.2) on net0.",
  "root: drop(srcHost=10.0.0.2) on net0.": "root: deny(srcHost=10.0.0.2) on net0.",
  "limit(srcHost=10.0.0.2) <= 5Mb on net0.": "limit(srcHost=10.0.0.2) = 5Mb on net0.",
  "limit(srcHost=10.0.0.2) < 5Mb on net0.": "limit(srcHost=10.0.0.2) = 5Mb on net0.",
  "limit(*) <= 5Mb on net0.": "limit(*) = 5Mb on net0.",
  "reserve(srcHost=10.0.0.2) >= 5Mb on net0.": "reserve(srcHost=10.0.0.2) = 5Mb on net0.",
  "deny(dstPort=[80,443]) on net0.": "deny(dstPort={80,443}) on net0.",
  "deny(dstPort=(80,443)) on net0.": "deny(dstPort={80,443}) on net0.",
  "deny(dstPort=80,443) on net0.": "deny(dstPort={80,443}) on net0.",
  "deny(dstPort=80, 443, 8080, srcPort=7) on net0.": "deny(dstPort={80, 443, 8080}, srcPort=7) on net0.",
  "deny(dstPort=80:443) on net0.": "deny(dstPort=80-443) on net0.",
  "deny(dstPort={22, 80:443}) on net0.": "deny(dstPort={22, 80-443}) on net0.",
  "deny(dstPort=1024:) on net0.": "deny(dstPort=1024-65535) on net0.",
  "deny(dstPort=1024-) on net0.": "deny(dstPort=1024-65535) on net0.",
  "deny(dstPort=:1024) on net0.": "deny(dstPort=0-1024) on net0.",
  "deny(dstPort>1024) on net0.": "deny(dstPort=1025-65535) on net0.",
  "deny(dstPort>=1024) on net0.": "deny(dstPort=1024-65535) on net0.",
  "deny(dstPort<1024) on net0.": "deny(dstPort=0-1023) on net0.",
  "deny(dstPort in {80}) on net0.": "deny(dstPort={80}) on net0.",
  "deny(dstPort not in {80}) on net0.": "deny(dstPort!={80}) on net0.",
  "deny(srcHost=10.0.0.*) on net0.": "deny(srcHost=10.0.0.0/24) on net0.",
  "deny(srcHost=10.0.*.*, dstPort=80) on net0.": "deny(srcHost=10.0.0.0/16, dstPort=80) on net0.",
  "deny(srcHost=10.*) on net0.": "deny(srcHost=10.0.0.0/8) on net0.",
  "deny(srcHost=10.0.0.0/255.255.255.0) on net0.": "deny(srcHost=10.0.0.0/24) on net0.",
  "deny(srcHost=10.0.0.0/0.0.0.255) on net0.": "deny(srcHost=10.0.0.0/24) on net0.",
  "deny(srcHost=10.0.0.0 255.255.255.0) on net0.": "deny(srcHost=10.0.0.0/24) on net0.",
  "deny(srcHost=10.0.0.0 0.0.0.255) on net0.": "deny(srcHost=10.0.0.0/24) on net0.",
  "deny(srcEth=aa-bb-cc-dd-ee-ff) on net0.": "deny(srcEth=aa:bb:cc:dd:ee:ff) on net0.",
  "deny(srcEth=00-11-22-33-44-55) on net0.": "deny(srcEth=00:11:22:33:44:55) on net0.",
  "deny(srcEth=00-1a-2b-3c-4d-5e) on net0.": "deny(srcEth=00:1a:2b:3c:4d:5e) on net0.",
  "deny(srcEth=aabb.ccdd.eeff) on net0.": "deny(srcEth=aa:bb:cc:dd:ee:ff) on net0.",
  "deny(srcEth=0011.2233.4455) on net0.": "deny(srcEth=00:11:22:33:44:55) on net0.",
  "deny(srcEth=0a1b.2c3d.4e5f) on net0.": "deny(srcEth=0a:1b:2c:3d:4e:5f) on net0.",
  "deny(srcEth=aabbccddeeff) on net0.": "deny(srcEth=aa:bb:cc:dd:ee:ff) on net0.",
  "deny(srcEth=001122334455) on net0.": "deny(srcEth=00:11:22:33:44:55) on net0.",
  "deny(srcEth=0a1b2c3d4e5f) on net0.": "deny(srcEth=0a:1b:2c:3d:4e:5f) on net0.",
  "host_mac(alice_pc, 00-11-22-33-44-55).": "host_mac(alice_pc, 00:11:22:33:44:55).",
  "host_mac(alice_pc, aabb.ccdd.eeff).": "host_mac(alice_pc, aa:bb:cc:dd:ee:ff).",
  "host_mac(alice_pc, aa-bb-cc-dd-ee-ff).": "host_mac(alice_pc, aa:bb:cc:dd:ee:ff).",
  "deny all on net0.": "deny (*) on net0.",
  "deny(!srcHost=10.0.0.2) on net0.": "deny(srcHost!=10.0.0.2) on net0.",
  "deny(not srcHost=10.0.0.2) on net0.": "deny(srcHost!=10.0.0.2) on net0.",
  "deny(srcHost=!10.0.0.2) on net0.": "deny(srcHost!=10.0.0.2) on net0.",
  "deny(srcHost==10.0.0.2) on net0.": "deny(srcHost=10.0.0.2) on net0.",
  "deny(srcHost:10.0.0.2) on net0.": "deny(srcHost=10.0.0.2) on net0.",
  "deny(srcHost 10.0.0.2) on net0.": "deny(srcHost=10.0.0.2) on net0.",
  "deny(srcHost=10.0.0.2:80) on net0.": "deny(srcHost=10.0.0.2, srcPort=80) on net0.",
  "deny(srcHost=10.0.0.2; dstPort=80) on net0.": "deny(srcHost=10.0.0.2, dstPort=80) on net0.",
  "deny(srcHost=10.0.0.2 and dstPort=80) on net0.": "deny(srcHost=10.0.0.2, dstPort=80) on net0.",
  "deny(srcHost=10.0.0.2 && dstPort=80) on net0.": "deny(srcHost=10.0.0.2, dstPort=80) on net0.",
  "deny(srcHost=10.0.0.2 or srcHost=10.0.0.3) on net0.": "deny(srcHost=10.0.0.2) or (srcHost=10.0.0.3) on net0.",
  "deny(*) on net0;": "deny(*) on net0.",
  "deny(*) in net0.": "deny(*) on net0.",
  "deny(*) on net0 until +5min.": "deny(*) on net0 to +5min.",
  "deny(*) on net0 for 5min.": "deny(*) on net0 to +5min.",
  "deny(*) bidirectional on net0.": "deny(*) both ways on net0.",
  "waypoint(srcHost=10.0.0.2) = [s1, s2] on net0.": "waypoint(srcHost=10.0.0.2) = s1, s2 on net0.",
  "deny(srcIP=10.0.0.2) on net0.": "deny(srcHost=10.0.0.2) on net0.",
  "deny(saddr=10.0.0.2, dport=80) on net0.": "deny(srcHost=10.0.0.2, dstPort=80) on net0.",
  "deny(proto=tcp) on net0.": "deny(transport=tcp) on net0.",
  "deny(dl_src=00:11:22:33:44:55) on net0.": "deny(srcEth=00:11:22:33:44:55) on net0.",
  "deny(transport=TCP, dstPort=https) on net0.": "deny(transport=TCP, dstPort=443) on net0.",
  'deny(transport=TCP, dstPort="80") on net0.': "deny(transport=TCP, dstPort=80) on net0.",
  "deny(dscp=EF) on net0.": "deny(dscp=46) on net0.",
  "deny(dscp=af31) on net0.": "deny(dscp=26) on net0.",
  "deny(vlan=untagged) on net0.": "deny(vlan=none) on net0.",
  "deny(srcAP=S1:3) on net0.": "deny(srcAP=s1:3) on net0.",
  'deny(srcAP="S1:3") on net0.': 'deny(srcAP="s1:3") on net0.',
  "deny(srcAP={s1:1, S2:3}) on net0.": "deny(srcAP={s1:1, s2:3}) on net0.",
  "deny(srcHost=fe80::1%eth0) on net0.": "deny(srcHost=fe80::1) on net0.",
  "host_ip(alice_pc, fe80::1%eth0).": "host_ip(alice_pc, fe80::1).",
  "deny(srcHost=10.0.0.1) on net0 log.": "deny(srcHost=10.0.0.1) on net0.",
  "waypoint(*) = s1, s2 in net0.": "waypoint(*) = s1, s2 on net0.",
  "waypoint(*) = s1 -> s2 on net0.": "waypoint(*) = s1 , s2 on net0.",
  "waypoint(*) = s1 > s2 on net0.": "waypoint(*) = s1 , s2 on net0.",
  "waypoint(*) via s1, s2 on net0.": "waypoint(*) = s1, s2 on net0.",
  "waypoint(*) through s1 on net0.": "waypoint(*) = s1 on net0.",
  "limit(*) = 5,5Mb on net0.": "limit(*) = 5.5Mb on net0.",
  "deny(dstPort={80 443}) on net0.": "deny(dstPort={80, 443}) on net0.",
  "deny(srcHost=10.0.0.2 on net0.": "deny(srcHost=10.0.0.2) on net0.",
  "deny(srcHost=10.0.0.2 both ways on net0.": "deny(srcHost=10.0.0.2) both ways on net0.",
  "deny(srcHost=10.0.0.2)) on net0.": "deny(srcHost=10.0.0.2) on net0.",
  "deny(srcAP=s1/1) on net0.": "deny(srcAP=s1:1) on net0.",
  "deny(*) on net0 to +1h 30min.": "deny(*) on net0 to +1h30min.",
};

for (const [written, meant] of Object.entries(FIXED))
  test(`${written} is offered as ${meant}`, (t) => {
    let source = PRELUDE + written;
    for (let turn = 0; turn < 3; turn++) {
      const faults = errorsOf(source).filter(({ fix }) => fix !== undefined);
      if (faults.length === 0) break;
      const { span, text: put } = faults[0]!.fix!;
      source = source.slice(0, span.start) + put + source.slice(span.end);
    }
    t.is(source, PRELUDE + meant);
    t.deepEqual(
      errorsOf(source).map((one) => renderPretty(one)),
      [],
    );
  });

test("an address with twelve digits is no MAC", (t) => {
  t.deepEqual(errorsOf(`${PRELUDE}deny(srcHost=100.100.100.100) on net0.`), []);
});

/** What is written → what its help says; where more than one thing may be meant, nothing is offered to paste in. */
const HELPED: Readonly<Record<string, RegExp>> = {
  "drop(srcHost=10.0.0.2).": /what `drop` says elsewhere is `deny` here/,
  "deny(srcHost=*) on net0.": /any value is meant where `srcHost` is not asked for/,
  "deny(ip=10.0.0.2) on net0.": /`srcHost`, or of the destination, `dstHost`/,
  "deny(port=80) on net0.": /`dstPort`, or of the source, `srcPort`/,
  "deny(state=established) on net0.": /`direction=response`/,
  "deny(direction=in) on net0.": /of a tracked connection/,
  "deny(transport=any) on net0.": /every transport is meant/,
  "deny(transport=nonsense) on net0.": /takes TCP, UDP/,
  "deny(srcHost=10.0.0.5/255.255.255.0) on net0.": /`10\.0\.0\.0\/24` is the whole block/,
  "policy p { deny(srcHost=10.0.0.2) on net0. }": /`deny <= srcHost = 10\.0\.0\.2\.`/,
  "deny(srcHost=Alice) on net0.": /`Alice` is a user: the field is `user`/,
  "deny(dstHost=Alice) on net0.": /`Alice` is a user: the field is `dstUser`/,
  "deny(srcHost=s1) on net0.": /`s1` is a switch: the field is `switch`/,
  "deny(switch=alice_pc) on net0.": /`alice_pc` is a host: the field is `srcHost`/,
  'policy p on share rootShare { deny <= srcHost("Alice"). }': /`Alice` is a user: the field is `user`/,
  "deny(ethType=0800) on net0.": /`0x0800` the hexadecimal one/,
  "limit(*) = 5 on net0.": /`5kb`, `5Mb`/,
  "limit(*) = 0 on net0.": /write `deny`/,
  "reserve(*) = 0 on net0.": /the least rate is `1b`/,
  "reserve(*) = 10% on net0.": /a rate has a number and a unit/,
  "NewShare s for (*) [waypoint = True] on net0.": /name the nodes that requests may name/,
  "NewShare s for (*) [avoid = False] on net0.": /or leave `avoid` out/,
  "policy p on net0 { deny <= srcHost = 10.0.0.1. }": /`on share net0`/,
  "deny(srcAP=s1) on net0.": /`s1:PORT`; the whole switch is `switch=s1`/,
  "deny(icmpType=echo-request) on net0.": /`ethType=IPv4, icmpType=8` or `ethType=IPv6, icmpType=128`/,
  "deny(icmpType=packet_too_big) on net0.": /write `ethType=IPv6, icmpType=2`$/m,
  "policy p on share net0 { deny <= icmpType(echo-reply). }":
    /`ethType=ipv4, icmpType=0` or `ethType=ipv6, icmpType=129`/,
  "deny(srcHost=10.0.0.2 or srcHost=10.0.0.3, dstPort=80) on net0.": /`\(…\) or \(…\)`/,
  "waypoint(*) = s1 s2 on net0.": /nodes stand between commas/,
  "root: waypoint(*) = s1, then s2 on net0.": /nodes stand between commas/,
  "waypoint(*) = s1 strictly on net0.": /nodes stand between commas/,
  "deny(srcHost={alice_pc bob_pc}) on net0.": /the values of a set stand between commas/,
  "deny(srcHost=10.0.0.2 to +1h.": /`\)` closes the flows/,
  "waypoint(*) = s1:9 on net0.": /a switch or a host, by its name alone/,
  "deny(dstPort=22/tcp) on net0.": /`transport=TCP`/,
  "deny(*) on net0 to tomorrow.": /`\+20min` and `\+1h30min`/,
  "deny(*) on net0 to 5pm.": /`\+20min` and `\+1h30min`/,
  "deny(*) on net0 to 1.12.2026.": /`2026-12-01T09:00:00Z`/,
  "deny(*) on net0 to 12/31/2026.": /`2026-12-01T09:00:00Z`/,
  "deny(*) on net0 to 2026/12/31.": /`2026-12-01T09:00:00Z`/,
  "deny(*) on net0 to Dec 1 2026.": /`2026-12-01T09:00:00Z`/,
  "deny(*) on net0 to +PT1H.": /`\+20min` and `\+1h30min`/,
  "deny(*) on net0 to 2026-12-01 18:30:00.": /`2026-12-01T18:30:00Z` is UTC/,
  "deny(*) on net0 from 2026-12-01 09:30 to 2026-12-01 17:00.": /`2026-12-01T09:30:00Z` is UTC/,
  "deny(*) on net0 to 2026-12-01T17:00:00 CET.": /by its distance from UTC/,
  "deny(*) on net0 every day.": /none comes back by itself/,
};
for (const [written, help] of Object.entries(HELPED))
  test(`${written} has help and no fix`, (t) => {
    const [fault] = errorsOf(PRELUDE + written);
    t.regex(renderPretty(fault!), help);
    t.is(fault!.fix, undefined);
  });

test("a host where a user is named is said to be a host, with the field", (t) => {
  const told = (written: string): string =>
    diagnosticsOf(PRELUDE + written)
      .map((one) => renderPretty(one))
      .join("");
  t.regex(
    told("deny(user=alice_pc) on net0."),
    /`alice_pc` is a host: the field is `srcHost`; it means no flows until/,
  );
  t.regex(told("deny(dstUser=alice_pc) on net0."), /`alice_pc` is a host: the field is `dstHost`/);
  t.regex(
    told("policy p on share rootShare { deny <= srcUser(alice_pc). }"),
    /`alice_pc` is a host: the field is `srcHost`/,
  );
});

/** Rules as other languages write them → the same, by the fixes that are offered. */
const RULES: Readonly<Record<string, string>> = {
  'allow if srcUser("Alice").': 'allow <= srcUser("Alice").',
  'allow when srcUser("Alice").': 'allow <= srcUser("Alice").',
  "deny <- dstPort(80).": "deny <= dstPort(80).",
  "deny -> dstPort(80).": "deny <= dstPort(80).",
  "deny: dstPort(80).": "deny <= dstPort(80).",
  "deny = dstPort(80).": "deny <= dstPort(80).",
  "deny dstPort(80).": "deny <= dstPort(80).",
  '@web "note" deny dstPort(80).': '@web "note" deny <= dstPort(80).',
  'limit(1Mb) srcUser("Alice").': 'limit(1Mb) <= srcUser("Alice").',
  "deny all.": "deny.",
  "deny allow <= dstPort(80).": "deny. allow <= dstPort(80).",
  "drop <= dstPort(80).": "deny <= dstPort(80).",
  "permit <= dstPort(80).": "allow <= dstPort(80).",
};
for (const [written, meant] of Object.entries(RULES))
  test(`in a policy ${written} is offered as ${meant}`, (t) => {
    const policy = (rule: string): string => `${PRELUDE}policy p { ${rule} }`;
    const [fault] = errorsOf(policy(written));
    const { span, text: put } = fault!.fix!;
    const source = span.source.text;
    t.is(source.slice(0, span.start) + put + source.slice(span.end), policy(meant));
    t.deepEqual(errorsOf(policy(meant)), []);
  });

/** Slips in rules for which a fix would hold more than was meant → the help. */
const TOLD: Readonly<Record<string, RegExp>> = {
  'policy p { allow <= srcUser("Alice"); dstPort(80). }': /conditions stand between commas, or between `or`/,
  "policy p { deny <= srcHost = 10.0.0.1; dstPort = 80. }": /conditions stand between commas/,
  'policy p { limit <= srcUser("Alice"). }': /`limit\(RATE\) <= …`/,
  'policy p { waypoint <= srcUser("Alice"). }': /`waypoint\(NODE\) <= …`/,
  'policy p { srcUser("Alice"). }': /`srcUser` is a field, which a rule asks for behind `<=`/,
  "policy p { web <= dstPort(80). }": /write the rules of a relation outside the policy/,
  "policy p { allow <= dstPort(80, 443). }":
    /`dstPort` takes one value; for either of several write `dstPort in \{…, …\}`/,
  'deny(*) on net0 if staff("Alice").': /a request has no conditions beside its flows/,
};
for (const [written, help] of Object.entries(TOLD))
  test(`${written} has a help that leads to what was meant`, (t) => {
    const [fault] = errorsOf(PRELUDE + written);
    t.regex(renderPretty(fault!), help);
    t.is(fault!.fix, undefined);
  });

test("a semicolon between facts still ends the first, and one before a verdict its rule", (t) => {
  for (const written of ["staff(a); staff(b).", "policy p { deny <= dstPort(80); allow <= dstPort(81). }"])
    t.is(errorsOf(PRELUDE + written)[0]!.fix?.text, ".");
});

test("a field's name as a term of a relation is no condition on the field, and no fact is advised that would make it one", (t) => {
  const told = (written: string): string =>
    diagnosticsOf(`${PRELUDE}staff("Alice"). ${written}`)
      .map((one) => renderPretty(one))
      .join("");
  for (const rule of [
    "allow <= staff(srcUser).",
    "allow <= not staff(srcUser), dstPort(80).",
    "deny <= staff(user).",
  ]) {
    const words = told(`policy p { ${rule} }`);
    t.regex(words, /W285[^]*is a plain word here, and no fact has it/, rule);
    t.regex(words, /the field's value is a variable: `(?:srcUser|user)\(V\), staff\(V\)`/, rule);
    t.notRegex(words, /W803|state a fact/, rule);
  }
  t.notRegex(told("policy p { allow <= srcUser(U), staff(U). }"), /W285/);
  t.notRegex(told("mode(switch). policy p { deny <= mode(switch). }"), /W285/);
  t.notRegex(told("kind(alice_pc, host). policy p { deny <= srcHost(H), not kind(H, switch). }"), /W285/);
});
