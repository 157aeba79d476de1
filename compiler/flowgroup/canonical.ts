/**
 * A flowgroup → the one form of its set: equal sets give the same cubes, however they were written. Field by field the
 * values are sorted by what they leave to be asked of the later fields, as in a decision diagram; its paths are the
 * cubes, which are therefore disjoint. It may hold many more cubes than the flowgroup, so it serves comparison and
 * tests rather than storage.
 */
import type { Cube, FieldSet, Flowgroup } from "./cube.ts";
import { bitOf, constraint, EVERYTHING, withConstraint } from "./cubes.ts";
import { FIELDS, type Field } from "./fields.ts";
import { compareCubes, cubeKey, setKey } from "./keys.ts";
import { complement, setDifference, setIntersect, setUnion } from "./sets.ts";

/** The normal form. Two flowgroups hold the same flows iff their normal forms have the same cubes. */
export function canonical(of: Flowgroup): Flowgroup {
  return { cubes: pathsFrom(0, of.cubes).toSorted(compareCubes) };
}

/** Values of one field that the same cubes hold; `"all"` is every value and absent. */
interface Atom {
  readonly values: FieldSet | "all";
  readonly cubes: readonly Cube[];
}

/** The disjoint cubes of a union that constrains no field before number `from`. */
function pathsFrom(from: number, cubes: readonly Cube[]): readonly Cube[] {
  if (cubes.length === 0) return [];
  if (cubes.some((cube) => cube.mask === 0)) return [EVERYTHING];
  const number = FIELDS.findIndex((field, i) => i >= from && cubes.some((cube) => cube.mask & bitOf(field)));
  const field = FIELDS[number]!;
  const groups = new Map<string, { values: FieldSet | "all"; readonly rest: readonly Cube[] }>();
  for (const atom of atomsOf(field, cubes)) {
    const rest = pathsFrom(
      number + 1,
      atom.cubes.map((cube) => withConstraint(cube, field, undefined)),
    ).toSorted(compareCubes);
    const key = `${rest.length}|${rest.map(cubeKey).join("|")}`;
    const group = groups.get(key);
    if (!group) groups.set(key, { values: atom.values, rest });
    else if (group.values !== "all" && atom.values !== "all") group.values = setUnion(field, group.values, atom.values);
  }
  return [...groups.values()].flatMap(({ values, rest }) =>
    values === "all" ? rest : rest.map((cube) => withConstraint(cube, field, values)),
  );
}

/** The coarsest partition of the field's values by which cubes hold them. */
function atomsOf(field: Field, cubes: readonly Cube[]): readonly Atom[] {
  const sets = new Map<string, FieldSet>();
  for (const cube of cubes) {
    const set = constraint(cube, field);
    if (set) sets.set(setKey(set), set);
  }
  let atoms: { readonly values: FieldSet | "all"; readonly keys: ReadonlySet<string> }[] = [
    { values: "all", keys: new Set() },
  ];
  for (const [key, set] of sets) {
    atoms = atoms.flatMap(({ values, keys }) => {
      const inside = values === "all" ? set : setIntersect(values, set);
      const outside = values === "all" ? complement(field, set) : setDifference(values, set);
      return [
        ...(inside ? [{ values: inside, keys: new Set([...keys, key]) }] : []),
        ...(outside ? [{ values: outside, keys }] : []),
      ];
    });
  }
  return atoms.map(({ values, keys }) => ({
    values,
    cubes: cubes.filter((cube) => {
      const set = constraint(cube, field);
      return set === undefined || keys.has(setKey(set));
    }),
  }));
}
