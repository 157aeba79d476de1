/** The versions of Node that the command's entry takes, said to it by the process itself. */
import { fileURLToPath } from "node:url";
import test from "ava";
import { command as run } from "../process/command.ts";

test("bin.js runs under exactly the versions of Node that package.json names, and says which in one sentence", async (t) => {
  const bin = fileURLToPath(new URL("../bin.js", import.meta.url));
  const under = async (version: string): ReturnType<typeof run> => {
    const script = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "${version}" } });`;
    return run([process.execPath, "--import", `data:text/javascript,${encodeURIComponent(script)}`, bin, "--version"]);
  };
  for (const version of ["22.20.0", "22.31.1", "24.12.0", "24.21.0", "26.0.0", "27.3.0"]) {
    t.is((await under(version)).code, 0, version);
  }
  for (const version of ["18.20.4", "20.20.2", "22.19.9", "23.11.0", "24.0.0", "24.11.1", "25.9.0"]) {
    const { code, stderr } = await under(version);
    t.is(code, 2, version);
    t.regex(stderr, new RegExp(`^glazier needs Node 22 from .* \\(this is ${version}\\)\\.\n`), version);
  }
});
