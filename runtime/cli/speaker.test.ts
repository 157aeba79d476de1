/** `query` on behalf of a user: what is reserved on a share is shown to its speakers. */
import test from "ava";
import { folder, glazier } from "./testing.ts";

const policy = `default allow.
AddUser Alice.
NewShare a for (*) [reserve <= 5Mb] on rootShare.
Grant a to Alice.
`;

test("GetSchedule and Available of a share are answered to its speakers only", async (t) => {
  const cwd = folder(t, { "a.pane": policy });
  const asked = async (text: string): Promise<readonly [number, string]> => {
    const { exit, out, err } = await glazier(cwd, ["query", text]);
    return [exit, `${err}${out}`];
  };
  for (const text of ["Available 1Mb for (*) on", "GetSchedule"]) {
    const [exit, printed] = await asked(`Alice: ${text} rootShare.`);
    t.is(exit, 1);
    t.true(printed.includes("`Alice` does not speak for share `rootShare`"), printed);
    for (const who of ["Alice: ", "root: ", ""]) t.is((await asked(`${who}${text} a.`))[0], 0, `${who}${text}`);
  }
  t.is((await asked("Alice: ListRequests on rootShare."))[0], 0);
  const [, wide] = await asked("Alice: Available 9Mb for (*) on a.");
  t.regex(wide, /^no +5Mb .*share a/m);
});
