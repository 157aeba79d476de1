/** Many questions to one list of cubes: answered from an index where building it pays. */
import type { Cube } from "./cube.ts";
import { OverlapIndex } from "./overlap-index.ts";

/** Indexing a cube costs about as much as comparing it this many times. */
const QUESTIONS = 250;

/** For a piece, the cubes that may share a flow with it: all of them, or for many questions those that do. */
export function near(cubes: readonly Cube[], questions: number): (piece: Cube) => readonly Cube[] {
  if (questions < QUESTIONS || cubes.length < 64) return () => cubes;
  const index = new OverlapIndex<Cube>();
  for (const cube of cubes) index.insert(cube, cube);
  return (piece) => index.overlapping(piece);
}
