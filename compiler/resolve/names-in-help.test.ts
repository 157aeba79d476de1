/** What a help or a fix says of a name can be pasted back: the name is quoted where it must be, in commands and in rules. */
import test from "ava";
import { NOW, RULES } from "../admission/testing/networks.ts";
import { decide } from "../decide.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";

const all = (text: string): readonly Diagnostic[] =>
  decide([{ name: "p.pane", text }], { now: NOW, rules: RULES, load: () => undefined }).diagnostics;

const errors = (text: string): readonly Diagnostic[] => all(text).filter((one) => one.severity === "error");

/** Names that a fact or a command must quote, and one that neither must. */
const NAMES = ["eve", "Eve", "Eve x", "allow", "srcHost", 'say "a"', "not", "_x", "10"];

const quoted = (name: string): string => JSON.stringify(name);

test("the statement in the help of an unknown name makes the name known", (t) => {
  for (const name of NAMES) {
    for (const use of [
      `allow(user=${quoted(name)}) on rootShare.`,
      `allow(srcHost=${quoted(name)}) on rootShare.`,
      `allow(switch=${quoted(name)}) on rootShare.`,
      `host_at(h, ${quoted(name)}, 1).`,
      `host_at(${quoted(name)}, s1, 1). switch(s1, 1). allow(srcHost=${quoted(name)}) on rootShare.`,
      `policy p { allow <= srcHost(${quoted(name)}). }`,
    ]) {
      const [found] = errors(`default deny. ${use}`);
      const statement = /`([^`]*\.)`/
        .exec(found!.help!)![1]!
        .replace(/…|ADDRESS/, "10.0.0.1")
        .replace("DATAPATH", "7");
      t.deepEqual(errors(`default deny. ${statement} ${use}`), [], `${use} | ${statement}`);
    }
  }
});

test("the fix of a misspelt name quotes it where a rule would read a variable, or a command a keyword", (t) => {
  const known = `default deny. AddUser Alice. AddUser "allow". host_ip("Hall", 10.0.0.1). vip("Alice"). site("Hall").`;
  for (const use of [
    "policy p { allow <= srcUser(alicee). }",
    "policy p { deny <= srcHost(halll). }",
    "policy p { allow <= srcUser(U), vip(U), srcHost(halll). }",
    "allow(user=alow) on rootShare.",
    "allow(user=Alicee) on rootShare.",
    'reject(Q, "no") <= request(Q, alicee, _, _).',
  ]) {
    const text = `${known} ${use}`;
    const faults = all(text).filter(({ fix }) => fix !== undefined);
    t.true(faults.length > 0, use);
    for (const { fix, code } of faults) {
      const mended = text.slice(0, fix!.span.start) + fix!.text + text.slice(fix!.span.end);
      t.deepEqual(
        all(mended).filter((one) => one.code === code || /^E[1-3]/.test(one.code)),
        [],
        mended,
      );
    }
  }
});
