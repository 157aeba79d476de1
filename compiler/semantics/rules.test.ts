/** Certificates of policies' rules, and of requests beside policies, judged by the checker on random policies. */
import test from "ava";
import type { Policy, PolicyRule, RequestDemand } from "../model/model.ts";
import type { RuleOutcome } from "../admission/policies/policies.ts";
import { Conversation, NOW, compileFile, fc, modelOf } from "../admission/testing/networks.ts";
import { faultsOf } from "./checker.ts";
import type { Asked, PolicyPosition } from "./granted.ts";
import { ReferenceNetwork } from "./network.ts";
import { isIn, universeOf } from "./points.ts";

const SHARES = [
  "NewShare a for (*) [allow = True, deny = True, reserve <= 9b, limit <= 9b] on rootShare.",
  "NewShare b for (vlan=1-4) [allow = True, deny = True, limit <= 6b, limit >= 2b] on a.",
  "NewShare c for (*) [allow = True, deny = True, reserve <= 6b, limit <= 9b] on rootShare.",
  "NewShare d for (vlan=2-9) [deny = True] on rootShare.",
];

const body = fc.constantFrom(
  "vlan in 1-3",
  "vlan = 2",
  'vlan in 2-5, user = "Alice"',
  'user != "Alice"',
  "vlan = 4",
  "true",
  "not vlan in 2-3",
);
const during = fc.constantFrom("", "", "", " from +5s", " from +5s to +10s", " to +10s");
const head = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("allow", "deny") },
  { weight: 1, arbitrary: fc.constant("pass") },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom("limit", "reserve"), fc.integer({ min: 1, max: 9 }))
      .map(([what, rate]) => `${what}(${rate}b)`),
  },
);
const rule = fc.tuple(head, body, during).map(([what, when, time]) => `${what} <= ${when}${time}.`);

const policy = (name: string): fc.Arbitrary<{ name: string; share: string; text: string }> =>
  fc
    .tuple(
      fc.constantFrom("a", "a", "b", "c", "d", "rootShare", "nowhere"),
      fc.constantFrom("", "", "", " as Alice"),
      fc.constantFrom("", "", " ordered"),
      fc.array(rule, { minLength: 1, maxLength: 4 }),
    )
    .map(([share, who, how, rules]) => ({
      name,
      share,
      text: `policy ${name} on share ${share}${who}${how} { ${rules.map((one, i) => `@${name}${i} ${one}`).join(" ")} }`,
    }));

const request = fc
  .tuple(
    fc.constantFrom("allow", "deny"),
    fc.constantFrom("(vlan=1-2)", "(vlan=2)", "(user=Alice)", "(vlan=3-4)", "(*)"),
    fc.constantFrom("", " partial"),
    fc.constantFrom("a", "b", "c", "d"),
    fc.constantFrom("", "", " from +5s", " to +10s"),
  )
  .map(([what, where, how, on, when]) => `${what}${where}${how} on ${on}${when}.`);

const network = fc.tuple(
  fc.tuple(policy("p"), policy("q"), policy("r")),
  fc.array(request, { maxLength: 5 }),
  fc.nat(3),
);

/**
 * The levels of a share, read off SEMANTICS, "Policies (FML)": the place of each rule, and that of the share's own
 * requests.
 */
function levelsOf(
  policies: readonly Policy[],
  written: readonly (readonly string[])[],
): Map<PolicyRule | "requests", number> {
  const named = new Set(written.flat());
  const rest = ["requests", ...policies.map(({ name }) => name)].filter((name) => !named.has(name));
  const places = new Map<PolicyRule | "requests", number>();
  let level = 0;
  for (const [i, names] of written.entries()) {
    const all = i === written.length - 1 ? [...names, ...rest] : names;
    const members = policies.filter(({ name }) => all.includes(name));
    const length = Math.max(1, ...members.map(({ ordered, rules }) => (ordered ? rules.length : 1)));
    for (const { ordered, rules } of members) {
      for (const [at, one] of rules.entries()) places.set(one, level + (ordered ? at : length - 1));
    }
    if (all.includes("requests")) places.set("requests", level + length - 1);
    level += length;
  }
  return places;
}

test("every rule of a policy is decided as by the reference, with a certificate that the checker accepts", (t) => {
  const counts: Record<string, number> = { offered: 0 };
  fc.assert(
    fc.property(network, ([policies, requests, place]) => {
      const cascades = ["a", "b", "c", "d", "rootShare"].flatMap((share) => {
        const names = policies.filter((one) => one.share === share).map(({ name }) => name);
        const all = place < 3 ? names.toSpliced(place, 0, "requests") : names;
        return names.length > 1 || (names.length === 1 && place < 3) ? [`cascade ${all.join(" > ")}.`] : [];
      });
      const texts = ["AddUser Alice.", ...SHARES, ...policies.map(({ text }) => text), ...cascades, ...requests];
      const { model, rules, outcomes } = compileFile(texts.join("\n"));
      const rulesOf = model.policies.flatMap((one) => one.rules);
      const universe = universeOf(
        [
          ...model.statements.flatMap(({ demand }) => ("flows" in demand ? [demand.flows] : [])),
          ...rulesOf.map(({ cubes }) => ({ cubes: cubes.map(({ cube }) => cube) })),
        ],
        [
          { start: NOW, end: Infinity },
          ...rulesOf.map(({ interval: { start, end } }) => ({ start: Math.max(NOW, start), end })),
          ...model.statements.flatMap(({ demand }) => (demand.kind === "request" ? [demand.interval] : [])),
        ],
      );
      const places = new Map(
        [...new Set(model.policies.map(({ share }) => share))].map((share) => {
          const own = model.policies.filter((one) => one.share === share);
          return [share, levelsOf(own, model.cascades.find((one) => one.share === share)?.levels ?? [[]])] as const;
        }),
      );
      const reference = new ReferenceNetwork(universe);
      const check = (
        asked: Asked,
        verdict: RuleOutcome["verdict"],
        before: ReferenceNetwork,
        read: (text: string) => Asked,
      ) => {
        const faults = faultsOf({ statement: asked, id: asked.id, verdict, now: NOW, before, read });
        if (faults.length > 0)
          throw new Error(`${asked.id}: ${asked.text}\n${faults.join("\n")}\nin\n${texts.join("\n")}`);
        if (verdict.kind === "accepted") return;
        const { code, nearest } = verdict.certificate;
        counts[code] = (counts[code] ?? 0) + 1;
        if (nearest.length > 0) counts.offered!++;
      };
      for (const { statement } of outcomes.slice(0, 1 + SHARES.length)) reference.submit(statement, statement.id, NOW);
      const speaking = new Conversation(NOW, modelOf("AddUser Alice."));
      for (const group of decidedTogether(rules)) {
        const before = reference.fork();
        for (const { policy: own, rule: one, verdict } of group) {
          const asked = askedOf(own, one, positionOf(own, one, places.get(own.share)!));
          check(asked, verdict, before, (text) => readRule(own, asked, text));
          reference.submit(asked, asked.id, NOW);
        }
      }
      // Of rules that pass, only the rejected have an outcome.
      for (const own of model.policies) {
        for (const one of own.rules.filter(({ effect, cubes }) => effect.kind === "pass" && cubes.length > 0)) {
          const asked = askedOf(own, one, positionOf(own, one, places.get(own.share)!));
          const { reasons } = reference.fork().submit(asked, asked.id, NOW);
          t.is(
            reasons.size > 0,
            rules.some(({ rule: refused }) => refused === one),
            texts.join("\n"),
          );
        }
      }
      for (const { statement, verdict } of outcomes.slice(1 + SHARES.length)) {
        const asked = {
          ...statement,
          id: [...reference.accepted].some(({ id }) => id === statement.id) ? `${statement.id} again` : statement.id,
        };
        check(asked, verdict, reference.fork(), (text) => speaking.statements(text)[0]!);
        reference.submit(asked, asked.id, NOW);
      }
    }),
    { numRuns: 150, seed: 4, includeErrorInReport: true },
  );
  const expected = [
    "conflict",
    "outside-share",
    "no-privilege",
    "over-limit",
    "share-short",
    "nothing-left",
    "offered",
  ];
  t.true(
    expected.every((code) => (counts[code] ?? 0) > 5),
    JSON.stringify(counts),
  );
});

/** Verdicts of one policy are decided together, bandwidth rule by rule. */
function decidedTogether(rules: readonly RuleOutcome[]): RuleOutcome[][] {
  const groups: RuleOutcome[][] = [];
  const isVerdict = ({ rule: { effect } }: RuleOutcome): boolean => effect.kind === "allow" || effect.kind === "deny";
  for (const one of rules) {
    const last = groups.at(-1);
    if (last && isVerdict(one) && isVerdict(last[0]!) && last[0]!.policy === one.policy) last.push(one);
    else groups.push([one]);
  }
  return groups;
}

function positionOf(
  own: Policy,
  one: PolicyRule,
  places: ReadonlyMap<PolicyRule | "requests", number>,
): PolicyPosition {
  const [mine, theirs] = [places.get(one)!, places.get("requests")!];
  const passing = own.rules.filter(
    (other, at) => other.effect.kind === "pass" && (!own.ordered || at < own.rules.indexOf(one)),
  );
  const judges = one.effect.kind === "allow" || one.effect.kind === "deny";
  return {
    ...(one.effect.kind === "pass" && { handsOn: true }),
    rank: mine < theirs ? "higher" : mine > theirs ? "lower" : "level",
    passes: (flow, instant) =>
      judges &&
      passing.some(
        ({ cubes, interval }) =>
          interval.start <= instant && instant < interval.end && isIn({ cubes: cubes.map(({ cube }) => cube) }, flow),
      ),
  };
}

/** A rule as a statement; it has begun when the network does. */
function askedOf(
  own: Policy,
  { id, text, effect, cubes, interval: { start, end }, span }: PolicyRule,
  position: PolicyPosition,
): Asked {
  const demand: RequestDemand = {
    kind: "request",
    action: effect.kind as RequestDemand["action"],
    flows: { cubes: cubes.map(({ cube }) => cube) },
    ...("rate" in effect && { rate: effect.rate }),
    mode: "strict",
    share: own.share,
    interval: { start: Math.max(NOW, start), end },
  };
  return { id, text, speaker: own.speaker, demand, span, position };
}

/** What is proposed stands where the rule stood, or is a policy of its own. */
function readRule({ name, share, speaker, ordered }: Policy, { position }: Asked, text: string): Asked {
  const own = `policy ${name} on share ${share}${speaker === "root" ? "" : ` as ${speaker}`}${ordered ? " ordered" : ""} { ${text} }`;
  const [read] = modelOf(`AddUser Alice. ${text.startsWith("policy") ? text : own}`, { trace: false }).policies;
  return askedOf(read!, read!.rules[0]!, position!);
}
