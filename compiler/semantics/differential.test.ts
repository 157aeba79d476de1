/** Admission against the reference, statement by statement, on random networks; every certificate is checked. */
import test from "ava";
import type { Demand, Statement } from "../model/model.ts";
import type { RequestKind } from "../syntax/ast.ts";
import { demandText } from "../certificates/text.ts";
import { Conversation, NOW, fc } from "../admission/testing/networks.ts";
import { faultsOf } from "./checker.ts";
import { ReferenceNetwork } from "./network.ts";
import { isIn, universeOf } from "./points.ts";
import { verdictByRecursion, verdictOf, NO_POLICIES, type ReferenceRequest } from "./reference.ts";

const share = fc.constantFrom("a", "b", "c", "d");
const user = fc.constantFrom("Alice", "Bob");
const flows = fc.constantFrom(
  "(*)",
  "(vlan=1-2)",
  "(vlan=2)",
  "(user=Alice)",
  "(user=Alice, vlan=1-3)",
  "((vlan=1) or (user=Bob))",
  "((*) except (vlan=2))",
);
const privileges = fc.constantFrom(
  "allow = True, deny = True",
  "allow = True, deny = True",
  "deny = True",
  "allow = True, requests <= 2",
  "allow = True, deny = True, reserve <= 8b, limit <= 9b",
  "reserve <= 6b, reserve >= 2b, limit <= 6b, limit >= 2b",
  "reserve <= 9b, reserveTBFill = 3b, reserveTBCapacity = 20b",
);
const times = fc.constantFrom(
  "",
  "",
  "",
  " to +10s",
  " from +5s",
  " from +5s to +15s",
  " from +10s to +20s",
  " from +20s to +10s",
);
const speaker = fc.constantFrom("", "", "", "Alice: ", "Bob: ");

const verdict = (kind: RequestKind): fc.Arbitrary<string> =>
  fc
    .tuple(speaker, flows, fc.constantFrom("", " partial"), share, times)
    .map(([who, where, how, on, when]) => `${who}${kind}${where}${how} on ${on}${when}.`);

const rated = (kind: RequestKind): fc.Arbitrary<string> =>
  fc
    .tuple(speaker, flows, fc.integer({ min: 1, max: 9 }), fc.constantFrom("", "", " partial"), share, times)
    .map(([who, where, rate, how, on, when]) => `${who}${kind}${where} = ${rate}b${how} on ${on}${when}.`);

/** Kinds of requests that are compared elsewhere, each with the reason. */
const REQUESTS_ELSEWHERE = {
  waypoint: "needs a topology: path-reference.test.ts",
  avoid: "needs a topology: path-reference.test.ts",
} as const satisfies Partial<Record<RequestKind, string>>;

/** Random requests of every other kind; a new kind does not compile without its own. */
const REQUESTS: Readonly<Record<Exclude<RequestKind, keyof typeof REQUESTS_ELSEWHERE>, fc.Arbitrary<string>>> = {
  allow: verdict("allow"),
  deny: verdict("deny"),
  reserve: rated("reserve"),
  limit: rated("limit"),
};

const request = fc.oneof(REQUESTS.allow, REQUESTS.deny);
const booking = fc.oneof({ weight: 3, arbitrary: REQUESTS.reserve }, { weight: 1, arbitrary: REQUESTS.limit });

const labelled = fc
  .tuple(fc.constantFrom("@x ", "@y "), fc.oneof(request, booking))
  .map(([label, text]) => label + text);

/** Statements that are not tried here, each with the reason. */
const UNTRIED = {
  Tick: "changes nothing but the clock, which the pauses between sentences move",
  query: "changes nothing, and promises nothing: compiler/queries compares answers with admission",
} as const satisfies Partial<Record<Demand["kind"], string>>;

/**
 * Random sentences of every other kind of statement. A new kind does not compile without its own, and the test below
 * wants each kind accepted at least once, and rejected at least once.
 */
const SENTENCES: Readonly<Record<Exclude<Demand["kind"], keyof typeof UNTRIED>, fc.Arbitrary<string>>> = {
  request: fc.oneof(request, booking),
  NewShare: fc
    .tuple(speaker, share, flows, privileges, share)
    .map(([who, name, of, held, on]) => `${who}NewShare ${name} for ${of} [${held}] on ${on}.`),
  Grant: fc.tuple(speaker, share, user).map(([who, on, to]) => `${who}Grant ${on} to ${to}.`),
  GrantDefault: fc.tuple(speaker, share).map(([who, on]) => `${who}GrantDefault ${on}.`),
  Revoke: fc
    .tuple(speaker, share, user, fc.constantFrom("", " with requests"))
    .map(([who, on, from, how]) => `${who}Revoke ${on} from ${from}${how}.`),
  RemoveShare: fc
    .tuple(speaker, share, fc.constantFrom("", " cascade"))
    .map(([who, on, all]) => `${who}RemoveShare ${on}${all}.`),
  AddUser: fc.tuple(speaker, user).map(([who, name]) => `${who}AddUser ${name}.`),
  RemoveUser: fc.tuple(speaker, user).map(([who, name]) => `${who}RemoveUser ${name}.`),
  Cancel: fc.tuple(speaker, fc.constantFrom("x", "y")).map(([who, label]) => `${who}Cancel ${label}.`),
};

const { request: _, ...others } = SENTENCES;
const other = fc.oneof(...Object.values(others));

const opening = fc.constantFrom(
  "AddUser Alice. NewShare a for (*) [allow = True, deny = True] on rootShare. NewShare b for (*) [allow = True, deny = True] on a. NewShare c for (*) [allow = True, deny = True] on rootShare. Grant b to Alice.",
  "AddUser Alice. AddUser Bob. NewShare a for (*) [allow = True, deny = True] on rootShare. NewShare b for (vlan=1-2) [allow = True, deny = True] on a. NewShare c for (user=Alice) [allow = True, deny = True] on a. Grant a to Bob. Grant c to Alice.",
);

/** Networks for bandwidth: a bucket below another, and a share beside it. */
const bandwidth = fc.tuple(
  fc.constantFrom(
    "AddUser Alice. NewShare a for (*) [reserve <= 9b, reserveTBFill = 4b, reserveTBCapacity = 30b, limit <= 9b] on rootShare. NewShare b for (*) [reserve <= 8b, reserveTBFill = 2b, reserveTBCapacity = 12b, limit <= 9b] on a. NewShare c for (*) [reserve <= 5b, limit <= 9b] on a. Grant b to Alice.",
    "AddUser Alice. NewShare a for (*) [reserve <= 9b, reserve >= 2b, limit <= 9b] on rootShare. NewShare b for (*) [reserve <= 6b, reserveTBFill = 3b] on a. NewShare c for (vlan=1-2) [reserve <= 9b, reserve >= 3b, limit <= 9b, limit >= 2b] on a. Grant b to Alice.",
  ),
  fc.array(fc.oneof({ weight: 8, arbitrary: fc.oneof(booking, labelled) }, { weight: 1, arbitrary: other }), {
    minLength: 4,
    maxLength: 14,
  }),
);

const story = fc.tuple(
  opening,
  fc.array(fc.oneof({ weight: 6, arbitrary: fc.oneof(request, labelled, booking) }, { weight: 2, arbitrary: other }), {
    minLength: 4,
    maxLength: 14,
  }),
);

/** One random life of a network: its sentences, and the seconds that pass before each. */
const life = fc.tuple(
  fc.oneof(story, bandwidth),
  fc.array(fc.constantFrom(0, 0, 0, 5, 10), { minLength: 14, maxLength: 14 }),
);

function universeFor(statements: readonly Statement[]): ReturnType<typeof universeOf> {
  const demands = statements.map(({ demand }) => demand);
  return universeOf(
    demands.flatMap((demand) => ("flows" in demand ? [demand.flows] : [])),
    [
      { start: NOW, end: Infinity },
      ...demands.flatMap((demand) => (demand.kind === "request" ? [demand.interval] : [])),
    ],
  );
}

test("admission and its certificates agree with the reference", (t) => {
  let rejected = 0;
  let partial = 0;
  let short = 0;
  /** How many statements of each kind were accepted, and how many rejected. */
  const verdicts = new Map(Object.keys(SENTENCES).map((kind) => [kind, { accepted: 0, rejected: 0 }]));
  fc.assert(
    fc.property(life, ([[first, rest], pauses]) => {
      const live = new Conversation();
      const submitted: { readonly at: number; readonly text: string; readonly statement: Statement }[] = [];
      const record = (text: string): void => {
        for (const statement of live.statements(text)) submitted.push({ at: live.now, text, statement });
      };
      record(first);
      for (const [i, text] of rest.entries()) {
        live.now += pauses[i]!;
        record(text);
      }
      const reference = new ReferenceNetwork(universeFor(submitted.map(({ statement }) => statement)));
      for (const { at, statement } of submitted) {
        live.now = at;
        live.admission.advance(at);
        const id = live.admission.identity(statement);
        // Time passes for both before the decision.
        reference.accepted = reference.accepted.filter(({ interval }) => interval.end > at);
        const before = reference.fork();
        const verdict = live.admission.submit(statement, at);
        const read = (text: string): Statement => live.statements(text)[0]!;
        // A proposal in its place would be written as the statement itself is here.
        const text = demandText(statement.demand, at);
        t.is(demandText(read(text).demand, at), text, `demandText of compiler/certificates/text.ts: ${statement.text}`);
        const faults = faultsOf({ statement, id, verdict, now: at, before, read });
        if (faults.length > 0) throw new Error(`${statement.speaker}: ${statement.text}\n${faults.join("\n")}`);
        reference.submit(statement, id, at);
        verdicts.get(statement.demand.kind)![verdict.kind === "rejected" ? "rejected" : "accepted"]++;
        if (verdict.kind === "rejected") rejected++;
        if (verdict.kind === "partial") partial++;
        if (verdict.kind !== "accepted" && verdict.certificate.shortage) short++;
      }
      const standing = [...live.admission.state.accepted].map(({ id }) => id);
      t.deepEqual(standing.toSorted(), reference.accepted.map(({ id }) => id).toSorted());
    }),
    { numRuns: 250, seed: 7, includeErrorInReport: true },
  );
  const counts = `${rejected} rejected, ${partial} in part, ${short} for want of bandwidth`;
  const tooFew = [...verdicts].filter(([, { accepted, rejected: refused }]) => accepted === 0 || refused === 0);
  t.deepEqual(tooFew, [], "never accepted, or never rejected: SENTENCES of this file");
  t.true(rejected > 200 && partial > 20 && short > 50, `the stories show every kind of verdict: ${counts}`);
});

test("the rules in force give the network's verdict, by the closed form and by recursion", (t) => {
  fc.assert(
    fc.property(life, ([[first, rest]]) => {
      const live = new Conversation();
      live.say(first);
      for (const text of rest) live.say(text);
      const { state } = live.admission;
      const shares = new Map([...state.tree.root.subtree()].map(({ name, parent }) => [name, parent?.name]));
      const accepted: ReferenceRequest[] = [...state.accepted].map((one) => ({ ...one, share: one.share.name }));
      const universe = universeOf(
        accepted.flatMap(({ pieces }) => pieces.map((piece) => piece.flows)),
        accepted.flatMap(({ pieces }) => pieces.map((piece) => piece.interval)),
      );
      for (const instant of universe.instants) {
        const active = live.admission.derived.active(instant).filter(({ stage }) => stage === "admission");
        const rules = active.map((rule) => ({
          ...rule,
          // The static key of SEMANTICS, "From policy to table".
          key: 2 * rule.depth + (rule.effect === "deny" ? 1 : 0),
        }));
        rules.sort((a, b) => b.key - a.key);
        for (const flow of universe.flows) {
          const meant = verdictOf(accepted, shares, NO_POLICIES, flow, instant);
          t.is(verdictByRecursion(accepted, shares, NO_POLICIES, flow, instant), meant);
          t.is(rules.find(({ cube }) => isIn({ cubes: [cube] }, flow))?.effect ?? "default", meant);
        }
      }
    }),
    { numRuns: 100, seed: 11 },
  );
});
