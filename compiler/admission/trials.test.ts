/** A trial finds what a decision finds; and a refused reservation asks the rules no more often than it must. */
import test from "ava";
import type { Engine } from "../datalog/index.ts";
import type { RequestDemand } from "../model/model.ts";
import { Admission } from "./admission.ts";
import { candidateOf, findingIn, isWhole } from "./finding.ts";
import { candidateFacts } from "./state/facts.ts";
import { submitAll } from "./submit.ts";
import { modelOf, NOW, RULES } from "./testing/networks.ts";
import { TRIAL, trialIn } from "./trials.ts";

const WORLD = `
  NewShare s for (*) [allow = True, deny = True, limit <= 9Mb, reserve <= 10Mb] on rootShare.
  NewShare t for (*) [allow = True, deny = True, limit <= 6Mb, reserve <= 6Mb] on s.
  deny(dstPort=1) on s to +20s. allow(dstPort=2) on t.
  limit(dstPort=3) = 4Mb on s. reserve(srcHost=10.0.0.1) = 5Mb on t to +40s.
`;
const FLOWS = ["dstPort=1", "dstPort=2", "dstPort=3", "srcHost=10.0.0.1", "dstPort=4"];
const KINDS = ["allow", "deny", "reserve", "limit"];
const SPANS = ["", " from +10s to +30s", " from +40s to +50s"];

test("a trial is free, and clashes, where the whole finding says so: all kinds of demands in three shares", (t) => {
  const demands = KINDS.flatMap((kind) =>
    FLOWS.flatMap((flow) =>
      SPANS.flatMap((span) =>
        (kind === "reserve" || kind === "limit" ? [" = 3Mb", " = 5Mb"] : [""]).flatMap((rate) =>
          ["rootShare", "s", "t"].map((share) => `${kind}(${flow})${rate} on ${share}${span}.`),
        ),
      ),
    ),
  );
  const model = modelOf(WORLD + demands.join("\n"));
  const admission = new Admission({ rules: RULES, now: NOW });
  const first = model.statements.findIndex(({ text }) => text === model.statements.at(-demands.length)!.text);
  submitAll(admission, { ...model, statements: model.statements.slice(0, first) });
  const engine = admission.engine as Engine;
  const { state } = admission;
  const ends = { whole: 0, part: 0, refused: 0 };
  for (const statement of model.statements.slice(first)) {
    const candidate = candidateOf(TRIAL, statement.demand as RequestDemand);
    state.candidates.set(TRIAL, candidate);
    const [trial, finding] = engine.attempt({ insert: candidateFacts(TRIAL, statement) }, (view) => ({
      commit: false,
      value: [trialIn(view, candidate), findingIn(view, candidate, state, new Set())] as const,
    })).value;
    state.candidates.clear();
    t.is(trial.isFree, isWhole(finding), statement.text);
    t.is(trial.reasons.length === 0, finding.code === undefined, statement.text);
    t.deepEqual([...trial.clashes].sort(), finding.clashes.map(({ id }) => id).sort(), statement.text);
    ends[finding.code !== undefined ? "refused" : isWhole(finding) ? "whole" : "part"] += 1;
  }
  t.true(ends.whole > 20 && ends.refused > 20, JSON.stringify(ends));
});

/** How often the rules are asked about the last statement. */
function asksAbout(text: string): number {
  let asks = 0;
  const admission = new Admission({ rules: RULES, now: NOW, watch: () => (asks += 1) });
  const model = modelOf(text);
  submitAll(admission, { ...model, statements: model.statements.slice(0, -1) });
  asks = 0;
  const verdict = admission.submit(model.statements.at(-1)!, NOW);
  if (verdict.kind !== "rejected") throw new Error(verdict.kind);
  return asks;
}

test("a refused reservation asks the rules twice: about itself, and about the later start that it is offered", (t) => {
  const full = "NewShare s for (*) [reserve <= 10Mb] on rootShare. reserve(vlan=1) = 10Mb on s to +20s. ";
  t.is(asksAbout(`${full}reserve(vlan=2) = 1Mb on s from +10s to +20s.`), 2);
  // One that may give way is asked about once more, when nothing of it is left.
  t.is(asksAbout(`${full}reserve(vlan=2) = 1Mb partial on s from +10s to +20s.`), 3);
});
