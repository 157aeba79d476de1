/**
 * What the law says of which flows exist is true: every share of its table holds its request. And the law says of
 * every statement which users may make it.
 */
import { readFileSync } from "node:fs";
import test from "ava";
import { readRules } from "../admission/read-rules.ts";
import { decide } from "../decide.ts";
import type { Demand } from "../model/model.ts";
import { DEFAULT_BOUNDS } from "../shares/privileges.ts";

const page = readFileSync(new URL("README.md", import.meta.url), "utf8");
const read = readRules({
  name: "pane.fml",
  text: readFileSync(new URL("../../policies/pane.fml", import.meta.url), "utf8"),
});

const codesOf = (text: string): readonly string[] => {
  const options = { now: 0, load: () => undefined, rules: read.rules };
  const { diagnostics } = decide([{ name: "page", text }], options);
  // A request of one direction has a note that nothing answers it; the table speaks of what is refused.
  return diagnostics.filter(({ severity }) => severity === "error").map(({ code }) => code);
};

test("the shares of the table hold the requests beside them", (t) => {
  const [, section] = page.split("\n## Which flows exist\n");
  const rows = [...section!.matchAll(/^\| `([^`]+)` \| `([^`]+)` \|/gm)];
  t.is(rows.length, 8);
  for (const [, share, request] of rows) {
    const text = `default deny.\nNewShare s for ${share} [allow = True] on rootShare.\n${request} on s.`;
    t.deepEqual(codesOf(text), [], text);
  }
});

test("types that no frame shows are refused", (t) => {
  for (const type of ["0x0100", "0x8100", "0x88a8"])
    t.deepEqual(codesOf(`default deny. allow(ethType=${type}) on rootShare.`), ["E255"]);
});

/** Where the page says who may make a statement: a row of the table in "Shares", or elsewhere. */
const EXPLAINED: Readonly<Record<Demand["kind"], "row" | "elsewhere">> = {
  AddUser: "row",
  RemoveUser: "row",
  NewShare: "row",
  Grant: "row",
  GrantDefault: "row",
  Revoke: "row",
  RemoveShare: "row",
  Cancel: "row",
  // "Accepting a request".
  request: "elsewhere",
  // Queries have rows by their own names; the clock of a trace belongs to no user.
  query: "elsewhere",
  Tick: "elsewhere",
};

test("the page says of every statement which users may make it", (t) => {
  const rows = page.split("\n## Shares\n")[1]!.split("\n## ")[0]!.split("\n");
  const first = rows.filter((row) => row.startsWith("|")).map((row) => row.split("|")[1]!);
  const unexplained = Object.entries(EXPLAINED).filter(
    ([kind, where]) => where === "row" && !first.some((cell) => cell.includes(`\`${kind}\``)),
  );
  t.deepEqual(
    unexplained.map(([kind]) => kind),
    [],
    'compiler/semantics/README.md, "Shares", table "who may make it": no row',
  );
});

test("the pages say what a share that states no bounds may hold", (t) => {
  const network = readFileSync(new URL("../lowering/README.md", import.meta.url), "utf8").replaceAll(/\s+/g, " ");
  const { requests, entries } = DEFAULT_BOUNDS;
  const words = `states none is bound to ${requests} requests and ${entries.toLocaleString("en-US")} entries of its own`;
  t.true(network.includes(words), words);
});
