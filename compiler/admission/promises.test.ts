/** What is promised of a reservation beside limits, larger reservations and denies. */
import test from "ava";
import { verdictText } from "../explain/index.ts";
import { Conversation, NOW, codesOf, compileFile, modelOf, promise, standingPromise } from "./testing/networks.ts";

/** Eve, Alice and Bob at one switch, by links of 100 Mb. */
const STAR = `
  switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 10, 100Mb).
  port_rate(s1, 1, 100Mb). port_rate(s1, 2, 100Mb). port_rate(s2, 1, 100Mb).
  host_ip(eve, 10.0.0.1). host_at(eve, s1, 1).
  host_ip(alice, 10.0.0.2). host_at(alice, s1, 2).
  host_ip(bob, 10.0.0.3). host_at(bob, s2, 1).`;

const TO_BOB = "srcHost=10.0.0.1, dstHost=10.0.0.3, transport=UDP";
const TO_ALICE = "srcHost=10.0.0.1, dstHost=10.0.0.2, transport=UDP";

const star = (): Conversation => new Conversation(NOW, modelOf(STAR, { trace: false }));

test("two reservations in one limit share its meter, and neither is guaranteed (measured: 4.9 and 4.8 of 8)", (t) => {
  const net = star();
  net.say("@l limit(srcHost=10.0.0.1, transport=UDP) = 10Mb on rootShare.");
  for (const flows of [TO_BOB, TO_ALICE]) {
    const verdict = net.one(`reserve(${flows}) = 8Mb on rootShare.`);
    t.is(promise(verdict), "admitted, not guaranteed");
    t.deepEqual(codesOf(verdict), ["N706"]);
    t.is(
      verdictText(verdict),
      "admitted, not guaranteed\n  not guaranteed, because flows of others pass the same limit: `l`",
    );
  }
  net.say("Cancel l.");
  t.is(standingPromise(net, `reserve(${TO_BOB}) = 8Mb on rootShare.`), "guaranteed");
});

test("a limit that holds only the reservation's flows leaves it guaranteed", (t) => {
  const net = star();
  net.say(`@same limit(${TO_BOB}) = 10Mb on rootShare. @part limit(${TO_BOB}, dstPort=80) = 10Mb on rootShare.`);
  net.say(`@aside limit(${TO_ALICE}) = 1Mb on rootShare. @before limit(srcHost=10.0.0.1) = 9Mb on rootShare to +1h.`);
  t.is(promise(net.one(`reserve(${TO_BOB}) = 8Mb on rootShare from +1h.`)), "guaranteed");
});

test("a later limit that other flows pass too ends a guarantee, and names the reservation", (t) => {
  const net = star();
  net.say(`@r reserve(${TO_BOB}) = 8Mb on rootShare.`);
  t.deepEqual(codesOf(net.one(`limit(${TO_BOB}) = 9Mb on rootShare.`)), [], "its own");
  const later = net.one("@l limit(srcHost=10.0.0.1) = 10Mb on rootShare.");
  t.deepEqual(codesOf(later), ["W707"]);
  t.is(
    verdictText(later),
    "accepted\n  no longer guaranteed, because their flows pass this limit together with others: `r`",
  );
  t.is(standingPromise(net, "r"), "admitted, not guaranteed");
  t.deepEqual(codesOf(net.one("limit(srcHost=10.0.0.1) = 20Mb on rootShare.")), [], "it ended before");
});

test("a reservation inside a larger one has no queue of its own, and is not guaranteed (measured: 2.27 of 4)", (t) => {
  const net = star();
  t.is(
    promise(net.one("@all reserve(srcHost=10.0.0.1, transport=UDP) = 10Mb on rootShare.")),
    "guaranteed at the edge",
  );
  const inside = net.one(`@r reserve(${TO_BOB}) = 4Mb on rootShare.`);
  t.is(promise(inside), "admitted, not guaranteed");
  t.deepEqual(codesOf(inside), ["N704"]);
  const across = net.one("@s reserve(srcHost=10.0.0.1, dstHost=10.0.0.3) = 4Mb on rootShare.");
  t.is(promise(across), "admitted, not guaranteed");
  t.deepEqual(codesOf(across), ["N708"]);
});

test("a larger reservation inside leaves a reservation guaranteed, one that crosses it ends the guarantee", (t) => {
  const net = star();
  net.say(`@web reserve(${TO_BOB}, dstPort=80) = 10Mb on rootShare.`);
  t.is(promise(net.one(`@r reserve(${TO_BOB}) = 4Mb on rootShare.`)), "guaranteed");
  t.deepEqual(codesOf(net.one("reserve(srcHost=10.0.0.1, dstPort=80) = 20Mb on rootShare.")), ["W705"]);
  t.is(standingPromise(net, "r"), "admitted, not guaranteed");
});

test("what a host sends to itself meets no meter and no queue, so its ways out and in hold each other back in nothing", (t) => {
  const out = "@out reserve(srcHost=10.0.0.1, transport=UDP) = 4Mb on rootShare.";
  for (const back of [
    "@in reserve(dstHost=10.0.0.1, transport=UDP) = 4Mb on rootShare.",
    "@in reserve(dstHost=10.0.0.1, transport=UDP, srcPort=5004) = 4Mb on rootShare.",
    "@in limit(dstHost=10.0.0.1) = 10Mb on rootShare.",
  ]) {
    const net = star();
    t.is(promise(net.one(out)), "guaranteed at the edge");
    t.deepEqual(codesOf(net.one(back)), [], back);
    t.is(standingPromise(net, "out"), "guaranteed at the edge", back);
  }
  // Beside it, packets of two hosts.
  const net = star();
  net.say(out);
  t.deepEqual(codesOf(net.one("@in reserve(dstHost=10.0.0.0/31, transport=UDP) = 4Mb on rootShare.")), ["W705"]);
});

test("the promises of a file are those at its end, in any order of its statements", (t) => {
  const reserve = `@r reserve(${TO_BOB}) = 8Mb on rootShare.`;
  const limit = "@l limit(srcHost=10.0.0.1) = 10Mb on rootShare.";
  for (const [text, code] of [
    [`${reserve} ${limit}`, "W707"],
    [`${limit} ${reserve}`, "N706"],
  ] as const) {
    const { outcomes, diagnostics } = compileFile(`${STAR} ${text}`);
    const found = outcomes.find(({ statement }) => statement.id === "r")!.verdict;
    t.is(promise(found), "admitted, not guaranteed", text);
    t.deepEqual(
      diagnostics.map((one) => one.code),
      [code],
    );
  }
});

test("a reservation whose flows are all denied gets a note that it reserves nothing", (t) => {
  const reserve = `@r reserve(${TO_BOB}) = 8Mb on rootShare.`;
  const net = star();
  net.say("@early deny(dstHost=10.0.0.3) on rootShare to +1h. @late deny(transport=UDP) on rootShare from +1h.");
  const verdict = net.one(reserve);
  t.deepEqual(codesOf(verdict), ["N709"]);
  t.is(promise(verdict), "admitted, not guaranteed");
  t.regex(
    verdictText(verdict),
    /reserves nothing as it stands, because all of these flows are denied: `early` and `late`/,
  );
  const codes = (text: string): readonly string[] => compileFile(`${STAR} ${text}`).diagnostics.map(({ code }) => code);
  t.deepEqual(codes(`${reserve} @d deny(dstHost=10.0.0.3) on rootShare.`), ["N709"], "also where the deny comes later");
  t.deepEqual(codes(`${reserve} @d deny(dstHost=10.0.0.3) on rootShare to +1h.`), [], "for a time");
  t.deepEqual(codes(`${reserve} @d deny(dstHost=10.0.0.3, dstPort=80) on rootShare.`), [], "some of them");
  t.deepEqual(
    codes(`${reserve} policy stop as guard { deny <= srcHost in 10.0.0.1. }`),
    ["N709", "N702"],
    "by a guard",
  );
  const below = `NewShare s for (*) [allow = True] on rootShare. @d deny(dstHost=10.0.0.3) on rootShare. @a allow(dstHost=10.0.0.3) on s.`;
  t.deepEqual(codes(`${below} ${reserve}`), [], "an allow further down overrides the deny");
});

test("N704: of many reservations around one the first is named that holds all of it, all of its time, at no lower a rate", (t) => {
  const net = star();
  const around = (i: number): string => `@r${i} reserve(srcHost=10.0.0.0-10.0.4.${i}) = ${9 + (i % 2)}kb on rootShare`;
  for (let i = 0; i < 40; i++) net.say(`${around(i)} to +${60 + i}min.`);
  const inside = "reserve(srcHost=10.0.0.0/24) = 10kb on rootShare";
  const verdict = net.one(`${inside} to +70min.`);
  t.deepEqual(codesOf(verdict), ["N704"]);
  t.regex(verdictText(verdict), /`r11` reserves 10kb/);
});
