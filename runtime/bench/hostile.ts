/**
 * Small files that cost much: each attack makes a text of a given size. Counted steps bound the cost, so the largest
 * size that is taken is the same on every machine (`hostile.test.ts`).
 */

import { lines, indices, PERMISSIVE, type Attack } from "./attack.ts";
import { ADMISSION_ATTACKS } from "./hostile-admission.ts";
import { NETWORK_ATTACKS } from "./hostile-network.ts";
import { TIME_ATTACKS } from "./hostile-time.ts";

const FIELDS = [
  ["srcPort", 65_536],
  ["dstPort", 65_536],
  ["vlan", 4_096],
  ["dscp", 64],
  ["inPort", 65_536],
] as const;

/** Boxes that cross each other in four of five fields. Each of them cuts most pieces that the boxes before it left. */
const box = (i: number): string => {
  const terms = FIELDS.flatMap(([field, size], at) => {
    if ((i + at) % 5 === 0) return [];
    const from = Math.floor((size * ((i * 7 + at * 3) % 11)) / 22);
    return [`${field}=${from}-${from + size / 2 - 1}`];
  });
  return `(transport=TCP, ${terms.join(", ")})`;
};

const ip = (n: number): string => [24, 16, 8, 0].map((bits) => Math.floor(n / 2 ** bits) % 256).join(".");
const mac = (n: number): string => {
  const digits = n.toString(16).padStart(12, "0");
  return digits.replaceAll(/..(?!$)/g, "$&:");
};

const WIDE = [
  ["srcPort", 65_536, String],
  ["dstPort", 65_536, String],
  ["vlan", 4_096, String],
  ["dscp", 64, String],
  ["inPort", 65_536, String],
  ["srcHost", 2 ** 32, ip],
  ["dstHost", 2 ** 32, ip],
  ["srcEth", 2 ** 48, mac],
  ["dstEth", 2 ** 48, mac],
] as const;

/** Boxes over five of nine fields, half as wide as these. */
const wideBox = (i: number): string => {
  const terms = WIDE.flatMap(([field, size, show], at) => {
    if ((i * 4 + at * 2) % 9 > 4) return [];
    const third = (i * 5 + at * 7) % 4;
    const from = Math.floor((size * third) / 6);
    return [`${field}=${show(from)}-${show(from + size / 2 - 1)}`];
  });
  return `(transport=TCP, ${terms.join(", ")})`;
};

const anyOf = (n: number, terms: (i: number) => string): string =>
  indices(n)
    .map((i) => `(${terms(i)})`)
    .join(" or ");

const narrow = (i: number): string =>
  `deny(srcHost=10.${(i >> 8) & 255}.${i & 255}.1, transport=TCP, dstPort=${i + 1}) on a.`;

const TWO = [
  "(dstPort = 1 or srcPort = 2)",
  "(vlan = 3 or dscp = 4)",
  "(inPort = 5 or srcHost = 10.0.0.1)",
  "(dstHost = 10.0.0.2 or srcEth = 00:00:00:00:00:01)",
];
const READS_R = "policy p on share rootShare { deny <= dstPort(P), r(P). }";

/** All attacks: those with a bound, and those of linear cost. */
export const ATTACKS: readonly Attack[] = [
  {
    name: "except of crossing boxes",
    text: (n) =>
      `default deny.\nflowgroup f = (transport=TCP)${indices(n)
        .map((i) => ` except ${box(i)}`)
        .join("")}.`,
    most: 14,
    code: "E506",
  },
  {
    name: "explain beside crossing denies",
    text: (n) => `default deny.\n${lines(n, (i) => `@d${i} deny${box(i)} on rootShare.`)}`,
    most: 9,
    explains: "(transport=TCP)",
  },
  {
    name: "except of crossing boxes of nine fields",
    text: (n) =>
      `default deny.\nflowgroup f = (transport=TCP)${indices(n)
        .map((i) => ` except ${wideBox(i)}`)
        .join("")}.`,
    most: 9,
    code: "E506",
  },
  {
    name: "explain beside crossing denies of nine fields",
    text: (n) => `default deny.\n${lines(n, (i) => `@d${i} deny${wideBox(i)} on rootShare.`)}`,
    most: 6,
    explains: "(transport=TCP)",
  },
  {
    name: "a share of what crossing boxes leave",
    text: (n) =>
      `default deny.\nNewShare s for (transport=TCP)${indices(n)
        .map((i) => ` except ${box(i)}`)
        .join("")} ${PERMISSIVE} on rootShare.`,
    most: 14,
    code: "E506",
  },
  {
    name: "shares below a share of boxes",
    text: (n) =>
      `default deny.\nNewShare s for ${indices(12).map(wideBox).join(" or ")} ${PERMISSIVE} on rootShare.\n` +
      lines(n, (i) => `NewShare t${i} for (transport=TCP, srcPort=${i + 1}) ${PERMISSIVE} on s.`),
  },
  {
    name: "partial allow beside crossing denies",
    text: (n) =>
      `default deny.\nNewShare a for (*) ${PERMISSIVE} on rootShare.\nNewShare b for (*) ${PERMISSIVE} on rootShare.\n` +
      `${lines(n, (i) => `deny${box(i)} on a.`)}\nallow(transport=TCP) partial on b.`,
    most: 12,
    code: "E719",
  },
  {
    name: "wide allow beside narrow denies",
    text: (n) =>
      `default deny.\nNewShare a for (*) ${PERMISSIVE} on rootShare.\nNewShare b for (*) ${PERMISSIVE} on rootShare.\n` +
      `${lines(n, narrow)}\n@wide allow(transport=TCP) on b.`,
  },
  {
    name: "predicates that double",
    text: (n) =>
      `default allow.\np0 <= dstPort = 80, transport(tcp).\n${lines(n, (i) => `p${i + 1} <= p${i}, p${i}.`)}\n` +
      `policy p on share rootShare { deny <= p${n}. }`,
    most: 9,
    code: "E507",
  },
  {
    name: "join of unrelated variables",
    text: (n) =>
      `default allow.\n${lines(n, (i) => `a(${i}).`)}\nb(X,Y,Z) <= a(X), a(Y), a(Z).\nc(X) <= b(X,_,_).\n` +
      "policy p on share rootShare { deny <= dstPort(P), c(P), transport(tcp). }",
    most: 46,
    code: "E318",
  },
  { name: "comments that do not close", text: (n) => "/* ".repeat(n) },
  {
    name: "chain of shares",
    text: (n) => lines(n, (i) => `NewShare s${i + 1} for (*) [allow = True] on ${i === 0 ? "rootShare" : `s${i}`}.`),
    most: 100,
    code: "E753",
  },
  {
    name: "unknown names beside known ones",
    text: (n) =>
      `${lines(n, (i) => `flowgroup fg${i} = (vlan=${i % 4000}).`)}\n${lines(n, (i) => `allow(fh${i}x) on rootShare.`)}`,
  },
  {
    name: "share of many cubes",
    text: (n) =>
      `NewShare s for (${indices(n)
        .map((i) => `(srcHost=10.0.${i >> 8}.${i & 255}, dstPort=${i + 1}, transport=TCP)`)
        .join(" or ")}) [allow = True] on rootShare.`,
  },
  {
    name: "names whose parts cross each other",
    text: (n) =>
      `flowgroup a = ${anyOf(n, (i) => `transport=TCP, srcPort=${i + 1}, dstPort=${i + 1}`)}.\n` +
      `flowgroup b = ${anyOf(n, (i) => `vlan=${i + 1}, dscp=${i % 64}`)}.\n` +
      `flowgroup c = ${anyOf(n, (i) => `srcHost=10.0.${i >> 8}.${i & 255}, dstHost=10.1.${i >> 8}.${i & 255}`)}.\n` +
      "allow(a, b, c) on rootShare.",
    most: 13,
    code: "E506",
  },
  {
    name: "a long name in many unions",
    text: (n) =>
      `flowgroup a = ${anyOf(1_000, (i) => `transport=TCP, srcPort=${i + 1}, dstPort=${i + 1}`)}.\n` +
      `NewShare s for (*) ${PERMISSIVE} on rootShare.\n${lines(n, (i) => `allow((a) or (vlan=${i + 1})) on s.`)}`,
    most: 44,
    code: "E506",
  },
  {
    name: "many partial allows beside many denies",
    text: (n) =>
      `default deny.\nNewShare a for (*) ${PERMISSIVE} on rootShare.\nNewShare b for (*) ${PERMISSIVE} on rootShare.\n` +
      `${lines(n, (i) => `deny(transport=TCP, srcPort=${i + 1}) on a.`)}\n` +
      lines(n, (i) => `allow(transport=TCP, dstPort=${i + 1}) partial on b.`),
    most: 314,
    code: "E751",
  },
  {
    name: "conditions of a relation's rule",
    text: (n) =>
      `default allow.\nq(1).\nr(1) <= ${indices(n)
        .map((i) => `q(${i})`)
        .join(", ")}.\n${READS_R}`,
    most: 2_000,
    code: "E509",
  },
  {
    name: "alternatives of sixteen conditions",
    text: (n) =>
      `default allow.\npolicy p on share rootShare { deny <= ${indices(n)
        .map((i) => `(transport(tcp), dstPort = ${i + 1}, srcPort = 7, vlan = 1${", dscp = 2".repeat(12)})`)
        .join(" or ")}. }`,
    most: 250,
    code: "E507",
  },
  {
    name: "rules of 256 alternatives",
    text: (n) =>
      `default allow.\na(1). b(1).\n${lines(n, (i) => `r${i}(X) <= ${"(a(X) or b(X)), ".repeat(7)}(a(X) or b(X)).`)}`,
    most: 48,
    code: "E510",
  },
  {
    name: "rules of a policy with 256 alternatives",
    text: (n) =>
      `default allow.\npolicy p on share rootShare {\n${lines(
        n,
        (i) => `deny <= transport(tcp), ${TWO.join(", ")}, ${TWO.join(", ")}, vlan != ${i + 4}.`,
      )}\n}`,
    most: 39,
    code: "E510",
  },
  {
    name: "signs of a statement",
    text: (n) => `default allow.\nr(${"1, ".repeat(n)}1).`,
    most: 99_998,
    code: "E114",
  },
  {
    name: "flowgroups within each other",
    text: (n) =>
      `${lines(n, (i) => `flowgroup g${i} = ${i === 0 ? "" : `(g${i - 1}) or `}(dstPort=${i + 1}).`)}\ndeny(g${n - 1}) on rootShare.`,
    most: 200,
    code: "E511",
  },
  {
    name: "products of `!=` under each other",
    text: (n) =>
      `default deny.\n${lines(
        n,
        (i) => `allow(transport=TCP, srcPort!=${i * 7 + 1}, dstPort!=${i * 131 + 1}) on rootShare.`,
      )}`,
    lowers: "of13",
    sizes: [10, 20, 40],
  },
  {
    name: "a deny of many boxes",
    text: (n) =>
      `default allow.\ndeny(${anyOf(n, (i) => {
        const [source, destination] = [((i * 37) % 60_000) + 1, ((i * 91) % 60_000) + 1];
        return `transport=TCP, srcPort=${source}-${source + 2_000}, dstPort=${destination}-${destination + 2_000}`;
      })}) on rootShare.`,
    lowers: "ovs",
    sizes: [250, 500, 1_000],
  },
  {
    name: "a waypoint along a line of switches",
    text: (n) =>
      `default allow.\n${lines(n, (i) => `switch(s${i}, ${i + 1}). host_at(h${i}, s${i}, 9). host_ip(h${i}, 10.0.${i >> 8}.${i & 255}).`)}\n` +
      `${lines(n - 1, (i) => `link(s${i}, 1, s${i + 1}, 2, 1Gb).`)}\n` +
      `waypoint(srcHost=h0, dstHost=h${n - 1}) = h${n >> 1} on rootShare.`,
    lowers: "ovs",
    // Each switch has an entry for each host.
    growth: 2.1,
    sizes: [50, 100, 200],
  },
  {
    name: "users and addresses of one host",
    text: (n) =>
      `default deny.\n${lines(n, (i) => `user_host(u${i}, h). host_ip(h, 10.0.${i >> 8}.${i & 255}).`)}\n` +
      lines(n, (i) => `allow(user=u${i}) on rootShare.`),
    lowers: "ovs",
  },
  {
    name: "unknown users beside known ones",
    text: (n) => `${lines(n, (i) => `AddUser u${i}.`)}\n${lines(n, (i) => `Grant rootShare to xu${i}.`)}`,
  },
  {
    name: "denies behind passes of overlapping ranges",
    text: (n) =>
      `default deny.\npolicy p on share rootShare ordered {\n${lines(
        n,
        (i) => `${i % 2 ? "deny" : "pass"} <= transport(tcp), dstPort in ${i + 1}-${30_000 + 7 * i}.`,
      )}\n}`,
  },
  {
    name: "comments in one line, formatted",
    text: (n) => "/* x */ deny(dstPort=1) /* y */ on rootShare. ".repeat(n),
    formats: true,
    sizes: [5_000, 10_000, 20_000],
  },
  {
    name: "a line of switches without statements",
    text: (n) =>
      `default allow.\n${lines(n, (i) => `switch(s${i}, ${i + 1}). host_at(h${i}, s${i}, 9). host_ip(h${i}, 10.0.${i >> 8}.${i & 255}).`)}\n` +
      lines(n - 1, (i) => `link(s${i}, 1, s${i + 1}, 2, 1Gb).`),
    most: 400,
    code: "E512",
  },
  {
    name: "avoids on a ring of fifty switches",
    text: (n) =>
      `default allow.\n${lines(50, (i) => `switch(s${i}, ${i + 1}). host_at(h${i}, s${i}, 9). host_ip(h${i}, 10.0.0.${i}). link(s${i}, 1, s${(i + 1) % 50}, 2, 1Gb).`)}\n` +
      lines(n, (i) => `avoid(transport=TCP, dstPort=${i + 1}) = s${(2 * i + 1) % 50} on rootShare.`),
    most: 16,
    code: "E845",
    lowers: "ovs",
  },
  {
    name: "a mesh of switches",
    text: (n) =>
      `default allow.\n${lines(n, (i) => `switch(s${i}, ${i + 1}). host_at(h${i}, s${i}, 200). host_ip(h${i}, 10.0.0.${i}).`)}\n` +
      lines(n, (i) => lines(n - 1 - i, (j) => `link(s${i}, ${i + j + 2}, s${i + j + 1}, ${i + 1}, 1Gb).`)),
    lowers: "ovs",
    // Each pair of switches has a link, and each switch an entry for each host and port.
    growth: 2.3,
    sizes: [20, 40, 80],
  },
  {
    name: "waypoints of separate hosts",
    text: (n) =>
      "default allow.\nswitch(s1, 1). host_at(fw, s1, 1). host_ip(fw, 10.255.0.1).\n" +
      lines(n, (i) => `waypoint(srcHost=10.0.${i >> 8}.${i & 255}) = fw on rootShare.`),
    lowers: "ovs",
    sizes: [1_000, 2_000, 4_000],
  },
  {
    name: "denies of all hosts of a network but one",
    text: (n) =>
      "default deny.\nallow(dstPort=1) partial on rootShare.\n" +
      lines(n, (i) => `deny (srcHost=11.0.0.0/8) except (srcHost=11.${i >> 8}.${i & 255}.1) on rootShare.`),
    lowers: "ovs",
    sizes: [1_000, 2_000, 4_000],
  },
  {
    name: "a ring of switches without hosts",
    text: (n) =>
      `default deny.\n${lines(n, (i) => `switch(s${i}, ${i + 1}). link(s${i}, 1, s${(i + 1) % n}, 2, 1Mb).`)}`,
    lowers: "ovs",
    sizes: [1_000, 2_000, 4_000],
  },
  {
    name: "limits of sources beside limits of destinations",
    text: (n) =>
      "default deny.\nNewShare s for (*) [limit <= 10Gb, requests <= 100000, entries <= 1000000] on rootShare.\n" +
      lines(
        n,
        (i) =>
          `limit(srcHost=10.0.${i >> 8}.${i & 255}, dstPort=${i + 1}) = 1Mb on s. limit(dstHost=10.0.${i >> 8}.${i & 255}) = 1Mb on s.`,
      ),
    lowers: "ovs",
    sizes: [1_000, 2_000, 4_000],
  },
  {
    name: "limits that all overlap",
    text: (n) =>
      "default allow.\nNewShare s for (*) [limit <= 10Gb, requests <= 100000, entries <= 1000000] on rootShare.\n" +
      lines(n, (i) => `limit(transport=TCP, dstPort=${i + 1}-${i + 5_000}) = ${i + 1}Mb on s.`),
    lowers: "ovs",
    most: 253,
    // The switch has no more tables: a fault of the policy and no spent budget.
    code: "fault E817",
  },
  { name: "twins", text: (n) => lines(n, () => "allow(transport=TCP) on rootShare.") },
  ...ADMISSION_ATTACKS,
  ...NETWORK_ATTACKS,
  ...TIME_ATTACKS,
];
