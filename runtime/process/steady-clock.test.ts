import test from "ava";
import { steadyClock } from "./steady-clock.ts";

test("a clock that is set back goes on by what has passed, and one that is set forward is followed", (t) => {
  let [machine, counter] = [1_000_000, 5];
  const clock = steadyClock(
    () => machine,
    () => counter,
  );
  const pass = (milliseconds: number): number => {
    machine += milliseconds;
    counter += milliseconds;
    return clock();
  };
  t.is(clock(), 1_000_000);
  t.is(pass(250), 1_000_250);
  machine -= 90_000;
  t.is(clock(), 1_000_250);
  t.is(pass(750.5), 1_001_000, "whole milliseconds while it goes on by itself");
  machine -= 5_000;
  t.is(pass(1_000), 1_002_000);
  machine = 1_050_000;
  t.is(clock(), 1_050_000);
  t.is(pass(10), 1_050_010);
});
