/**
 * Stratification: no relation may depend on its own negation or on an aggregate over itself. A violation is reported
 * with its shortest cycle, and the span of every dependency on it.
 */
import { aggregateCycle } from "../diagnostics/codes/datalog.ts";
import { negativeCycle } from "../diagnostics/codes/model.ts";
import { circleText } from "../diagnostics/text.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Span } from "../source.ts";
import type { Definitions } from "./definitions.ts";
import { components } from "../net/components.ts";

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly kind: "positive" | "negative" | "aggregate";
  readonly span: Span | undefined;
}

function edgesOf(definitions: Definitions): ReadonlyMap<string, readonly Edge[]> {
  const edges = new Map<string, Edge[]>();
  for (const { head, body } of definitions.rules) {
    const folds = head.terms.some((term) => term.kind === "aggregate");
    for (const { atom, negated } of body) {
      if (!definitions.isStored(atom.relation)) continue;
      const kind = negated ? "negative" : folds ? "aggregate" : "positive";
      const edge: Edge = { from: head.relation, to: atom.relation, kind, span: atom.span };
      const list = edges.get(head.relation);
      if (list === undefined) edges.set(head.relation, [edge]);
      else list.push(edge);
    }
  }
  return edges;
}

/** The shortest way from one relation to another inside a component, breadth first. */
function shortest(
  from: string,
  to: string,
  inside: ReadonlySet<string>,
  edges: ReadonlyMap<string, readonly Edge[]>,
): Edge[] {
  const cameBy = new Map<string, Edge>();
  const queue = [from];
  for (const name of queue) {
    if (name === to) break;
    for (const edge of edges.get(name) ?? []) {
      if (!inside.has(edge.to) || cameBy.has(edge.to) || edge.to === from) continue;
      cameBy.set(edge.to, edge);
      queue.push(edge.to);
    }
  }
  const path: Edge[] = [];
  for (let name = to; name !== from; name = path[0]!.from) path.unshift(cameBy.get(name)!);
  return path;
}

const prefixes = { positive: "", negative: "not ", aggregate: "aggregate of " } as const;

function report(bad: Edge, inside: ReadonlySet<string>, edges: ReadonlyMap<string, readonly Edge[]>): Diagnostic {
  const rest = shortest(bad.to, bad.from, inside, edges);
  const steps = [bad, ...rest].map(({ kind, to }) => `${prefixes[kind]}${to}`);
  const path = circleText([bad.from, ...steps]);
  const related = rest.flatMap(({ from, to, kind, span }) =>
    span === undefined ? [] : [{ span, message: `\`${from}\` depends on ${prefixes[kind]}\`${to}\` here` }],
  );
  const code = bad.kind === "negative" ? negativeCycle : aggregateCycle;
  return code({ name: bad.from, path }, { span: bad.span, related });
}

/** One finding per component, for its first bad edge. */
export function checkCycles(definitions: Definitions): Diagnostic[] {
  const edges = edgesOf(definitions);
  const found: Diagnostic[] = [];
  const order = new Map([...edges.keys()].map((name, at) => [name, at]));
  const dependencies = (name: string): string[] => (edges.get(name) ?? []).map(({ to }) => to);
  for (const component of components(edges.keys(), dependencies)) {
    const inside = new Set(component);
    const bad = component
      .filter((name) => order.has(name))
      .toSorted((a, b) => order.get(a)! - order.get(b)!)
      .flatMap((name) => edges.get(name)!)
      .find(({ to, kind }) => kind !== "positive" && inside.has(to));
    if (bad !== undefined) found.push(report(bad, inside, edges));
  }
  return found;
}
