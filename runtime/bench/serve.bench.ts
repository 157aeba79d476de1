/**
 * The log of a live server: durable appends a second with 1 and 64 writers, each of which waits for its answer, beside
 * `fdatasync` of as many bytes in the same minute on the same disk; checkpoints, one every 2 MB of records, are in these figures.
 * 64 writers without a pause wait for each other (`load.ts`): their rate counts, and their times have no bound. Those are bounded
 * that they wait at half of that rate, from when each append was due.
 * How long a log of n records takes to open, and what it costs a server to stand again where it ended.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqliteLog } from "../log/sqlite/sqlite-log.ts";
import { startWriting } from "../log/testing/scribe.ts";
import { syncs } from "./disk.ts";
import { waits, type Waits } from "./load.ts";
import { median, p99 } from "./measure.ts";
import type { Report } from "./report.ts";
import { restarts } from "./restarts.ts";

export const name = "serve";

/** A record as a decision makes one. */
const TEXT = `reserve(dstHost=10.0.0.2, srcHost=10.0.0.3, transport=TCP, dstPort=443) = 5Mbps on aliceBW from now to +20min.${" ".repeat(300)}`;
const SECONDS = 4;

interface Appended extends Waits {
  /** Milliseconds of processor time of all threads for one append. */
  readonly cpu: number;
}

async function append(folder: string, writers: number, every = 0): Promise<Appended> {
  const log = await openSqliteLog(folder);
  const { say } = await startWriting(log);
  const spent = process.cpuUsage();
  const waited = await waits(writers, SECONDS, () => say(TEXT), every);
  const { user, system } = process.cpuUsage(spent);
  await log.close();
  return { ...waited, cpu: (user + system) / 1000 / waited.times.length };
}

export async function run(report: Report): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "glazier-bench-"));
  try {
    const alone = syncs(folder, SECONDS);
    const [sync, slowSync] = [median(alone), p99(alone)];
    const waited = (what: string, writers: number, times: readonly number[], bound?: number): void => {
      const peer = { name: "fdatasync p50", figure: sync };
      report({ case: `${what}, p50`, n: writers, figure: median(times), unit: "ms", peer });
      report({
        case: `${what}, p99`,
        n: writers,
        figure: p99(times),
        unit: "ms",
        ...(bound !== undefined && { bound }),
        peer: { name: "fdatasync p99", figure: slowSync },
      });
    };
    for (const writers of [1, 64]) {
      const { rate, times, cpu } = await append(join(folder, `${writers}`), writers);
      report({ case: "durable appends, n writers without a pause", n: writers, figure: rate, unit: "appends/s" });
      report({ case: "one of them, processor", n: writers, figure: cpu, unit: "ms CPU" });
      waited("append to answer, without a pause", writers, times, writers === 1 ? slowSync + 5 : undefined);
      if (writers === 1) continue;
      const offered = rate / 2;
      report({ case: "offered by n writers: half of that", n: writers, figure: offered, unit: "appends/s" });
      const due = await append(join(folder, "half"), writers, (1000 * writers) / offered);
      waited("append to answer at half of that", writers, due.times, 2 * slowSync + 5);
    }
    await opening(report, join(folder, "many"));
    for (const n of [10_000, 100_000]) await restarts(join(folder, `restart-${n}`), n, report);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The time to check a log of n records, with a process that has opened one before. */
async function opening(report: Report, folder: string): Promise<void> {
  let written = 0;
  for (const n of [1_000, 10_000, 100_000]) {
    const log = await openSqliteLog(folder);
    const { scribe, term } = await startWriting(log);
    for (; written < n; written += 1_000) {
      const { at, records } = scribe.write(...Array.from({ length: 1_000 }, () => TEXT));
      await log.append(at, term, records);
    }
    await log.close();
    const begin = performance.now();
    await (await openSqliteLog(folder)).close();
    report({
      case: "open and check a log of n records",
      n,
      figure: performance.now() - begin,
      unit: "ms",
      growth: 1.1,
    });
  }
}
