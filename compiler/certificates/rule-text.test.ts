/** The proposal for a rejected rule of a policy is again a rule, of exactly the flows that are proposed. */
import test from "ava";
import fc from "fast-check";
import { constraintsOf, wholeDifference, flowgroup, normalise, type Field } from "../flowgroup/index.ts";
import { arbitraryCube, isShown } from "../flowgroup/testing.ts";
import type { Flowgroup } from "../flowgroup/cube.ts";
import { NOW, compileFile, modelOf } from "../admission/testing/networks.ts";
import { ruleTexts } from "./rule-text.ts";

const place = { name: "p", share: "rootShare", speaker: "root" };
const always = { start: -Infinity, end: Infinity };
const demandOf = (flows: Flowgroup) =>
  ({ kind: "request", action: "deny", flows, mode: "strict", share: "rootShare", interval: always }) as const;

const cubes = (fields: readonly Field[]) =>
  arbitraryCube(fields).filter((one) => normalise(constraintsOf(one)).kind === "cubes");

test("flows are written as rules that hold exactly these flows", (t) => {
  fc.assert(
    fc.property(
      fc.oneof(
        cubes(["user", "vlan", "srcEth"]),
        cubes(["srcHost", "transport", "dstPort"]),
        cubes(["dstUser", "ethType", "icmpType"]),
        cubes(["direction", "dscp", "dstHost"]),
      ),
      (one) => {
        const made = normalise(constraintsOf(one));
        const flows = flowgroup(made.kind === "cubes" ? made.cubes.filter(isShown) : []);
        const rules = ruleTexts(demandOf(flows), place, NOW);
        const users = "AddUser alice. AddUser bob. AddUser eve.";
        const read = modelOf(`${users} policy p { ${rules.join(" ")} }`, { trace: false }).policies[0]!.rules;
        const held = flowgroup(read.flatMap((rule) => rule.cubes.map(({ cube }) => cube)));
        const beside = [...wholeDifference(held, flows).cubes, ...wholeDifference(flows, held).cubes];
        t.false(beside.some(isShown), rules.join(" "));
      },
    ),
    { numRuns: 300, seed: 1 },
  );
});

test("upper-case names are quoted, times are kept, and another share is another policy", (t) => {
  const { model } = compileFile(`
    AddUser Alice. switch("S1", 1).
    policy p { limit(2Mb) <= user in {"Alice"}, srcAP = "S1":3, transport = tcp, dstPort in {80, 443} from +1h to +2h. }`);
  const [rule] = model.policies[0]!.rules;
  const flows = { cubes: rule!.cubes.map(({ cube }) => cube) };
  const limit = { ...demandOf(flows), action: "limit", rate: 2_000_000, interval: rule!.interval } as const;
  const body =
    'limit(2Mb) <= user = "Alice", transport = "TCP", dstPort in {80, 443}, srcAP = "S1":3 ' +
    "from 2026-12-01T10:00:00Z to 2026-12-01T11:00:00Z.";
  t.deepEqual(ruleTexts(limit, place, NOW), [body]);
  t.deepEqual(ruleTexts(limit, { ...place, share: "nte0", speaker: "Alice" }, NOW), [
    `policy p on share rootShare as Alice { ${body} }`,
  ]);
});

test("the fix of a rejected rule fits in the rule's place", (t) => {
  const text = (rule: string): string => `
    NewShare a for (vlan=1-5) [deny = True] on rootShare.
    policy p on share a { ${rule} }`;
  const written = text("@wide deny <= vlan in 4-6.");
  const { fix } = compileFile(written).diagnostics[0]!;
  const mended = written.slice(0, fix!.span.start) + fix!.text + written.slice(fix!.span.end);
  t.is(mended, text("@wide deny <= vlan in 4-6, vlan in 1-5."));
  t.deepEqual(compileFile(mended).diagnostics, []);
});

test("for a misspelt share the proposal is the policy on the nearest known share", (t) => {
  const { rules } = compileFile(`
    NewShare net0 for (*) [deny = True] on rootShare.
    policy p on share nte0 { @no deny <= vlan = 2. }`);
  const { verdict } = rules[0]!;
  t.deepEqual(verdict.kind === "rejected" && verdict.certificate.nearest, [
    "policy p on share net0 { deny <= vlan = 2. }",
  ]);
});
