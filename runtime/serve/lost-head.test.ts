/** What the log says of itself while it is opened is said by the server, too: it may be the only word of a lost end. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { folder } from "../cli/testing.ts";
import { ServeProcess } from "./testing/process.ts";

test("a start without the kept length of the log says that a lost end would not be seen", async (t) => {
  t.timeout(120_000);
  const cwd = folder(t, { "net.pane": "AddUser Alice.\n" });
  const words = ["net.pane", "--state", "state", "--socket", join(cwd, "socket")];
  const first = new ServeProcess(t, words, cwd);
  await first.printed(/serving at/);
  await first.kill();
  t.notRegex(first.err, /log\.head/);
  rmSync(join(cwd, "state", "log.head"));
  const second = new ServeProcess(t, words, cwd);
  await second.printed(/serving at/);
  await second.printed(/warning: .*log\.head is missing, so it was not checked whether the end of the log is lost/);
  await second.kill();
  const third = new ServeProcess(t, words, cwd);
  await third.printed(/serving at/);
  t.notRegex(third.err, /log\.head/, "from then on it is kept again");
});
