/** Words on the command line: what is read, and the fault of a wrong one. */
import test from "ava";
import { readArguments } from "./arguments.ts";
import type { Command } from "./common/command.ts";
import { Failure } from "./common/io.ts";

const command: Command = {
  name: "compile",
  summary: "",
  synopsis: [],
  description: [],
  options: {
    at: { value: "T", help: "the instant", multiple: true },
    target: { value: "NAME", help: "", choices: ["of13", "ovs"] },
    prove: { help: "" },
  },
  examples: [],
  run: async () => 0,
};

const complaint = (...words: readonly string[]): string => {
  try {
    readArguments(command, words);
  } catch (error) {
    if (error instanceof Failure) return `${error.exit} ${error.message} | ${error.help}`;
    throw error;
  }
  return "none";
};

test("options, paths and flags are read in any order", (t) => {
  const args = readArguments(command, ["a.pane", "--at", "now", "--prove", "--at=+1h", "-", "--", "--odd"]);
  t.deepEqual(args.positionals, ["a.pane", "-", "--odd"]);
  t.deepEqual(args.values("at"), ["now", "+1h"]);
  t.is(args.value("at"), "now");
  t.true(args.flag("prove"));
  t.false(args.json);
  t.is(args.value("target"), undefined);
});

test("a wrong option or value is refused with the nearest known one", (t) => {
  t.is(complaint("--taget", "ovs"), "2 --taget is not an option of `compile` | did you mean `--target`?");
  t.is(
    complaint("--quite-wrong"),
    "2 --quite-wrong is not an option of `compile` | `glazier help compile` lists its options",
  );
  t.is(complaint("--target", "osv"), "2 --target cannot be `osv`: it is one of of13, ovs | did you mean `ovs`?");
});

test("a missing, unwanted or repeated value is refused", (t) => {
  const hint = "`glazier help compile` lists its options";
  const ofAt = "T: the instant";
  t.is(complaint("--at"), `2 --at needs a value: --at T | ${ofAt}`);
  t.is(complaint("--at", "--prove"), `2 --at needs a value: --at T | ${ofAt}`);
  t.is(complaint("--prove=yes"), `2 --prove takes no value | ${hint}`);
  t.is(complaint("--target", "ovs", "--target", "ovs"), `2 --target is given twice | ${hint}`);
});
