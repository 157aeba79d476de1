/**
 * `npm run bench [-- NAME…] [--json]`: runs the benches of this folder (`NAME.bench.ts`) one after the other and prints
 * what they measured as one table, with the growth exponent of each case.
 */
import { readdirSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { byCase, exponent, table, verdicts, isWithinBound, type Bench, type BenchRow } from "./report.ts";

const folder = new URL(".", import.meta.url);
const { values, positionals } = parseArgs({ options: { json: { type: "boolean" } }, allowPositionals: true });
const available = readdirSync(folder)
  .filter((file) => file.endsWith(".bench.ts"))
  .map((file) => file.slice(0, -".bench.ts".length))
  .sort();
const unknown = positionals.find((name) => !available.includes(name));

if (unknown !== undefined) {
  console.error(`there is no bench \`${unknown}\`; there are: ${available.join(", ")}`);
  process.exitCode = 2;
} else {
  const rows: BenchRow[] = [];
  const begin = performance.now();
  for (const name of positionals.length > 0 ? positionals : available) {
    const bench = (await import(new URL(`${name}.bench.ts`, folder).href)) as Bench;
    const started = performance.now();
    await bench.run((row) => {
      rows.push(row);
      if (process.stderr.isTTY) process.stderr.write(`  ${bench.name}: ${row.case}, n = ${row.n}\n`);
    });
    console.error(`${bench.name}: ${((performance.now() - started) / 1000).toFixed(0)} s`);
  }
  const { bounds, missed } = verdicts(rows);
  const load = loadavg()[0]!.toFixed(1);
  const peak = process.resourceUsage().maxRSS / 1024;
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown processor"}, Node ${process.versions.node}`;
  const seconds = (performance.now() - begin) / 1000;
  if (values.json === true) {
    const cases = [...byCase(rows)].map(([name, group]) => ({
      case: name,
      exponent: exponent(group),
      rows: group.map((row) => ({ ...row, within: isWithinBound(row) })),
    }));
    console.log(JSON.stringify({ machine, load, seconds, peak, bounds, missed, cases }, null, 2));
  } else {
    console.log(`${table(rows)}\n\n${machine}; load ${load}; ${seconds.toFixed(0)} s, at most ${peak.toFixed(0)} MB`);
    console.log(`${bounds - missed.length} of ${bounds} bounds are kept${missed.map((one) => `\n✘ ${one}`).join("")}`);
  }
}
