/**
 * The dumps of this folder's README are what `glazier compile` prints: every policy on the page is compiled, and the
 * entries of the table that a dump names are compared. `UPDATE_GOLDEN=1` rewrites the dumps.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import test, { type ExecutionContext } from "ava";
import { folder, glazier } from "../../runtime/cli/testing.ts";
import { PIPELINE } from "./pipeline/pipeline.ts";

const page = fileURLToPath(new URL("README.md", import.meta.url));
const written = readFileSync(page, "utf8");

/**
 * The head of a block: a policy, perhaps with options of `compile`, or a dump. `text Forward of s1` names a table and,
 * if there are several, a switch.
 */
const FENCE = /^```(?:(pane(?: [^\n]*)?)|text (\S+(?: \d+)?)(?: of (\S+))?)\n([\s\S]*?)^```$/gm;

/** What `glazier compile` prints about one table of one switch: its entries, and the meters and queues they name. */
async function dump(
  t: ExecutionContext,
  [policy, more]: readonly [policy: string, options: readonly string[]],
  stage: string,
  on: string | undefined,
): Promise<string> {
  const words = ["compile", "p.pane", "--at", "@0", ...(on === undefined ? [] : ["--switch", on]), ...more];
  const { exit, out, err } = await glazier(folder(t, { "p.pane": policy }), words);
  t.is(exit, 0, `${stage}: ${err}`);
  const lines = out.split("\n");
  // The miss of a table carries the table's own cookie, and that of Admission the default's.
  const identity = stage === "Admission" ? "default" : `table:${stage}`;
  const cookie = lines.find((line) => line.startsWith("# cookie=") && line.endsWith(` ${identity}`))?.split(" ")[1];
  const miss = lines.find(
    (line) => cookie !== undefined && line.startsWith(`${cookie},`) && line.includes("priority=0 "),
  );
  const table = /,table=(\d+),/.exec(miss ?? "")?.[1];
  if (table === undefined) return `no table ${stage}\n`;
  const entries = lines.filter((line) => line.includes(`,table=${table},`));
  const named = new Set(entries.flatMap((line) => [...line.matchAll(/(meter|set_queue):(\d+)/g)].map(([, , n]) => n!)));
  const resources = lines.filter((line) => named.has(/^# (?:meter: meter|queue: .*queue)=(\d+)/.exec(line)?.[1] ?? ""));
  return [...resources, ...entries].map((line) => `${line}\n`).join("");
}

test("every dump on the page is what the policy above it compiles to", async (t) => {
  let policy: readonly [string, readonly string[]] = ["", []];
  let fresh = "";
  let at = 0;
  for (const match of written.matchAll(FENCE)) {
    const [whole, isPolicy, stage, on, body] = match;
    if (isPolicy !== undefined) policy = [body!, isPolicy.split(" ").slice(1)];
    else {
      const start = match.index + whole.indexOf("\n") + 1;
      fresh += written.slice(at, start) + (await dump(t, policy, stage!, on));
      at = start + body!.length;
    }
  }
  fresh += written.slice(at);
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(page, fresh);
  else t.is(written, fresh);
});

/** The part of the page about the tables. */
const pipeline = written.split("\n## The pipeline\n")[1]!.split("\n## ")[0]!;
const rows: readonly string[] = PIPELINE.map(({ name }) => name);

test("every table of the pipeline has a section with a dump, and every section its table", (t) => {
  const parts = pipeline.split(/^### /m).slice(1);
  const sections = new Map(parts.map((text) => [text.split("\n")[0]!, text]));
  for (const name of rows) {
    t.true(sections.has(name), `compiler/lowering/README.md, "The pipeline", has no section "### ${name}"`);
    const dump = new RegExp(`^\`\`\`text ${name}(?: \\d+)?(?: of \\S+)?\n[^\`]*,table=\\d+,`, "m");
    t.regex(sections.get(name)!, dump, `compiler/lowering/README.md, "${name}", shows no entry of the table`);
  }
  t.deepEqual([...sections.keys()], rows, "sections of compiler/lowering/README.md, in the order of pipeline.ts");
});

test("every table of the pipeline is in the table of the page, and in the drawing of pipeline.ts", (t) => {
  const first = pipeline.split("\n").flatMap((line) => /^\| ([^|]+) \|/.exec(line)?.[1] ?? []);
  const named = first.flatMap((cell) => cell.split(/, | …? ?/));
  const drawing = readFileSync(new URL("pipeline/pipeline.ts", import.meta.url), "utf8").split("*/")[0]!;
  for (const name of rows) {
    t.true(named.includes(name), `compiler/lowering/README.md, "The pipeline": no row of the table names ${name}`);
    t.regex(drawing, new RegExp(`\\b${name}\\b`), `the header of compiler/lowering/pipeline/pipeline.ts: no ${name}`);
  }
});
