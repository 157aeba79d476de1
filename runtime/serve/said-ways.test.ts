/**
 * What waypoints and avoids that are said may cost: it is counted before anything is made of them, for each instant at which they
 * stand, and who only allows or denies has no part in it.
 */
import test from "ava";
import { MOST_SAID_WAYS } from "#compiler/circles/ways-together.ts";
import { WaysProof } from "#compiler/circles/ways-proof.ts";
import { steers, type DerivedRule } from "#compiler/derived/rule.ts";
import { lower } from "#compiler/lowering/index.ts";
import { replyText } from "./reply.ts";
import type { RunningNetwork } from "./network.ts";
import { networkOf, NOW } from "./testing/server.ts";

const host = (name: string, n: number): string =>
  `host_ip(${name}, 10.0.0.${n}). host_mac(${name}, 02:00:00:00:00:0${n}). host_at(${name}, s1, ${n}).`;

const POLICY = `default allow. switch(s1, 1).
${["pc", "box", "srv", "eve", "two"].map((name, i) => host(name, i + 1)).join("\n")}
AddUser kid. AddUser eve.
NewShare kid for (srcHost=pc) [deny = True, waypoint = {box}, requests <= 500, entries <= 5000] on rootShare.
NewShare eve for (srcHost=eve) [deny = True] on rootShare.
Grant kid to kid. Grant eve to eve.`;

/** Each holds another range of another field: what they hold together makes entries for each pair of blocks. */
const RANGES = Array.from({ length: 9 }, (_, i) => {
  const field = (["dscp", "srcPort", "dstPort"] as const)[i % 3]!;
  return `${field}=1-${field === "dscp" ? 54 - 2 * i : 36 - i}`;
});

const way = (i: number, time = ""): string =>
  `@w${i} waypoint(srcHost=pc, dstHost=srv, ${RANGES[i]}) = box on kid${time}.`;

type Say = (text: string, by?: string, now?: number) => string;

function speak(network: RunningNetwork): Say {
  let own = 0;
  return (text, by = "kid", now = NOW) => replyText(network.hear({ own: ++own, text, by, now }));
}

const entriesOf = (rules: readonly DerivedRule[], { decided: { model } }: RunningNetwork): number =>
  [...lower(rules, { ...model, target: "ovs", now: NOW }).tables.values()].reduce(
    (sum, { entries }) => sum + entries.length,
    0,
  );

/** What the ways of an instant come to beside the entries of the network. */
const ledAt = (network: RunningNetwork, instant: number): number =>
  entriesOf(network.admission.derived.active(instant).filter(steers), network) - entriesOf([], network);

for (const [when, time, instants] of [
  ["now", () => "", [0]],
  ["later, one behind the other", (i: number) => ` from @${NOW + 100 + i}`, [100, 102, 108]],
  ["later, in the order of late to early", (i: number) => ` from @${NOW + 108 - i}`, [100, 104, 108]],
] as const) {
  test(`ways that are said come to no more than is counted at any instant, ${when}`, (t) => {
    const network = networkOf(POLICY);
    const say = speak(network);
    t.regex(say(`deny(srcHost=eve, dstPort=9, transport=TCP) on eve from @${NOW + 50}.`, "eve"), /^True/);
    const said = RANGES.map((_, i) => say(way(i, time(i))));
    const refused = said.filter((one) => one.startsWith("False"));
    t.true(said[0]!.startsWith("True") && refused.length > 3, said.join(""));
    for (const one of refused) t.regex(one, /^False\n error\[E845\][^]*1,000 entries[^]*fewer, for narrower flows/);
    // It may be said again for ever, and is answered as before.
    const again = said.findIndex((one) => one.startsWith("False"));
    t.deepEqual([say(way(again, time(again)))], [said[again]]);
    t.regex(say("deny(srcHost=eve, dstPort=10, transport=TCP) on eve.", "eve"), /^True/);
    for (const now of instants.map((s) => NOW + s)) {
      network.admission.advance(now);
      t.true(ledAt(network, now) <= MOST_SAID_WAYS.entries);
      network.tables.advance(now);
      t.deepEqual(network.tables.heldBack, []);
    }
  });
}

test("ways that stand at no instant together are not counted together", (t) => {
  const say = speak(networkOf(POLICY));
  for (const i of [0, 1, 2, 3]) t.regex(say(way(i, ` from +${i + 1}h to +${i + 2}h`)), /^True/);
});

test("what files lead is bound as before, and nothing that is said adds to what is more than that", (t) => {
  const network = networkOf(
    [POLICY, ...RANGES.slice(0, 2).map((_, i) => way(i).replace("on kid", "on rootShare"))].join("\n"),
  );
  const say = speak(network);
  t.regex(say("@small waypoint(srcHost=pc, dstHost=eve) = box on kid."), /^False\n error\[E845\]/);
  t.regex(say("deny(srcHost=pc, dstHost=eve) on kid."), /^True/);
  t.regex(say("Cancel w1.", "root"), /^True/);
});

test("a transaction of ways is counted as one", (t) => {
  const say = speak(networkOf(POLICY));
  t.regex(say(`begin. ${RANGES.map((_, i) => way(i)).join(" ")} commit.`), /^False\n error\[E84[56]\]/);
  t.regex(say(`begin. ${way(0)} deny(srcHost=pc, dstPort=7, transport=TCP) on kid. commit.`), /^True/);
});

test("who only allows or denies has nothing proven of what others lead", (t) => {
  const network = networkOf(`${POLICY}\n${way(0).replace("on kid", "on rootShare")}`);
  const { derived } = network.admission;
  const ways = derived.active(NOW).filter(steers);
  const { directory, defaults } = network.decided.model;
  const proof = new WaysProof({ directory, defaults, target: "ovs", now: NOW });
  let asked = 0;
  const errors = (): readonly unknown[] =>
    proof.errors(NOW, () => {
      asked++;
      return ways;
    });
  t.deepEqual(errors(), []);
  const deny: DerivedRule = { ...ways[0]!, stage: "admission", effect: "deny" };
  proof.note({ added: [deny], removed: [] });
  t.deepEqual([errors(), asked], [[], 1]);
  proof.note({ added: [], removed: ways });
  t.deepEqual([errors(), asked], [[], 2]);
});
