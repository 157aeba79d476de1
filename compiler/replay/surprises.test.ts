/** A verdict that a trace does not expect is reported; verdicts that only follow from it are not. */
import test from "ava";
import { replay } from "./replay.ts";
import { RULES } from "../admission/testing/networks.ts";

/** The lines of the surprises that are reported, and how many verdicts were not as expected. */
function surprisesOf(lines: readonly string[]): { readonly lines: readonly number[]; readonly all: number } {
  const text = lines.join("\n");
  const { steps, diagnostics } = replay({ name: "test.pane", text }, { rules: RULES });
  return {
    lines: diagnostics.map(({ span }) => text.slice(0, span!.start).split("\n").length),
    all: steps.filter(({ asExpected }) => asExpected === false).length,
  };
}

test("a rejected share, user or speaker is reported once, without the statements that need it", (t) => {
  const trace = [
    "True <- Eve : AddUser Al.",
    "True <- root : NewShare s for (srcHost=10.0.0.0/24) [allow = True] on nowhere.",
    "True <- root : Grant s to Al.",
    "True <- Al : allow(srcHost=10.0.0.1) on s.",
    "True <- root : NewShare below for (*) [allow = True] on s.",
    "True <- root : RemoveUser Al.",
  ];
  t.deepEqual(surprisesOf(trace), { lines: [1, 2], all: 6 });
});

test("a request is reported without the verdicts that change because it does or does not block", (t) => {
  const trace = [
    "True <- root : NewShare s for (*) [allow = True] on rootShare.",
    "True <- root : deny(srcPort=1) on s.",
    "False <- root : allow(srcPort=1, dstPort=2) on s.",
    "False <- root : deny(srcPort=5) on rootShare.",
    "True <- root : allow(srcPort=5) on s.",
    "True <- root : allow(srcPort=5, dstPort=7) on rootShare.",
    "False <- root : allow(srcPort=9) on s.",
  ];
  t.deepEqual(surprisesOf(trace), { lines: [2, 4, 7], all: 5 });
});

test("a speaker that could not be revoked still speaks, and a share that was not removed is still there", (t) => {
  const trace = [
    "True <- root : AddUser Al.",
    "True <- root : NewShare s for (*) [allow = True] on rootShare.",
    "True <- root : Grant s to Al.",
    "True <- Al : Revoke s from Bo.",
    "True <- Al : RemoveShare s.",
    "True <- root : NewShare s for (*) [allow = True] on rootShare.",
  ];
  t.deepEqual(surprisesOf(trace), { lines: [4, 5], all: 3 });
});
