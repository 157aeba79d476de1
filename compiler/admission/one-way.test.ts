/** Under `default deny` what is allowed one way alone makes no connection: policies in, diagnostics out. */
import test from "ava";
import { decide } from "../decide.ts";
import { renderLine } from "../diagnostics/index.ts";
import { NOW, RULES } from "./testing/networks.ts";

const all = (text: string): readonly string[] =>
  decide([{ name: "test.pane", text }], { now: NOW, load: () => undefined, rules: RULES }).diagnostics.map(
    (one) => renderLine(one).replace(/^[^:]*:/, "") + (one.help === undefined ? "" : ` | ${one.help}`),
  );

test("N760: TCP that is allowed one way, and nothing allows what answers it", (t) => {
  const told = (text: string): readonly string[] =>
    all(`default deny. NewShare s for (dstHost=10.0.0.2) [allow = True] on rootShare.\n${text}`).map((line) =>
      line.replace("note[N760]: no TCP connection comes about: nothing allows what answers ", ""),
    );
  const turned = "with source and destination in each other's place";
  t.deepEqual(told("@a allow(dstPort=80) on rootShare."), [
    "2:1: `a` | write `@a allow(dstPort=80) both ways on rootShare.`",
  ]);
  t.deepEqual(told("@a allow(dstPort=80) both ways on rootShare."), []);
  t.deepEqual(told("@a allow(dstPort=80) on rootShare. @b allow(srcPort=80) on rootShare."), []);
  t.deepEqual(told("@a allow(dstPort=80, dstHost=10.0.0.2) on s."), [
    "2:1: `a` | what answers it is not inside share `s`: a statement on a share that holds it allows it",
  ]);
  t.deepEqual(told("policy p { @a allow <= srcHost in 10.0.0.0/8, transport(tcp). }"), [
    `2:12: \`p.a\` | a second rule allows it, ${turned}`,
  ]);
  t.deepEqual(
    told("@a allow(inPort=3) on rootShare. @b allow(dstPort=443) on rootShare."),
    [],
    "what answers may come in there",
  );
  t.deepEqual(told("@a allow(inPort=3, dstPort=22) on rootShare. @b allow(dstPort=443) on rootShare."), [
    `2:1: \`a\` and \`b\` | a second statement allows it, ${turned}`,
  ]);
  for (const quiet of [
    "allow(transport=UDP, dstPort=5004) on rootShare.",
    "allow(srcHost=10.0.0.0/8, dstHost=10.0.0.0/8) on rootShare.",
    "allow(*) on rootShare.",
    // Whoever it is from, what answers it is held, too.
    "allow(srcHost=0.0.0.0/0) on rootShare.",
    "policy p { allow <= srcUser(_). }",
    "policy p { allow <= srcHost in 0.0.0.0/0, transport(tcp). }",
    "allow(srcHost=10.0.0.1, direction=request) on rootShare. policy p { allow <= direction(response). }",
    "allow(dstPort=80) on rootShare. deny(srcHost=10.0.0.1) on s.",
    'include "baseline.fml".',
  ])
    t.false(
      all(`default deny. ${quiet}`).some((line) => line.includes("N760") && !quiet.includes("on s.")),
      quiet,
    );
  t.deepEqual(all("default allow. @a allow(dstPort=80) on rootShare."), [], "all that nothing decides passes");
  // What holds responses alone begins no connection: both ways it would let in whatever anybody begins.
  const out = "@out allow(srcHost=10.0.0.1, transport=TCP, dstPort=80) on rootShare.";
  for (const back of ["allow(direction=response) on rootShare.", "policy p { allow <= direction(response). }"])
    t.deepEqual(
      told(`${out} ${back}`).filter((line) => !line.includes("N844")),
      [],
    );
  t.is(
    told(`${out} allow(dstHost=10.0.0.1, srcPort=80, direction=request) on rootShare.`).filter((line) =>
      line.includes("`out`"),
    ).length,
    1,
    "a SYN+ACK is a response",
  );
  t.deepEqual(
    told(
      'AddUser "A b". Grant s to "A b". NewShare u for (*) [allow = True] on rootShare. Grant u to "A b".\n@a "A b": allow(dstPort=80) on u.',
    ),
    ['3:1: `a` | write `@a "A b": allow(dstPort=80) both ways on u.`'],
  );
  // A connection is what is meant, not a packet of the same ports both ways.
  t.is(told("@a allow(transport=TCP, dstPort=60000) on rootShare.").length, 1);
  t.is(told("@a allow(user=unknown, transport=TCP) on rootShare.").length, 1);
});
