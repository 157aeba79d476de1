/** A name that looks like another gets a warning with its letters as numbers. Words of other languages get none. */
import test from "ava";
import { parse } from "../syntax/parse.ts";
import { resolve } from "./resolve.ts";
import { appearance } from "./look-alikes.ts";

function warnings(text: string, files: Readonly<Record<string, string>> = {}): string[] {
  const source = { name: "main.pane", text };
  const load = (name: string): { name: string; text: string } | undefined =>
    Object.hasOwn(files, name) ? { name, text: files[name]! } : undefined;
  const { diagnostics } = resolve([{ source, file: parse(source).file }], { now: 0, load });
  return diagnostics.filter(({ code }) => code === "W263" || code === "W264").map(({ message }) => message);
}

test("a name with a letter of another alphabet gets a warning, beside the name that it looks like or alone", (t) => {
  t.deepEqual(warnings('AddUser Alice. AddUser "\u0410lice".'), [
    "`\\u{410}lice` looks like `Alice`, and is another name",
  ]);
  t.deepEqual(warnings("AddUser p\u0430ypal."), ["`p\\u{430}ypal` looks like `paypal`, and is another name"]);
  t.deepEqual(warnings("AddUser \uFF21lice."), ["`\\u{FF21}lice` looks like `Alice`, and is another name"]);
  // A name that is wholly in the other alphabet gets a warning only beside its twin.
  t.deepEqual(warnings("AddUser \u0430\u0441\u0435."), []);
  t.deepEqual(warnings("AddUser \u0430\u0441\u0435. AddUser ace."), [
    "`\\u{430}\\u{441}\\u{435}` looks like `ace`, and is another name",
  ]);
});

test("a name that hides letters or turns its direction gets a warning, in the policy and in its data", (t) => {
  t.deepEqual(warnings('AddUser "Al\u200Bice".'), ["`Al\\u{200B}ice` looks like `Alice`, and is another name"]);
  t.deepEqual(warnings('AddUser "\u202EecilA".'), [
    "`\\u{202E}ecilA` looks like `ecilA`, and is another name",
    "`\\u{202E}` turns the direction of writing",
  ]);
  t.deepEqual(warnings("AddUser Eve. // \u202E.moor ralohcs no (*)wolla"), [
    "`\\u{202E}` turns the direction of writing",
  ]);
  const json = { "d.json": '["Alice", "\\u0410lice"]' };
  t.deepEqual(warnings('extern guest(user) from json "d.json" "$[*]".', json), [
    "`\\u{410}lice` looks like `Alice`, and is another name",
  ]);
});

test("a control character or half a letter hides in a name as other invisible letters do", (t) => {
  const nul = { "d.csv": "login\nAlice\nA\u0000lice\n" };
  t.deepEqual(warnings('extern guest(user) from csv "d.csv".', nul), [
    "`A\\u{0}lice` looks like `Alice`, and is another name",
  ]);
  const json = { "d.json": '["Alice", "Al\\u001bice", "\\ud800Alice"]' };
  t.deepEqual(warnings('extern guest(user) from json "d.json" "$[*]".', json), [
    "`Al\\u{1B}ice` looks like `Alice`, and is another name",
    "`\\u{D800}Alice` looks like `Alice`, and is another name",
  ]);
  t.deepEqual(warnings('AddUser "Al\u001Bice".'), ["`Al\\u{1B}ice` looks like `Alice`, and is another name"]);
  t.deepEqual(warnings('AddUser Alice.\r\n\tAddUser "a b".'), []);
});

test("words of other languages get no warning", (t) => {
  t.deepEqual(warnings("AddUser Zoë. AddUser Привет. AddUser Ωmega. AddUser 東京. AddUser Zoe. AddUser naïve."), []);
  t.is(appearance("Zoë"), "Zoë");
});

test("W288: two values of one column of facts or data that differ in capital letters alone", (t) => {
  const told = (text: string, csv = ""): readonly string[] => {
    const source = { name: "main.pane", text };
    const load = (name: string): { name: string; text: string } | undefined =>
      name === "p.csv" ? { name, text: csv } : undefined;
    const { diagnostics } = resolve([{ source, file: parse(source).file }], { now: 0, load });
    return diagnostics.flatMap(({ code, message, span }) =>
      code === "W288" ? [`${span!.source.name}:${span!.start} ${message}`] : [],
    );
  };
  const said = (relation: string): string =>
    `\`Staff\` and \`staff\` are two values of \`${relation}\`, which differ in capital letters alone`;
  t.deepEqual(told('dept(ben, staff). dept(joe, "Staff"). dept(al, "Staff").'), [`main.pane:18 ${said("dept")}`]);
  t.deepEqual(told('dept(ben, staff). dept(joe, "Guest"). other("Staff", al).'), [], "of other columns");
  const extern = 'extern dept(user, group) from csv "p.csv".';
  t.deepEqual(told(extern, "u,g\nben,Staff\njoe,staff\n"), [`p.csv:4 ${said("dept")}`]);
});

test("W288 tells each spelling of a name beside the first", (t) => {
  const text = 'group("Staff", "x"). group("staff", "y"). group("STAFF", "z"). group("staff", "w").';
  const source = { name: "main.pane", text };
  const { diagnostics } = resolve([{ source, file: parse(source).file }], { now: 0, load: () => undefined });
  const told = diagnostics.filter(({ code }) => code === "W288").map(({ message }) => message);
  t.deepEqual(
    ["`Staff` and `staff`", "`Staff` and `STAFF`"].map((both) => told.filter((one) => one.includes(both)).length),
    [1, 1],
  );
  t.is(told.length, 2);
});
