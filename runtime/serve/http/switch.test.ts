/** Over HTTP to a real switch: hosts' own packets decide. */
import { join } from "node:path";
import { folder } from "../../cli/testing.ts";
import { factsOf } from "../../lab/lab.ts";
import { switchTest } from "../../lab/test.ts";
import { until } from "../../lab/until.ts";
import { ServeProcess } from "../testing/process.ts";

switchTest(
  "what is accepted over HTTP is in force; a server is ready when its switch has the table",
  async (t, start) => {
    const lab = await start();
    const network = `default allow.
AddUser Alice.
NewShare alice for (dstHost=10.0.0.4) [deny = True] on rootShare.
Grant alice to Alice.
${factsOf(lab)}`;
    const cwd = folder(t, { "net.pane": network });
    const words = ["net.pane", "--switch", lab.mgmt, "--db", lab.db, "--take-over", "--state", "state"];
    const server = new ServeProcess(t, [...words, "--socket", join(cwd, "socket"), "--http", "127.0.0.1:0"], cwd);
    await server.printed(/serving at/);
    const url = `http://127.0.0.1:${/^HTTP at port (\d+)$/m.exec(server.out)![1]!}`;
    const post = async (path: string, token: string, body: object): Promise<Record<string, unknown>> => {
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      const response = await fetch(url + path, { method: "POST", headers, body: JSON.stringify(body) });
      return (await response.json()) as Record<string, unknown>;
    };
    const isReady = async (): Promise<boolean> => (await fetch(`${url}/readyz`)).status === 200;
    t.true(await until(isReady));
    const reached = (from: string): Promise<boolean> => lab.ping(from, "bob", { timeout: 300 });
    t.true(await reached("eve"));
    const { token } = (await post("/v1/tokens", server.token, { name: "Alice" })) as { token: string };
    const say = async (text: string): Promise<unknown> => (await post("/v1/statements", token, { text }))["accepted"];
    t.true(await say("@eve deny(srcHost=10.0.0.3, dstHost=10.0.0.4) on alice."));
    t.true(await until(async () => !(await reached("eve"))));
    t.true(await reached("alice"));
    t.false(await say("deny(srcHost=10.0.0.3, dstHost=10.0.0.2) on alice."));
    t.true(await lab.ping("eve", "alice", { timeout: 300 }), "what was rejected is not in force");
    t.true(await say("Cancel eve."));
    t.true(
      await until(async () => {
        await lab.flushNeighbours();
        return reached("eve");
      }),
    );
    // root hears what becomes of the switch; a speaker hears of her own statements alone.
    const cut = new AbortController();
    t.teardown(() => cut.abort());
    const listen = async (bearer: string): Promise<() => string> => {
      const headers = { authorization: `Bearer ${bearer}` };
      const { body } = await fetch(`${url}/v1/events`, { headers, signal: cut.signal });
      let all = "";
      const read = async (): Promise<void> => {
        for await (const piece of body!.pipeThrough(new TextDecoderStream())) all += piece;
      };
      read().catch(() => undefined);
      return () => all;
    };
    const [root, alice] = [await listen(server.token), await listen(token)];
    await lab.restart();
    const told =
      /event: switch\ndata: \{"switch":"s1","state":"away","faults":\[\{"code":"E95\d".*"state":"held","added":/s;
    t.true(await until(() => told.test(root())), root());
    t.true(await until(isReady));
    t.true(await say("@late deny(srcHost=10.0.0.3, dstHost=10.0.0.4) on alice."));
    t.true(await until(() => alice().includes("event: say")));
    t.notRegex(alice(), /event: switch/);
  },
);

switchTest(
  "a switch that lets on what is denied beside its table keeps the server unready, and says why",
  async (t, start) => {
    const lab = await start();
    await lab.vsctl(["set-fail-mode", "s1", "standalone"]);
    const cwd = folder(t, { "net.pane": `default deny.\n${factsOf(lab)}` });
    const words = [
      "net.pane",
      "--switch",
      lab.mgmt,
      "--db",
      lab.db,
      "--state",
      "state",
      "--socket",
      join(cwd, "socket"),
    ];
    const server = new ServeProcess(t, [...words, "--http", "127.0.0.1:0"], cwd);
    await server.printed(/serving at/);
    const url = `http://127.0.0.1:${/^HTTP at port (\d+)$/m.exec(server.out)![1]!}/readyz`;
    const opened =
      "1 of 1 switch: what is denied, led, limited or reserved may pass there as if it were not, by entries or settings of others or for want of ours";
    const isOpen = async (): Promise<boolean> => (await (await fetch(url)).text()).includes(opened);
    t.true(await until(isOpen));
    t.is((await fetch(url)).status, 503);
    const advice = /`ovs-vsctl (set-fail-mode s1 secure)`/.exec(server.err + server.out);
    await lab.vsctl(advice![1]!.split(" "));
    t.true(await until(async () => (await fetch(url)).status === 200));
    t.deepEqual(await (await fetch(url)).json(), {
      ready: true,
      log: true,
      tables: true,
      switches: { all: 1, held: 1, lacking: 0, opened: 0 },
      reasons: [],
    });
  },
);
