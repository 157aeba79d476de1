/** The codes of tables (8xx, 9xx), of the second opinion, and of switches. */
import { row, stays, unraised, type Row } from "./followed.ts";

const TWO = `default allow. switch(s1, 1). switch(s2, 2). link(s1, 9, s2, 9, 10Mb). host_ip(a, 10.0.0.1). host_mac(a, 02:00:00:00:00:01). host_at(a, s1, 1). host_ip(b, 10.0.0.2). host_mac(b, 02:00:00:00:00:02). host_at(b, s2, 1).`;
const BOXES = `host_mac(w, 02:00:00:00:00:11). host_at(w, s1, 2). host_ip(v, 10.0.0.12). host_mac(v, 02:00:00:00:00:12). host_at(v, s2, 2).`;
const SIZE = "takes more than a test of all codes should";
const OURS = "a fault of ours";
const TRIAL = "`--observe` and `--observe-share` say so, and no text";
const SWITCH = "a switch, its bridge or its database says it: runtime/controller, runtime/session, runtime/ovsdb";

const switchCodes = (codes: string): Readonly<Record<string, Row>> =>
  Object.fromEntries(codes.split(" ").map((code) => [code, unraised(SWITCH)]));

export const TABLE: Readonly<Record<string, Row>> = {
  E801: row(
    "default deny. deny(ethType=0x1000-0x6fff) on rootShare.",
    "default deny. deny(ethType=0x1000-0x10ff) on rootShare.",
  ),
  E811: row(`${TWO} deny(dstAP=s2:1) on rootShare.`, `${TWO} deny(dstHost=b) on rootShare.`),
  E812: row(
    "default deny. allow(direction=request, dstPort=80) on rootShare.",
    "default deny. allow(dstPort=80) on rootShare.",
    { target: "of13" },
  ),
  E813: row(`${TWO} deny(srcAP=s1:"eth0") on rootShare.`, `${TWO} deny(srcAP=s1:5) on rootShare.`),
  E814: unraised("takes a target with fewer bits than any"),
  E815: row(`${TWO} deny(direction=request, dstPort=80) on rootShare.`, `${TWO} deny(dstPort=80) on rootShare.`),
  E816: row(`${TWO} limit(dstPort=80) = 1Mb on rootShare.`, `${TWO} limit(srcHost=a, dstPort=80) = 1Mb on rootShare.`),
  E817: unraised(SIZE),
  E818: unraised(SIZE),
  E819: unraised("takes more nested reservations than OpenFlow has priorities: 65,535"),
  E823: unraised("takes a network whose hosts stand nowhere, and tracking: compiler/lowering/steering"),
  E826: row(
    "default allow. limit(dstPort=80) = 100b on rootShare.",
    "default allow. limit(dstPort=80) = 1kb on rootShare.",
  ),
  E827: row(
    "default allow. limit(dstPort=80) = 9000Tb on rootShare.",
    "default allow. limit(dstPort=80) = 1Tb on rootShare.",
  ),
  E838: unraised(SIZE),
  E845: unraised(SIZE),
  E846: unraised(SIZE),
  E847: unraised(SIZE),
  E848: unraised(SIZE),
  E901: unraised(SIZE),
  E902: unraised("takes two statements with the same hash of 48 bits"),
  E903: unraised(OURS),
  E905: unraised(OURS),
  N834: unraised(SIZE),
  N836: unraised(SIZE),
  N837: unraised("it is about tables of a later instant: compiler/report"),
  N839: row(
    `${TWO} ${BOXES} waypoint(srcHost=a, dstHost=b) = w, v on rootShare.`,
    `${TWO} ${BOXES} host_ip(v, 2001:db8::8). host_ip(w, 10.0.0.7). host_ip(w, 2001:db8::7). waypoint(srcHost=a, dstHost=b) = w, v on rootShare.`,
  ),
  N844: row(
    "default deny. allow(direction=request, dstPort=80) on rootShare.",
    stays("fragments may be meant to be dropped"),
  ),
  N863: row(
    "default deny. allow(vlan=10, direction=request) on rootShare.",
    stays("no fact says which addresses there are in a VLAN"),
  ),
  N847: row(
    `${TWO} host_ip(w, 10.0.0.7). host_ip(w, 2001:db8::7). host_at(w, s2, 7). host_at(v, s1, 7). waypoint(srcHost=a) = v, w on rootShare.`,
    `${TWO} host_ip(w, 10.0.0.7). host_ip(w, 2001:db8::7). host_mac(w, 02:00:00:00:00:07). host_at(w, s2, 7). host_mac(v, 02:00:00:00:00:08). host_at(v, s1, 7). waypoint(srcHost=a) = v, w on rootShare.`,
  ),
  N868: row(
    `${TWO} host_mac(w, 02:00:00:00:00:07). host_mac(w, 02:00:00:00:00:09). host_at(w, s2, 7). host_mac(v, 02:00:00:00:00:07). host_mac(v, 02:00:00:00:00:08). host_at(v, s1, 7). waypoint(srcHost=a) = v, w on rootShare.`,
    `${TWO} host_mac(w, 02:00:00:00:00:09). host_at(w, s2, 7). host_mac(v, 02:00:00:00:00:08). host_at(v, s1, 7). waypoint(srcHost=a) = v, w on rootShare.`,
  ),
  N869: row(
    `${TWO} ${BOXES} waypoint(srcHost=a, dstHost=b, vlan=10) = v on rootShare.`,
    stays("no fact says whether a box changes tags"),
  ),
  N870: row(
    `${TWO} ${BOXES} waypoint(dstAP=s2:1) = v on rootShare.`,
    `${TWO} ${BOXES} waypoint(dstHost=b) = v on rootShare.`,
  ),
  W820: row(
    "default deny. allow(srcPort=0-5, transport=TCP) on rootShare.",
    "default deny. allow(srcPort=1-5, transport=TCP) on rootShare.",
    { target: "of13" },
  ),
  W821: row(
    `${TWO} host_ip(w, 10.0.0.7). host_mac(w, 02:00:00:00:00:07). host_at(w, s1, 7). waypoint(dstHost=b) = s1, w on rootShare.`,
    stays("where no path is the flow is dropped"),
  ),
  W822: row(
    `${TWO} host_ip(c, 10.0.0.3). waypoint(srcHost=c, dstHost=b) = s1 on rootShare.`,
    `${TWO} host_ip(c, 10.0.0.3). host_at(c, s1, 5). waypoint(srcHost=c, dstHost=b) = s1 on rootShare.`,
  ),
  W824: row("default allow. deny(icmpType=0, ethType=IPv4) on rootShare.", stays("the target cannot tell them apart"), {
    target: "of13",
  }),
  W825: unraised("it takes a network whose ways changed: compiler/lowering/queue-minima.test.ts"),
  W828: row(
    "default allow. limit(dstPort=80) = 1500b on rootShare.",
    "default allow. limit(dstPort=80) = 1kb on rootShare.",
  ),
  W829: row(`${TWO} reserve(srcHost=a, dstHost=b) = 100b on rootShare.`, stays("it says what is kept")),
  W830: row("default allow. switch(s1, 1). switch(s2, 2). link(s1, 9, s2, 9, 10Mb).", TWO),
  W831: unraised("takes a ring of switches: compiler/lowering/steering/steered-frames.test.ts"),
  W832: row(
    `${TWO} reserve(srcEth=02:00:00:00:00:01) = 1Mb on rootShare.`,
    `${TWO} reserve(ethType={IPv4, IPv6}, srcEth=02:00:00:00:00:01) = 1Mb on rootShare.`,
    { target: "ovs-userspace" },
  ),
  W833: unraised(TRIAL),
  W835: unraised(SIZE),
  W841: row(`${TWO} limit(srcHost={a, b}) = 1Mb on rootShare.`, stays("where hosts stand is a fact")),
  W842: row(`${TWO} limit(srcHost={a, b}) = 1kb on rootShare.`, stays("where hosts stand is a fact")),
  W843: unraised(TRIAL),
  W849: unraised("a running network says it: runtime/serve"),
  W852: row(
    `${TWO} host_ip(h, 10.0.0.13). host_at(h, s2, 3). waypoint(dstAP=s2:3) = s1 on rootShare.`,
    `${TWO} host_ip(h, 10.0.0.13). host_mac(h, 02:00:00:00:00:13). host_at(h, s2, 3). waypoint(dstAP=s2:3) = s1 on rootShare.`,
  ),
  W859: row(
    `${TWO} host_ip(h, 10.0.0.13). host_mac(h, 02:00:00:00:00:13). waypoint(dstAP=s2:3) = s1 on rootShare.`,
    `${TWO} host_ip(h, 10.0.0.13). host_mac(h, 02:00:00:00:00:13). host_at(h, s2, 3). waypoint(dstAP=s2:3) = s1 on rootShare.`,
  ),
  N866: row(
    `${TWO} ${BOXES} host_mac(a, 02:00:00:00:00:00). waypoint(dstHost=b) = v on rootShare. deny(srcEth=02:00:00:00:00:01) on rootShare.`,
    `${TWO} ${BOXES} host_mac(a, 02:00:00:00:00:00). waypoint(dstHost=b) = v on rootShare. deny(srcHost={a}) on rootShare.`,
  ),
  N867: row(
    `${TWO} ${BOXES} host_mac(c, 02:00:00:00:00:13). host_ip(c, 10.0.0.1). host_at(c, s1, 1). waypoint(srcHost=a, dstHost=b) = v on rootShare.`,
    `${TWO} ${BOXES} host_mac(c, 02:00:00:00:00:13). host_ip(c, 10.0.0.13). host_at(c, s1, 1). waypoint(srcHost=a, dstHost=b) = v on rootShare.`,
  ),
  N855: row(
    `${TWO} ${BOXES} waypoint(*) = v on rootShare.`,
    `${TWO} ${BOXES} waypoint(ethType={IPv4, IPv6, ARP}) = v on rootShare.`,
  ),
  N856: row(
    `${TWO} ${BOXES} host_mac(h, 02:00:00:00:00:13). host_at(h, s2, 3). waypoint(srcAP=s2:3) = v on rootShare.`,
    `${TWO} ${BOXES} host_mac(h, 02:00:00:00:00:13). host_ip(h, 10.0.0.13). host_at(h, s2, 3). waypoint(srcAP=s2:3) = v on rootShare.`,
  ),
  N876: row(
    `${TWO} host_ip(gw, 10.0.0.9). host_mac(gw, 02:00:00:00:00:09). host_at(gw, s2, 2).`,
    `${TWO} host_mac(gw, 02:00:00:00:00:09). host_at(gw, s2, 2).`,
  ),
  N877: row(
    `${TWO} host_ip(ap, 10.0.0.9). host_mac(ap, 02:00:00:00:00:09). host_at(ap, s2, 2).`,
    `${TWO} host_ip(ap, 10.0.0.9). host_mac(ap, 02:00:00:00:00:09). host_at(ap, s2, 2). host_mac(pad, 02:00:00:00:00:0a). host_at(pad, s2, 2).`,
  ),
  W862: row(
    "default deny. allow(transport=TCP, srcPort=0, dstPort=0) on rootShare.",
    "default deny. allow(transport=TCP, srcPort=0, dstPort=1-9) on rootShare.",
  ),
  W864: row(
    "default deny. allow(direction=request, dstPort=0) on rootShare.",
    "default deny. allow(direction=request, dstPort=1) on rootShare.",
  ),
  W904: row(
    "default allow. @xvaxy deny(dstHost=10.0.0.2) on rootShare. @xartry deny(dstHost=10.0.0.3) on rootShare.",
    "default allow. @xvaxy deny(dstHost=10.0.0.2) on rootShare. @other deny(dstHost=10.0.0.3) on rootShare.",
  ),
  E970: unraised(OURS),
  W970: unraised("takes a question that Z3 cannot answer within its budget"),
  W971: unraised("takes a policy of some thousand statements, compared with Z3: `report/prove.test.ts`"),
  ...switchCodes(
    "E950 E951 E952 E953 E954 E955 E956 E957 E958 E959 E960 E961 E962 E963 E964 E966 E967 E968 E969 E980 E981 E982 E983 E984 E985 E986 E987 E988 E989 E990 E991 E992 E993 E994 E995 E996 E997 E998 E999 N996 N997 N998 N999 W950 W951 W952 W953 W954 W955 W957 W958 W959 W965 W966 W967 W968 W969 W984 W985 W987 W993 W994 W995 W980 W983 W990 W991 W992 W996",
  ),
};
