/** Whatever may have the name of a file is opened without waiting, and refused in words, unless it is a regular file. */
import { execFileSync } from "node:child_process";
import { constants, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync, closeSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { NoRegularFile, openRegular, readRegular, readRegularMeanwhile, refuseIrregular } from "./regular-file.ts";

test("a pipe, a folder, a device, a socket and links in a circle are refused, and a file is read", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "glazier-regular-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const at = (name: string): string => join(folder, name);
  execFileSync("mkfifo", [at("pipe")]);
  mkdirSync(at("folder"));
  symlinkSync("/dev/zero", at("device"));
  symlinkSync(at("circle"), at("circle"));
  const server = createServer().listen(at("socket"));
  t.teardown(() => server.close());
  await once(server, "listening");
  const expected = {
    pipe: "it is a named pipe and no regular file",
    folder: "it is a folder",
    device: "it is a device and no regular file",
    socket: "it is a socket and no regular file",
    circle: "its symbolic links lead in a circle",
  };
  for (const [name, message] of Object.entries(expected)) {
    const refused = { instanceOf: NoRegularFile, message };
    t.throws(() => readRegular(at(name)), refused);
    await t.throwsAsync(readRegularMeanwhile(at(name)), refused);
    t.throws(() => openRegular(at(name), constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC), refused);
    t.throws(() => refuseIrregular(at(name)), refused);
  }
  writeFileSync(at("file"), "some");
  symlinkSync(at("file"), at("link"));
  for (const name of ["file", "link"]) {
    t.is(readRegular(at(name)).toString(), "some");
    t.is((await readRegularMeanwhile(at(name))).toString(), "some");
    t.throws(() => readRegular(at(name), 3), { instanceOf: RangeError });
  }
  t.notThrows(() => refuseIrregular(at("none")));
  t.throws(() => readRegular(at("none")), { code: "ENOENT" });
  closeSync(openRegular(at("none"), constants.O_WRONLY | constants.O_CREAT));
  t.is(readRegular(at("none")).length, 0);
});
