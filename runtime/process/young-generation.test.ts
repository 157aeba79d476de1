/** The bound of what is collected at a time, under what makes V8 let it grow without one: much that stands. */
import { setImmediate as turn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
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

test("a space that V8 has made small grows to its bound again, and no further", async (t) => {
  boundYoungGeneration();
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as (how: object) => void;
  // As in a process that was idle for long.
  collect({ type: "major", execution: "sync", flavor: "last-resort" });
  t.true(youngBytes() < YOUNG_BYTES);
  const standing: object[] = [];
  while (youngBytes() < YOUNG_BYTES && standing.length < 200_000) {
    for (let i = 0; i < 10_000; i++) standing.push({});
    await turn();
  }
  const bound = youngBytes();
  while (standing.length < 2_000_000) standing.push({});
  t.deepEqual([bound >= YOUNG_BYTES, youngBytes()], [true, bound]);
});
