/** Small files that cost much over time: timelines, traces, what is left of a request as others come and go, and proofs (`hostile.ts`). */
import { lines, PERMISSIVE, type Attack } from "./attack.ts";

const ip = (i: number): string => `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`;

/** Requests that are all in force now and end one after the other, the last one first. */
const endingInTurn = (n: number, request: (i: number) => string): string =>
  "default allow.\nNewShare s for (*) [deny = True, limit <= 100Gb, reserve <= 100Gb, requests <= 100000, entries <= 1000000] on rootShare.\n" +
  lines(n, (i) => `${request(i)} on s to +${n + 10 - i}s.`);

export const TIME_ATTACKS: readonly Attack[] = [
  {
    name: "a trace of allows that are refused beside many denies",
    text: (n) =>
      `NewShare a for (*) ${PERMISSIVE} on rootShare.\nNewShare b for (*) ${PERMISSIVE} on rootShare.\n` +
      `${lines(n, (i) => `deny(transport=TCP, srcPort=${i + 1}) on a.`)}\n` +
      lines(n, (i) => `allow(transport=TCP, dstPort=${i + 1}) on b.`),
    replays: true,
    most: 316,
    code: "E751",
  },
  {
    name: "proof of ranges that cross each other",
    text: (n) =>
      `default deny.\nNewShare s for (*) ${PERMISSIVE} on rootShare.\n` +
      lines(n, (i) => `${i % 2 ? "allow" : "deny"}(transport=TCP, dstPort=${i + 1}-${i + 3}) on s.`),
    proves: true,
    most: 109,
    code: "W971",
  },
  {
    name: "a partial allow beside timed denies",
    text: (n) =>
      `default deny.\nNewShare a for (*) ${PERMISSIVE} on rootShare.\n${lines(
        n,
        (i) => `deny(transport=TCP, dstPort=${i + 1}) on a from +${i + 1}s to +${3 * n - i}s.`,
      )}\nallow(*) partial on rootShare.`,
    most: 1_000,
    code: "E719",
  },
  {
    name: "a timeline of limits that overlap",
    text: (n) =>
      `default allow.\nNewShare s for (*) [limit <= 10Gb, requests <= 100000, entries <= 1000000] on rootShare.\n` +
      lines(n, (i) => `limit(transport=TCP, dstPort=${i + 1})=1Mb on s from +${i + 1}s to +${n + i + 1}s.`),
    most: 55,
    code: "E847",
    follows: true,
  },
  {
    name: "a timeline of denies within each other",
    text: (n) =>
      `default allow.\n${lines(
        n,
        (i) => `deny(transport=TCP, dstPort=${i + 1}-${60_000 - i}) on rootShare from +${i + 1}s to +${3 * n - i}s.`,
      )}`,
    follows: true,
    sizes: [500, 1_000, 2_000],
  },
  {
    name: "a timeline of denies within each other before one that never ends",
    text: (n) =>
      `default allow.\ndeny(vlan=5) on rootShare from +1d.\n${lines(
        n,
        (i) => `deny(transport=TCP, dstPort=${i + 1}-${60_000 - i}) on rootShare from +${i + 1}s to +${3 * n - i}s.`,
      )}`,
    follows: true,
    most: 568,
    code: "E847",
  },
  {
    name: "a timeline of limits within each other of which the widest end first",
    // More than 253 need too many tables (E817).
    text: (n) => endingInTurn(Math.min(n, 253), (i) => `limit(srcHost=10.0.0.0-${ip(i + 2)}) = ${i + 10}kb`),
    follows: true,
    most: 109,
    code: "E847",
  },
  {
    name: "a timeline of reservations within each other of which the widest end first",
    text: (n) => endingInTurn(n, (i) => `reserve(srcHost=10.0.0.0-${ip(i + 2)}) = ${i + 10}kb`),
    follows: true,
    most: 1_004,
    code: "E847",
  },
  {
    name: "reservations within each other of which the widest end first",
    text: (n) => endingInTurn(n, (i) => `reserve(srcHost=10.0.0.0-${ip(i + 2)}) = ${i + 10}kb`),
    sizes: [1_000, 2_000, 4_000],
  },
  {
    name: "a timeline of limits and denies within each other of which the widest end first",
    text: (n) =>
      endingInTurn(
        Math.min(n, 506),
        (i) => `${i % 2 ? "limit" : "deny"}(srcHost=10.0.0.0-${ip(i + 2)})${i % 2 ? ` = ${i + 10}kb` : ""}`,
      ),
    follows: true,
    most: 157,
    code: "E847",
  },
  {
    name: "a wide allow beside a timeline of denies",
    text: (n) =>
      `default deny.\nNewShare a for (*) ${PERMISSIVE} on rootShare.\nallow(*) partial on rootShare.\n` +
      lines(n, (i) => `deny(transport=TCP, dstPort=${i + 1}) on a from +${i + 1}s to +${3 * n - i}s.`),
    follows: true,
    // The entries of their fragments share a match.
    sizes: [1_000, 2_000, 4_000],
  },
  {
    name: "a timeline of denies of ranges that overlap",
    text: (n) =>
      `default allow.\n${lines(
        n,
        (i) =>
          `deny(transport=TCP, srcPort=${i + 1}-${i + n}) on rootShare from +${10 * i + 1}s to +${10 * i + 5 * n + 1}s.`,
      )}`,
    follows: true,
    most: 184,
    code: "E847",
  },
  {
    name: "verdicts that no refused request explains",
    text: (n) =>
      `True <- root : NewShare s for (*) [allow = True, requests <= 100000, entries <= 1000000] on rootShare.\n` +
      `${lines(n, (i) => `True <- root : deny(transport=TCP, dstPort=${i + 1}) on s.`)}\n` +
      lines(n, (i) => `False <- root : allow(transport=UDP, dstPort=${i + 1}) on s.`),
    replays: true,
    sizes: [1_000, 2_000, 4_000],
  },
];
