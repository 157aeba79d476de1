/**
 * Why a flow is allowed, denied or left to the default: the statement that decides it, the shares from there to the
 * root, what was overridden and why; where nothing decides, which statements came closest and on which field they
 * failed (SEMANTICS, "Certificates").
 */
import type { Cube, Flow } from "../flowgroup/cube.ts";
import { cube } from "../flowgroup/cubes.ts";
import { constrainedFields, constraint, renderFlow, tellSet, type Field } from "../flowgroup/index.ts";
import { printable } from "../diagnostics/text.ts";
import type { PolicyRule } from "../model/model.ts";
import type { Admission } from "../admission/admission.ts";
import { activeAt, decisive, whyOverridden, type ActiveStatement, type RankedStatement } from "./active.ts";
import { holdsWhole, type AmongUsers, type Holds } from "./fragments.ts";
import { steeringOfFlow, type FlowSteering } from "./steering.ts";
import { treatmentOf, type Treatment } from "./treatment.ts";

export interface FlowExplanation {
  readonly verdict: "allow" | "deny" | "default";
  readonly decidedBy?: ActiveStatement;
  /** From the deciding share to the root: what each says by itself, and by which statements. */
  readonly chain: readonly {
    readonly share: string;
    /** Absent: nothing. */
    readonly says?: "allow" | "deny";
    /** The one that decides in the share first; those that say the opposite are among the overridden. */
    readonly statements: readonly string[];
  }[];
  /** The statements that would decide alike in its place, one after the other, and are not named in the chain. */
  readonly alike: readonly ActiveStatement[];
  /** Statements of the opposite kind that hold the flow, and why they do not decide. */
  readonly overridden: readonly { readonly statement: ActiveStatement; readonly why: string }[];
  /** All limits that hold the flow, then its reservation, the largest that does. A denied flow has neither. */
  readonly treatment: readonly Treatment[];
  /** The waypoints and avoids that steer the flow, and whether they drop it; a denied flow goes nowhere. */
  readonly led?: FlowSteering;
  /** Where nothing decides: the statements that came closest. */
  readonly closest: readonly NearMiss[];
}

/** A statement that does not hold a flow, and the fields on which it fails. */
export interface NearMiss {
  readonly statement: ActiveStatement;
  /** The rule of its policy that hands the flow on to the next level; no field fails then. */
  readonly passedBy?: PolicyRule;
  readonly failed: readonly { readonly field: Field; readonly wanted: string; readonly given: string }[];
}

/**
 * Explains one flow at an instant (Unix seconds). `holds` decides which statements hold it if its packet hides fields;
 * `among` are the users that it may be of, `hidden` the fields that its packet does not show.
 */
export function explainFlow(
  admission: Admission,
  flow: Flow,
  instant: number,
  holds: Holds = holdsWhole,
  among: AmongUsers = {},
  hidden: readonly Field[] = [],
): FlowExplanation {
  const active = activeAt(admission, instant);
  const holding = active.filter(({ statement, cubes }) => cubes.some((cube) => holds(statement.kind, cube, flow)));
  const first = decisive(holding);
  const isDenied = first?.statement.kind === "deny";
  const treatment = isDenied ? [] : treatmentOf(admission, flow, instant, holds);
  const steering = isDenied ? undefined : steeringOfFlow(admission, flow, instant, holds);
  const led = steering && { led: steering };
  if (!first) {
    const closest = closestTo(admission, active, { flow, holds, among, hidden });
    return { verdict: "default", chain: [], alike: [], overridden: [], treatment, ...led, closest };
  }
  const chain = chainOf(admission, first, holding);
  return {
    verdict: first.statement.kind,
    decidedBy: { ...first.statement, because: factsOf(admission, first.statement, flow, holds) },
    chain,
    alike: alikeIn(holding, first, new Set(chain.flatMap(({ statements }) => statements))),
    overridden: holding
      .filter(({ statement }) => statement.kind !== first.statement.kind)
      .map((other) => ({ statement: other.statement, why: whyOverridden(first, other, admission.state.tree) })),
    treatment,
    ...led,
    closest: [],
  };
}

/** The facts by which a policy's rule holds the flow; those that make it hold other flows are no reason. */
function factsOf(admission: Admission, { id, kind }: ActiveStatement, flow: Flow, holds: Holds): readonly string[] {
  const rule = admission.state.accepted.get(id)?.rule ?? admission.policies.guards.find((one) => one.id === id)?.rule;
  const held = (cube: Cube): boolean => holds(kind, cube, flow);
  return rule?.becauseOf?.(held) ?? rule?.cubes.find(({ cube }) => held(cube))?.because ?? [];
}

function chainOf(
  admission: Admission,
  first: RankedStatement,
  holding: readonly RankedStatement[],
): FlowExplanation["chain"] {
  const { share: name } = first.statement;
  const share = name === undefined ? undefined : admission.state.tree.get(name);
  return [...(share?.chain() ?? [])].map((one) => {
    const agreeing = agreeingIn(holding.filter(({ statement }) => statement.share === one.name));
    const ids = agreeing.map(({ statement }) => statement.id);
    return { share: one.name, ...(agreeing[0] && { says: agreeing[0].statement.kind }), statements: ids };
  });
}

/** From the statements of one share that hold a flow: the one that decides there, then those that say the same. */
function agreeingIn(own: readonly RankedStatement[]): readonly RankedStatement[] {
  const first = decisive(own);
  if (first === undefined) return [];
  return [first, ...own.filter((one) => one !== first && one.statement.kind === first.statement.kind)];
}

/**
 * What would decide alike if the first statement were removed, then what would if that were, too, and so on: without these a
 * reader would take one statement away and see nothing change.
 */
function alikeIn(
  holding: readonly RankedStatement[],
  first: RankedStatement,
  named: ReadonlySet<string>,
): readonly ActiveStatement[] {
  const found: ActiveStatement[] = [];
  // Removing one that decides leaves the order of all others as it is.
  for (const { statement } of holding) {
    if (statement.kind !== first.statement.kind) break;
    if (statement.id !== first.statement.id && !named.has(statement.id)) found.push(statement);
  }
  return found;
}

/** An explanation shows at most this many near misses. */
const CLOSEST = 3;

/** A flow with what its packet hides. */
interface Shown {
  readonly flow: Flow;
  readonly holds: Holds;
  readonly among: AmongUsers;
  readonly hidden: readonly Field[];
}

function closestTo(admission: Admission, active: readonly RankedStatement[], shown: Shown): NearMiss[] {
  const misses = active.map(({ statement, cubes }): NearMiss => {
    const failures = cubes.map((cube) => failedOn(statement.kind, cube, shown));
    return { statement, failed: failures.reduce((best, one) => (one.length < best.length ? one : best)) };
  });
  return misses
    .toSorted((a, b) => a.failed.length - b.failed.length)
    .slice(0, CLOSEST)
    .map((one) => withoutPassed(admission, one, shown));
}

/** What a `pass` takes from a rule is cut out of its flows. That is no field of the rule, so the `pass` itself is named. */
function withoutPassed({ state }: Admission, miss: NearMiss, shown: Shown): NearMiss {
  const { rule, siblings = [], ordered } = state.accepted.get(miss.statement.id) ?? {};
  if (rule === undefined) return miss;
  const { kind } = miss.statement;
  const before = ordered ? siblings.slice(0, siblings.indexOf(rule)) : siblings;
  const passes = before.filter((one) => one.effect.kind === "pass" && one.cubes.length > 0);
  if (passes.length === 0) return miss;
  const failures = rule.cubes.map(({ cube: whole }) => failedOn(kind, whole, shown));
  const failed = failures.reduce((best, one) => (one.length < best.length ? one : best));
  if (failed.length > 0) return { ...miss, failed };
  const passedBy = passes.find((pass) => pass.cubes.some(({ cube: whole }) => shown.holds(kind, whole, shown.flow)));
  return passedBy === undefined ? miss : { ...miss, failed, passedBy };
}

/** The fields for which alone the statement would not hold the packet. */
function failedOn(kind: ActiveStatement["kind"], of: Cube, { flow, holds, among, hidden }: Shown): NearMiss["failed"] {
  return constrainedFields(of).flatMap((field) => {
    const set = constraint(of, field)!;
    if (holds(kind, cube({ [field]: set }), flow)) return [];
    const users = field === "user" || field === "dstUser" ? among[field] : undefined;
    // A permission does not hold what hides the field, since it cannot tell. A restriction reads ports that are both 0.
    const isHidden = hidden.includes(field) && (kind === "allow" || flow[field] === undefined || field === "transport");
    const shown = isHidden
      ? "hidden"
      : flow[field] === undefined
        ? "absent"
        : renderFlow({ [field]: flow[field] }).slice(field.length + 1);
    return [
      { field, wanted: tellSet(field, set), given: users ? `perhaps ${users.map(printable).join(" or ")}` : shown },
    ];
  });
}
