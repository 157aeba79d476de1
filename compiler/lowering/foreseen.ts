/**
 * A model → the refusal of tables that would have too many entries (E848), before anything is decided: deciding statements
 * takes longer than to count what they come to. Less is counted than the tables have, so whatever these can hold is decided.
 */
import type { State } from "../admission/state/state.ts";
import { keyOf } from "../derived/rule-key.ts";
import type { DerivedRule } from "../derived/rule.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Demand, Model } from "../model/model.ts";
import { holdsInstant, type Interval } from "../net/interval.ts";
import { topology } from "../paths/index.ts";
import type { Span } from "../source.ts";
import { DraftBudget, MOST_DRAFTED } from "./draft-budget.ts";
import { UserIndex } from "./encode/user-index.ts";
import { draftPerSwitch } from "./per-switch.ts";
import { switchesOf, type LowerContext } from "./pipeline/options.ts";
import { reportRefusals } from "./pipeline/refusal.ts";
import { needsLowering } from "./quick-check.ts";

/** What the tables are made for: their target, and the instant in Unix seconds. */
export interface ForeseenTables extends Pick<LowerContext, "target" | "now" | "drafts"> {
  /** Fewer cubes than these are decided in no time. */
  readonly few?: number;
}

/** Fewer are decided within some 0.2 s. */
const FEW = 2_000;
/** So many cubes, evenly apart, say whether all are worth counting. */
const SAMPLE = 64;

/** A rule that will be in force if its file is accepted, and where it is written. */
interface Foreseen {
  readonly rule: DerivedRule;
  readonly span: Span;
}

/** The refusal of the tables that a model comes to if all of it is accepted; none where that is not certain. */
export const foreseeTables =
  ({ few = FEW, drafts = MOST_DRAFTED, ...of }: ForeseenTables) =>
  (model: Model, state: Pick<State, "shown">): readonly Diagnostic[] => {
    if (!model.statements.every(stays) || model.cascades.length > 0 || leads(model)) return [];
    const all = rulesOf(model, state, of.now);
    if (all.length < few) return [];
    const { directory, defaults } = model;
    const context: LowerContext = { directory, defaults, ...of };
    const users = new UserIndex(directory);
    const paths = topology(directory);
    const switches = switchesOf(directory);
    const take = (budget: DraftBudget, { rule }: Foreseen): void =>
      void budget.take(rule.statement, () => draftPerSwitch(switches, rule, [], paths, context, users));
    const step = Math.max(1, Math.floor(all.length / SAMPLE));
    const sample = new DraftBudget(drafts / step);
    for (let i = 0; i < all.length; i += step) take(sample, all[i]!);
    if (sample.refusal === undefined) return [];
    const budget = new DraftBudget(drafts);
    const counted = new Set<string>();
    for (const one of all) {
      const key = keyOf(one.rule);
      if (counted.has(key)) continue;
      counted.add(key);
      take(budget, one);
      const { refusal } = budget;
      if (refusal !== undefined)
        return reportRefusals([{ rule: one.rule, refusal }], { ...context, spanOf: () => one.span });
    }
    return [];
  };

/** Statements that are accepted or fail their file, and take nothing back that others said. */
const stays = ({ demand, expected }: Model["statements"][number]): boolean =>
  expected !== false && STAYING.has(demand.kind);

const STAYING: ReadonlySet<Demand["kind"]> = new Set<Demand["kind"]>([
  "AddUser",
  "NewShare",
  "Grant",
  "GrantDefault",
  "request",
  "query",
]);

/** Whether flows are led, which cuts the rules of all others where they come back. */
const leads = ({ statements, policies }: Model): boolean =>
  statements.some(({ demand }) => demand.kind === "request" && LEADS.has(demand.action)) ||
  policies.some(({ rules }) => rules.some(({ effect }) => LEADS.has(effect.kind)));

const LEADS: ReadonlySet<string> = new Set(["waypoint", "avoid"]);

/** The rules of strict requests and of guards that are in force at an instant and may be more than a handful of entries. */
function rulesOf({ statements, policies, directory }: Model, state: Pick<State, "shown">, now: number): Foreseen[] {
  const isDoubtful = needsLowering(directory);
  const found: Foreseen[] = [];
  const add = (
    { id, span }: { readonly id: string; readonly span: Span },
    asked: Pick<DerivedRule, "stage"> & { readonly effect: "allow" | "deny" },
    piece: { readonly flows: Model["assertions"][number]["flows"]; readonly interval: Interval },
  ): void => {
    if (!holdsInstant(piece.interval, now)) return;
    for (const { flows, interval } of state.shown({ kind: asked.effect, pieces: [piece] }))
      for (const cube of flows.cubes) {
        if (!isDoubtful(cube)) continue;
        // Of several levels none has the form with exceptions, which costs more.
        const rank = { depth: 0, level: 0, levels: 2, end: interval.end };
        found.push({ rule: { statement: id, ...asked, ...rank, cube }, span });
      }
  };
  for (const { guard, rules } of policies) {
    if (!guard) continue;
    for (const rule of rules) {
      const flows = { cubes: rule.cubes.map(({ cube }) => cube) };
      if (rule.effect.kind === "deny")
        add(rule, { stage: "guard", effect: "deny" }, { flows, interval: rule.interval });
    }
  }
  for (const statement of statements) {
    const { demand } = statement;
    if (demand.kind !== "request" || demand.mode !== "strict") continue;
    const { action } = demand;
    if (action === "allow" || action === "deny") add(statement, { stage: "admission", effect: action }, demand);
  }
  return found;
}
