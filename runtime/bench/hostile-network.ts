/** Small files that cost much in switches, waypoints and boxes of several ranges (`hostile.ts`). */
import { lines, indices, PERMISSIVE, type Attack } from "./attack.ts";

const ip = (i: number): string => `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`;
const mac = (i: number): string => {
  const digits = (2 ** 41 + i).toString(16).padStart(12, "0");
  return digits.replaceAll(/..(?!$)/g, "$&:");
};

/** Switches in a ring, and hosts beside them, one after the other. */
const ring = (switches: number, hosts: number): string =>
  `default allow.\n${lines(switches, (i) => `switch(s${i}, ${i + 1}). link(s${i}, 1, s${(i + 1) % switches}, 2, 1Gb).`)}\n` +
  `${lines(hosts, (i) => `host_at(h${i}, s${i % switches}, ${i + 9}). host_ip(h${i}, ${ip(i)}). host_mac(h${i}, ${mac(i)}).`)}\n`;

/** Users, each on a host of a switch. */
const placed = (n: number): string =>
  `switch(s0, 1).\n${lines(n, (i) => `host_at(h${i}, s0, ${i + 1}). host_ip(h${i}, ${ip(i)}). host_mac(h${i}, ${mac(i)}). user_host(u${i}, h${i}).`)}\n`;

const denies = (n: number): string =>
  `default allow.\n${lines(n, (i) => `deny(transport=TCP, dstHost=${ip(i)}, dstPort=${i + 1}) on rootShare.`)}`;

/** A number below `below` that looks drawn at random. */
const drawn = (i: number, salt: number, below: number): number => ((i + 1) * (2_654_435_761 + salt * 40_503)) % below;
const range = (i: number, salt: number): string => {
  const from = drawn(i, salt, 60_000) + 1;
  return `${from}-${from + drawn(i, salt + 1, 5_000)}`;
};

/** Hosts of two switches, each `shift` switches further. */
const beside = (n: number, shift: number): string =>
  `default deny.\nswitch(s0, 1). switch(s1, 2). link(s0, 60001, s1, 60001, 1Gb).\nallow(transport=TCP, dstPort=80) on rootShare.\n` +
  lines(
    n,
    (i) => `host_at(h${i}, s${(i + shift) % 2}, ${i + 1}). host_ip(h${i}, ${ip(i)}). host_mac(h${i}, ${mac(i)}).`,
  );

/** Attacks on paths and on the tables along them, and on the sets of many statements. */
export const NETWORK_ATTACKS: readonly Attack[] = [
  {
    name: "waypoints that name each other in a circle",
    text: (n) =>
      `${ring(n + 3, n + 3)}waypoint(*) = s0, s1 on rootShare.\nwaypoint(*) = s1, s2 on rootShare.\n` +
      `waypoint(*) = s2, s0 on rootShare.\n${lines(n, (i) => `waypoint(*) = s${i + 3} on rootShare.`)}`,
    lowers: "ovs",
    sizes: [20, 40, 80],
  },
  {
    name: "a ring of switches that are all waypoints",
    text: (n) =>
      `${ring(n, n)}waypoint(*) = ${indices(n - 1)
        .map((i) => `s${i + 1}`)
        .join(", ")} on rootShare.`,
    lowers: "ovs",
    most: 28,
    code: "E845",
  },
  {
    name: "one waypoint for all hosts of a ring",
    text: (n) => `${ring(8, n)}waypoint(transport=TCP) = h1 on rootShare.`,
    lowers: "ovs",
    most: 793,
    code: "E845",
  },
  {
    name: "hosts of a ring that are all waypoints",
    text: (n) =>
      ring(8, n) + lines(n, (i) => `waypoint(srcHost=h${i}, dstHost=h${(i + 2) % n}) = h${(i + 1) % n} on rootShare.`),
    lowers: "ovs",
    sizes: [1_000, 2_000, 4_000],
  },
  {
    name: "hosts that all move to another switch",
    text: (n) => beside(n, 0),
    becomes: (n) => beside(n, 1),
    sizes: [500, 1_000, 2_000],
  },
  {
    name: "a plan in which denies within each other end",
    text: (n) =>
      `default allow.\n${lines(n, (i) => `deny(transport=TCP, dstPort=${i + 1}-${60_000 - i}) on rootShare.`)}`,
    becomes: () => "default allow.",
    sizes: [2_000, 4_000, 8_000],
  },
  {
    name: "a plan in which denies of ranges that cross each other end",
    text: (n) =>
      `default allow.\n${lines(n, (i) => `deny(transport=TCP, srcPort=${i + 1}-${i + 30_000}) on rootShare.`)}`,
    becomes: () => "default allow.",
    sizes: [2_000, 4_000, 8_000],
  },
  {
    name: "a plan in which denies of all users but one end",
    text: (n) => `default allow.\n${placed(n)}${lines(n, (i) => `deny(user!=u${i}, dstPort=${i + 1}) on rootShare.`)}`,
    becomes: (n) => `default allow.\n${placed(n)}`,
    sizes: [400, 800, 1_600],
  },
  {
    name: "boxes of several ranges",
    text: (n) =>
      `default allow.\n${lines(n, (i) => {
        const length = 8 + drawn(i, 5, 17);
        const base = Math.floor(drawn(i, 6, 2 ** length)) * 2 ** (32 - length);
        const address = [24, 16, 8, 0].map((bits) => Math.floor(base / 2 ** bits) % 256).join(".");
        return `deny(transport=TCP, srcPort=${range(i, 1)}, dstPort=${range(i, 3)}, srcHost=${address}/${length}) on rootShare.`;
      })}`,
    lowers: "ovs",
  },
  {
    name: "denies with holes beside an allow",
    text: (n) =>
      "default deny.\nallow(dstPort=1) on rootShare.\n" +
      lines(
        n,
        (i) =>
          `deny((srcHost=10.${i >> 8}.${i & 255}.0/24) except (srcHost=10.${i >> 8}.${i & 255}.7) except (dstPort=${i + 2})) on rootShare.`,
      ),
    lowers: "ovs",
    most: 2_803,
    code: "E848",
  },
  {
    name: "guards over wide sets",
    text: (n) =>
      `default allow.\npolicy g as guard {\n${lines(
        n,
        (i) =>
          `deny <= dstPort in ${i + 1}-${60_000 - i}, transport(tcp), not srcHost in 10.${i >> 8}.${i & 255}.0/24.`,
      )}\n}\n${lines(n, (i) => `allow(transport=TCP, srcHost=10.${i >> 8}.${i & 255}.9) on rootShare.`)}`,
    lowers: "ovs",
    most: 1_304,
    code: "E848",
  },
  {
    name: "a timeline of reservations that are too small for a queue",
    text: (n) =>
      `default allow.\nNewShare s for (*) [reserve <= 10Gb, requests <= 100000, entries <= 1000000] on rootShare.\n` +
      lines(n, (i) => `reserve(srcHost=${ip(i)}) = 1kb on s from +${i + 1}s to +${n + i + 1}s.`),
    follows: true,
    most: 288,
    code: "E847",
  },
  {
    name: "entries of others above denies",
    text: () => denies(200),
    foreign: (n) => lines(n, (i) => `table=0,priority=10,dl_type=0x800,nw_src=${ip(i)} actions=NORMAL`),
    sizes: [10_000, 20_000, 40_000],
  },
  {
    name: "entries of others below denies",
    text: () => denies(1_000),
    foreign: (n) => lines(n, (i) => `table=0,priority=1,dl_type=0x800,nw_src=${ip(i)} actions=NORMAL`),
    most: 1_498,
  },
  {
    name: "rules with many variables that occur once",
    text: (n) =>
      `default deny.\na(1).\n${lines(
        n,
        (i) =>
          `r${i}(X) <= a(X), ${indices(10)
            .map((k) => `a(V${k}x${i})`)
            .join(", ")}.`,
      )}`,
  },
  {
    name: "transactions that fail one by one",
    text: (n) =>
      `default deny.\nNewShare s for (*) [reserve <= 10Mb, reserveTBCapacity = 10Mb, reserveTBFill = 5Mb, requests <= 100000, entries <= 1000000] on rootShare.\n` +
      lines(
        n,
        (i) =>
          `begin. reserve(srcHost=${ip(i)}) = 1Mb on s from +${i}s to +${i + 5}s. reserve(srcHost=${ip(i)}) = 100Mb on s from +${i}s to +${i + 5}s. commit.`,
      ),
    sizes: [1_000, 2_000, 4_000],
  },
  {
    name: "allows beside holes in their share",
    text: (n) =>
      `default deny.\nNewShare s for (srcHost!={${indices(n)
        .map((i) => ip(2 * i))
        .join(", ")}}) ${PERMISSIVE} on rootShare.\n` +
      lines(n, (i) => `allow(transport=TCP, dstPort=${i + 1}) partial on s.`),
  },
];
