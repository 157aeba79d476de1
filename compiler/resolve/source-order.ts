/** Findings → the order of the text, each once. */
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { byText } from "../net/order.ts";
import type { Source } from "../source.ts";

/** Sorted by source (in order of `sources`, then by name), then by place; without repetitions. */
export function inSourceOrder(diagnostics: readonly Diagnostic[], sources: readonly Source[]): Diagnostic[] {
  const rank = new Map(sources.map((source, at) => [source, at]));
  const seen = new Set<string>();
  const distinct = diagnostics.filter((d) => {
    const key = `${d.code} ${d.span?.source.name} ${d.span?.start} ${d.span?.end} ${d.message}`;
    return !seen.has(key) && seen.add(key);
  });
  const place = (d: Diagnostic): readonly [number, string, number] => [
    d.span === undefined ? Number.POSITIVE_INFINITY : (rank.get(d.span.source) ?? sources.length),
    d.span?.source.name ?? "",
    d.span?.start ?? 0,
  ];
  return distinct.toSorted((a, b) => {
    const [x, y] = [place(a), place(b)];
    if (x[0] !== y[0]) return x[0] - y[0];
    return byText(x[1], y[1]) || x[2] - y[2];
  });
}
