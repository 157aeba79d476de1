/** What the quick check clears, lowering makes into plain entries without a diagnostic. */
import test from "ava";
import fc from "fast-check";
import type { Decided } from "../admission/decided.ts";
import { decide, tablesAt } from "../compile.ts";
import { needsLowering, mayWarn } from "./quick-check.ts";
import { NOW, RULES } from "../admission/testing/networks.ts";
import { cubes, directory } from "../semantics/arbitrary-rules.ts";
import { lower, toOvs } from "./index.ts";

const decided = (text: string): Decided =>
  decide([{ name: "test.pane", text: `default allow.\n${text}` }], { now: NOW, load: () => undefined, rules: RULES });

test("a cube that the quick check clears becomes plain entries, without a diagnostic", (t) => {
  const needs = needsLowering(directory);
  let plain = 0;
  const law = fc.property(cubes, fc.constantFrom("allow" as const, "deny" as const), (of, effect) => {
    if (needs(of)) return;
    plain++;
    const rule = {
      statement: "r",
      stage: "admission",
      effect,
      depth: 0,
      level: 0,
      levels: 1,
      cube: of,
      end: Infinity,
    } as const;
    const defaults = { verdict: "allow", fragments: "deny" } as const;
    const { tables, diagnostics } = lower([rule], { directory, defaults, target: "ovs", now: 0 });
    t.deepEqual(diagnostics, []);
    // The tag of what shows no ports is one bit, whatever the policy.
    const own = toOvs(tables.get("")!).replaceAll(/.*_src=0,.*_dst=0 actions=write_metadata:0x1\/0x1,.*/g, "");
    t.notRegex(own, /conj|write_metadata/);
  });
  fc.assert(law, { numRuns: 3000 });
  t.true(plain > 500, `${plain}`);
});

const TRIANGLE = `switch(s1, 1). switch(s2, 2). switch(s3, 3). link(s1, 1, s2, 1, 1Gb). link(s2, 2, s3, 1, 1Gb).
link(s1, 2, s3, 2, 1Gb).
host_ip(a, 10.0.0.1). host_at(a, s1, 3). host_ip(b, 10.0.0.2). host_at(b, s2, 3).`;

/** A policy for each diagnostic of lowering on Open vSwitch. For other targets lowering always runs. */
const diagnosed: readonly (readonly [code: string, text: string])[] = [
  ["E801", "deny(ethType=0x1000-0x6fff) on rootShare."],
  ["E811", `${TRIANGLE} deny(dstAP="s2:4") on rootShare.`],
  ["E813", `${TRIANGLE} deny(srcAP="s1:eth0") on rootShare.`],
  ["E815", `${TRIANGLE} deny(srcHost=a, direction=response) on rootShare.`],
  ["E816", `${TRIANGLE} limit(dstPort=80) = 1Mb on rootShare.`],
  [
    "E817",
    Array.from({ length: 256 }, (_, i) => `limit(srcPort=0-${65_535 - i}) = ${i + 1}Mb on rootShare.`).join("\n"),
  ],
  ["W822", `${TRIANGLE} waypoint(dstPort=80) = s3 on rootShare.`],
  ["E823", `${TRIANGLE} waypoint(dstPort=80, direction=request) = s3 on rootShare.`],
];

test("the quick check clears no policy for which lowering has a diagnostic", (t) => {
  for (const [code, text] of diagnosed) {
    const policy = decided(text);
    const { diagnostics } = tablesAt(policy, NOW, { target: "ovs" });
    t.true(policy.good, code);
    t.true(
      diagnostics.some((one) => one.code === code),
      code,
    );
    t.true(mayWarn(policy), code);
  }
});

test("the quick check clears a plain policy of hosts, blocks, ports, lists, users and rules", (t) => {
  const plain = `
AddUser "bob". host_ip(h1, 10.0.0.1). host_ip(h2, 10.0.0.2). user_host("bob", h1).
NewShare s for (dstHost=10.1.0.0/16) [allow = True, deny = True] on rootShare.
deny(dstHost=10.1.0.5, dstPort=80) on s.
deny(srcHost=10.0.0.0/24, dstHost=10.1.0.0/17, transport=UDP) on s.
allow(user=bob, dstHost=10.1.0.7, transport=TCP, dstPort=1000-2000) on s.
deny(srcEth=02:00:00:00:00:01, ethType=0x0806) on rootShare from +1h to +2h.
policy house { deny <= srcHost(h2), transport(tcp), dstPort(22). }
`;
  const policy = decided(plain);
  t.deepEqual(
    policy.diagnostics.map(({ message }) => message),
    [],
  );
  t.false(mayWarn(policy));
});
