/** How much of the log stays, as `serve` is told: a real server over several lives, and `audit` of what is left. */
import { join } from "node:path";
import test from "ava";
import { clock, folder, glazier } from "../../cli/testing.ts";
import { ServeProcess } from "../testing/process.ts";
import { talk } from "../testing/server.ts";
import { readRetention } from "./retention.ts";

const POLICY = "AddUser Alice. NewShare a for (dstHost=10.0.0.2) [deny = True] on rootShare. Grant a to Alice.\n";
/** So many records are worth a snapshot when a server ends, twice: the first waits, and the second finds it old enough. */
const PAIRS = 520;

for (const [words, isShortened] of [
  [["--keep-log", "3,0s"], true],
  [["--keep-log", "3,1d"], false],
] as const)
  test(`with ${words.join(" ")} records ${isShortened ? "go" : "stay"}`, async (t) => {
    const cwd = folder(t, { "net.pane": POLICY });
    const start = async (): Promise<ServeProcess> => {
      const server = new ServeProcess(t, ["net.pane", "--state", "state", "--socket", "socket", ...words], cwd);
      await server.printed(/serving at/);
      return server;
    };
    let token = "";
    for (const life of [1, 2]) {
      const server = await start();
      if (life === 1) ({ token } = server);
      const said = Array.from({ length: PAIRS }, () => "@d deny(dstHost=10.0.0.2) on a.\nCancel d.\n");
      const kept = `@kept${life} deny(dstHost=10.0.0.2, srcHost=10.0.0.${life}) on a.\n`;
      const replies = await talk(join(cwd, "socket"), `root ${token}\n${said.join("")}${kept}quit\n`);
      t.is(replies.match(/^True/gm)?.length, 2 * PAIRS + 1);
      server.signal("SIGTERM");
      t.is(await server.ended(), 0, server.err);
    }
    const audit = await glazier(cwd, ["audit", "state"], "", clock);
    t.is(audit.exit, 0, audit.err);
    t.is(/the records before \d+ are gone/.test(audit.out), isShortened, audit.out.slice(-500));
    await start();
    const all = await talk(join(cwd, "socket"), `root ${token}\nListRequests.\nquit\n`);
    t.regex(all, /^2;$/m, "whatever is gone, what was accepted stands");
  });

test("what says not both, how many records and how long, is refused with an example", async (t) => {
  const cwd = folder(t, { "net.pane": POLICY });
  for (const wrong of ["100", "100,", "100,30", "a,30d", "100,30d,1"]) {
    t.is(readRetention(wrong), undefined);
    const words = ["serve", "net.pane", "--state", "state", "--socket", "socket", "--keep-log", wrong];
    const refused = await glazier(cwd, words, "", clock);
    t.is(refused.exit, 2, wrong);
    t.regex(refused.err, /write both, such as 100000,30d/);
  }
  t.deepEqual(readRetention("5000,12h"), { records: 5000, seconds: 43_200 });
});
