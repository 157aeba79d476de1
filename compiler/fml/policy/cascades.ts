/** `cascade a > b.` → the levels of a share. A cascade joins policies of one share, each once (SEMANTICS, "Policies"). */
import * as codes from "../../diagnostics/codes/model.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { PolicyStatement } from "./plan-policies.ts";
import type { WrittenStatement } from "../../syntax/ast.ts";
import type { Cascade } from "../../model/model.ts";
import { didYouMean } from "../../diagnostics/suggest.ts";

type CascadeStatement = WrittenStatement & { readonly kind: "cascade" };

/** The name that stands for the share's own requests. */
const REQUESTS = "requests";

/** The cascades of all shares; faulty ones are left out. */
export function cascades(
  statements: readonly CascadeStatement[],
  policies: readonly PolicyStatement[],
  report: (diagnostic: Diagnostic) => void,
): Cascade[] {
  const byName = new Map(policies.map((p) => [p.name.text, p]));
  const known = [...byName.keys(), REQUESTS];
  const found = new Map<string, Cascade>();
  for (const statement of statements) {
    const one = cascade(statement, byName, known, report);
    if (one === undefined) continue;
    const earlier = found.get(one.share);
    if (earlier === undefined) found.set(one.share, one);
    else {
      const related = [{ span: earlier.span, message: "the other cascade" }];
      const help = "write one cascade with all levels";
      report(codes.twoCascades({ share: one.share }, { span: statement.span, related, help }));
    }
  }
  return [...found.values()];
}

function cascade(
  statement: CascadeStatement,
  policies: ReadonlyMap<string, PolicyStatement>,
  known: readonly string[],
  report: (diagnostic: Diagnostic) => void,
): Cascade | undefined {
  let share: string | undefined;
  let sound = true;
  const names = new Set<string>();
  for (const { text, span } of statement.policies) {
    const policy = policies.get(text);
    const own = policy?.share?.text ?? "rootShare";
    const fault = names.has(text)
      ? codes.repeatedInCascade({ name: text }, { span })
      : policy === undefined && text !== REQUESTS
        ? codes.unknownPolicy({ name: text }, { span, help: policiesText(policies), ...didYouMean(text, known, span) })
        : policy?.guard
          ? codes.guardInCascade({ name: text }, { span })
          : policy && share !== undefined && own !== share
            ? codes.mixedCascade({ name: text, share: own, other: share }, { span })
            : undefined;
    names.add(text);
    if (fault) {
      report(fault);
      sound = false;
    } else if (policy) share ??= own;
  }
  if (!sound) return undefined;
  return { share: share ?? "rootShare", levels: statement.policies.map((p) => [p.text]), span: statement.span };
}

/** Which names a cascade may have, the first of them. */
function policiesText(policies: ReadonlyMap<string, PolicyStatement>): string {
  const names = [...policies.keys()].slice(0, MOST_NAMED).map((name) => `\`${name}\``);
  const more = policies.size > names.length ? ` and ${policies.size - names.length} more` : "";
  const own = `\`${REQUESTS}\` stands for the requests of the share`;
  return names.length === 0 ? `there is no policy; ${own}` : `known are ${names.join(", ")}${more}; ${own}`;
}

const MOST_NAMED = 5;
