/**
 * What a disk does to the log, by real means: a file system that is full, a limit on files, `fsync` that fails, and the
 * order in which the writer syncs and answers as the system's calls show it.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { command, must } from "../../process/command.ts";
import { testUnless } from "../../lab/test.ts";
import { logFaultKind, type LogError, type OpenLog } from "../log.ts";
import { recordHash } from "../record.ts";
import { judged, noPython, startChild } from "../testing/children.ts";
import { newFolder, removeFolders } from "../testing/folders.ts";
import { outcome, startWriting, take } from "../testing/scribe.ts";
import { openSqliteLog } from "./sqlite-log.ts";

test.after.always(removeFolders);

const noRoot = process.getuid?.() === 0 ? undefined : "not root";
const noStrace = spawnSync("strace", ["-V"]).status === 0 ? noPython : "strace is not installed";

/** A child that met a fault has said so, and everything that it had answered is there. */
async function stoppedWhole(
  t: ExecutionContext,
  folder: string,
  lines: readonly string[],
  reason: RegExp,
): Promise<void> {
  t.regex(lines.at(-1)!, reason);
  const answered = lines.filter((line) => /^\d/.test(line)).map((line) => line.split(" ") as [string, string]);
  t.true(answered.length > 0, "it answered before");
  const { first, hashes } = judged(folder);
  for (const [at, hash] of answered) if (Number(at) > first) t.is(hashes.get(Number(at)), hash);
  const end = Math.max(first, ...hashes.keys());
  t.true(end >= Number(answered.at(-1)![0]));
  const log = await openSqliteLog(folder);
  t.is((await log.end()).at, end);
  await log.close();
}

/** A file system of its own in memory, which goes with the test. */
async function mounted(t: ExecutionContext, size: string): Promise<string> {
  const folder = newFolder();
  await must(["mount", "-t", "tmpfs", "-o", `size=${size}`, "glazier-log", folder]);
  t.teardown(() => command(["umount", "-l", folder]));
  return folder;
}

testUnless(
  noRoot ?? noPython,
  "a full disk: what was answered is there, and with room again the log goes on",
  async (t) => {
    t.timeout(60_000);
    const folder = await mounted(t, "900k");
    const child = startChild([folder, "busy"]);
    t.is(await child.ended, "");
    t.is(child.process.exitCode, 3);
    await stoppedWhole(
      t,
      folder,
      child.lines,
      /^stopped the log could not be written \(no space is left on its disk\), so this process records nothing more$/,
    );
    await must(["mount", "-o", "remount,size=64m", folder]);
    const { hashes } = judged(folder);
    const next = startChild([folder, `${Math.max(...hashes.keys()) + 5}!`]);
    await next.ended;
    t.is(next.lines.at(-1), "done");
  },
);

testUnless(noRoot, "a disk that is too small for an empty log is told as full, wherever that shows", async (t) => {
  for (const size of ["4k", "8k", "16k", "24k", "40k"]) {
    const folder = await mounted(t, size);
    const fault = await t.throwsAsync(
      (async () => {
        const log = await openSqliteLog(folder);
        await log.lead(new AbortController().signal).finally(() => log.close());
      })(),
      { message: "the log could not be written (no space is left on its disk), so this process records nothing more" },
      size,
    );
    t.is((fault as LogError | undefined)?.fault.help, "make room on the disk of the log, then start again");
  }
});

testUnless(noRoot, "after a failed write the process writes no more, also when there is room again", async (t) => {
  t.timeout(60_000);
  const folder = await mounted(t, "600k");
  const log = await openSqliteLog(folder);
  t.teardown(() => log.close());
  const { say, lost, scribe } = await startWriting(log);
  const texts = ["x".repeat(20_000), "y".repeat(20_000)];
  let { end } = scribe;
  for (;;) {
    const result = await outcome(say(...texts));
    if (result === "stopped") break;
    t.is(result, "done");
    ({ end } = scribe);
  }
  t.true(lost.aborted);
  t.is(logFaultKind(lost.reason), "stopped");
  await must(["mount", "-o", "remount,size=64m", folder]);
  const files = (): readonly string[] =>
    ["log.db", "log.db-wal"].map((file) => recordHash(readFileSync(join(folder, file))));
  const before = files();
  for (let i = 0; i < 3; i += 1) t.is(await outcome(say("more")), "stopped");
  t.is(await outcome(log.keep({ ...end, bytes: Buffer.from("state") })), "stopped");
  t.is(await outcome(log.lead(new AbortController().signal)), "stopped");
  t.deepEqual(files(), before);
  // It still tells what it knows, and keeps others from writing.
  t.is((await take(log, 0, end.at)).length, end.at);
  t.is(await outcome(leads(await openSqliteLog(folder))), "held");
  await log.close();
  t.deepEqual(files(), before, "nor does it when it is closed");
  const heir = await openSqliteLog(folder);
  t.true((await heir.end()).at >= end.at);
  await (await startWriting(heir)).say("the heir");
  await heir.close();
});

async function leads(log: OpenLog): Promise<void> {
  try {
    await log.lead(new AbortController().signal);
  } finally {
    await log.close();
  }
}

testUnless(noPython, "a limit on the size of files: what was answered is there", async (t) => {
  t.timeout(60_000);
  const folder = newFolder();
  // The signal is ignored, so that the write fails instead; the unit is 512 bytes, or 1024 in some shells.
  const limited = ["sh", "-c", 'trap "" XFSZ; ulimit -f 400; exec "$@"', "sh"];
  const child = startChild([folder, "busy"], limited);
  t.is(await child.ended, "");
  await stoppedWhole(t, folder, child.lines, /^stopped the log could not be written \(disk I\/O error\)/);
});

testUnless(noStrace, "an fsync that fails: its append is not answered, and it is not tried again", async (t) => {
  t.timeout(60_000);
  const folder = newFolder();
  const trace = join(newFolder(), "trace");
  const inject = ["-e", "inject=fsync,fdatasync:error=EIO:when=25+", "-e", "trace=fsync,fdatasync"];
  const child = startChild([folder, "busy"], ["strace", "-f", "-y", "-o", trace, ...inject]);
  await child.ended;
  await stoppedWhole(t, folder, child.lines, /^stopped the log could not be written \(.+\), so this process/);
  const failed = readFileSync(trace, "utf8").match(/^.*log\.db-wal.*EIO.*$/gm) ?? [];
  t.is(failed.length, 1, failed.join("\n"));
});

testUnless(noStrace, "an answer leaves only after the journal was synced behind the last write", async (t) => {
  t.timeout(60_000);
  const folder = newFolder();
  const trace = join(newFolder(), "trace");
  const calls = "trace=pwrite64,fsync,fdatasync,write";
  const child = startChild([folder, "60!"], ["strace", "-f", "-y", "-s", "80", "-e", calls, "-o", trace]);
  await child.ended;
  t.is(child.lines.at(-1), "done");
  let [dirty, syncs, answers] = [false, 0, 0];
  const open = new Map<string, string>();
  for (const line of readFileSync(trace, "utf8").split("\n")) {
    const [thread = ""] = line.split(" ");
    // A call of one thread is cut in two where another's comes between. A sync counts where it ends, an answer where it begins.
    if (line.includes("<unfinished")) open.set(thread, line);
    const call = line.includes("resumed>") ? `${open.get(thread)} ${line}` : line;
    if (/ pwrite64\(\d+<[^>]*-wal>/.test(call)) dirty = true;
    else if (/ (?:fsync|fdatasync)\(\d+<[^>]*-wal>.* = 0$/.test(call)) {
      dirty = false;
      syncs += 1;
    } else if (/ write\(1<[^>]*>, "\d+ [0-9a-f]{64}/.test(line)) {
      answers += 1;
      t.false(dirty, line);
      t.true(syncs > answers, "one sync at least for each answer, and one for the term");
    }
  }
  t.true(answers > 10, `${answers} answers`);
});
