/**
 * Merging: products of sets that agree in all dimensions but one become one product, by uniting that dimension
 * ((A × B) ∪ (A × C) = A × (B ∪ C)). The dimension that merges most goes first.
 */
import type { Tuple } from "../../datalog/types.ts";
import type { Extents } from "./extents.ts";

/** One extent per dimension, and some tuples of the join that led to it. */
export interface Vector {
  readonly extents: readonly number[];
  readonly from: readonly Tuple[];
}

/** How many tuples are remembered for explanations. */
const SAMPLES = 3;

/** The same union of products with fewer products. Deterministic: vectors stay in the order of their first members. */
export function mergeVectors(vectors: readonly Vector[], extents: Extents): readonly Vector[] {
  let current = vectors;
  for (;;) {
    const size = current[0]?.extents.length ?? 0;
    let best: Map<string, Vector[]> | undefined;
    let bestDimension = -1;
    for (let dimension = 0; dimension < size; dimension++) {
      const groups = groupWithout(current, dimension);
      if (groups.size < current.length && (best === undefined || groups.size < best.size)) {
        best = groups;
        bestDimension = dimension;
      }
    }
    if (best === undefined) return current;
    const next = [...best.values()].flatMap((group) => mergeGroup(group, bestDimension, extents));
    if (next.length === current.length) return current;
    current = next;
  }
}

function groupWithout(vectors: readonly Vector[], dimension: number): Map<string, Vector[]> {
  const groups = new Map<string, Vector[]>();
  for (const vector of vectors) {
    const key = vector.extents.with(dimension, -1).join(",");
    const group = groups.get(key);
    if (group) group.push(vector);
    else groups.set(key, [vector]);
  }
  return groups;
}

function mergeGroup(group: readonly Vector[], dimension: number, extents: Extents): readonly Vector[] {
  const united = extents.union(group.map((v) => v.extents[dimension]!));
  if (united === undefined) return group;
  const from = group.flatMap((v) => v.from).slice(0, SAMPLES);
  return [{ extents: group[0]!.extents.with(dimension, united), from }];
}
