/**
 * What is accepted and begins later → the errors of the tables at the instants at which it, or what it meets, begins. A
 * statement that no table can be made with when it begins is refused when it is said, or by `check`.
 */
import type { Decided } from "../admission/decided.ts";
import type { Accepted } from "../admission/state/accepted.ts";
import { provenTables } from "./proven-tables.ts";
import type { DerivedRule } from "../derived/rule.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { LowerContext } from "../lowering/index.ts";
import { needsLowering } from "../lowering/quick-check.ts";
import { printInstant } from "../net/index.ts";
import { greatest, least } from "../net/lists.ts";

/** Tables are made for so many instants; what is not looked at is held back if it brings a fault. */
export const MOST_AHEAD_INSTANTS = 8;
/** Beside more statements than these tables take longer than an answer may. */
const MOST_BESIDE_LED = 1_000;
const MOST_BESIDE_PLAIN = 100;

type Model = Pick<Decided["model"], "directory" | "defaults">;

interface Judged {
  readonly admission: Decided["admission"];
  readonly model: Model;
}

/** The errors of the tables of a policy at the instants after `now` (Unix seconds) at which something begins. */
export function faultsAhead(
  { admission, model }: Judged,
  options: Pick<LowerContext, "target"> & Partial<LowerContext>,
  now: number,
): readonly Diagnostic[] {
  const { accepted } = admission.state;
  const mine = doubtfulOf([...accepted], model);
  const isLed = isLedIn(admission);
  try {
    for (const instant of instantsOf(mine, isLed ? accepted : [], now)) {
      // Beside ways all that stands counts; else what is allowed or denied is refused for what it says itself.
      const rules = isLed ? admission.derived.active(instant) : plainRulesAt(mine, instant);
      const errors = errorsOf(rules, model, { ...options, now: instant });
      if (errors.length > 0) return errors;
    }
    return [];
  } finally {
    if (isLed) admission.derived.move(now);
  }
}

/**
 * The errors that statements bring which begin after `now` and only allow or deny: they are refused for what they say
 * themselves, whatever stands beside them. `own`: the identities of what was said.
 */
export function faultsOfPlain(
  { admission, model }: Judged,
  options: Pick<LowerContext, "target"> & Partial<LowerContext>,
  now: number,
  own: readonly string[],
): readonly Diagnostic[] {
  const { accepted } = admission.state;
  const plain = own.flatMap((id) => accepted.get(id) ?? []).filter(({ kind }) => isPlain(kind));
  const mine = doubtfulOf(plain, model);
  for (const instant of instantsOf(mine, [], now)) {
    const errors = errorsOf(plainRulesAt(mine, instant), model, { ...options, now: instant });
    if (errors.length > 0) return errors;
  }
  return [];
}

/** No table refuses an allow or a deny of a handful of entries. */
function doubtfulOf(some: readonly Accepted[], { directory }: Model): readonly Accepted[] {
  const isDoubtful = needsLowering(directory);
  return some.filter(({ kind, pieces }) => !isPlain(kind) || pieces.some(({ flows }) => flows.cubes.some(isDoubtful)));
}

function errorsOf(
  rules: readonly DerivedRule[],
  { directory, defaults }: Model,
  options: Pick<LowerContext, "target" | "now"> & Partial<LowerContext>,
): readonly Diagnostic[] {
  const { lowered, proven } = provenTables(rules, { directory, defaults, ...options });
  const errors = [...lowered.diagnostics, ...proven].filter(({ severity }) => severity === "error");
  return errors.map((one) => laterFault(one, options.now));
}

function laterFault(fault: Diagnostic, instant: number): Diagnostic {
  const when = `it is so from ${printInstant(instant)} on`;
  return { ...fault, help: fault.help === undefined ? when : `${when}; ${fault.help}` };
}

function isLedIn({ state: { accepted } }: Decided["admission"]): boolean {
  for (const kind of ["waypoint", "avoid"] as const) for (const _ of accepted.ofKind(kind)) return true;
  return false;
}

/**
 * The instants after `now` at which statements begin, and those at which others begin while they stand. Beside what is only
 * allowed or denied others that begin later lead packets, or they change nothing.
 */
function instantsOf(mine: readonly Accepted[], beside: Iterable<Accepted>, now: number): readonly number[] {
  const starts = (some: readonly Accepted[]): readonly number[] =>
    some.flatMap(({ pieces }) => pieces.map(({ interval: { start } }) => start)).filter((start) => start > now);
  if (mine.length === 0) return [];
  const own = new Set(starts(mine).toSorted((a, b) => a - b));
  const others = [...beside];
  const isOnlyPlain = mine.every(({ kind }) => isPlain(kind));
  const met = new Set<number>();
  if (others.length <= (isOnlyPlain ? MOST_BESIDE_PLAIN : MOST_BESIDE_LED)) {
    const [from, to] = [least(mine.map(startOf)), greatest(mine.map(endOf))];
    for (const start of starts(isOnlyPlain ? others.filter(isWay) : others))
      if (start >= from && start < to) met.add(start);
  } else if (others.length > MOST_BESIDE_LED) return [];
  const all = [...own, ...[...met].filter((start) => !own.has(start)).toSorted((a, b) => a - b)];
  return all.slice(0, MOST_AHEAD_INSTANTS);
}

/** What is allowed or denied from an instant on, as rules that would be in force alone. */
const plainRulesAt = (requests: readonly Accepted[], instant: number): readonly DerivedRule[] =>
  requests.flatMap(({ id, kind, pieces }) =>
    !isPlain(kind)
      ? []
      : pieces
          .filter(({ interval }) => interval.start === instant)
          .flatMap(({ flows: { cubes } }) => cubes.map((cube) => ({ ...ALONE, statement: id, effect: kind, cube }))),
  );

const ALONE = { depth: 0, level: 0, levels: 1, end: Infinity, stage: "admission" } as const;

const isPlain = (kind: Accepted["kind"]): kind is "allow" | "deny" => kind === "allow" || kind === "deny";
const startOf = ({ interval }: Accepted): number => interval.start;
const endOf = ({ interval }: Accepted): number => interval.end;
const isWay = ({ kind }: Accepted): boolean => kind === "waypoint" || kind === "avoid";
