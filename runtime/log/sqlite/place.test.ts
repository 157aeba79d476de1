/** A log refuses a file system that a program serves, on a real one. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import test from "ava";
import { testUnless } from "../../lab/test.ts";
import { command } from "../../process/command.ts";
import { logFaultKind } from "../log.ts";
import { noPython } from "../testing/children.ts";
import { newFolder, removeFolders } from "../testing/folders.ts";
import { fileURLToPath } from "node:url";
import { openSqliteLog } from "./sqlite-log.ts";

test.after.always(removeFolders);

function noFuse(): string | undefined {
  if (process.getuid?.() !== 0) return "not root";
  try {
    accessSync("/dev/fuse", constants.R_OK | constants.W_OK);
    return noPython;
  } catch {
    return "there is no /dev/fuse";
  }
}

testUnless(noFuse(), "a file system behind which a network may be is refused", async (t) => {
  t.timeout(60_000);
  const folder = newFolder();
  const program = fileURLToPath(new URL("../testing/fuse.py", import.meta.url));
  const server = spawn("python3", [program, folder], { stdio: ["ignore", "pipe", "inherit"] });
  t.teardown(async () => {
    await command(["umount", "-l", folder]);
    server.kill("SIGKILL");
  });
  await once(server.stdout, "data");
  const error = await openSqliteLog(folder).catch((fault: unknown) => fault as Error);
  t.is(logFaultKind(error), "unsuitable");
  t.regex(
    (error as Error).message,
    /lies on a network's file system \(FUSE, .*\), where locks and fsync are not reliable$/,
  );
});
