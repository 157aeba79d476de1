/**
 * Levels of an `ordered` policy: a first-match list → the fewest levels that mean the same, where within a level deny
 * overrides allow. Only overlapping rules of opposite kind must keep their order, so a level is needed only along
 * chains of such pairs, and 100,000 rules fit the priorities of a switch (SEMANTICS, "Policies"). Rules that name later IPv6
 * fragments (`transport=44`) may share these with rules of whatever datagrams, and keep their order beside them.
 */
import type { Cube } from "../../flowgroup/cube.ts";
import { namesLater, OverlapIndex, overIpv6, shareFlow } from "../../flowgroup/index.ts";

/** A rule of the list: what its level depends on. */
export interface Ranked {
  readonly kind: "allow" | "deny";
  readonly cubes: readonly Cube[];
}

/** The level of each rule; 0 decides first. */
export function levelsOf(rules: readonly Ranked[]): number[] {
  const earlier = { allow: new Levelled(), deny: new Levelled() };
  return rules.map(({ kind, cubes: stated }) => {
    const cubes = stated.flatMap((one) => (namesLater(one) ? [one, overIpv6(one) ?? one] : [one]));
    const opposite = kind === "allow" ? "deny" : "allow";
    let above = -1;
    for (const cube of cubes) above = Math.max(above, earlier[opposite].highest(cube, above));
    // A deny before an allow may share its level, where deny overrides anyway; an allow before a deny must stand above.
    const level = above < 0 ? 0 : kind === "allow" ? above : above + 1;
    for (const cube of cubes) earlier[kind].add(cube, level);
    return level;
  });
}

/** Cubes by level. */
class Levelled {
  readonly #levels: OverlapIndex<Cube>[] = [];

  add(cube: Cube, level: number): void {
    while (this.#levels.length <= level) this.#levels.push(new OverlapIndex());
    this.#levels[level]!.insert(cube, cube);
  }

  /** The highest level above `known` with a cube that overlaps this one; `known` if there is none. */
  highest(cube: Cube, known: number): number {
    for (let level = this.#levels.length - 1; level > known; level--) {
      if (this.#levels[level]!.meets(cube, shareFlow)) return level;
    }
    return known;
  }
}
