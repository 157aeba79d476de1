/** The log of one machine does what every engine must. */
import { join } from "node:path";
import test from "ava";
import { conformance } from "../testing/conformance.ts";
import { newFolder, removeFolders } from "../testing/folders.ts";
import { openSqliteLog } from "./sqlite-log.ts";

test.after.always(removeFolders);

conformance("SQLite", () => {
  const folder = newFolder();
  return () => openSqliteLog(join(folder, "state"));
});
