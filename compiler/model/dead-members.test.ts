/** Members of lists that no packet can have beside the other conditions are told (LANGUAGE, "Flowgroups"). */
import test from "ava";
import { goldens } from "../resolve/testing/goldens.ts";

const TWO = "take it out, or write a second";
const LATER = "a later IPv6 fragment shows 44, and neither ports nor types: a second";

goldens(test, {
  "a transport that shows no port or type, in a list beside one, is told in requests, shares and names": {
    text: `default deny.
deny(transport={UDP, 44}, ethType=IPv6, dstPort=53) on rootShare.
allow(transport={ICMP, {44}}, ethType=IPv6, icmpType=128) on rootShare.
deny(transport={TCP, ICMP}, dstPort=53) on rootShare.
allow((transport=TCP, dstPort=80) and (transport={TCP, 44})) on rootShare.
NewShare T for (transport={TCP, 44}, ethType=IPv6, dstPort=80) [allow=True] on rootShare.
flowgroup dns = (dstPort=53, transport={UDP, 50-60, 44, 1, 2}).
deny(dns) on rootShare.`,
    finds: [
      `W516 2:6 beside \`dstPort=53\`, \`transport={UDP, 44}\` holds no packet of \`44\` | ${LATER} statement of \`(ethType=IPv6, transport=44)\` holds it | also 2:41`,
      `W516 3:7 beside \`icmpType=128\`, \`transport={ICMP, {44}}\` holds no packet of \`44\` | ${LATER} statement of \`(ethType=IPv6, transport=44)\` holds it | also 3:45`,
      `W516 4:6 beside \`dstPort=53\`, \`transport={TCP, ICMP}\` holds no packet of \`ICMP\` | ${TWO} statement for it | also 4:29`,
      `W516 5:40 beside \`transport=TCP\`, \`transport={TCP, 44}\` holds no packet of \`44\` | ${LATER} statement of \`(ethType=IPv6, transport=44)\` holds it | also 5:8`,
      `W516 6:17 beside \`dstPort=80\`, \`transport={TCP, 44}\` holds no packet of \`44\` | ${LATER} statement of \`(ethType=IPv6, transport=44)\` holds it | also 6:52`,
      `W516 7:30 beside \`dstPort=53\`, \`transport={UDP, 50-60, 44, 1, 2}\` holds no packet of \`50-60\`, \`44\`, \`1\`, … | ${LATER} statement of \`(ethType=IPv6, transport=44)\` holds it | also 7:18`,
    ],
  },
  "so is any other member that a condition beside its list excludes": {
    text: `default deny.
switch(s1, 1). switch(s2, 2).
deny(ethType={IPv4, ARP}, transport=TCP) on rootShare.
deny(srcHost={10.0.0.1, 2001:db8::1}, dstHost=10.0.0.2) on rootShare.
deny(srcAP={s1:1, s2:1}, switch=s1) on rootShare.
deny(transport={TCP, 43}, ethType=IPv6) on rootShare.`,
    finds: [
      `W516 3:6 beside \`transport=TCP\`, \`ethType={IPv4, ARP}\` holds no packet of \`ARP\` | ${TWO} statement for it | also 3:27`,
      `W516 4:6 beside \`dstHost=10.0.0.2\`, \`srcHost={10.0.0.1, 2001:db8::1}\` holds no packet of \`2001:db8::1\` | ${TWO} statement for it | also 4:39`,
      `W516 5:6 beside \`switch=s1\`, \`srcAP={s1:1, s2:1}\` holds no packet of \`s2:1\` | ${TWO} statement for it | also 5:26`,
      `W516 6:6 beside \`ethType=IPv6\`, \`transport={TCP, 43}\` holds no packet of \`43\` | ${TWO} statement for it | also 6:27`,
    ],
  },
  "in a rule a member counts that no alternative holds": {
    text: `default deny.
policy p on share rootShare {
 deny <= ethType(ipv6), transport in {17, 44}, dstPort(53).
 deny <= dstPort(P), P > 4, transport in {17, 44}.
 deny <= (dstPort(59) or ethType(ipv6)), transport in {17, 44}.
}`,
    finds: [
      `W516 3:25 beside \`dstPort(53)\`, \`transport in {17, 44}\` holds no packet of \`44\` | ${LATER} rule of \`ethType(ipv6), transport(44)\` holds it | also 3:48`,
      `W516 4:29 beside \`P > 4\`, \`transport in {17, 44}\` holds no packet of \`44\` | ${LATER} rule of \`ethType(ipv6), transport(44)\` holds it | also 4:22`,
    ],
  },
  "ranges, exceptions, names and what stands in another part take nothing away in silence": {
    text: `default deny.
flowgroup two = (transport={UDP, 44}).
deny(transport={UDP, 0-100}, dstPort=53) on rootShare.
deny(transport!={UDP, 44}, dstPort=54) on rootShare.
deny(srcHost={10.0.0.1, 2001:db8::1}, dstHost={10.0.0.2, 2001:db8::2}) on rootShare.
deny((dstPort={80, 443}) except (dstPort=80)) on rootShare.
deny(two, dstPort=55) on rootShare.
deny((transport=TCP, dstPort=80) or (transport={TCP, 44})) on rootShare.`,
  },
});
