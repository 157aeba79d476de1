/**
 * Two decided policies, or one at two instants → the plans from the one to the other, the traffic that changes, and the
 * requests that would be evicted; as text for people and as JSON for programs.
 */
import type { Decided } from "../admission/decided.ts";
import { plans } from "../compile.ts";
import type { DerivedRule } from "../derived/rule.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { toJson } from "../diagnostics/documents.ts";
import type { Lowered } from "../lowering/index.ts";
import { printInstant } from "../net/index.ts";
import { keepMeters } from "../plan/keep-meters.ts";
import type { Plan } from "../plan/plan.ts";
import type { ResourceChanges } from "../plan/resources.ts";
import { hasErrors } from "../diagnostics/diagnostic.ts";
import type { Table } from "../table/entry.ts";
import type { Cookies } from "./entries.ts";
import { keptRates, withoutPath } from "../impact/kept.ts";
import { detours, trafficChanges, type PolicyInForce } from "../impact/impact.ts";
import type { TrafficChange } from "../impact/changes-by-statement.ts";
import { trafficText } from "./impact.ts";
import { planSummary, planText, switchPlanJson } from "./plans.ts";
import { resourceChanges, unchanged } from "./resources.ts";
import { count, printable } from "../diagnostics/text.ts";
import { validUntilJson, validUntilText } from "./valid-until.ts";

/** A policy at an instant. A policy with faults has no tables. */
export interface PolicyState extends Pick<Lowered, "tables" | "cookies" | "validUntil"> {
  /** Absent: no policy at all, as on an empty switch. */
  readonly decided?: Decided;
  readonly diagnostics: readonly Diagnostic[];
  /** The rules in force. */
  readonly rules: readonly DerivedRule[];
  /** Denies of flows that the network leaves no path. */
  readonly lost?: readonly DerivedRule[];
}

/** A switch that holds nothing. */
export const EMPTY: PolicyState = {
  diagnostics: [],
  rules: [],
  tables: new Map(),
  cookies: new Map(),
  validUntil: Infinity,
};

/** A decided policy with its tables at an instant (Unix seconds). `lowered` is absent if the policy has faults. */
export function policyState(decided: Decided, lowered: Lowered | undefined, instant: number): PolicyState {
  if (lowered === undefined) return { ...EMPTY, decided, diagnostics: decided.diagnostics };
  const { tables, cookies, validUntil, diagnostics } = lowered;
  const rules = decided.admission.derived.active(instant);
  const lost = withoutPath(decided, instant);
  return { decided, diagnostics: [...decided.diagnostics, ...diagnostics], rules, lost, tables, cookies, validUntil };
}

export interface PolicyChange {
  /** The instants of the old and the new state in Unix seconds; a single one if they are the same. */
  readonly instants: readonly number[];
  readonly diagnostics: readonly Diagnostic[];
  /** Whether neither policy has faults; only then there are plans. */
  readonly good: boolean;
  /** Switch → plan. */
  readonly plans: ReadonlyMap<string, Plan>;
  readonly resources: ReadonlyMap<string, ResourceChanges>;
  readonly cookies: Cookies;
  readonly traffic: readonly TrafficChange[];
  /** Identities of requests that the old policy grants and the new one rejects. */
  readonly evicted: readonly string[];
  /** Until when the switches keep to the new policy by themselves, in Unix seconds. */
  readonly validUntil: number;
}

/** The change from one state to another. */
export function policyChange(old: PolicyState, next: PolicyState, instants: readonly number[]): PolicyChange {
  // For one policy at two instants every diagnostic would be there twice.
  const diagnostics = old.decided === next.decided ? next.diagnostics : [...old.diagnostics, ...next.diagnostics];
  const good = !hasErrors(diagnostics);
  const none: Table = { entries: [] };
  const tables = new Map([...next.tables].map(([name, one]) => [name, keepMeters(old.tables.get(name) ?? none, one)]));
  const bySwitch = good ? plans(old.tables, tables, instants.at(-1)! - instants[0]!) : new Map<string, Plan>();
  const cookies = new Map([...old.cookies, ...next.cookies]);
  return {
    instants,
    diagnostics,
    good,
    plans: bySwitch,
    resources: resourceChanges(old.tables, tables),
    cookies,
    traffic: good ? trafficOf(old, next, bySwitch.values(), cookies) : [],
    evicted: evictedFrom(old, next),
    validUntil: next.validUntil,
  };
}

/** An empty switch lets nothing through, and has no people at other places. */
function trafficOf(
  old: PolicyState,
  next: PolicyState,
  all: Iterable<Plan>,
  cookies: Cookies,
): readonly TrafficChange[] {
  const { model } = next.decided ?? {};
  if (model === undefined) return [];
  const inForce = ({ decided, rules, lost = [], tables }: PolicyState): PolicyInForce => ({
    rules: [...rules, ...lost],
    kept: keptRates(tables.values()),
    defaults: decided?.model.defaults ?? { verdict: "deny", fragments: model.defaults.fragments },
    directory: decided?.model.directory ?? model.directory,
  });
  const changes = trafficChanges(inForce(old), inForce(next));
  if (old.decided === undefined) return changes;
  return [...changes, ...detours(inForce(old), inForce(next), touchedBy(all, cookies), changes)];
}

/** The statements of which plans change entries. */
function touchedBy(all: Iterable<Plan>, cookies: Cookies): ReadonlySet<string> {
  const touched = new Set<string>();
  for (const { stages } of all) {
    for (const { kind, entry } of stages.flat()) {
      const statement = kind === "timeout" ? undefined : cookies.get(entry.cookie);
      if (statement !== undefined) touched.add(statement);
    }
  }
  return touched;
}

function evictedFrom(old: PolicyState, next: PolicyState): readonly string[] {
  const rejected = new Set(
    next.decided?.outcomes.filter(({ verdict }) => verdict.kind === "rejected").map(({ statement }) => statement.id),
  );
  return (old.decided?.outcomes ?? [])
    .filter(({ statement, verdict }) => statement.demand.kind === "request" && verdict.kind !== "rejected")
    .map(({ statement }) => statement.id)
    .filter((id) => rejected.has(id));
}

/** The plan of each switch, then the traffic that changes and the requests that would be evicted. */
export function policyChangeText(change: PolicyChange): string {
  const { instants, good, resources, cookies, traffic, evicted, validUntil } = change;
  const when = instants.map(printInstant).join(" → ");
  const lines = [...change.plans].map(([switchName, plan]) => {
    const around = resources.get(switchName) ?? unchanged;
    const of = switchName === "" ? "" : `${printable(switchName)}: `;
    return `# ${of}${planSummary(plan, around)} (${when})\n${planText(plan, cookies, around)}`;
  });
  if (good) lines.push(validUntilText(validUntil));
  if (traffic.length > 0)
    lines.push(`\nTraffic that changes, by ${count(traffic.length, "statement")}:\n${trafficText(traffic)}`);
  if (evicted.length > 0) lines.push(`\nWould be evicted:\n${evicted.map((id) => `  ${id}\n`).join("")}`);
  return lines.join("");
}

/** The document for programs. */
export const policyChangeJson = (change: PolicyChange): object => ({
  ok: change.good,
  at: change.instants.map(printInstant),
  ...(change.good && validUntilJson(change.validUntil)),
  switches: [...change.plans].map(([switchName, plan]) =>
    switchPlanJson(switchName, plan, change.resources.get(switchName) ?? unchanged, change.cookies),
  ),
  traffic: change.traffic,
  evicted: change.evicted,
  diagnostics: change.diagnostics.map(toJson),
});
