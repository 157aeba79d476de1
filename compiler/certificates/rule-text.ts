/** Demands in place of a policy's rule, as rules: what is proposed can be written where the rule stands. */
import type { Cube, FieldSet } from "../flowgroup/cube.ts";
import {
  complement,
  constrainedFields,
  constraint,
  ICMP,
  ICMPV6,
  isOnAll,
  negation,
  setHolds,
  type Field,
} from "../flowgroup/index.ts";
import { withoutImplied } from "../flowgroup/render.ts";
import { valuesOf } from "../flowgroup/render-values.ts";
import type { RequestDemand } from "../model/model.ts";
import { printInstant, printRate } from "../net/index.ts";
import { printQuoted } from "../syntax/print-flows.ts";
import { nameText } from "./text.ts";

/** The policy in which the rule is written. */
export interface PolicyPlace {
  readonly name: string;
  readonly share: string;
  readonly speaker: string;
}

/** A demand as rules of its policy, one for each cube; on another share than the policy's as a policy of its own. */
export function ruleTexts(
  demand: RequestDemand,
  { name, share, speaker }: PolicyPlace,
  now: number,
  head = headText(demand),
): readonly string[] {
  const { start, end } = demand.interval;
  const from = start > now ? ` from ${printInstant(start)}` : "";
  const during = `${from}${Number.isFinite(end) ? ` to ${printInstant(end)}` : ""}`;
  const rules = demand.flows.cubes.map((cube) => `${head} <= ${bodyText(cube)}${during}.`);
  if (demand.share === share) return rules;
  const by = speaker === "root" ? "" : ` as ${nameText(speaker)}`;
  return [`policy ${nameText(name)} on share ${nameText(demand.share)}${by} { ${rules.join(" ")} }`];
}

/** The head of a rule that asks for what a request does. */
export function headText({ action, rate, nodes }: RequestDemand): string {
  if (rate !== undefined) return `${action}(${printRate(rate)})`;
  return nodes ? `${action}(${nodes.map(nameText).join(", ")})` : action;
}

/** The flows of a cube as the body of a rule. */
export function bodyText(cube: Cube): string {
  const shown = withoutImplied(cube);
  const terms = constrainedFields(shown).flatMap((field) => termsOf(field, constraint(shown, field)!));
  return terms.length === 0 ? "true" : terms.join(", ");
}

/** What a field holds; where it may be absent, what it does not hold. */
function termsOf(field: Field, set: FieldSet): readonly string[] {
  if (set.kind === "name" && set.not) {
    const others = set.names.map((name) => `${field} != ${printQuoted(name)}`);
    return set.absent ? others : [`${field}(_)`, ...others];
  }
  // Over IPv6 the value 58 is the number 1, which a range alone says, and together with ICMPv6 (`DOMAINS.transport`). So a
  // set that has 58 and lacks 1 is printed by what it lacks.
  const some58 = field === "transport" && setHolds(set, ICMPV6) !== setHolds(set, ICMP);
  if (some58 && set.absent !== setHolds(set, ICMPV6)) {
    const others = set.absent ? { ...set, absent: false } : negation(field, set);
    const some = others && !isEmptySet(others) ? [isIn(field, others)] : [];
    if (set.absent) return [`(${[`not ${field}(_)`, ...some].join(" or ")})`];
    return [`${field}(_)`, ...some.map((text) => `not ${text}`)];
  }
  if (!set.absent) return [isIn(field, set)];
  const rest = complement(field, set)!;
  if (rest.kind !== "name") return [`not ${isIn(field, rest)}`];
  if (rest.names.length === 0) return [`not ${field}(_)`];
  const named = isIn(field, { ...rest, not: false });
  // An alternative that no packet meets is an error where it is read again.
  return [isOnAll(field) ? named : `(not ${field}(_) or ${named})`];
}

function isIn(field: Field, set: FieldSet): string {
  const values = valuesOf(field, set, true).map((value) => constant(field, value));
  const [first] = values;
  if (values.length > 1) return `${field} in {${values.join(", ")}}`;
  return `${field} ${set.kind !== "name" && /[-/]/.test(first!) ? "in" : "="} ${first!}`;
}

/** A word that begins with an upper-case letter would be a variable. */
function constant(field: Field, value: string): string {
  if (!WORDED.has(field) || value.startsWith('"')) return value;
  const port = PLACES.has(field) ? value.slice(value.lastIndexOf(":")) : "";
  const word = value.slice(0, value.length - port.length);
  return /^[A-Za-z_]/.test(word) ? `${printQuoted(word)}${port}` : value;
}

const PLACES: ReadonlySet<Field> = new Set(["srcAP", "dstAP"]);
const WORDED: ReadonlySet<Field> = new Set([
  ...PLACES,
  "user",
  "dstUser",
  "switch",
  "ethType",
  "transport",
  "direction",
]);

const isEmptySet = (set: FieldSet): boolean => set.kind === "number" && set.ranges.length === 0;
