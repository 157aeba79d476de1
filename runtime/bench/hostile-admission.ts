/** Small files that cost much in names, users, shares, declarations, guards and rules (`hostile.ts`). */
import { lines, indices, PERMISSIVE, type Attack } from "./attack.ts";

/** Shares `s1` to `sN`, each on the one before it. */
const chain = (n: number, privileges: string): string =>
  lines(n, (i) => `NewShare s${i + 1} for (*) ${privileges} on ${i === 0 ? "rootShare" : `s${i}`}.`);
const LONG = "abcdefghij".repeat(20);

/** Users, each on a host with an address, a MAC and a port. */
const usersOf = (n: number): string =>
  `switch(s1, 1).\n${lines(n, (i) => {
    const mac = (2 ** 41 + i)
      .toString(16)
      .padStart(12, "0")
      .replaceAll(/..(?!$)/g, "$&:");
    return `host_ip(h${i}, 10.0.${i >> 8}.${i & 255}). host_mac(h${i}, ${mac}). host_at(h${i}, s1, ${i + 1}). user_host(u${i}, h${i}).`;
  })}`;

/** Attacks on what comes before the tables. */
export const ADMISSION_ATTACKS: readonly Attack[] = [
  {
    name: "users left out by a statement each",
    text: (n) =>
      `default deny.\n${usersOf(n)}\n${lines(n, (i) => `allow(user!=u${i}, dstPort=${i + 1}) on rootShare.`)}`,
    lowers: "ovs",
    // Each statement has an entry for each bit of a user's number.
    growth: 1.4,
    sizes: [100, 200, 400],
  },
  {
    name: "denies of all users but one",
    text: (n) =>
      `default allow.\n${usersOf(n)}\n${lines(n, (i) => `deny(user!=u${i}, dstPort=${i + 1}) on rootShare.`)}`,
    lowers: "ovs",
    sizes: [400, 800, 1_600],
  },
  {
    name: "limits within each other",
    text: (n) =>
      `default allow.\n${lines(n, (i) => `limit(transport=TCP, dstPort=${i + 1}-${60_000 - i}) = ${i + 1}kb on rootShare.`)}`,
    lowers: "ovs",
    sizes: [50, 100, 200],
  },
  {
    name: "reservations within each other on known links",
    text: (n) =>
      `default allow.\nswitch(s1, 1). host_ip(a, 10.0.0.1). host_at(a, s1, 1). port_rate(s1, 1, 100Gb).\n` +
      `NewShare s for (*) [reserve <= 100Gb, requests <= 100000, entries <= 1000000] on rootShare.\n` +
      lines(n, (i) => `reserve(srcHost=a, dstPort=1-${i + 1}) = 1kb on s.`),
    sizes: [250, 500, 1_000],
  },
  {
    name: "rules that ask a long predicate",
    text: (n) =>
      `default allow.\np <= transport(tcp)${indices(1_998)
        .map((i) => `, dstPort != ${i}`)
        .join("")}.\npolicy p on share rootShare {\n${lines(n, (i) => `deny <= srcPort = ${i + 1}, p.`)}\n}`,
    most: 100,
    code: "E513",
  },
  {
    name: "reservations in a share that stands deep",
    text: (n) =>
      `default allow.\n${chain(100, "[reserve <= 1Gb, reserveTBFill = 10Mb, requests <= 100000, entries <= 1000000]")}\n` +
      lines(n, (i) => `reserve(transport=TCP, dstPort=${i + 1})=1Mb on s100 from +${i}s to +${i + 5}s.`),
    sizes: [250, 500, 1_000],
  },
  {
    name: "shares declared in the worst order",
    text: (n) =>
      `default deny.\n${lines(n, (i) => `NewShare x${i} for (*) ${PERMISSIVE} on s90.`)}\n` +
      chain(90, PERMISSIVE).split("\n").toReversed().join("\n"),
  },
  {
    name: "unknown users between known ones",
    text: (n) => lines(n, (i) => `AddUser u${i}. Grant rootShare to xu${i}.`),
  },
  {
    name: "unknown shares between known ones",
    text: (n) =>
      lines(
        n,
        (i) => `NewShare a${i} for (*) ${PERMISSIVE} on rootShare. NewShare b${i} for (*) ${PERMISSIVE} on ab${i}.`,
      ),
  },
  {
    name: "cancels of unknown requests between known ones",
    text: (n) => lines(n, (i) => `@l${i} allow(srcHost=10.0.${i >> 8}.${i & 255}) on rootShare. Cancel k${i}.`),
  },
  {
    name: "long unknown names beside known ones",
    text: (n) =>
      `${lines(n, (i) => `flowgroup ${LONG}${i} = (vlan=${i % 4000}).`)}\n${lines(n, (i) => `allow(${LONG}x${i}) on rootShare.`)}`,
  },
  {
    name: "facts of a word each",
    text: (n) => "a.".repeat(n),
    most: 1_230_769,
    code: "E515",
  },
  {
    name: "faults one after the other",
    text: (n) => ". ".repeat(n),
    sizes: [2_000, 20_000, 200_000],
  },
  {
    name: "externs of one file",
    text: (n) => `default deny.\n${lines(n, (i) => `extern r${i}(user, text) from csv "rows.csv" (user, host).`)}`,
    file: `user,host\n${lines(5_000, (i) => `u${i},10.0.${i >> 8}.${i & 255}`)}\n`,
    most: 51,
    code: "E514",
  },
  {
    name: "reservations that find no room",
    text: (n) =>
      `default deny.\nNewShare s for (*) [reserve <= 10Mb, requests <= 100000, entries <= 1000000] on rootShare.\n` +
      lines(n, (i) => `reserve(srcHost=10.0.${i >> 8}.${i & 255}) = 1Mb on s from +${i}s to +${i + n}s.`),
    sizes: [1_000, 2_000, 4_000],
  },
  {
    name: "partial reservations in a bucket that never fills",
    text: (n) =>
      `default deny.\nNewShare s for (*) [reserve <= 10Gb, reserveTBCapacity = 10000Gb, reserveTBFill = 1Mb, requests <= 100000, entries <= 1000000] on rootShare.\n` +
      lines(
        n,
        (i) => `reserve(srcHost=10.0.${i >> 8}.${i & 255}) = 1Mb partial on s from +${3 * i}s to +${3 * i + 5}s.`,
      ),
    sizes: [2_000, 4_000, 8_000],
  },
  {
    name: "partial reservations here and there beside a bucket",
    text: (n) =>
      `default deny.\nNewShare s for (*) [reserve <= 1Gb, reserveTBCapacity = 1Gb, reserveTBFill = 10Mb, requests <= 100000, entries <= 1000000] on rootShare.\n` +
      lines(n, (i) => {
        const from = (i * 7_919) % n;
        return `reserve(srcHost=10.0.${i >> 8}.${i & 255}) = ${1 + (i % 20)}Mb partial on s from +${from}s to +${from + 1 + (i % 50)}s.`;
      }),
    sizes: [2_000, 4_000, 8_000],
  },
  {
    name: "a transaction that fails at its end",
    text: (n) =>
      `default deny.\ndeny(dstPort=1) on rootShare.\nbegin.\n${lines(
        n,
        (i) => `allow(srcHost=10.0.${i >> 8}.${i & 255}) on rootShare.`,
      )}\nallow(*) on rootShare.\ncommit.`,
    sizes: [1_000, 2_000, 4_000],
  },
  {
    name: "rules that ask unknown relations",
    text: (n) => lines(n, (i) => `r${i}(A, B) <= s${i}(A).`),
  },
  {
    name: "a rule of the network that looks at all that stands",
    text: (n) =>
      `default allow.\nvip(x).\nreject(Q, "no") <= request(Q, _, "deny", _), meets(Q, "deny", R), vip(R).\n` +
      lines(n, (i) => `deny(transport=TCP, dstPort=${i + 1}-${60_000 - i}) on rootShare.`),
    most: 1_824,
    code: "E318",
  },
  {
    name: "denies beside allows of the same ports",
    text: (n) =>
      `default deny.\nNewShare a for (*) ${PERMISSIVE} on rootShare.\nNewShare b for (*) ${PERMISSIVE} on rootShare.\n` +
      lines(n, (i) => `deny(transport=TCP, dstPort=${i + 1}) on a. allow(transport=TCP, dstPort=${i + 1}) on b.`),
    sizes: [2_000, 4_000, 8_000],
  },
];
