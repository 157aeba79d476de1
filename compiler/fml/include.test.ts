/** What a path leads to is looked up once for each folder, however often files include it. */
import test from "ava";
import { parse } from "../syntax/parse.ts";
import type { Source } from "../source.ts";
import { gather } from "./include.ts";

test("files that include each other very often are looked up once", (t) => {
  const names = Array.from({ length: 40 }, (_, i) => `net/f${i}.pane`);
  const all = names.map((name) => `include "${name.slice(4)}".`).join(" ");
  const text = `${all} ${all}\n`;
  const source = { name: "net/main.pane", text: `${text.repeat(20)}include "sub/x.pane".\n` };
  const asked: string[] = [];
  const load = (path: string, from: Source): Source | undefined => {
    const folder = from.name.slice(0, from.name.lastIndexOf("/") + 1);
    asked.push(folder + path);
    if (folder + path === "net/sub/x.pane") return { name: "net/sub/x.pane", text: 'include "f1.pane".' };
    return names.includes(folder + path) ? { name: folder + path, text } : undefined;
  };
  const { diagnostics } = gather([{ source, file: parse(source).file }], load);
  t.deepEqual([...asked].toSorted(), [...new Set(asked)].toSorted());
  // A path counts from the folder of the file that names it.
  t.is(asked.length, 42);
  t.true(asked.includes("net/sub/f1.pane"));
  t.deepEqual(diagnostics.filter(({ code }) => code === "E217").length, 0);
  t.true(diagnostics.some(({ span }) => span?.source.name === "net/sub/x.pane"));
});
