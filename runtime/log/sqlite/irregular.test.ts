/** What has the name of a file of the log and is none is refused in words, and never waited for. */
import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { must } from "../../process/command.ts";
import { logFaultKind } from "../log.ts";
import { newFolder, removeFolders } from "../testing/folders.ts";
import { openSqliteLog } from "./sqlite-log.ts";

test.after.always(removeFolders);

const FILES = ["log.db", "log.db-wal", "log.db-shm", "log.db-journal", "log.head", "log.lock", "log.holder"];

test("a pipe, a folder, a device or a circle of links in the place of a file of the log is said", async (t) => {
  const kinds: readonly (readonly [clause: string, make: (path: string) => unknown])[] = [
    ["it is a named pipe and no regular file", (path) => must(["mkfifo", path])],
    ["it is a folder", (path) => mkdirSync(path)],
    ["it is a device and no regular file", (path) => symlinkSync("/dev/zero", path)],
    ["its symbolic links lead in a circle", (path) => symlinkSync(path, path)],
  ];
  for (const name of [...FILES, "log.holder.new"])
    for (const [clause, make] of name === "log.head" ? kinds : kinds.slice(0, 1)) {
      const folder = newFolder();
      // An empty folder, and one with a log.
      for (const isNew of [true, false]) {
        const path = join(folder, name);
        rmSync(path, { force: true });
        await make(path);
        const error = await openSqliteLog(folder).catch((fault: unknown) => fault as Error);
        t.is(logFaultKind(error), "unsuitable", `${name} ${clause}`);
        t.is((error as Error).message, `${path} cannot be used: ${clause}`);
        rmSync(path, { recursive: true });
        if (isNew) await (await openSqliteLog(folder)).close();
      }
    }
});
