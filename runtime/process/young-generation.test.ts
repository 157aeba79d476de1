/** The bound of what is collected at a time, under what makes V8 let it grow without one: much that stands. */
import test from "ava";
import { boundYoungGeneration, YOUNG_BYTES, youngBytes } from "./young-generation.ts";

test("what is new has its bound at once, and keeps it however much stands", (t) => {
  boundYoungGeneration();
  const bound = youngBytes();
  t.true(bound >= YOUNG_BYTES, `${bound}`);
  const standing: object[] = [];
  while (standing.length < 2_000_000) standing.push({});
  t.is(youngBytes(), bound);
  t.is(standing.length, 2_000_000);
});
