/** The codes of admission (7xx). */
import { OFFER, row, stays, unraised, type Row } from "./followed.ts";

const TWO = `switch(s1, 1). switch(s2, 2). link(s1, 9, s2, 9, 10Mb). host_ip(a, 10.0.0.1). host_mac(a, 02:00:00:00:00:01). host_at(a, s1, 1). host_ip(b, 10.0.0.2). host_mac(b, 02:00:00:00:00:02). host_at(b, s2, 1).`;
const USERS = "AddUser Alice. AddUser Bob.";
const SHARE = `${USERS} NewShare net for (dstPort=80-90) [allow = True, deny = True, reserve <= 10Mb, limit <= 10Mb, limit >= 2Mb] on rootShare. Grant net to Alice.`;
const SAID = "it answers a sentence that is said to a running network, or a change beside it";
const GUARDS = "`resolve/` refuses the same text before; this one guards callers of `Admission`";

export const ADMISSION: Readonly<Record<string, Row>> = {
  E701: row(`${SHARE} deny(dstPort=1-85) on net.`, OFFER),
  E702: row(
    `NewShare s for (*) [deny = True] on rootShare. allow(dstPort=80) on s.`,
    "NewShare s for (*) [deny = True, allow = True] on rootShare. allow(dstPort=80) on s.",
  ),
  E703: row(`${SHARE} Bob: deny(dstPort=80) on net.`, `${SHARE} Grant net to Bob. Bob: deny(dstPort=80) on net.`),
  E704: row(`${SHARE} deny(dstPort=80) on nett.`, OFFER),
  E705: row(
    `${SHARE} NewShare net for (dstPort=80) [deny = True] on rootShare.`,
    `${SHARE} NewShare net2 for (dstPort=80) [deny = True] on rootShare.`,
  ),
  E706: row(`${SHARE} NewShare sub for (dstPort=80) [deny = True, reserve <= 20Mb] on net.`, OFFER),
  E707: row(
    "deny(dstPort=80) on rootShare. NewShare s for (*) [allow = True] on rootShare. allow(dstPort=80-81) on s. NewShare t for (*) [deny = True] on rootShare. deny(dstPort=80-82) on t.",
    OFFER,
  ),
  E708: row(
    "NewShare s for (*) [allow = True] on rootShare. NewShare t for (*) [deny = True] on rootShare. allow(dstPort=80) on s. deny(dstPort=80) partial on t.",
    stays("nothing is left that could be asked for"),
  ),
  E709: row(`${SHARE} Grant net to Alise.`, OFFER),
  E710: row("AddUser Alice. AddUser Alice.", "AddUser Alice."),
  E711: row(`${SHARE} Alice: AddUser Carl.`, `${SHARE} AddUser Carl.`),
  E712: row(`${SHARE} deny(dstPort=80) on net. RemoveShare net.`, OFFER),
  E713: row("@xray deny(dstPort=80) on rootShare. Cancel xrai.", "@xray deny(dstPort=80) on rootShare. Cancel xray."),
  E714: unraised("a start in a file that has passed is taken from now: it answers traces and sentences"),
  E715: row(
    "deny(dstPort=80) on rootShare from +20min to +5min.",
    "deny(dstPort=80) on rootShare from +5min to +20min.",
  ),
  E716: row(
    "NewShare s for (*) [deny = True, requests <= 1] on rootShare. deny(dstPort=80) on s. deny(dstPort=81) on s.",
    "NewShare s for (*) [deny = True, requests <= 2] on rootShare. deny(dstPort=80) on s. deny(dstPort=81) on s.",
  ),
  E717: row(
    "NewShare s for (*) [deny = True, entries <= 4] on rootShare. deny(dstPort=80) on s. deny(dstPort=81) on s.",
    "NewShare s for (*) [deny = True, entries <= 8] on rootShare. deny(dstPort=80) on s. deny(dstPort=81) on s.",
  ),
  E718: unraised("takes a question over the budget of the algebra"),
  E719: unraised("takes more than 2,500 pieces"),
  E720: row("RemoveShare rootShare.", ""),
  E721: row(`${SHARE} Revoke net from Bob.`, `${SHARE} Revoke net from Alice.`),
  E722: unraised("E211 is told of the same file; it answers what is said to a running network"),
  E723: row(
    'AddUser Alice. reject(Q, "no denies") <= request(Q, _, "deny", _). deny(dstPort=80) on rootShare.',
    'AddUser Alice. reject(Q, "no denies") <= request(Q, _, "deny", _).',
  ),
  E724: unraised("of a file only root causes are told: it answers traces and sentences"),
  E725: unraised("E227 is told of the same file; it answers what is said to a running network"),
  E726: row(
    `${SHARE} @x Alice: deny(dstPort=80) on net. Bob: Cancel x.`,
    `${SHARE} @x Alice: deny(dstPort=80) on net. Alice: Cancel x.`,
  ),
  E727: row(
    "NewShare a for (*) [deny = True] on b. NewShare b for (*) [deny = True] on a.",
    "NewShare a for (*) [deny = True] on rootShare. NewShare b for (*) [deny = True] on a.",
  ),
  E728: row("AddUser unknown.", "AddUser someone."),
  E729: row(
    `${USERS} NewShare s for (*) [deny = True] on rootShare. Grant s to Alice. GrantDefault s. Revoke s from Bob.`,
    `${USERS} NewShare s for (*) [deny = True] on rootShare. Grant s to Alice.`,
  ),
  E730: unraised("the grammar has no guard of another speaker"),
  E731: unraised(GUARDS),
  E732: row(
    "policy a on share rootShare ordered { allow <= vlan = 1. } policy b on share rootShare { deny <= vlan = 2. }",
    "policy a on share rootShare ordered { allow <= vlan = 1. } policy b on share rootShare { deny <= vlan = 2. } cascade a > b.",
  ),
  E735: unraised(GUARDS),
  E736: unraised(GUARDS),
  E740: unraised("only a trace expects: compiler/replay"),
  E741: row("NewShare s for (*) [reserve <= 10Mb] on rootShare. reserve(dstPort=80) = 20Mb on s.", OFFER),
  E742: unraised("a link is a fact, so a file is told W751; it answers what is said to a running network"),
  E744: row(`${SHARE} limit(dstPort=80) = 20Mb on net.`, OFFER),
  E745: row(`${SHARE} limit(dstPort=80) = 1Mb on net.`, OFFER),
  E746: row(`${SHARE} limit(dstPort=80) = 5Mb on net. reserve(dstPort=80) = 6Mb on net.`, OFFER),
  E747: row(
    `${TWO} NewShare s for (*) [avoid = {s2}] on rootShare. avoid(srcHost=a, dstHost=a) = s1 on s.`,
    `${TWO} NewShare s for (*) [avoid = {s2, s1}] on rootShare. avoid(srcHost=b, dstHost=b) = s1 on s.`,
  ),
  E748: row(
    "host_ip(b, 10.0.0.2). waypoint(srcHost=10.0.0.1) = b on rootShare.",
    stays("the place of the host is a fact"),
  ),
  E749: row(
    `${TWO} waypoint(srcHost=a, dstHost=b) = b, s1 on rootShare.`,
    `${TWO} waypoint(srcHost=a, dstHost=b) = s1, b on rootShare.`,
  ),
  E757: unraised(SAID),
  E751: unraised("takes more steps than a test of all codes should"),
  E752: unraised(SAID),
  E755: unraised("takes a trace of some hundred queries: `replay/replay.test.ts`"),
  E753: unraised("takes more than a test of all codes should"),
  W719: row(
    "default allow. policy p { deny <= dstPort = 23. allow <= dstPort = 23, srcHost = 10.0.0.1. }",
    "default allow. policy p ordered { allow <= dstPort = 23, srcHost = 10.0.0.1. deny <= dstPort = 23. }",
  ),
  N760: row("default deny. allow(dstPort=80) on rootShare.", "default deny. allow(dstPort=80) both ways on rootShare."),
  N701: row(
    "default allow. NewShare s for (*) [allow = True] on rootShare. NewShare t for (*) [deny = True] on rootShare. allow(dstPort=80) on s. deny(dstPort=80-81) partial on t.",
    stays("`partial` asked for it"),
  ),
  N702: row(
    "default allow. policy g as guard { deny <= vlan = 7. } @x allow(vlan=7) on rootShare.",
    stays("a guard is to silence requests"),
  ),
  N704: row(
    "default allow. @a reserve(*) = 5Mb on rootShare. @b reserve(dstPort=80) = 1Mb on rootShare.",
    "default allow. @a reserve(*) = 5Mb on rootShare.",
  ),
  N706: row(
    `default allow. ${TWO} port_rate(s1, 1, 10Mb). port_rate(s2, 1, 10Mb). @l limit(srcHost=a) = 8Mb on rootShare. @r reserve(srcHost=a, dstHost=b, dstPort=80) = 5Mb on rootShare.`,
    stays("it says what is promised, and why no more"),
  ),
  N708: row(
    `default allow. ${TWO} port_rate(s1, 1, 10Mb). port_rate(s2, 1, 10Mb). @r reserve(srcHost=a, dstHost=b, transport=TCP) = 5Mb on rootShare. @s reserve(srcHost=a, dstHost=b, dstPort=80) = 2Mb on rootShare.`,
    stays("it says what is promised, and why no more"),
  ),
  N709: row(
    "default allow. @d deny(dstPort=80) on rootShare. @r reserve(dstPort=80) = 5Mb on rootShare.",
    "default allow. @r reserve(dstPort=80) = 5Mb on rootShare.",
  ),
  W712: row(
    "default allow. NewShare s for (*) [deny = True] on rootShare. AddUser Al. Grant s to Al. Grant s to Al.",
    "default allow. NewShare s for (*) [deny = True] on rootShare. AddUser Al. Grant s to Al.",
  ),
  W711: row(
    "default allow. NewShare s for (*) [deny = True] on rootShare. AddUser Al. Revoke s from Al. Grant s to Al.",
    "default allow. NewShare s for (*) [deny = True] on rootShare. AddUser Al. Grant s to Al.",
  ),
  N711: row(
    `default allow. ${USERS} NewShare s for (*) [deny = True] on rootShare. Grant s to Alice. GrantDefault s. Revoke s from Alice.`,
    stays("it says who speaks"),
  ),
  N713: row(
    "default deny. @l limit(dstPort=22) = 5Mb on rootShare.",
    "default deny. allow(dstPort=22) on rootShare. @l limit(dstPort=22) = 5Mb on rootShare.",
  ),
  N714: unraised("its test with the smallest text stands beside what reports it"),
  N717: row(
    "default allow. policy p ordered { @a limit(5Mb) <= srcHost in 10.0.0.0/8. @b limit(1Mb) <= srcHost in 10.1.0.0/16. }",
    stays("both hold, which may be meant"),
  ),
  N756: row(
    `default deny. ${TWO} @w waypoint(srcHost=a, dstHost=b) = s2 on rootShare.`,
    `default deny. ${TWO} allow(srcHost=a, dstHost=b) on rootShare. @w waypoint(srcHost=a, dstHost=b) = s2 on rootShare.`,
  ),
  N718: row(
    'default deny. include "glazier:baseline.fml". @l limit(srcHost=10.0.0.1) = 5Mb on rootShare.',
    stays("it says what is held"),
    {
      files: { "glazier:baseline.fml": "policy base on share rootShare { @i allow <= ethType(ipv4), icmpType = 3. }" },
    },
  ),
  N752: row(
    `default allow. ${TWO} switch(s3, 3). link(s1, 8, s3, 8, 10Mb). link(s3, 7, s2, 7, 10Mb). @w waypoint(srcHost=a, dstHost=b, dstPort=80) = s3 on rootShare to +1h. @r reserve(srcHost=a, dstHost=b) = 1Mb on rootShare.`,
    `default allow. ${TWO} switch(s3, 3). link(s1, 8, s3, 8, 10Mb). link(s3, 7, s2, 7, 10Mb). @w waypoint(srcHost=a, dstHost=b, dstPort=80) = s3 on rootShare. @r reserve(srcHost=a, dstHost=b, dstPort=80) = 1Mb on rootShare.`,
  ),
  N753: row(
    "default allow. @all limit(*) = 5Mb on rootShare. @loose limit(*) = 6Mb on rootShare.",
    "default allow. @all limit(*) = 5Mb on rootShare.",
  ),
  N754: row(
    "default allow. @r reserve(srcHost=10.0.0.1, dstHost=10.0.0.2) = 1Mb on rootShare.",
    stays("facts make it known"),
  ),
  W703: unraised(SAID),
  W705: unraised(SAID),
  W707: unraised(SAID),
  W714: row(
    "default allow. policy p on share rootShare { @a pass <= vlan = 7. @b deny <= vlan = 7. }",
    "default allow. policy p on share rootShare ordered { @b deny <= vlan = 7. @a pass <= vlan = 7. }",
  ),
  W715: row(
    "default allow. policy p on share rootShare { @a pass <= vlan = 7. @b deny <= vlan in 7-8. }",
    "default allow. policy p on share rootShare ordered { @b deny <= vlan in 7-8. @a pass <= vlan = 9. }",
  ),
  W716: row(
    "default deny. policy p ordered { @a allow <= srcHost in 10.0.0.0/8. @b deny <= srcHost in 10.1.0.0/16. }",
    "default deny. policy p ordered { @b deny <= srcHost in 10.1.0.0/16. @a allow <= srcHost in 10.0.0.0/8. }",
  ),
  W750: row(
    `default allow. ${TWO.replace(/link.*?Mb\)\./, "")} @by waypoint(srcHost=a, dstHost=b) = s2 on rootShare.`,
    stays("links are facts"),
  ),
  W751: row(
    `default allow. ${TWO} @r reserve(srcHost=a, dstHost=b) = 20Mb on rootShare.`,
    stays("a link's rate is a fact"),
  ),
};
