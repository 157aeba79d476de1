/** On a target without a field for fragments, rules give up port 0, with a warning. */
import test from "ava";
import fc from "fast-check";
import { cube, numbers } from "../../flowgroup/index.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import { RULES } from "../../admission/testing/networks.ts";
import { decide, tablesAt } from "../../compile.ts";
import { directory, rules as anyRules } from "../../semantics/arbitrary-rules.ts";
import { mayWarn } from "../quick-check.ts";
import { lower, type TargetName } from "../index.ts";
import { isPassedByFragments, fragmentWarnings } from "./fragments.ts";
import { portZeroWarnings, warnsOfPortZero } from "./port-zero.ts";

const rule = (statement: string, effect: DerivedRule["effect"], port: readonly [number, number]): DerivedRule => ({
  statement,
  stage: effect === "allow" || effect === "deny" ? "admission" : effect,
  effect,
  rate: 1e6,
  nodes: [],
  depth: 0,
  level: 0,
  levels: 1,
  end: Infinity,
  cube: cube({ transport: numbers("transport", 17), dstPort: numbers("dstPort", port) }),
});

const rules = [rule("low", "allow", [0, 1023]), rule("high", "allow", [1, 9]), rule("none", "deny", [0, 7])];
const warned = (target: TargetName, fragments: "allow" | "deny", some = rules): string[] =>
  lower(some, { directory, defaults: { verdict: "deny", fragments }, target, now: 0 }).diagnostics.map(
    ({ code, message }) => `${code} ${message}`,
  );

test("an allow that holds port 0 gives it up, with a warning, and no other rule does", (t) => {
  t.deepEqual(warned("of13", "deny"), [
    "W820 this allow does not hold packets with port 0: `of13` cannot tell them from fragments",
  ]);
  t.deepEqual(warned("ovs", "deny"), []);
});

test("where fragments pass, a deny gives up port 0", (t) => {
  t.deepEqual(warned("of13", "allow"), [
    "W820 this deny does not hold packets with port 0: `of13` cannot tell them from fragments",
  ]);
});

test("a reservation gives up port 0 as an allow does; a limit, a waypoint and an avoid where fragments pass", (t) => {
  const others = (["reserve", "limit", "waypoint", "avoid"] as const).map((effect) => rule(effect, effect, [0, 1023]));
  const effects = (target: TargetName, fragments: "allow" | "deny"): (string | undefined)[] =>
    warned(target, fragments, others)
      .filter((text) => text.startsWith("W820"))
      .map((text) => /this (\w+)/.exec(text)?.[1]);
  t.deepEqual(effects("of13", "deny"), ["reserve"]);
  t.deepEqual(effects("of13", "allow"), ["avoid", "limit", "reserve", "waypoint"]);
  t.deepEqual([...effects("ovs", "deny"), ...effects("ovs", "allow")], []);
});

test("a permission from port 0 to port 0 alone holds nothing on any target, and is told", (t) => {
  const from = (effect: DerivedRule["effect"], port: readonly [number, number]): DerivedRule => ({
    ...rule(effect, effect, [0, 0]),
    cube: cube({
      transport: numbers("transport", 17),
      srcPort: numbers("srcPort", port),
      dstPort: numbers("dstPort", 0),
    }),
  });
  const effects = ["allow", "deny", "reserve", "limit"] as const;
  for (const fragments of ["deny", "allow"] as const) {
    const said = warned(
      "ovs",
      fragments,
      effects.map((effect) => from(effect, [0, 0])),
    );
    const told = said.filter((text) => text.startsWith("W862"));
    t.deepEqual(
      told.map((text) => /`(\w+)`/.exec(text)?.[1]),
      ["allow", "reserve"],
    );
    t.deepEqual(warned("ovs", fragments, [from("allow", [0, 1]), rule("all", "allow", [0, 0])]), []);
  }
  const directed = `default deny. @a allow(direction=request, dstPort=0) on rootShare.
    @b allow(direction={request, response}, transport=UDP, srcPort=0) on rootShare. @c reserve(direction=response, srcPort=0) = 1Mb on rootShare.
    @d deny(direction=request, dstPort=0) on rootShare. @e allow(direction=request, dstPort=0-1) on rootShare.
    @f allow(dstPort=0) on rootShare.`;
  const said = tablesAt(
    decide([{ name: "zero.pane", text: directed }], { now: 0, rules: RULES, load: () => undefined }),
    0,
    { target: "ovs" },
  ).diagnostics.filter(({ code }) => code === "W864");
  t.deepEqual(
    said.map(({ message }) => /`(\w+)`/.exec(message)?.[1]),
    ["a", "b", "c"],
  );
  // What a permission of a direction holds no packet of, and beside what else it holds some.
  for (const [told, flows] of [
    [true, "ethType=IPv6, icmpType={135, 136}"],
    [true, "ethType=IPv6, icmpType=143"],
    [true, "transport=SCTP"],
    [true, "ethType=IPv6, transport=44"],
    [false, "ethType=IPv6, icmpType={128, 135}"],
    [false, "icmpType=135"],
    [false, "transport={UDP, SCTP}"],
    [false, "transport=44"],
  ] as const) {
    const codesOf = (one: string): readonly string[] => {
      const options = { now: 0, rules: RULES, load: () => undefined };
      const made = decide([{ name: "directed.pane", text: `default deny. ${one} on rootShare.` }], options);
      return tablesAt(made, 0, { target: "ovs" }).diagnostics.flatMap(({ code }) =>
        code.startsWith("W86") ? [code] : [],
      );
    };
    t.deepEqual(codesOf(`allow(direction=request, ${flows})`), told ? ["W864"] : [], flows);
    t.deepEqual(codesOf(`deny(direction=request, ${flows})`), [], flows);
    t.deepEqual(codesOf(`allow((direction=request, ${flows}) or (direction=request, dstPort=22))`), [], flows);
  }
  const text = "default deny.\n@x allow(transport=TCP, srcPort=0, dstPort=0) on rootShare.\n";
  const decided = decide([{ name: "zero.pane", text }], { now: 0, rules: RULES, load: () => undefined });
  const { diagnostics } = tablesAt(decided, 0, { target: "ovs" });
  t.deepEqual(decided.diagnostics, []);
  t.true(mayWarn(decided), "so `check` says it");
  t.deepEqual(
    diagnostics.map(({ code, span }) => [code, span?.source.name]),
    [["W862", "zero.pane"]],
  );
});

test("a rule is kept for warnings where its statement would have one if it had this rule alone", (t) => {
  const wide = numbers("transport", 1);
  const shapes = [
    cube({ transport: numbers("transport", 17), srcPort: numbers("srcPort", 0), dstPort: numbers("dstPort", 0) }),
    cube({ transport: wide, icmpType: numbers("icmpType", 8) }),
    cube({ transport: numbers("transport", 17), dstPort: numbers("dstPort", [0, 7]) }),
  ];
  const some = fc.oneof(
    anyRules,
    fc.tuple(anyRules, fc.constantFrom(...shapes)).map(([one, of]): DerivedRule => ({ ...one, cube: of })),
  );
  const told = new Set<string>();
  const verdicts = fc.constantFrom("allow" as const, "deny" as const);
  fc.assert(
    fc.property(some, verdicts, fc.constantFrom<TargetName>("ovs", "of13"), (one, fragments, target) => {
      const context = { directory, defaults: { verdict: "deny" as const, fragments }, target, now: 0 };
      const slow = [portZeroWarnings([one], context, () => 0), fragmentWarnings([one], context)];
      t.deepEqual(
        [warnsOfPortZero(one, context), isPassedByFragments(one, context)],
        slow.map((found) => found.length > 0),
      );
      for (const { code } of slow.flat()) told.add(code);
    }),
    { seed: 7, numRuns: 600 },
  );
  t.true(told.size >= 3, [...told].join());
});
