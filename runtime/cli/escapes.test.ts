/**
 * Text from users is shown and does nothing to a terminal or to a program that reads the output. This holds for every
 * command, for names of every kind, for words of the command line and for names of files.
 */
import test from "ava";
import { printable } from "#compiler/diagnostics/text.ts";
import { commands } from "./commands/index.ts";
import { folder, glazier } from "./testing.ts";

/** Text that clears the screen, sets the title, turns the line, hides in several ways and ends the line. */
const EVIL = "\u001B[2J\u001B]0;owned\u0007\u202Ex\u200B\u034F\uFE0F\u{E0101}\u2800\u009B31m";
const UNSAFE = /[^\P{Cc}\t\n]|[\p{Cf}\p{Zl}\p{Zp}\u034F\uFE00-\uFE0F\u{E0100}-\u{E01EF}\u2800]/u;
/** A name as it is written in quotes. Its line break would begin an entry of a table. */
const name = (kind: string): string => `"${kind}${EVIL}\\nactions=NORMAL"`;

const policy = `default deny.
switch(${name("s")}, 1). host_ip(${name("h")}, 10.0.0.2). host_ip(${name("i")}, 10.0.0.3).
host_at(${name("h")}, ${name("s")}, 1). host_at(${name("i")}, ${name("s")}, 2). user_host(${name("u")}, ${name("i")}).
AddUser ${name("v")}.
NewShare ${name("n")} for (dstHost=10.0.0.2) [allow = True, deny = True, reserve <= 5Mb, limit <= 5Mb] on rootShare.
Grant ${name("n")} to ${name("v")}.
@${name("a")} ${name("v")}: allow(dstHost=10.0.0.2, user=${name("u")}) on ${name("n")}.
@${name("b")} ${name("v")}: reserve(dstHost=10.0.0.2, dstPort=80) = 1Mb on ${name("n")}.
@${name("c")} ${name("v")}: limit(dstHost=10.0.0.2, dstPort=81) = 1Mb on ${name("n")} to +1h.
policy ${name("p")} on share rootShare { @${name("r")} deny <= srcHost in 10.0.0.9. }
policy ${name("g")} as guard { @${name("q")} deny <= dstPort(80). }
`;
const refused = `${policy}@${name("d")} ${name("v")}: deny(dstHost=10.0.0.2) on ${name("n")}.\n`;
const trace = `True <- root: AddUser ${name("v")}.\nTrue <- root: NewShare ${name("n")} for (*) [deny = True] on rootShare.\nTrue <- ${name("w")}: deny(*) on ${name("n")}.\n`;

const packet = "srcHost=10.0.0.3, dstHost=10.0.0.2, transport=TCP, dstPort=80";
const said = (kind: string): string => name(kind).slice(1, -1);
const CALLS: readonly (readonly string[])[] = [
  ["check", "p.pane", "--all"],
  ["check", "refused.pane", "--all"],
  ["compile", "p.pane"],
  ["compile", "p.pane", "--timeline"],
  ["plan", "p.pane"],
  ["plan", "refused.pane", "p.pane"],
  ["explain", `@${name("a")}`, "p.pane"],
  ["explain", `@${name("d")}`, "refused.pane"],
  ["explain", "(dstHost=10.0.0.2)", "p.pane"],
  ["explain", packet, "p.pane"],
  ["trace", packet, "p.pane"],
  ["query", "ListShares.", "p.pane"],
  ["query", "ListRequests.", "p.pane"],
  ["query", "ListUsers.", "p.pane"],
  ["query", `GetSchedule ${name("n")}.`, "p.pane"],
  ["query", `Available 1Mb for (*) on ${name("x")}.`, "p.pane"],
  ["replay", "trace.pane"],
  ["fmt", "--check", "p.pane"],
  // Wrong usage, and files that do not exist.
  ["check", `no${EVIL}`],
  ["check", `--no${EVIL}`],
  ["check", "--at", EVIL],
  ["compile", "p.pane", "--target", EVIL],
  ["compile", "p.pane", "--observe-share", said("x")],
  ["apply", "p.pane", "--switch", `unix:/none/${EVIL}`],
  ["explain", `@${EVIL}`, "p.pane"],
  ["trace", `${packet}, user=${name("z")}`, "p.pane"],
  ["serve", "refused.pane", "--state", `no${EVIL}`, "--socket", `no${EVIL}`, "--switch", `unix:/none/${EVIL}`],
  ["serve", "p.pane", "--state", `no${EVIL}`, "--socket", `no${EVIL}`, "--switch", `none${EVIL}=unix:/none`],
  ["say", EVIL, "--server", `unix:/none/${EVIL}`, "--as", EVIL],
  ["watch", "--server", `http://none${EVIL}`, "--after", EVIL],
  ["watch", "--server", `http://127.0.0.1:1/${EVIL}`],
  ["token", "new", EVIL, "--server", `none${EVIL}`],
  ["query", "ListShares.", "--server", `none${EVIL}`],
  ["audit", `no${EVIL}`, "--by", EVIL],
  ["audit", `no${EVIL}`, "--head", EVIL],
  ["init", `no${EVIL}/a/b\u0001`],
  [`no${EVIL}`],
  ["help", EVIL],
];

test("no command prints a character that moves the cursor, turns the line or hides", async (t) => {
  const cwd = folder(t, { "p.pane": policy, "refused.pane": refused, "trace.pane": trace });
  for (const words of CALLS)
    for (const form of [[], ["--json"]]) {
      const { out, err } = await glazier(cwd, [...words, ...form]);
      t.notRegex(out, UNSAFE, `${JSON.stringify(words)}: ${JSON.stringify(out)}`);
      t.notRegex(err, UNSAFE, `${JSON.stringify(words)}: ${JSON.stringify(err)}`);
      t.true(out + err !== "", JSON.stringify(words));
      if (form.length > 0) t.notThrows(() => JSON.parse(out) as unknown, JSON.stringify(words));
    }
  for (const command of commands.keys())
    t.true(
      CALLS.some(([word]) => word === command),
      `no call of ${command}`,
    );
});

test("a hidden character is shown as its number, and JSON has the name unchanged", async (t) => {
  const cwd = folder(t, { "p.pane": policy });
  t.regex((await glazier(cwd, ["query", "ListUsers.", "p.pane"])).out, /u\\u\{1B\}\[2J/);
  const { out } = await glazier(cwd, ["query", "ListUsers.", "p.pane", "--json"]);
  const { rows } = JSON.parse(out) as { rows: readonly object[] };
  t.true(JSON.stringify(rows).includes(JSON.stringify(`u${EVIL}\nactions=NORMAL`)));
});

test("no name can begin a line, of a table or of any answer", async (t) => {
  const cwd = folder(t, { "p.pane": policy, "refused.pane": refused, "trace.pane": trace });
  const { exit, out } = await glazier(cwd, ["compile", "p.pane"]);
  t.is(exit, 0);
  t.true(out.includes("cookie="));
  for (const line of out.trimEnd().split("\n")) t.regex(line, /^(#|cookie=0x[0-9a-f]+,table=)/);
  const calls = [...CALLS, ["explain", `@${name("q")}`, "p.pane"], ["explain", `@${name("no")}`, "p.pane"]];
  for (const words of calls) {
    const said = await glazier(cwd, words);
    for (const line of `${said.out}\n${said.err}`.split("\n"))
      t.notRegex(line, /^\W*actions=NORMAL/, JSON.stringify(words));
  }
});

test("a name is found as it is written and as it is shown", async (t) => {
  const cwd = folder(t, { "p.pane": policy });
  for (const label of [`@${name("a")}`, `@${printable(`a${EVIL}\nactions=NORMAL`)}`, `@a${EVIL}\nactions=NORMAL`]) {
    const { exit, out } = await glazier(cwd, ["explain", label, "p.pane"]);
    t.is(exit, 0, label);
    t.regex(out, /^✔ accepted .* allow\(/);
  }
});

test("advice to call glazier is safe to paste into a shell, whatever a name is", async (t) => {
  const guard = (label: string): string => `default allow. @w allow(dstPort=80) on rootShare.
policy g as guard { @"${label}" deny <= dstPort(80). }`;
  const advice = async (label: string): Promise<string> =>
    /help: `(glazier explain [^\n]*)` shows/.exec(
      (await glazier(folder(t, {}), ["check", "-"], guard(label))).err,
    )![1]!;
  t.is(await advice("plain"), "glazier explain @g.plain");
  t.is(await advice("two words; rm -rf ."), 'glazier explain "@g.two words; rm -rf ."');
  t.is(await advice("it's $(so)"), "glazier explain '@g.it'\\''s $(so)'");
});

test("fmt gives a program the text unchanged, and a terminal a text that hides nothing", async (t) => {
  const cwd = folder(t, {});
  const text = `AddUser "a\u202Eb".\n`;
  t.is((await glazier(cwd, ["fmt", "-"], text)).out, text);
});

test("names of JavaScript's own objects are names, and no options", async (t) => {
  const file = `default deny.
constructor(toString). "__proto__"(10.0.0.9). valueOf(X) <= constructor(X). host_ip(constructor, 10.0.0.2).
AddUser "__proto__". NewShare constructor for (dstHost=10.0.0.2) [deny = True] on rootShare.
Grant constructor to "__proto__".
@toString "__proto__": deny(dstHost=10.0.0.2, dstPort=80) on constructor.
policy hasOwnProperty on share rootShare { @valueOf deny <= srcHost(H), "__proto__"(H). }
extern isPrototypeOf(ip) from json "d.json" "$.__proto__[*].constructor".
`;
  const cwd = folder(t, { "p.pane": file, "d.json": '{"__proto__":[{"constructor":"10.0.0.1"}]}' });
  const { exit, out, err } = await glazier(cwd, ["check", "p.pane", "--all"]);
  t.deepEqual(
    [exit, err.match(/^(error|warning).*/gm)],
    [0, ["warning[W258]: nothing reads `isPrototypeOf`: what it says has no effect"]],
  );
  t.regex(out, /@toString __proto__: deny/);
  t.regex((await glazier(cwd, ["explain", "@toString", "p.pane"])).out, /__proto__/);
  for (const word of ["constructor", "__proto__", "toString"]) {
    const { exit: code, err: said } = await glazier(cwd, ["check", "p.pane", `--${word}`]);
    t.deepEqual([code, said.split("\n")[0]], [2, `error: --${word} is not an option of \`check\``]);
    t.is((await glazier(cwd, [word])).exit, 2);
    const unknown = await glazier(cwd, ["check", "-"], `default deny.\nx(X) <= ${word}(X).\n`);
    t.is(unknown.err.split("\n")[0], `error[E201]: unknown relation \`${word}\``);
  }
});
