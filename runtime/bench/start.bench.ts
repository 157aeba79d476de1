/**
 * Cold start: a process of its own runs `glazier check` on a policy of n statements, a hundred shares and strict denies
 * in them. Wall time and processor time of all its threads, from start to exit, with Node's cache of compiled code as a
 * second run finds it.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { median } from "./measure.ts";
import type { Report } from "./report.ts";

export const name = "start";

const command = fileURLToPath(new URL("../bin.js", import.meta.url));
const times = (one: () => number): number[] => Array.from({ length: 9 }, one);

/** The child says on its way out what it cost: the parent's counters know its children only by a sum. */
const TELL = `data:text/javascript,process.on("exit",()=>{const{user,system}=process.cpuUsage();process.stderr.write("\\n"+(user+system))})`;

function policy(n: number): string {
  const shares = Math.max(1, n / 10);
  return Array.from({ length: n }, (_, i) => {
    const share = i % shares;
    if (i < shares) return `NewShare s${i} for (dstHost=10.${i}.0.0/16) [allow = True, deny = True] on rootShare.\n`;
    return `deny(dstHost=10.${share}.${Math.floor(i / shares)}.5, dstPort=${1000 + i}) on s${share}.\n`;
  }).join("");
}

/** Runs the command and says how long it took, and with `--import` what it cost. */
function check(file: string, ...flags: readonly string[]): { readonly wall: number; readonly told: string } {
  const begin = performance.now();
  const child = spawnSync(process.execPath, [...flags, command, "check", file], { encoding: "utf8" });
  const wall = performance.now() - begin;
  if (child.status !== 0) throw new Error(child.stderr);
  return { wall, told: child.stderr.trim().split("\n").at(-1)! };
}

export function run(report: Report): void {
  const folder = mkdtempSync(join(tmpdir(), "glazier-bench-"));
  const file = join(folder, "policy.fml");
  for (const n of [10, 100, 1_000]) {
    writeFileSync(file, policy(n));
    check(file);
    const wall = median(times(() => check(file).wall));
    const cpu = median(times(() => Number(check(file, "--import", TELL).told) / 1000));
    report({ case: "check n statements, a new process: wall", n, figure: wall, unit: "ms", bound: 400 });
    report({ case: "check n statements, a new process: processor", n, figure: cpu, unit: "ms CPU" });
  }
  rmSync(folder, { recursive: true });
}
