/** The smallest texts for codes that no other test provokes. */
import test from "ava";
import { Conversation, gist, modelOf, NOW, RULES } from "../../admission/testing/networks.ts";
import { decide, tablesAt } from "../../compile.ts";
import { TARGETS } from "../../lowering/pipeline/pipeline.ts";

const decided = (text: string): ReturnType<typeof decide> =>
  decide([{ name: "test.pane", text }], { now: NOW, load: () => undefined, rules: RULES });
const codesOf = (text: string): readonly string[] => decided(text).diagnostics.map(({ code }) => code);
const policy = (rule: string): string => `default deny. policy web on share rootShare as root { ${rule} }`;

test("E221: a number out of range that a rule joins with its field", (t) => {
  t.deepEqual(codesOf(policy("allow <= transport(P), P = 300.")), ["E221"]);
});

test("E307: a fact about no value", (t) => {
  t.deepEqual(codesOf("default deny. blocked(_)."), ["E307"]);
});

test("E505: a rule whose single condition contradicts itself", (t) => {
  t.deepEqual(codesOf(policy("allow <= dstPort(P), P < 0.")), ["E505"]);
});

test("E745: a limit below its share's floor", (t) => {
  const net = new Conversation();
  net.say("AddUser Alice. NewShare a for (*) [limit >= 2Mb] on rootShare. Grant a to Alice.");
  t.is(gist(net.one("Alice: limit(*) = 1Mb on a.")), "below-floor");
});

test("E748: a waypoint without a place, in a running network", (t) => {
  const net = new Conversation();
  net.say("AddUser Alice. NewShare a for (*) [waypoint = {h1}] on rootShare. Grant a to Alice.");
  t.is(gist(net.one("Alice: waypoint(*) = h1 on a.")), "unknown-node");
});

test("E757: a waypoint without a stated MAC, and one beside another machine, in a running network", (t) => {
  const facts =
    "switch(s1, 1). host_at(h1, s1, 1). host_at(h2, s1, 2). host_mac(h2, 02:00:00:00:00:02). host_at(h3, s1, 2).";
  const net = new Conversation(NOW, modelOf(facts, { trace: false }));
  for (const box of ["h1", "h2"]) t.is(gist(net.one(`waypoint(*) = ${box} on rootShare.`)), "unfit-node");
});

test("E814: more sets of addresses than a target has bits to tell apart", (t) => {
  const hosts = (net: number): string => Array.from({ length: 10 }, (_, i) => `10.${net}.${i * 2}.1`).join();
  const good = decided(`default deny. allow(srcHost={${hosts(1)}}, dstHost={${hosts(2)}}) on rootShare.`);
  const { diagnostics } = tablesAt(good, NOW, { target: { ...TARGETS.of13, metadataBits: 0 } });
  t.deepEqual(
    diagnostics.map(({ code }) => code),
    ["E814"],
  );
});
