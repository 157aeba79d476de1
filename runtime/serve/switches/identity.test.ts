/** The number of a state: kept, made anew where the file is not as it was written, refused where it is no file. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { LogError } from "../../log/log.ts";
import { must } from "../../process/command.ts";
import { stateId } from "./identity.ts";

test("a pipe in the place of a state's number is refused, and a number is kept", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "glazier-state-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "server.id");
  await must(["mkfifo", path]);
  const message = `${path} cannot be used: it is a named pipe and no regular file`;
  t.throws(() => stateId(folder), { instanceOf: LogError, message });
  rmSync(path);
  const id = stateId(folder);
  t.is(stateId(folder), id);
  writeFileSync(path, "none");
  t.not(stateId(folder), id);
});
