/** The client of the switch's database, against peers that keep to the protocol and peers that do not. */
import type { Socket } from "node:net";
import test, { type ExecutionContext } from "ava";
import { switchTest } from "../lab/test.ts";
import { SessionFault } from "../session/index.ts";
import { listen } from "../session/testing/peer.ts";
import { Database, readBridges, recordedMeters, recordMeters, type Bridge } from "./index.ts";
import { JsonFramer } from "./framer.ts";

interface Request {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** A client of a database that answers requests with `answer`. */
async function database(
  t: ExecutionContext,
  answer: (request: Request, socket: Socket) => void,
  patience = 5_000,
): Promise<Database> {
  const where = await listen(t, (socket) => {
    const framer = new JsonFramer();
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      for (const text of framer.push(chunk)) answer(JSON.parse(text) as Request, socket);
    });
  });
  const client = await Database.connect(where, patience);
  t.teardown(() => client.close());
  return client;
}

const say = (socket: Socket, message: object): void => void socket.write(JSON.stringify(message));

async function faultOf(t: ExecutionContext, promise: Promise<unknown>): Promise<string> {
  const fault = await t.throwsAsync(promise, { instanceOf: SessionFault });
  const { code, message } = (fault as SessionFault).diagnostic;
  return `${code} ${message.replaceAll(/`unix:[^`]*`/g, "DB")}`;
}

test("answers find their requests, in any order and in pieces", async (t) => {
  const waiting: Request[] = [];
  const client = await database(t, (request, socket) => {
    waiting.push(request);
    if (waiting.length < 3) return;
    const text = waiting
      .toReversed()
      .map(({ id, params }) => JSON.stringify({ id, result: params, error: null }))
      .join("");
    socket.write(text.slice(0, 30));
    setImmediate(() => socket.write(text.slice(30)));
  });
  const answers = await Promise.all([[1], [2], [3]].map((params) => client.call("echo", params)));
  t.deepEqual(answers, [[1], [2], [3]]);
});

test("an echo of the database is answered", async (t) => {
  let asked: Request | undefined;
  const client = await database(t, (message, socket) => {
    if (message.method === "transact") {
      asked = message;
      say(socket, { id: "echo", method: "echo", params: ["are you there"] });
    } else say(socket, { id: asked!.id, result: [message], error: null });
  });
  t.deepEqual(await client.transact([]), [{ id: "echo", result: ["are you there"], error: null }] as never);
});

test("one failed operation fails the whole transaction, with the database's reason", async (t) => {
  const result = [{ count: 1 }, { error: "constraint violation", details: "no such thing" }, null];
  const client = await database(t, ({ id }, socket) => say(socket, { id, result, error: null }));
  t.is(
    await faultOf(t, client.transact([])),
    "E962 the switch's database DB refuses the change: constraint violation: no such thing",
  );
});

test("a refused request leaves the connection open", async (t) => {
  const client = await database(t, ({ id, method }, socket) =>
    say(socket, method === "bad" ? { id, result: null, error: "unknown method" } : { id, result: 7, error: null }),
  );
  t.is(await faultOf(t, client.call("bad", [])), "E962 the switch's database DB refuses the change: unknown method");
  t.is(await client.call("good", []), 7);
});

const bad: Readonly<Record<string, (socket: Socket) => void>> = {
  "it ended the connection": (socket) => socket.end(),
  "it sends text outside of messages": (socket) => socket.write("hello"),
  "it sends what is not JSON": (socket) => socket.write("{no}"),
};

for (const [reason, behave] of Object.entries(bad)) {
  test(`when ${reason}, all waiting and later calls fail with that reason`, async (t) => {
    const client = await database(t, (_, socket) => behave(socket));
    const both = [client.call("one", []), client.call("two", [])];
    const lost = `E961 the switch's database DB is lost: ${reason}, before its answer to one`;
    t.deepEqual(await Promise.all(both.map((one) => faultOf(t, one))), [lost, lost]);
    t.is(await faultOf(t, client.call("three", [])), lost, "a later call");
  });
}

test("a call without an answer fails after the client's patience", async (t) => {
  const client = await database(t, () => undefined, 3_000);
  t.is(
    await faultOf(t, client.call("transact", [])),
    "E961 the switch's database DB is lost: no answer to transact within 3 s",
  );
});

test("a database that cannot be reached is a fault of ours, and no other exception", async (t) => {
  t.is(
    await faultOf(t, Database.connect("unix:/nowhere/db.sock")),
    "E960 the switch's database DB cannot be reached: there is no such socket",
  );
});

test("a configuration is done once the switch says that it runs it", async (t) => {
  const client = await database(t, ({ id, method, params }, socket) => {
    if (method === "transact") say(socket, { id, result: [{ count: 1 }, { rows: [{ next_cfg: 5 }] }], error: null });
    else if (method === "monitor") {
      const update = (cfg: number): object => ({ Open_vSwitch: { row: { new: { cur_cfg: cfg } } } });
      say(socket, { id, result: update(3), error: null });
      for (const cfg of [4, 5]) say(socket, { id: null, method: "update", params: [params[1], update(cfg)] });
    } else say(socket, { id, result: {}, error: null });
  });
  t.is((await client.configure([])).length, 2);
});

test("a switch that never runs its configuration is reported", async (t) => {
  const client = await database(
    t,
    ({ id, method }, socket) => {
      const result = method === "transact" ? [{ count: 1 }, { rows: [{ next_cfg: 5 }] }] : {};
      say(socket, { id, result, error: null });
    },
    2_000,
  );
  t.regex(await faultOf(t, client.configure([])), /E961 .* the switch does not take the configuration over/);
});

switchTest("a real database describes its bridges and keeps the record of our meters", async (t, start) => {
  const lab = await start({ switches: ["s1", "s2"] });
  const client = await Database.connect(lab.db);
  t.teardown(() => client.close());
  t.deepEqual(await readBridges(client, 99n), []);
  const read = async (): Promise<Bridge> => (await readBridges(client, 1n))[0]!;
  const bridge = await read();
  t.like(bridge, { name: "s1", failMode: "secure", userspace: true, datapath: "0000000000000001", stray: [] });
  t.deepEqual(
    bridge.ports.map(({ number, name }) => [number, name]),
    [1, 2, 3, 4].map((n) => [n, `s1-eth${n}`]),
  );
  t.like(bridge, { controllers: [], managers: [], inBandDisabled: true, apart: [] });
  await lab.vsctl(["set", "bridge", "s1", "external-ids:theirs=yes"]);
  for (const meters of [[3, 1], [2], []]) {
    await recordMeters(client, bridge, meters);
    t.deepEqual(
      [...recordedMeters(await read())],
      meters.toSorted((a, b) => a - b),
    );
    t.is((await read()).ids["theirs"], "yes");
  }
});
