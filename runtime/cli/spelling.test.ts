/** A file is read once, even if two spellings of its path name it. */
import { join } from "node:path";
import test from "ava";
import { folder, glazier } from "./testing.ts";

test("two spellings of one file, on the command line and in an include, are one file", async (t) => {
  const cwd = folder(t, {
    "a.pane": 'default deny.\ninclude "b.pane".\n',
    "b.pane": "@q allow(dstPort=80) both ways on rootShare.\n",
  });
  const { exit, out, err } = await glazier(cwd, ["check", "b.pane", join(cwd, "b.pane"), "a.pane"]);
  t.deepEqual([exit, out, err], [0, "1 statement: 1 accepted\n", ""]);
});
