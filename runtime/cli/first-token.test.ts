/** Root's token of a first start reaches whoever started it, and root's sentences in one breath make a user and her token. */
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import test from "ava";
import { ServeProcess } from "../serve/testing/process.ts";
import { clock, folder, glazier } from "./testing.ts";

const TOKEN = /^root's token, shown this once: (glz_\S+)$/m;

test("a first start that fails behind the log shows root's token all the same, and it opens the next start", async (t) => {
  const taken = createServer().listen(0, "127.0.0.1");
  t.teardown(() => taken.close());
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo;
  const faults = [
    ["--http", `127.0.0.1:${port}`],
    ["--text", `127.0.0.1:${port}`],
    ["--switch", "s9=unix:/nowhere"],
    ["--listen", "tcp:127.0.0.1:0"],
    ["--socket", "nowhere/socket"],
  ];
  for (const fault of faults) {
    const cwd = folder(t, { "net.pane": "default deny.\n" });
    const socket = join(cwd, "socket");
    const words = ["net.pane", "--state", "state", "--socket", socket];
    const failed = await glazier(cwd, ["serve", ...words, ...fault]);
    t.not(failed.exit, 0, fault.join(" "));
    // What does not fit the policy is known before there is a token.
    if (["--listen", "--switch"].includes(fault[0]!)) t.notRegex(failed.err, TOKEN, fault.join(" "));
    const server = new ServeProcess(t, words, cwd);
    await server.printed(/serving at/);
    // Where nothing was logged, the next start is the first.
    const token = (TOKEN.exec(failed.err) ?? TOKEN.exec(server.out))?.[1];
    t.truthy(token, `${fault.join(" ")}: ${failed.err}`);
    t.is(
      (
        await glazier(cwd, ["say", "ListUsers.", "--server", `unix:${socket}`, "--as", "root"], "", clock, {
          GLAZIER_TOKEN: token!,
        })
      ).exit,
      0,
      fault.join(" "),
    );
    await server.kill();
  }
});

test("`AddUser Eve.` and `token Eve.` said in one breath are carried out in that order", async (t) => {
  const cwd = folder(t, { "net.pane": "default deny. switch(s1, 1). switch(s2, 2).\n" });
  const socket = join(cwd, "socket");
  const server = new ServeProcess(
    t,
    ["net.pane", "--state", "state", "--socket", socket, "--switch", "s1=unix:none"],
    cwd,
  );
  await server.printed(/serving at/);
  await server.printed(/warning: s2: nothing that is said comes there, .* with --switch s2=TARGET, or with --listen\n/);
  const said = await glazier(
    cwd,
    ["say", "AddUser Eve.", "token Eve.", "token Bob.", "--server", `unix:${socket}`, "--as", "root"],
    "",
    clock,
    { GLAZIER_TOKEN: server.token },
  );
  t.regex(said.out, /^True\n accepted\n\nTrue\n glz_\S+\n\nFalse\n there is no user `Bob`/);
});
