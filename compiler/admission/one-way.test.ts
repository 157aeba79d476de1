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
  t.deepEqual(told("policy p { @a allow <= srcHost = 10.0.0.1, transport(tcp). }"), [
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

const NET = "default deny. NewShare net for (*) [allow = True, deny = True] on rootShare.\n";
const oneWay = (text: string): readonly string[] => all(NET + text).filter((line) => line.includes("N760"));
const PLAIN = "no TCP connection comes about: nothing allows what answers `a`";
const APART = "no TCP connection with others comes about: nothing allows what answers `a`";

test("N760: its help never allows what is denied the other way", (t) => {
  const child = "NewShare c for (*) [allow = True] on net.\n";
  const allow = "@a allow(srcHost=10.0.1.10, dstHost=10.0.2.12) on c.";
  const help = "`d` denies some of what goes the other way: allow back only what is to pass";
  for (const deny of ["@d deny(dstHost=10.0.1.10) on net.", "@d deny(dstHost=10.0.1.10, transport=UDP) on net."])
    for (const text of [`${deny} ${allow}`, `${allow} ${deny}`])
      t.true(oneWay(child + text)[0]?.endsWith(`${PLAIN} | ${help}`), text);
  const rules = "policy p on share c { @a allow <= srcHost = 10.0.1.10, dstHost = 10.0.2.12. }";
  t.true(oneWay(`${child}@d deny(dstHost=10.0.1.10) on net. ${rules}`)[0]?.endsWith(help));
  const beside = "@d deny(dstHost=10.0.1.10, srcHost=10.0.2.13) on net.";
  t.true(oneWay(`${child}${beside} ${allow}`)[0]?.includes("both ways"), "what another sends is denied");
});

test("N760: what an allow holds both ways itself is not said to be without answers", (t) => {
  for (const [flows, said] of [
    ["dstHost=10.0.1.0/24", APART],
    ["dstHost={10.0.1.10, 10.0.1.20}", APART],
    ["srcHost={10.0.1.10, 10.0.1.20}, dstHost={10.0.1.10, 10.0.1.20, 10.0.1.30}", APART],
    ["srcUser=unknown", APART],
    // From one address to itself goes nothing, and a server does not call from the port of its service.
    ["dstHost=10.0.1.10", PLAIN],
    ["dstHost=10.0.1.0/24, dstPort=80", PLAIN],
    ["srcHost={10.0.1.10, 10.0.1.20}, dstHost={10.0.1.10, 10.0.1.30}", PLAIN],
  ] as const)
    t.true(oneWay(`@a allow(${flows}) on net.`)[0]?.includes(said), flows);
});

test("N760: a wide set of senders that holds the receiver too answers nothing", (t) => {
  for (const flows of [
    "srcHost=10.0.0.0/8, dstHost=10.0.1.10",
    "srcHost=0.0.0.0/0, dstHost=10.0.1.10",
    "srcHost=10.0.1.10, dstHost=10.0.0.0/8",
    "ethType=IPv4, dstHost=10.0.1.10",
  ]) {
    t.true(oneWay(`@a allow(${flows}) on net.`)[0]?.includes(PLAIN), flows);
    t.deepEqual(oneWay(`@a allow(${flows}) both ways on net.`), [], flows);
  }
});
