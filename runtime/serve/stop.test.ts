/** A server that is asked to end answers what it has begun, refuses the rest, closes its log and ends with 0. */
import { join } from "node:path";
import test from "ava";
import { folder } from "../cli/testing.ts";
import { until } from "../lab/until.ts";
import { ServeProcess, TextClient } from "./testing/process.ts";
import { networkOf, MemoryJournal, NOW } from "./testing/server.ts";
import { Service, ServiceStopped } from "./service.ts";

const POLICY = "NewShare s for (*) [deny = True, requests <= 100000] on rootShare.\n";

test("what is begun is decided and durable, and what waits or comes is refused", async (t) => {
  const journal = new MemoryJournal();
  const network = networkOf(POLICY);
  const service = new Service(network, journal, { clock: () => NOW * 1000, changed: () => undefined });
  const { promise, resolve } = Promise.withResolvers<void>();
  journal.gate = promise;
  const say = (dstPort: number): Promise<unknown> =>
    service.say({ text: `deny(dstPort=${dstPort}, transport=TCP) on s.`, by: "root", via: "unix" });
  const begun = say(1);
  t.true(await until(() => Promise.resolve(journal.waiting > 0)));
  const waits = t.throwsAsync(say(2), { instanceOf: ServiceStopped });
  let isClosed = false;
  const closed = service.close().then(() => (isClosed = true));
  await waits;
  await t.throwsAsync(say(3), { instanceOf: ServiceStopped, message: "the server was stopped" });
  await t.throwsAsync(service.note({ kind: "config" }), { instanceOf: ServiceStopped });
  t.false(isClosed);
  resolve();
  t.like(await begun, { kind: "decided" });
  await closed;
  t.is(journal.records.length, 1);
  t.is(await service.atRest(() => network.admission.state.accepted.size), 1);
  t.is(service.fault, undefined, "it can still be read");
});

for (const signal of ["SIGTERM", "SIGINT"] as const)
  test(`${signal} while sixty sentences are said`, async (t) => {
    const cwd = folder(t, { "net.pane": POLICY });
    const socket = join(cwd, "socket");
    const words = ["net.pane", "--state", "state", "--socket", socket, "--http", "127.0.0.1:0"];
    const server = new ServeProcess(t, words, cwd);
    await server.printed(/serving at/);
    const { token } = server;
    const [, port] = /HTTP at port (\d+)/.exec(server.out)!;
    const clients = await Promise.all(Array.from({ length: 60 }, () => TextClient.login(socket, "root", token)));
    const idle = await TextClient.login(socket, "root", token);
    const answered: number[] = [];
    const refused: (string | undefined)[] = [];
    const body = JSON.stringify({ text: "@web deny(dstPort=7777, transport=TCP) on s." });
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const web = fetch(`http://127.0.0.1:${port}/v1/statements`, { method: "POST", headers, body }).then(
      async (reply) => [reply.status, await reply.text()] as const,
      (error: Error) => [0, error.message] as const,
    );
    const all = clients.map(async (client, i) => {
      for (let k = 0; ; k++) {
        const said = await client.say(`@p${i}_${k} deny(dstPort=${1 + i}, srcPort=${1 + k}, transport=TCP) on s.`);
        if (said?.startsWith("True") !== true) return void refused.push(said);
        answered.push(i * 100_000 + k);
      }
    });
    t.true(await until(() => Promise.resolve(answered.length > 100)));
    server.signal(signal);
    await Promise.all(all);
    t.is(await server.ended(), 0, server.err);
    t.regex(server.err, new RegExp(`${signal}: the server ends`));
    t.is(await idle.say("ListUsers."), undefined);
    t.deepEqual([...new Set(refused)], [undefined], "a line that is no reply, and then the end");
    const again = new ServeProcess(t, words, cwd);
    await again.printed(/serving at/);
    const reader = await TextClient.login(socket, "root", token);
    const listed = await reader.say("ListRequests on s.");
    const ids = [...listed!.matchAll(/^ (p(\d+)_(\d+)|web)\t/gm)];
    const [status, text] = await web;
    t.deepEqual(
      ids.flatMap(([, , i, k]) => (i === undefined ? [] : [Number(i) * 100_000 + Number(k)])).toSorted((a, b) => a - b),
      answered.toSorted((a, b) => a - b),
      "what is in force was answered",
    );
    t.is(
      ids.some(([, id]) => id === "web"),
      status === 200,
      text,
    );
    again.signal(signal);
    t.is(await again.ended(), 0, again.err);
  });
