/** What a file may have many of: shares below each other, declarations in the worst order, twins of one text. */
import test from "ava";
import { decide } from "../decide.ts";
import { renderLine } from "../diagnostics/index.ts";
import type { Verdict } from "../certificates/verdict.ts";
import type { Statement } from "../model/model.ts";
import { Admission } from "./admission.ts";
import { declare } from "./declare.ts";
import { NOW, RULES, modelOf } from "./testing/networks.ts";

const numbers = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i);
const share = (i: number): string => `NewShare s${i + 1} for (*) [allow = True] on ${i === 0 ? "rootShare" : `s${i}`}.`;
const found = (text: string): readonly string[] =>
  decide([{ name: "a.pane", text }], { now: NOW, load: () => undefined, rules: RULES }).diagnostics.map(
    (one) => renderLine(one) + (one.help === undefined ? "" : ` | ${one.help}`),
  );

test("E753: a share more than a hundred deep is refused, and what stands on it is not reported again", (t) => {
  const chain = (n: number): string => numbers(n).map(share).join("\n");
  t.deepEqual(found(`default deny.\n${chain(100)}\nallow(*) on s100.`), []);
  t.deepEqual(found(`default deny.\n${chain(103)}\nallow(*) on s103.`), [
    "a.pane:102:1: error[E753]: share `s101` would stand more than 100 shares deep, since `s100` stands 100 deep already | let it stand on a share further up",
  ]);
});

test("declarations in the worst order are tried a few times each", (t) => {
  const lines = numbers(90).map(share);
  const others = numbers(200).map((i) => `NewShare x${i} for (*) [allow = True] on s90. bob: Grant x${i} to ann.`);
  const grants = numbers(200).map((i) => `Grant x${i} to bob.`);
  const text = [...others, ...grants, "AddUser ann. AddUser bob.", ...lines.toReversed()].join("\n");
  const { statements } = modelOf(text);
  const admission = new Admission({ rules: RULES, users: [], now: NOW });
  let tries = 0;
  const verdicts = new Map<Statement, Verdict>();
  const counting = {
    submit: (statement: Statement, now: number) => {
      tries += 1;
      return admission.submit(statement, now);
    },
  };
  declare(counting, statements, NOW, verdicts);
  t.deepEqual([...new Set([...verdicts.values()].map(({ kind }) => kind))], ["accepted"]);
  // Most wait for a share, some then for a user and a speaker.
  t.true(tries <= 4 * statements.length, `${tries} tries of ${statements.length} declarations`);
});

test("the number of a twin that was cancelled is the first to be given again", (t) => {
  const text = "allow(dstPort=80, transport=TCP) on rootShare.";
  const admission = new Admission({ rules: RULES, users: [], now: NOW });
  /** The number under which the text is accepted, or whether a Cancel is. */
  const say = (said: string): string => {
    const [statement] = modelOf(said).statements;
    const id = admission.identity(statement!);
    t.is(admission.submit(statement!, NOW).kind, "accepted", said);
    return id.replace(text, "");
  };
  t.deepEqual([say(text), say(text), say(text)], ["", " #2", " #3"]);
  say(`Cancel "${text} #2".`);
  t.deepEqual([say(text), say(text)], [" #2", " #4"]);
  say(`Cancel "${text}".`);
  t.deepEqual([say(text), say(text)], ["", " #5"]);
});

test("N714: where guards deny flows of very many requests, the rest is not looked for, and the note says so", (t) => {
  const requests = numbers(701).map((i) => `allow(srcHost=10.0.${i >> 8}.${i & 255}) on rootShare.`);
  const guards = numbers(701).map((i) => `deny <= transport(tcp), dstPort = ${i + 1}.`);
  const text = ["default deny.", ...requests, "policy g as guard {", ...guards, "}"].join("\n");
  const notes = found(text);
  // 29 times 701 are the first to be more than 20,000.
  t.is(notes.filter((one) => one.includes("N702")).length, 29);
  t.is(
    notes.find((one) => one.includes("N714")),
    "a.pane:733:1: note[N714]: which requests 672 rules of guards from here on deny was not looked for, since those before deny flows of more than 20,000 in all; they are denied all the same",
  );
});
