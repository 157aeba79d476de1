/**
 * Demands that are tried in place of a refused one. A trial is asked for less than a decision: no reason is chosen and
 * nothing is proved. What is asked twice in a row is asked of the rules once.
 */
import type { AttemptView, Constant } from "../datalog/types.ts";
import type { DerivedRule } from "../derived/rule.ts";
import type { Demand, RequestDemand } from "../model/model.ts";
import type { Candidate } from "./state/world.ts";

export interface Trial {
  /** All reasons that the rules give, in no particular order. */
  readonly reasons: readonly Constant[];
  /** Whether nothing blocks, lacks room or clashes. */
  readonly isFree: boolean;
  /** Identities of lower limits beside a reservation, or of higher reservations beside a limit. */
  readonly clashes: readonly string[];
}

/** What the rules say of a candidate. */
export function trialIn(view: AttemptView, { id, rate }: Candidate): Trial {
  const named = (relation: string): readonly string[] =>
    view.query(relation, [id, undefined]).map((tuple) => tuple[1] as string);
  const clashes = rate === undefined ? [] : named("clashes");
  const isFree =
    clashes.length === 0 && named("blocks").length === 0 && (rate === undefined || named("lacks").length === 0);
  return { reasons: view.query("reject", [id, undefined]).map((tuple) => tuple[1]!), isFree, clashes };
}

/** Whether tables can be made of an offer; `untried`: it is not known, since a trial would take too long. */
export type Held = boolean | "untried";

/** Whether tables can be made of an offer's rules beside those of an instant, in Unix seconds. */
export type OnSwitches = (rules: readonly DerivedRule[], beside: () => readonly DerivedRule[], instant: number) => Held;

/** The rules that a demand would put in force in a share of a depth. */
export function rulesOf({ action, flows, interval, rate, nodes }: RequestDemand, depth: number): DerivedRule[] {
  const stage = action === "allow" || action === "deny" ? "admission" : action;
  const rank = { depth, level: 0, levels: 1, end: interval.end };
  const asked = { ...(rate !== undefined && { rate }), ...(nodes && { nodes }) };
  return flows.cubes.map((cube) => ({ statement: TRIAL, stage, effect: action, ...rank, ...asked, cube }));
}

/** A demand for a rate, in which no node decides under what identity it is tried. */
export const isRated = (demand: Demand): demand is RequestDemand =>
  demand.kind === "request" && demand.rate !== undefined;

/** The same answers as `ask`; the last one is kept. Only while nothing is accepted or removed. */
export function lastKept<Answer>(ask: (demand: RequestDemand) => Answer): (demand: RequestDemand) => Answer {
  let last: { readonly demand: RequestDemand; readonly answer: Answer } | undefined;
  return (demand) => {
    if (last === undefined || !isSame(last.demand, demand)) last = { demand, answer: ask(demand) };
    return last.answer;
  };
}

/** Whether two demands for a rate are the same; flows are compared as objects, which is enough for offers of one demand. */
const isSame = (a: RequestDemand, b: RequestDemand): boolean =>
  a.flows === b.flows &&
  a.rate === b.rate &&
  a.interval.start === b.interval.start &&
  a.interval.end === b.interval.end &&
  a.mode === b.mode &&
  a.share === b.share &&
  a.action === b.action;

/** The identity of a candidate that is only tried. No statement has it: canonical texts end with a period. */
export const TRIAL = "?";

/** A statement for questions in which the speaker does not matter. */
export const ANYONE = {
  id: TRIAL,
  text: TRIAL,
  speaker: "",
  span: { source: { name: "", text: "" }, start: 0, end: 0 },
};
