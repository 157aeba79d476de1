/**
 * Decisions are about flows that exist (SEMANTICS, "Which flows exist"). No other flow blocks, is granted or is
 * missing.
 */
import test from "ava";
import { decide } from "../decide.ts";
import { readFileSync } from "node:fs";
import { readRules } from "./read-rules.ts";

const { rules } = readRules({
  name: "pane.fml",
  text: readFileSync(new URL("../../policies/pane.fml", import.meta.url), "utf8"),
});
const codesOf = (text: string): readonly string[] =>
  decide([{ name: "p.pane", text: `default deny.\n${text}` }], {
    now: 0,
    load: () => undefined,
    rules,
  }).diagnostics.flatMap(({ code, severity }) => (severity === "error" ? [code] : []));

const shares = `NewShare s1 for (*) [allow = True, deny = True] on rootShare.
NewShare s2 for (*) [allow = True, deny = True] on rootShare.`;

test("a partial request is not granted packets without a destination", (t) => {
  const text = `${shares} deny(srcHost=10.0.0.1, dstHost=0.0.0.0/0) on s1. allow(srcHost=10.0.0.1) partial on s2.`;
  t.deepEqual(codesOf(text), ["E708"]);
});

test("a share of all IPv4 destinations holds what has an IPv4 source, and one without a destination holds IPv6", (t) => {
  for (const text of [
    "NewShare s for (srcHost=10.0.0.0/8, dstHost=0.0.0.0/0) [allow = True] on rootShare. allow(srcHost=10.0.0.1) on s.",
    "NewShare s for (dstHost!=10.0.0.1) [allow = True] on rootShare. allow(srcHost=2001:db8::/32) on s.",
    "NewShare s for (srcHost=10.0.0.0/8, transport!=TCP) [allow = True] on rootShare. allow((srcHost=10.0.0.1) except (transport=TCP)) on s.",
  ])
    t.deepEqual(codesOf(text), [], text);
});

test("a witness is a packet: what has an address has both, and no packet of the share is one", (t) => {
  const witnesses = (text: string): readonly (string | undefined)[] =>
    decide([{ name: "p.pane", text: `default deny.\n${text}` }], {
      now: 0,
      load: () => undefined,
      rules,
    }).diagnostics.map(({ witness }) => witness);
  for (const [share, request, source] of [
    ["(dstHost=10.0.0.2)", "allow(srcHost=10.0.0.1)", "10.0.0.1"],
    ["(srcHost=10.0.0.0/8, dstHost=10.0.0.0/8)", "allow(srcHost=10.0.0.1)", "10.0.0.1"],
    ["(srcHost=2001:db8::/32, dstHost=2001:db8::/32)", "allow(srcHost=2001:db8::1)", "2001:db8::1"],
  ] as const) {
    const [shown] = witnesses(`NewShare s for ${share} [allow = True] on rootShare. ${request} on s.`);
    t.true(shown!.includes(`srcHost=${source}`), shown);
    t.regex(shown!, /dstHost=(?!10\.|2001:db8:)[\d.a-f:]+/);
  }
});

test("a flowgroup that holds no packet is refused where it is written", (t) => {
  // Only a packet with a source port and no destination port would be left.
  t.deepEqual(codesOf("deny((transport=TCP, srcPort=80) except (dstPort=0-65535)) on rootShare."), ["E504"]);
});

test("no fragment is left of what is denied with all its ports, and none is a flow of its own", (t) => {
  for (const [deny, allow] of [
    ["transport=TCP, dstPort=0-65535", "(transport=TCP)"],
    ["icmpType=0-255", "(transport=ICMP)"],
    ["direction=request, dstPort=0", "((direction=request, transport=TCP) except (dstPort=1-65535))"],
  ]) {
    t.deepEqual(codesOf(`${shares} deny(${deny}) on s2. allow${allow} partial on s1.`), ["E708"], deny);
    t.deepEqual(codesOf(`${shares} deny(${deny}) on s2. allow${allow} on s1.`), ["E707"], deny);
  }
  t.deepEqual(codesOf("deny((transport=TCP) except (dstPort=0-65535)) on rootShare."), ["E504"]);
  t.deepEqual(codesOf("allow((transport=ICMP) except (icmpCode=0-255)) on rootShare."), ["E504"]);
  // Of another transport what has no ports is a flow.
  t.deepEqual(codesOf("deny((transport={TCP, GRE}) except (dstPort=0-65535)) on rootShare."), []);
});
