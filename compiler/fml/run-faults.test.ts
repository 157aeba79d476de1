/** What is said of rules that take too many steps is true of each kind of them. */
import test from "ava";
import { StepsError } from "../datalog/index.ts";
import { faultOfRun } from "./run-faults.ts";

test("E318: its help is true of a recursion whose relations share a variable", (t) => {
  const { code, help = "" } = faultOfRun(new StepsError("t"), []);
  t.is(code, "E318");
  t.notRegex(help, /without a common variable/);
  t.regex(help, /asks for itself twice/);
});
