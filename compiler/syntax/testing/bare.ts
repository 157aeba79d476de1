/** Trees without what does not matter when they are compared: spans, and whether a name was quoted. */

/** A deep copy without spans and quotation. */
export function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, part]) => key !== "span" && key !== "fieldSpan" && key !== "quoted" && part !== undefined)
      .map(([key, part]) => [key, bare(part)]),
  );
}
