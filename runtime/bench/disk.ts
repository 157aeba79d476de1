/** The disk itself, as the measure of what is durable. */
import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";

/** Milliseconds of single syncs, each behind an append of 600 bytes. */
export function syncs(folder: string, seconds: number): readonly number[] {
  const fd = openSync(join(folder, "sync"), "w");
  const bytes = Buffer.alloc(600, "x");
  const times: number[] = [];
  for (const end = performance.now() + seconds * 1000; performance.now() < end;) {
    const begin = performance.now();
    writeSync(fd, bytes);
    fdatasyncSync(fd);
    times.push(performance.now() - begin);
  }
  closeSync(fd);
  return times;
}
