/**
 * Mutants of policies, run through the commands. Verdicts, tables, plans and their printing never throw for any policy.
 * `GLAZIER_MUTANTS=N` makes N mutants, and `GLAZIER_SEED=N` makes others.
 */
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";
import { random } from "../bench/random.ts";
import { exit, rim } from "./common/io.ts";
import { main } from "./main.ts";
import { clock, folder, glazier } from "./testing.ts";
import { drawCommandLine, FILES } from "./testing/command-lines.ts";
import { mutate, oneOf, SMALL } from "./testing/mutants.ts";
import { wholeWay } from "./testing/whole-way.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const COUNT = Number(process.env["GLAZIER_MUTANTS"] ?? 60);

/** The examples that are whole policies, with the data beside them. */
const EXAMPLES = ["paper", "backup", "video-call"] as const;

interface Base {
  /** The folder with its data, to copy; absent: it has none. */
  readonly from?: string;
  readonly file: string;
  readonly text: string;
}

const bases: readonly Base[] = [
  ...EXAMPLES.flatMap((name) => {
    const from = join(root, "examples", name);
    const files = readdirSync(from).filter((file) => /\.(pane|fml)$/.test(file));
    return files.map((file): Base => ({ from, file, text: readFileSync(join(from, file), "utf8") }));
  }),
  ...SMALL.flatMap((text) => Array.from({ length: 3 }, (): Base => ({ file: "policy.pane", text }))),
];

const TRACES = join(root, "compiler/replay/traces");
const traces = readdirSync(TRACES).map((name) => readFileSync(join(TRACES, name), "utf8"));
const texts = bases.map(({ text }) => text);
const PACKET = "srcHost=10.0.0.1, dstHost=10.0.0.2, transport=TCP, dstPort=80";

/** The commands that take turns on the mutants, beside `compile`. */
const CALLS: readonly (readonly string[])[] = [
  ["check", "new", "--all"],
  ["compile", "new", "--timeline"],
  ["compile", "new", "--target", "of13", "--json"],
  ["compile", "new", "--observe"],
  ["plan", "old", "new"],
  ["plan", "new", "--at", "2026-12-01T09:00:00Z", "--at", "2026-12-01T09:30:00Z"],
  ["explain", PACKET, "new"],
  ["explain", "(transport=TCP)", "new", "--json"],
  ["trace", PACKET, "new"],
  ["query", "ListRequests.", "new"],
  ["query", "ListShares.", "new", "--json"],
  ["query", "Available 1Mb for (*) on rootShare lasting 10min.", "new"],
  ["query", "GetSchedule rootShare.", "new"],
];

test(`${COUNT} mutants of policies end with an answer, and a third of them compile`, async (t) => {
  const roll = random(Number(process.env["GLAZIER_SEED"] ?? 11));
  const cwd = folder(t, { "old/.keep": "", "new/.keep": "" });
  let compiled = 0;
  for (let n = 0; n < COUNT; n++) {
    const { from, file, text } = oneOf(bases, roll);
    for (const side of ["old", "new"]) {
      for (const name of readdirSync(join(cwd, side))) writeFileSync(join(cwd, side, name), "");
      if (from !== undefined)
        cpSync(from, join(cwd, side), { recursive: true, filter: (path) => !path.endsWith("expected") });
    }
    let mutant = text;
    for (let i = roll(4) === 0 ? 2 : 1; i > 0; i--) mutant = mutate(mutant, texts, roll);
    writeFileSync(join(cwd, "old", file), text);
    writeFileSync(join(cwd, "new", file), mutant);
    for (const words of [["compile", "new"], CALLS[n % CALLS.length]!]) {
      const ran = await glazier(cwd, words, "", clock);
      if (words[0] === "compile" && words.length === 2 && ran.exit === exit.good) compiled++;
      t.not(ran.exit, exit.internal, `glazier ${words.join(" ")}\n${ran.err}\n${mutant}`);
    }
  }
  t.log(`${compiled} of ${COUNT} compiled`);
  t.true(compiled * 3 >= COUNT, `${compiled} of ${COUNT} compiled`);
});

test(`${COUNT} mutants of traces end with their verdicts`, async (t) => {
  const roll = random(Number(process.env["GLAZIER_SEED"] ?? 12));
  const cwd = folder(t, {});
  for (let n = 0; n < COUNT; n++) {
    let mutant = oneOf(traces, roll);
    for (let i = roll(4); i >= 0; i--) mutant = mutate(mutant, traces, roll);
    writeFileSync(join(cwd, "trace.pane"), mutant);
    const ran = await glazier(cwd, ["replay", "trace.pane"]);
    t.not(ran.exit, exit.internal, `${ran.err}\n${mutant}`);
  }
  t.pass();
});

test(`${COUNT} random command lines end with a message and an exit code, and with one document of JSON where it is asked for`, async (t) => {
  t.timeout(600_000);
  const roll = random(Number(process.env["GLAZIER_SEED"] ?? 14));
  const cwd = folder(t, FILES);
  const ends = new Set<number>();
  for (let n = 0; n < COUNT; n++) {
    const { words, stdin } = await drawCommandLine(roll);
    let out = "";
    let err = "";
    const ended = await main(
      words,
      rim({
        out: (text) => void (out += text),
        err: (text) => void (err += text),
        stdin: async function* () {
          if (stdin instanceof Error) throw stdin;
          yield stdin;
        },
        includeRoots: [],
        cwd,
        env: { NO_COLOR: "1", GLAZIER_TOKEN: roll(2) === 0 ? undefined : "glz_x" },
        terminal: { out: false, err: false },
        now: () => clock,
        asked: () => Promise.resolve("SIGTERM"),
      }),
    );
    const told = `glazier ${JSON.stringify(words)}\n${err}`;
    ends.add(ended);
    t.not(ended, exit.internal, told);
    t.notRegex(err, /^\s+at .*:\d+|\bE[A-Z]{4,}:|undefined|\[object|NaN|Infinity/m, told);
    t.notRegex(out + err, /[^\P{Cc}\t\n]|[\p{Cf}\p{Zl}\p{Zp}]/u, told);
    if (words.includes("--json") && !words.includes("--help")) t.notThrows(() => JSON.parse(out) as unknown, told);
    else t.true(ended === exit.good || err !== "", told);
  }
  t.true(ends.size >= 3, [...ends].join());
});

test("each small policy that mutants are made of has tables itself", (t) => {
  for (const text of SMALL) t.is(wholeWay(text, text, 0).reached, "tables", text);
});

test(`${COUNT} mutants in this process: a third reach tables, plans and their printing, and none throws`, (t) => {
  const roll = random(Number(process.env["GLAZIER_SEED"] ?? 13));
  let printed = 0;
  for (let turn = 0; turn < COUNT; turn++) {
    const text = oneOf(SMALL, roll);
    let mutant = text;
    for (let i = roll(4) === 0 ? 2 : 1; i > 0; i--) mutant = mutate(mutant, SMALL, roll);
    try {
      if (wholeWay(mutant, text, turn).reached === "tables") printed++;
    } catch (error) {
      t.fail(`${(error as Error).stack}\n${mutant}`);
    }
  }
  t.log(`${printed} of ${COUNT} reached tables and printing`);
  t.true(printed * 3 >= COUNT, `${printed} of ${COUNT} reached tables`);
});
