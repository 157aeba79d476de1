/** Admission against the reference, statement by statement, on random networks; every certificate is checked. */
import test from "ava";
import type { Statement } from "../model/model.ts";
import { demandText } from "../certificates/text.ts";
import { Conversation, NOW, fc } from "../admission/testing/networks.ts";
import { faultsOf } from "./checker.ts";
import { ReferenceNetwork } from "./network.ts";
import { isIn, universeOf } from "./points.ts";
import { life, SENTENCES } from "./testing/stories.ts";
import { verdictByRecursion, verdictOf, NO_POLICIES, type ReferenceRequest } from "./reference.ts";

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
  t.deepEqual(tooFew, [], "never accepted, or never rejected: SENTENCES of testing/stories.ts");
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
