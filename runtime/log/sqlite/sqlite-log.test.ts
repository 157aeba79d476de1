/** The log of one machine does what every engine must. */
import { statSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { conformance } from "../testing/conformance.ts";
import { newFolder, removeFolders } from "../testing/folders.ts";
import { startWriting } from "../testing/scribe.ts";
import { openSqliteLog } from "./sqlite-log.ts";

test.after.always(removeFolders);

conformance("SQLite", () => {
  const folder = newFolder();
  return () => openSqliteLog(join(folder, "state"));
});

test("the journal stays small although appends never pause", async (t) => {
  t.timeout(60_000);
  const folder = newFolder();
  const log = await openSqliteLog(folder);
  const { say } = await startWriting(log);
  let largest = 0;
  const writer = async (): Promise<void> => {
    for (let i = 0; i < 150; i += 1) {
      await say("x".repeat(20_000));
      largest = Math.max(largest, statSync(join(folder, "log.db-wal")).size);
    }
  };
  await Promise.all(Array.from({ length: 8 }, writer));
  const size = statSync(join(folder, "log.db-wal")).size + statSync(join(folder, "log.db")).size;
  t.true(size > 20_000_000, "much was written");
  t.true(largest < 12_000_000, `${largest} bytes`);
  await log.close();
});
