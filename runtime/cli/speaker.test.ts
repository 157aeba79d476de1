/** `query` on behalf of a user: what is reserved on a share is shown to those who speak for it. */
import test from "ava";
import { folder, glazier } from "./testing.ts";

const policy = `default allow.
AddUser Alice.
NewShare a for (*) [reserve <= 5Mb] on rootShare.
Grant a to Alice.
`;

test("what is reserved on a share is told to those who speak for it", async (t) => {
  const cwd = folder(t, { "a.pane": policy });
  const asked = async (text: string): Promise<readonly [number, string]> => {
    const { exit, out, err } = await glazier(cwd, ["query", text]);
    return [exit, `${err}${out}`];
  };
  for (const text of ["Available 1Mb for (*) on", "GetSchedule"]) {
    const [exit, said] = await asked(`Alice: ${text} rootShare.`);
    t.is(exit, 1);
    t.true(said.includes("`Alice` does not speak for share `rootShare`"), said);
    for (const who of ["Alice: ", "root: ", ""]) t.is((await asked(`${who}${text} a.`))[0], 0, `${who}${text}`);
  }
  t.is((await asked("Alice: ListRequests on rootShare."))[0], 0);
  const [, wide] = await asked("Alice: Available 9Mb for (*) on a.");
  t.regex(wide, /^no +5Mb .*share a/m);
});
