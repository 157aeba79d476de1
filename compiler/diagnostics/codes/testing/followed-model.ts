/** The codes of names, values and the directory (E2xx). */
import { FIX, row, stays, unraised, type Row } from "./followed.ts";

const policy = (rules: string): string => `policy p on share rootShare { ${rules} }`;
const TWO = `switch(s1, 1). switch(s2, 2). link(s1, 9, s2, 9, 1Gb). host_ip(a, 10.0.0.1). host_mac(a, 02:00:00:00:00:01). host_at(a, s1, 1). host_ip(b, 10.0.0.2). host_mac(b, 02:00:00:00:00:02). host_at(b, s2, 1).`;
const FACT = "a fact is mended where the world is, and the sentence says what holds until then";
const SAID = "it answers a sentence that is said to a running network";

export const MODEL: Readonly<Record<string, Row>> = {
  E201: row(policy("deny <= srcUser(U), gest(U).") + ' guest("Al").', FIX),
  E202: row("host_ip(a).", "host_ip(a, 10.0.0.1)."),
  E203: row(
    'staff("Al"). user_host("Al", h). host_ip(h, 10.0.0.1). bad(X) <= user_host(X, _), host_ip(X, _).',
    'staff("Al"). user_host("Al", h). host_ip(h, 10.0.0.1). bad(X) <= user_host(_, X), host_ip(X, _).',
  ),
  E204: row("AddUser Eve. deny(user=Evee) on rootShare.", FIX),
  E205: row("deny(srcHost=pc) on rootShare.", "host_ip(pc, 10.0.0.1). deny(srcHost=pc) on rootShare."),
  E206: row(
    'user_host("Al", pc). deny(srcHost=pc) on rootShare.',
    'user_host("Al", pc). host_ip(pc, 10.0.0.1). deny(srcHost=pc) on rootShare.',
  ),
  E207: row("flowgroup web = (dstPort=80). deny(wbe) on rootShare.", FIX),
  E208: row(
    "flowgroup a = (b). flowgroup b = (a). deny(a) on rootShare.",
    "flowgroup a = (b). flowgroup b = (dstPort=1). deny(a) on rootShare.",
  ),
  E209: row(
    "flowgroup a = (dstPort=1). flowgroup a = (dstPort=2). deny(a) on rootShare.",
    "flowgroup a = (dstPort=1). flowgroup c = (dstPort=2). deny(a) on rootShare. deny(c) on rootShare.",
  ),
  E210: row(
    `${policy("deny <= dstPort(80).")} ${policy("deny <= dstPort(81).")}`,
    policy("deny <= dstPort(80). deny <= dstPort(81)."),
  ),
  E211: row(
    "@x deny(dstPort=1) on rootShare. @x deny(dstPort=2) on rootShare.",
    "@x deny(dstPort=1) on rootShare. @y deny(dstPort=2) on rootShare.",
  ),
  E213: row("default deny. default allow.", "default deny."),
  E215: row('include "x.fml".', stays("the path is mended"), {}),
  E216: row('include "x.fml".', stays("the file is mended"), { files: { "x.fml": 'include "x.fml".' } }),
  E217: row(`${policy("deny <= dstPort(80).")} cascade q > p.`, `${policy("deny <= dstPort(80).")} cascade p.`),
  E218: row(
    `NewShare s for (*) [deny = True] on rootShare. policy a on share s { deny <= dstPort(1). } policy b on share rootShare { deny <= dstPort(2). } cascade a > b.`,
    `NewShare s for (*) [deny = True] on rootShare. policy a on share s { deny <= dstPort(1). } policy b on share s { deny <= dstPort(2). } cascade a > b.`,
  ),
  E219: row(`${policy("deny <= dstPort(80).")} cascade p > p.`, `${policy("deny <= dstPort(80).")} cascade p.`),
  E220: row("deny(icmpType=echo-request) on rootShare.", "deny(ethType=IPv4, icmpType=8) on rootShare."),
  E221: row(policy("allow <= transport(P), P = 300."), policy("allow <= transport(P), P = 255.")),
  E222: row(
    "waypoint(srcHost=10.0.0.1) = fw on rootShare.",
    `${TWO} host_ip(fw, 10.0.0.9). host_mac(fw, 02:00:00:00:00:09). host_at(fw, s1, 3). waypoint(srcHost=a, dstHost=b) = fw on rootShare.`,
  ),
  E223: row(
    `${TWO} host_at(s1, s2, 4). avoid(srcHost=a) = s1 on rootShare.`,
    `${TWO} host_at(h1, s2, 4). avoid(srcHost=b, dstHost=b) = s1 on rootShare.`,
  ),
  E224: row("deny(transport=TPC) on rootShare.", FIX),
  E225: row("deny(switch=s9) on rootShare.", "switch(s9, 9). deny(switch=s9) on rootShare."),
  E227: row(
    "NewShare s for (*) [reserve <= 1Mb, reserve >= 5Mb] on rootShare.",
    "NewShare s for (*) [reserve <= 5Mb, reserve >= 1Mb] on rootShare.",
  ),
  E228: row(
    `${TWO} waypoint(srcHost=a, dstHost=b) = s2, s2 on rootShare.`,
    `${TWO} waypoint(srcHost=a, dstHost=b) = s2 on rootShare.`,
  ),
  E229: row("deny(inPort=3) both ways on rootShare.", "deny(inPort=3) on rootShare."),
  W286: row("host_ip(pc, 10.0.0.1). user_host(pc, al).", FIX),
  W287: row(
    `AddUser Alice. own("Alice", b). host_ip(b, 10.0.0.1). ${policy("deny <= srcUser(Alice), dstHost(H), own(Alice, H).")}`,
    `AddUser Alice. own("Alice", b). host_ip(b, 10.0.0.1). ${policy('deny <= srcUser("Alice"), dstHost(H), own("Alice", H).')}`,
  ),
  W288: row(
    `dept(ben, staff). dept(joe, "Staff"). ${policy("deny <= srcHost = 10.0.0.1, dept(_, staff).")}`,
    `dept(ben, staff). dept(joe, staff). ${policy("deny <= srcHost = 10.0.0.1, dept(_, staff).")}`,
  ),
  W289: row(
    `dept(ben, staff). dept(joe, staff). ${policy("deny <= srcHost = 10.0.0.1, not dept(_, staf).")}`,
    `dept(ben, staff). dept(joe, staff). ${policy("deny <= srcHost = 10.0.0.1, not dept(_, staff).")}`,
  ),
  W290: row(
    `dept(ben, staff). dept(joe, staf). ${policy("deny <= srcHost = 10.0.0.1, dept(_, staff).")}`,
    `dept(ben, staff). dept(joe, staff). ${policy("deny <= srcHost = 10.0.0.1, dept(_, staff).")}`,
  ),
  E230: row("host_ip(a, 10.0.0.0/8).", "host_ip(a, 10.0.0.1)."),
  E232: row("switch(s1, 1). switch(s1, 2).", "switch(s1, 1)."),
  E240: row("Tick 5.", ""),
  E241: row("ListShares.", ""),
  E244: row("deny <= dstPort(80).", policy("deny <= dstPort(80).")),
  E245: row("policy g as guard { allow <= dstPort(80). }", "policy g as guard { deny <= dstPort(80). }"),
  E246: row(
    "policy g on share rootShare as guard { deny <= dstPort(80). }",
    "policy g as guard { deny <= dstPort(80). }",
  ),
  E247: row(
    policy("deny <= bad(U), srcUser(U). bad(U) <= user_host(U, _)."),
    `bad(U) <= user_host(U, _). ${policy("deny <= bad(U), srcUser(U).")}`,
  ),
  E248: row("reserve(dstPort=80) = 0b on rootShare.", "reserve(dstPort=80) = 1b on rootShare."),
  E249: unraised("a file system says it: runtime/cli"),
  E251: row(
    `policy a on share rootShare { deny <= dstPort(1). } policy b on share rootShare { deny <= dstPort(2). } cascade a > b. cascade b > a.`,
    `policy a on share rootShare { deny <= dstPort(1). } policy b on share rootShare { deny <= dstPort(2). } cascade a > b.`,
  ),
  E252: row(
    `policy g as guard { deny <= dstPort(1). } ${policy("deny <= dstPort(2).")} cascade g > p.`,
    `policy g as guard { deny <= dstPort(1). } ${policy("deny <= dstPort(2).")} cascade p.`,
  ),
  E253: row('age("Al", 5). age("Bo", old).', 'age("Al", 5). age("Bo", 6).'),
  E254: row("deny(dstPort=1) on rootShare from forever.", "deny(dstPort=1) on rootShare."),
  E255: row("deny(ethType=0x8100) on rootShare.", "deny(vlan=0-4095) on rootShare."),
  E258: unraised("a trace alone has a clock: compiler/replay"),
  E259: row('AddUser "".', "AddUser Al."),
  E270: unraised(SAID),
  E271: unraised(SAID),
  E272: unraised(SAID),
  E273: unraised(SAID),
  E274: unraised(SAID),
  E275: unraised(SAID),
  E276: unraised(SAID),
  E277: unraised(SAID),
  E513: unraised("takes more than a test of all codes should"),
  N214: row("AddUser Al.", "default deny. AddUser Al."),
  N242: row(
    "default deny. deny(dstPort=1) on rootShare from @1000 to forever.",
    "default deny. deny(dstPort=1) on rootShare to forever.",
  ),
  N243: row(
    "default deny. deny(dstPort=1) on rootShare from @1000 to @2000.",
    stays("it has ended, and changes nothing"),
  ),
  N256: row("default deny. deny(transport=0) on rootShare.", stays("it says what is held")),
  N257: row(
    "default deny. deny(icmpType=8) on rootShare.",
    "default deny. deny(ethType=IPv4, icmpType=8) on rootShare.",
  ),
  N277: row("default deny. flowgroup x = (dstPort=1).", "default deny."),
  W212: row("deny(dstPort=1) on rootShare. deny(dstPort=1) on rootShare.", "deny(dstPort=1) on rootShare."),
  W238: row(
    "NewShare s for (*) [deny = True, reserve >= 5Mb] on rootShare.",
    "NewShare s for (*) [deny = True, reserve <= 5Mb] on rootShare.",
  ),
  W239: row(
    `${TWO} switch(s3, 3). host_ip(c, 10.0.0.3). host_at(c, s3, 3). allow(srcHost=a, dstHost=c) on rootShare.`,
    `${TWO} switch(s3, 3). link(s3, 9, s2, 8, 1Gb). host_ip(c, 10.0.0.3). host_at(c, s3, 3). allow(srcHost=a, dstHost=c) on rootShare.`,
  ),
  W258: row("host_ip(h, 10.0.0.1). user_hots(bob, h).", FIX),
  W260: row('host_ip("10.0.0.1", 10.0.0.2).', "host_ip(a, 10.0.0.2)."),
  W263: row('AddUser Alice. AddUser "\u0410lice".', stays("which of the two is meant the author knows")),
  W264: row('AddUser "a\u202Eb".', "AddUser ab."),
  W265: row("switch(s1, 1). deny(user=Bob) on rootShare.", "switch(s1, 1). AddUser Bob. deny(user=Bob) on rootShare."),
  W266: row(
    `${TWO} waypoint(srcHost=a, dstHost=b) = fw on rootShare.`,
    `${TWO} host_at(fw, s1, 5). host_ip(fw, 10.0.0.9). waypoint(srcHost=a, dstHost=b) = fw on rootShare.`,
  ),
  W267: row(
    `${TWO} ${policy("waypoint(s2) <= srcHost = 10.0.0.1, dstHost = 10.0.0.2, host_at(ids, _, _).")}`,
    stays("where the host is is a fact"),
  ),
  W268: row(`${TWO} host_at(a, s2, 5).`, TWO),
  W269: row(`${TWO} host_ip(c, 10.0.0.1). host_at(c, s2, 7).`, stays(FACT)),
  W270: row(
    `${TWO} host_ip(serverx, 10.0.0.7). host_at(serverx, s1, 7). host_mac(servery, 02:00:00:00:00:07).`,
    `${TWO} host_ip(serverx, 10.0.0.7). host_at(serverx, s1, 7). host_mac(serverx, 02:00:00:00:00:07).`,
  ),
  W271: row(`${TWO} port_rate(s1, 1, 1Mb). port_rate(s1, 1, 2Mb).`, `${TWO} port_rate(s1, 1, 1Mb).`),
  W272: row(`${TWO} link(s1, 9, s2, 8, 1Gb).`, TWO),
  W273: row(`${TWO} host_ip(c, 10.0.0.3). host_at(c, s1, 9).`, `${TWO} host_ip(c, 10.0.0.3). host_at(c, s1, 8).`),
  W274: row(`${TWO} link(s1, 5, s1, 6, 1Gb).`, TWO),
  W275: row(`${TWO} link(s1, 9, s2, 9, 2Gb).`, `${TWO} port_rate(s2, 9, 2Gb).`),
  W276: row("switch(s1, 1). deny(srcAP=s9:1) on rootShare.", FIX),
  W278: row("NewShare s for (*) [] on rootShare.", "NewShare s for (*) [deny = True] on rootShare."),
  W279: row("host_ip(a, 224.0.0.1).", "host_ip(a, 10.0.0.1). deny(dstHost=224.0.0.1) on rootShare."),
  W280: row("switch(s1, 1). switch(s2, 2). switch(s2, 3).", "switch(s1, 1). switch(s2, 2)."),
  W281: row(`${TWO} port_rate(s1, 1, 0b).`, `${TWO} port_rate(s1, 1, 1b).`),
};
