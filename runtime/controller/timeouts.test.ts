/**
 * What is left of a timeout when it is sent: rounded down for what lets pass, up for what restricts or leads, and nothing
 * where it is over (NETWORK, "Timeouts").
 */
import test from "ava";
import { fromOvs } from "../../compiler/table/text.ts";
import { timeLeft } from "./timeouts.ts";

const left = (actions: string, seconds: number, timeout = 60): number | undefined => {
  const read = fromOvs(`cookie=0x1,table=0,hard_timeout=${timeout},priority=2,ip actions=${actions}`);
  if ("errors" in read) throw new Error(JSON.stringify(read.errors));
  return timeLeft(read.entries[0]!, seconds);
};

test("an allow is rounded down, what restricts or leads is rounded up, and what is over is not sent", (t) => {
  const all = (seconds: number) =>
    ["NORMAL", "goto_table:1", "drop", "meter:1,goto_table:1", "output:3", "conjunction(1,1/2)"].map((actions) =>
      left(actions, seconds),
    );
  t.deepEqual(all(0), [60, 60, 60, 60, 60, 60]);
  t.deepEqual(all(10.2), [49, 49, 50, 50, 50, 50]);
  t.deepEqual(all(59.1), [undefined, undefined, 1, 1, 1, 1]);
  t.deepEqual(all(60), [undefined, undefined, undefined, undefined, undefined, undefined]);
  // Without a timeout nothing runs down.
  t.is(left("NORMAL", 1_000, 0), 0);
});
