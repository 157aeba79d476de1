/**
 * No call spreads a list that users can grow. `f(...list)` puts each item on the stack, which overflows near a hundred
 * thousand items (`compiler/net/lists.ts` has functions to use instead). The few calls whose list has a bound are
 * listed here with it.
 */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import test from "ava";
import { append, greatest, least } from "./net/lists.ts";
import { parse } from "./syntax/parse.ts";
import { gather } from "./fml/include.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** File and spread argument → why the list is short for every policy. */
const BOUNDED: ReadonlyMap<string, string> = new Map([
  ["compiler/admission/relations.ts: ...(terms as Constant[]", "the columns of a relation that admission answers"],
  ["compiler/admission/relations.ts: ...known", "the same"],
  ["compiler/datalog/plan.ts: ...values(slots", "the arguments of a built-in test"],
  ["compiler/datalog/plan.ts: ...given", "the arguments of a built-in function"],
  ["compiler/lowering/encode/endpoints.ts: ...args", "the parameters of another function"],
  ["compiler/lowering/encode/seats.ts: ...DHCP_PORTS", "two ports"],
]);

const files = ["grammar", "compiler", "runtime"]
  .flatMap((folder) =>
    readdirSync(`${root}/${folder}`, { recursive: true, encoding: "utf8" }).map((name) => `${folder}/${name}`),
  )
  .filter((name) => name.endsWith(".ts") && !/\.test\.ts$|\/testing\W|\.bench\.ts$/.test(name))
  .filter((name) => !/^(runtime\/(lab|bench|demo)|compiler\/semantics)\//.test(name))
  .sort();

/** The text with comments, strings and template text blanked. The expressions in `${…}` are kept. */
function codeOf(text: string): string {
  const shapes = /\/\*[^]*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g;
  return text.replaceAll(shapes, (found) => (found.startsWith("/") ? "" : '""'));
}

/** The spread arguments of calls: each `...x` whose innermost open bracket is the parenthesis of a call. */
function spreadArguments(text: string): string[] {
  const code = codeOf(text);
  const open: { readonly bracket: string; readonly isCall: boolean }[] = [];
  const found: string[] = [];
  for (let at = 0; at < code.length; at++) {
    const character = code[at]!;
    if ("([{".includes(character)) {
      const before = code.slice(Math.max(0, at - 60), at);
      const isCall =
        character === "(" && /[\w$)\]>!.]$/.test(before) && !/\b(if|for|while|switch|return)\s*$/.test(before);
      open.push({ bracket: character, isCall });
    } else if (")]}".includes(character)) open.pop();
    else if (code.startsWith("...", at)) {
      const rest = /^\.\.\.([^,)\n]*)/.exec(code.slice(at))![1]!.trim();
      // `(...rest: T[])` declares a parameter.
      if (open.at(-1)?.isCall === true && !/^\w+:/.test(rest)) found.push(rest);
      at += 2;
    }
  }
  return found;
}

test("the scan finds spread arguments, and neither parameters nor arrays", (t) => {
  t.deepEqual(spreadArguments("a.push(...b, [...c]); f(x, ...g(y)); Math.max(0, ...d.map((e) => e))"), [
    "b",
    "g(y",
    "d.map((e",
  ]);
  t.deepEqual(spreadArguments("function f(...args: T[]) { return [...args, { ...x }]; } // g(...h)"), []);
  t.deepEqual(spreadArguments('const a = (...b: C) => "d(...e)";'), []);
});

test("no product file spreads a list that users can grow into a call", (t) => {
  const seen = new Set<string>();
  for (const file of files)
    for (const spread of spreadArguments(readFileSync(`${root}/${file}`, "utf8"))) {
      const name = `${file}: ...${spread}`;
      seen.add(name);
      // Their `add(…, ...match)` takes the fields of one packet's match, which are at most a dozen.
      if (file.startsWith("compiler/lowering/spoof/")) continue;
      t.true(BOUNDED.has(name), `${name}: use compiler/net/lists.ts, or state the list's bound in this test`);
    }
  for (const name of BOUNDED.keys()) t.true(seen.has(name), `${name} is no longer there: take it out of this test`);
});

test("long lists are joined and measured without overflowing the stack", (t) => {
  const long = Array.from({ length: 300_000 }, (_, at) => at);
  const all = [-1];
  append(all, long);
  t.is(all.length, 300_001);
  t.is(greatest(long), 299_999);
  t.is(least(long, 7), 0);
  t.is(greatest([], 3), 3);
});

test("an included file with 130,000 faults is read to its end", (t) => {
  const bad = { name: "bad.fml", text: 'p("\\x").\n'.repeat(130_000) };
  const main = { name: "main.fml", text: 'include "bad.fml".' };
  const { diagnostics } = gather([{ source: main, file: parse(main).file }], () => bad);
  t.true(diagnostics.length >= 130_000);
});
