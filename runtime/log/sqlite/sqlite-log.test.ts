/** The log of one machine does what every engine must. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { conformance } from "../testing/conformance.ts";
import { openSqliteLog } from "./sqlite-log.ts";

const folders: string[] = [];
test.after.always(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

conformance("SQLite", () => {
  const folder = mkdtempSync(join(tmpdir(), "glazier-log-"));
  folders.push(folder);
  return () => openSqliteLog(join(folder, "state"));
});
