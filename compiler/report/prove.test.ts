/** How much `check --prove` asks of Z3: counted in steps, since each request is compared with all of the other kind. */
import { readFileSync } from "node:fs";
import test from "ava";
import { decide } from "../decide.ts";
import { readRules } from "../admission/read-rules.ts";
import { prove } from "./prove.ts";

const text = readFileSync(new URL("../../policies/pane.fml", import.meta.url), "utf8");
const { rules } = readRules({ name: "pane.fml", text });
const modelOf = (policy: string) =>
  decide([{ name: "p.pane", text: policy }], { now: 0, load: () => undefined, rules }).model;

/** Denies in one branch, and as many allows in another: each is compared with all others. */
const apart = (n: number): string => {
  const lines = (line: (i: number) => string): string => Array.from({ length: n }, (_, i) => line(i)).join("\n");
  const share = (name: string): string =>
    `NewShare ${name} for (*) [allow = True, deny = True, requests <= 1000, entries <= 10000] on rootShare.\n`;
  return `default deny.\n${share("a")}${share("b")}${lines((i) => `@d${i} deny(srcHost=10.0.0.${i}) on a.`)}\n${lines((i) => `@a${i} allow(srcHost=10.1.0.${i}) on b.`)}`;
};

test("proof of requests beside many of the other kind: W971 names the statement from which on Z3 is not asked", async (t) => {
  const model = modelOf(apart(80));
  const whole = await prove(model, rules, Infinity);
  t.like(whole, { disagreements: 0, undecided: 0, diagnostics: [] });
  const cut = await prove(model, rules, 500);
  const [first] = cut.diagnostics;
  t.is(cut.diagnostics.length, 1);
  t.is(first!.code, "W971");
  const stopped = /`(\w+)`/.exec(first!.message)![1]!;
  t.true(first!.span!.source.text.startsWith(`@${stopped} `, first!.span!.start));
  t.is(cut.disagreements, 0);
  t.true(cut.undecided > 0 && cut.questions - cut.undecided < whole.questions);
});

/** Requests of which every second conflicts with the one before it. Their ranges cross each other, which Z3 searches bit by bit. */
const crossing = (n: number): string =>
  `default deny.\nNewShare s for (*) [allow = True, deny = True, requests <= 100000, entries <= 100000] on rootShare.\n${Array.from(
    { length: n },
    (_, i) => `@r${i} ${i % 2 ? "allow" : "deny"}(transport=TCP, dstPort=${i + 1}-${i + 3}) on s.`,
  ).join("\n")}`;

test("proof of ranges that cross each other: 109 requests are compared, and of one more W971 names the statement", async (t) => {
  const whole = await prove(modelOf(crossing(109)), rules);
  t.like(whole, { disagreements: 0, undecided: 0, diagnostics: [] });
  const cut = await prove(modelOf(crossing(110)), rules);
  t.deepEqual(
    cut.diagnostics.map(({ code }) => code),
    ["W971"],
  );
  t.is(cut.disagreements, 0);
  // An offer has no place in the text: the statement for which it is made is named.
  const [first] = cut.diagnostics;
  const stopped = /`(r\d+)`/.exec(first!.message)![1]!;
  t.true(first!.span!.source.text.startsWith(`@${stopped} `, first!.span!.start));
});

test("a policy without conflicts is proven whatever its size: each statement brings the steps of its own questions", async (t) => {
  const model = modelOf(
    `default deny.\n${Array.from({ length: 60 }, (_, i) => `allow(srcHost=10.0.0.${i}) on rootShare.`).join("\n")}`,
  );
  t.deepEqual(await prove(model, rules, 0), { questions: 60, disagreements: 0, undecided: 0, diagnostics: [] });
});

test("a file whose only statement is refused while it is read asks Z3 nothing", async (t) => {
  const model = modelOf("default deny.\nallow(nobody) on rootShare.");
  t.deepEqual(await prove(model, rules), { questions: 0, disagreements: 0, undecided: 0, diagnostics: [] });
});
