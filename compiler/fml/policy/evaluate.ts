/**
 * A plan over facts → cubes. The tuples of the join are walked once; each gives a vector of extents, one per condition
 * on a field. Vectors are merged before any cube is made, so that 2,450 pairs of tenants become 50 cubes.
 */
import type { Engine } from "../../datalog/index.ts";
import type { Constant, Tuple } from "../../datalog/types.ts";
import type { Cube } from "../../flowgroup/cube.ts";
import type { Field } from "../../flowgroup/fields.ts";
import { intersectCubes } from "../../flowgroup/index.ts";
import type { Flowgroup } from "../../flowgroup/cube.ts";
import { possibleCubes } from "../../model/flows.ts";
import type { DerivedCube } from "../../model/model.ts";
import { by } from "../../net/order.ts";
import { MOST_FACTS, capped, instantiate, premises } from "./because.ts";
import type { ConstraintBuilder } from "./constraints.ts";
import { sortedValues, type Extents } from "./extents.ts";
import type { FactorPlan, FactorPart } from "./factor-plan.ts";
import { mergeVectors, type Vector } from "./vectors.ts";
import { append } from "../../net/lists.ts";

/** A condition that varies with the join: a dimension of the vectors. */
interface Dimension {
  readonly field: Field;
  readonly orAbsent: boolean;
  readonly extent: (known: ReadonlyMap<string, Constant>) => number | undefined;
}

/** The cubes of one alternative. */
export function evaluate(
  plan: FactorPlan,
  fixed: Flowgroup,
  engine: Engine,
  constraints: ConstraintBuilder,
): DerivedCube[] {
  const { extents } = constraints;
  const tables = new Map(plan.parts.map((part) => [part, table(part, engine)]));
  const dimensions = dimensionsOf(plan, tables, extents);
  const merged = mergeVectors(vectors(plan, dimensions, engine), extents);

  const cubes: DerivedCube[] = [];
  for (const vector of merged) {
    let products: readonly Cube[] = fixed.cubes;
    for (const [at, number] of vector.extents.entries()) {
      const { field, orAbsent } = dimensions[at]!;
      const factors = constraints.cubes(field, number, orAbsent);
      products = products.flatMap((p) => factors.flatMap((f) => intersectCubes(p, f) ?? []));
    }
    const possible = products.flatMap(possibleCubes);
    if (possible.length === 0) continue;
    const because = explain(vector, plan, tables, engine);
    for (const one of possible) cubes.push({ cube: one, because });
  }
  return cubes;
}

type Table = ReadonlyMap<string, ReadonlySet<Constant>>;

const keyOf = (values: readonly Constant[]): string =>
  values.map((v) => (typeof v === "number" ? `#${v}` : v)).join("\u0000");

/** The values of a part by the values of the join variables that it depends on. */
function table(part: FactorPart, engine: Engine): Table {
  const rows = new Map<string, Set<Constant>>();
  if (part.field === undefined) return rows;
  const arity = part.given.length + 1;
  for (const tuple of engine.query(
    part.relation,
    Array.from({ length: arity }, () => undefined),
  )) {
    const key = keyOf(tuple.slice(0, -1));
    const values = rows.get(key);
    if (values) values.add(tuple.at(-1)!);
    else rows.set(key, new Set([tuple.at(-1)!]));
  }
  return rows;
}

function dimensionsOf(plan: FactorPlan, tables: ReadonlyMap<FactorPart, Table>, extents: Extents): Dimension[] {
  const dimensions: Dimension[] = [];
  for (const part of plan.parts) {
    if (part.field === undefined) continue;
    const rows = tables.get(part)!;
    const memory = new Map<string, number>();
    const kind = part.excluded ? ("not in" as const) : ("in" as const);
    const extent = (known: ReadonlyMap<string, Constant>): number | undefined => {
      const key = keyOf(part.given.map((v) => known.get(v)!));
      const values = rows.get(key);
      if (values === undefined && !part.excluded) return undefined;
      let number = memory.get(key);
      if (number === undefined) memory.set(key, (number = extents.intern({ kind, values: values ?? new Set() })));
      return number;
    };
    dimensions.push({ field: part.field, orAbsent: false, extent });
  }
  for (const { variable, field, operator, orAbsent } of plan.tied) {
    const extent = (known: ReadonlyMap<string, Constant>): number => {
      const value = known.get(variable)!;
      if (operator !== "=" && operator !== "!=") return extents.intern({ kind: "compare", operator, value });
      return extents.intern({ kind: operator === "=" ? "in" : "not in", values: new Set([value]) });
    };
    dimensions.push({ field, orAbsent, extent });
  }
  return dimensions;
}

function vectors(plan: FactorPlan, dimensions: readonly Dimension[], engine: Engine): Vector[] {
  const all: Vector[] = [];
  for (const tuple of joinTuples(plan, engine)) {
    const known = new Map(plan.join?.variables.map((v, at) => [v, tuple[at]!]));
    const extents = dimensions.map((d) => d.extent(known));
    if (extents.every((e) => e !== undefined)) all.push({ extents, from: [tuple] });
  }
  return all;
}

function joinTuples(plan: FactorPlan, engine: Engine): readonly Tuple[] {
  if (plan.join === undefined) return [[]];
  const { relation, variables } = plan.join;
  const pattern = Array.from({ length: Math.max(1, variables.length) }, () => undefined);
  const found = engine.query(relation, pattern);
  return variables.length === 0 ? (found.length > 0 ? [[]] : []) : found.toSorted(by(keyOf));
}

/** The facts by which the alternative holds one packet: `held` says which cubes do. Facts of other packets are no reason. */
export function reasonsFor(
  plan: FactorPlan,
  fixed: Flowgroup,
  engine: Engine,
  constraints: ConstraintBuilder,
  held: (cube: Cube) => boolean,
): readonly string[] {
  if (!fixed.cubes.some(held)) return [];
  const { extents } = constraints;
  const tables = new Map(plan.parts.map((part) => [part, table(part, engine)]));
  const dimensions = dimensionsOf(plan, tables, extents);
  const isValue = (field: Field) => (value: Constant) =>
    constraints.cubes(field, extents.intern({ kind: "in", values: new Set([value]) }), false).some(held);
  const facts: string[] = [];
  for (const tuple of joinTuples(plan, engine)) {
    const known = new Map(plan.join?.variables.map((v, at) => [v, tuple[at]!]));
    const isHeld = dimensions.every(({ field, orAbsent, extent }) => {
      const number = extent(known);
      return number !== undefined && constraints.cubes(field, number, orAbsent).some(held);
    });
    if (!isHeld) continue;
    append(facts, factsOfTuple(tuple, plan, tables, engine, isValue));
    if (facts.length > MOST_FACTS) break;
  }
  return capped(facts);
}

/** Facts for a few tuples of the join, and for a few values of every part. */
function explain(
  vector: Vector,
  plan: FactorPlan,
  tables: ReadonlyMap<FactorPart, Table>,
  engine: Engine,
): readonly string[] {
  const facts: string[] = [];
  for (const tuple of vector.from)
    append(
      facts,
      factsOfTuple(tuple, plan, tables, engine, () => () => true),
    );
  return capped(facts);
}

/** The facts of one tuple, with two values of each part at most, of those that count. */
function factsOfTuple(
  tuple: Tuple,
  plan: FactorPlan,
  tables: ReadonlyMap<FactorPart, Table>,
  engine: Engine,
  counts: (field: Field) => (value: Constant) => boolean,
): readonly string[] {
  const known = new Map(plan.join?.variables.map((v, at) => [v, tuple[at]!]));
  const facts = instantiate(plan.guard, known);
  for (const part of plan.parts) {
    const given = part.given.map((v) => known.get(v)!);
    if (part.excluded) append(facts, instantiate(part.literals, known));
    else if (part.field === undefined) append(facts, premises(engine, part.relation, given.length > 0 ? given : [1]));
    else {
      const some = firstTwo(sortedValues(tables.get(part)!.get(keyOf(given)) ?? []), counts(part.field));
      for (const value of some) append(facts, premises(engine, part.relation, [...given, value]));
    }
  }
  return facts;
}

function firstTwo(values: readonly Constant[], counts: (value: Constant) => boolean): readonly Constant[] {
  const found: Constant[] = [];
  for (const value of values) {
    if (found.length === 2) break;
    if (counts(value)) found.push(value);
  }
  return found;
}
