/** Advice to state a fact or a user is written as the language writes it: followed literally, it mends the fault. */
import { readFileSync } from "node:fs";
import test from "ava";
import { readRules } from "../admission/read-rules.ts";
import { decide } from "../decide.ts";

const pane = { name: "pane.fml", text: readFileSync(new URL("../../policies/pane.fml", import.meta.url), "utf8") };
const { rules } = readRules(pane);

const errorsOf = (text: string) =>
  decide([{ name: "a.pane", text }], { now: 0, load: () => undefined, rules }).diagnostics.filter(
    ({ severity }) => severity === "error",
  );

const NAMES = ["core", '"s 1"', '"Upper"', '"two\\nlines"', '"allow"', '"a\\"b"'];
const PLACES: Readonly<Record<string, (name: string) => string>> = {
  E225: (name) => `default deny. deny(switch=${name}) on rootShare.`,
  E205: (name) => `default deny. deny(srcHost=${name}) on rootShare.`,
  E204: (name) => `default deny. deny(user=${name}) on rootShare.`,
};

for (const [code, text] of Object.entries(PLACES)) {
  test(`${code} advises a statement that mends it, whatever the name`, (t) => {
    for (const name of NAMES) {
      const [fault, ...others] = errorsOf(text(name));
      t.deepEqual([fault?.code, others], [code, []], name);
      const advice = /`((?:switch|host_ip|AddUser)[ (][^]*?\.)`/.exec(fault!.help!)![1]!;
      t.deepEqual(errorsOf(`${text(name)} ${advice}`), [], `${name}: ${advice}`);
    }
  });
}

test("E225 of a place advises a switch as facts write it", (t) => {
  const [fault] = errorsOf('default deny. host_at(a, "s 1", 3).');
  t.is(fault!.code, "E225");
  t.is(fault!.help, 'state it: `switch("s 1", 1).`');
});

test("W276 advises several switches that can all be stated, beside those that are, each once", (t) => {
  const text = "default deny. switch(core, 1). link(attic, 1, cellar, 1, 1Gb). host_at(a, attic, 2).";
  const said = (of: string) =>
    decide([{ name: "a.pane", text: of }], { now: 0, load: () => undefined, rules }).diagnostics;
  const helps = said(text).map(({ code, help }) => [code, /`(switch.*?)`/.exec(help!)![1]]);
  t.deepEqual(helps, [
    ["W276", "switch(cellar, 3)."],
    ["W276", "switch(attic, 2)."],
  ]);
  t.deepEqual(said(`${text} switch(attic, 2). switch(cellar, 3).`), []);
});
