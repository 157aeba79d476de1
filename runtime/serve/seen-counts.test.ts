/**
 * What Alice is offered in the place of what is refused is the same in each byte, however many statements Eve has, and of
 * whichever kinds.
 */
import test, { type ExecutionContext } from "ava";
import type { RunningNetwork } from "./network.ts";
import { replyText } from "./reply.ts";
import { networkOf, NOW } from "./testing/server.ts";

const HOSTS = ["pc", "box", "srv", "eve"].map(
  (host, i) =>
    `host_ip(${host}, 10.0.0.${i + 1}). host_mac(${host}, 00:00:00:00:00:0${i + 1}). host_at(${host}, s1, ${i + 1}).`,
);
const POLICY = `
default allow.
switch(s1, 1).
${HOSTS.join("\n")}
user_host("Alice", pc). user_host("Eve", eve).
NewShare al for (user=Alice) or (dstHost=10.0.0.1) [allow = True, deny = True, waypoint = {box, srv}, limit <= 100Mb, reserve <= 50Mb, requests <= 5000, entries <= 20000] on rootShare.
Grant al to Alice.
NewShare ev for (user=Eve) [allow = True, deny = True, waypoint = {box, srv}, limit <= 100Mb, requests <= 5000, entries <= 20000] on rootShare.
Grant ev to Eve.
`;

let number = 0;
const say = (network: RunningNetwork, by: string, text: string): string =>
  replyText(network.hear({ own: ++number, by, text, now: NOW })).replaceAll(/\br\d+\b/g, "r");

const together = (texts: readonly string[]): string =>
  texts.length === 1 ? texts[0]! : `begin. ${texts.join(" ")} commit.`;

/** What Alice is refused: each has an offer. */
const REFUSED = [
  "@t allow(user=Alice, dstPort=5) on al.",
  "@t allow(user=Alice, dstPort=990-1010) on al from +1h.",
  "@t allow(dstHost=10.0.0.1, dstPort=990-1010) on al.",
  "@t deny(user={Alice, Eve}, dstPort=5-40) on al.",
  "@t limit(dstHost=10.0.0.1, dstPort=5) = 200Mb on al.",
  "@t reserve(user=Alice, dstPort=5) = 80Mb on al.",
  "@t waypoint(user={Alice, Eve}, dstHost=10.0.0.3, dstPort=7) = box on al.",
];

const answers = (network: RunningNetwork): readonly string[] => REFUSED.map((text) => say(network, "Alice", text));

/** A network in which Alice has so many denies. */
function begun(t: ExecutionContext, own: number): RunningNetwork {
  const network = networkOf(POLICY);
  void network.tables;
  const denies = Array.from({ length: own }, (_, i) => `deny(dstHost=10.0.0.1, dstPort=${1000 + 2 * i}) on al.`);
  t.regex(
    say(network, "Alice", together(["deny(user=Alice, dstHost=10.0.0.3, transport=TCP) on al.", ...denies])),
    /^True/,
  );
  return network;
}

/** Statements of Eve's, from one to the next. */
const denies = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from }, (_, i) => `@b${from + i} deny(user=Eve, dstPort=${2 * (from + i)}) on ev.`);
const LIMITS = Array.from({ length: 8 }, (_, i) => `limit(user=Eve, dstPort=${1001 + 2 * i}) = ${i + 1}Mb on ev.`);
const WAY = "@w waypoint(user=Eve, dstHost=10.0.0.3, dstPort=7) = box on ev.";

/** Alice's answers are the same after each of Eve's steps. */
function holds(t: ExecutionContext, own: number, steps: readonly (readonly string[])[]): void {
  const network = begun(t, own);
  const first = answers(network);
  for (const [i, answer] of first.entries()) t.regex(answer, /^False[^]*would be accepted: /, REFUSED[i]!);
  for (const step of steps) {
    t.regex(say(network, "Eve", together(step)), /^True/, step[0]!);
    t.deepEqual(answers(network), first, step.at(-1)!);
  }
}

test("99, 100 or 150 denies of Eve's, limits and a waypoint take no offer from Alice", (t) =>
  holds(t, 1, [denies(0, 99), denies(99, 100), denies(100, 150), ["Cancel b99."], LIMITS, [WAY], ["Cancel w."]]));

test("a waypoint of Eve's takes no offer from an Alice with 101 denies", (t) => holds(t, 101, [[WAY], ["Cancel w."]]));
