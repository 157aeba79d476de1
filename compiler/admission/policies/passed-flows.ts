/**
 * The rules that pass → what they pass on, in few cubes. Each later rule is cut by all of it, so ranges that overlap or
 * touch are joined: a thousand of them would else be cut out of a thousand rules one by one.
 */
import type { Piece } from "../../certificates/verdict.ts";
import { mergeCubes } from "../../flowgroup/merge.ts";

/** Of so many cubes those that are one cube together are joined. */
const MANY_PASSED = 32;

export class PassedFlows {
  #pieces: Piece[] = [];
  #fresh = 0;

  add(piece: Piece): void {
    this.#pieces.push(piece);
    if (++this.#fresh < MANY_PASSED) return;
    this.#fresh = 0;
    const byTime = Map.groupBy(this.#pieces, ({ interval: { start, end } }) => `${start} ${end}`);
    this.#pieces = [...byTime.values()].map((pieces) => {
      const cubes = mergeCubes(pieces.flatMap(({ flows }) => flows.cubes));
      return { flows: { cubes }, interval: pieces[0]!.interval };
    });
  }

  pieces(): readonly Piece[] {
    return this.#pieces;
  }
}
