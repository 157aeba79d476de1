/** Models and diagnostics as text, for goldens: what a reader of a test wants to compare. */
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { renderFact } from "../../fml/policy/because.ts";
import { flowgroup, render } from "../../flowgroup/index.ts";
import { positionOf, type Source } from "../../source.ts";
import { parse, type ParseOptions } from "../../syntax/parse.ts";
import { printRate } from "../../net/index.ts";
import type { Effect, Model, RequestDemand } from "../../model/model.ts";
import type { ResolveOptions } from "../options.ts";
import { resolve } from "../resolve.ts";

export interface Resolved {
  readonly model: Model;
  readonly diagnostics: readonly Diagnostic[];
}

/** Resolves a text; `files` are what it may include or read, by name. */
export function resolveText(
  text: string,
  files: Readonly<Record<string, string>> = {},
  options: Partial<ResolveOptions> & ParseOptions = {},
): Resolved {
  const source: Source = { name: "p.pane", text };
  const parsed = parse(source, options);
  const sources = new Map(Object.entries(files).map(([name, content]) => [name, { name, text: content }]));
  const load = (path: string): Source | undefined => sources.get(path) ?? (path === source.name ? source : undefined);
  const { model, diagnostics } = resolve([{ source, file: parsed.file }], { now: 1000, load, ...options });
  return { model, diagnostics: [...parsed.diagnostics, ...diagnostics] };
}

/** `E204 2:12 sentence | help | witness | also 1:1`, one line each; the file is named where it is not the policy. */
export function showDiagnostics(diagnostics: readonly Diagnostic[]): string[] {
  return diagnostics.map((d) => {
    const place = (span: NonNullable<Diagnostic["span"]>): string => {
      const { line, column } = positionOf(span.source, span.start);
      return `${span.source.name === "p.pane" ? "" : `${span.source.name}:`}${line}:${column}`;
    };
    const parts = [`${d.code} ${d.span ? place(d.span) : "-"} ${d.message}`];
    if (d.help !== undefined) parts.push(d.help);
    if (d.witness !== undefined) parts.push(d.witness);
    for (const { span } of d.related) parts.push(`also ${place(span)}`);
    return parts.join(" | ");
  });
}

/** The rules of all policies with their cubes. */
export function showPolicies(model: Model): string[] {
  return model.policies.flatMap((policy) =>
    policy.rules.flatMap((rule) => [
      rule.id + showEffect(rule.effect),
      ...rule.cubes.map((c) => {
        const because = c.because.length > 0 ? `  because ${c.because.join("; ")}` : "";
        return `  ${render(flowgroup([c.cube]))}${because}`;
      }),
    ]),
  );
}

const showEffect = (effect: Effect): string =>
  "rate" in effect
    ? ` → ${effect.kind} ${printRate(effect.rate)}`
    : "nodes" in effect
      ? ` → ${effect.kind} ${effect.nodes.join(", ")}`
      : "";

/** What a request asks for besides its flows, and when. */
function showRequest({ rate, nodes, interval, startedBefore }: RequestDemand): string {
  const what = rate !== undefined ? ` = ${printRate(rate)}` : nodes ? ` = ${nodes.join(", ")}` : "";
  return `${what} [${interval.start}, ${interval.end})${startedBefore ? " started before" : ""}`;
}

/** The statements with their flows. */
export function showStatements(model: Model): string[] {
  return model.statements.map((s) => {
    const { demand } = s;
    const flows = "flows" in demand ? ` ${render(demand.flows)}` : "";
    const time = demand.kind === "request" ? showRequest(demand) : "";
    const group = s.transaction === undefined ? "" : ` transaction ${s.transaction}`;
    return `${s.id} — ${s.speaker}: ${demand.kind}${flows}${time}${group}`;
  });
}

/** The facts of the relations that have some: `g(ann, 3)`. */
export const showFacts = (model: Model): string[] =>
  [...model.facts].flatMap(([relation, tuples]) => tuples.map((tuple) => renderFact(relation, tuple)));
