/** A user who is removed: her tokens are nobody's, what she opened ends, and another user of her name is another person. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import test, { type ExecutionContext } from "ava";
import { until } from "../lab/until.ts";
import { MemoryStore } from "../log/testing/memory.ts";
import { frontOf, type TestFront } from "./http/testing/front.ts";
import { recordsBetween } from "./snapshot/records.ts";
import { live, snapshotFolder } from "./testing/lives.ts";
import { NOW } from "./testing/server.ts";
import { Tokens } from "./tokens.ts";

interface Talk {
  readonly socket: Socket;
  readonly all: () => string;
  /** Says it and resolves with what comes back until so many replies have come. */
  readonly say: (text: string, replies?: number) => Promise<string>;
}

async function opened(t: ExecutionContext, port: number, login: string): Promise<Talk> {
  let all = "";
  const socket = connect(port, "127.0.0.1").setEncoding("utf8");
  socket.on("data", (piece: string) => void (all += piece)).on("error", () => undefined);
  t.teardown(() => socket.destroy());
  socket.write(`${login}\n`);
  await until(() => Promise.resolve(all.includes("logged in") || all.includes("error")));
  const say = async (text: string, replies = 1): Promise<string> => {
    const from = all.length;
    socket.write(text);
    await until(() => Promise.resolve(all.slice(from).split("\n\n").length > replies || socket.destroyed));
    return all.slice(from);
  };
  return { socket, all: () => all, say };
}

const textPort = ({ server }: TestFront): Promise<number> =>
  server.text.listenOn({ host: "127.0.0.1", port: 0, tls: undefined });

test("a user who is removed is logged out, over each way, and her token opens nothing for whoever gets her name", async (t) => {
  const store = new MemoryStore();
  const front = await frontOf(t, { store });
  const port = await textPort(front);
  const root = await opened(t, port, `root ${await front.tokenOf("root")}`);
  t.regex(await root.say("AddUser Zoe.\n"), /^True/);
  const token = await front.tokenOf("Zoe");
  const zoe = await opened(t, port, `Zoe ${token}`);
  t.regex(await zoe.say("ListShares.\n"), /^\d+;/);
  const asZoe = { headers: { authorization: `Bearer ${token}` } };
  const stream = await fetch(`${front.url}/v1/events`, asZoe);
  t.is(stream.status, 200);
  // Refused, or taken back with all else of its transaction, it takes nothing away.
  const refused = await root.say("begin. RemoveUser Zoe. AddUser Zoe. RemoveUser Nobody. commit.\n");
  t.regex(refused, /^False/);
  t.is(refused.split("nothing of this transaction").length, 2, "once, however many statements were in it");
  t.is((await front.ask("/v1/shares", asZoe)).status, 200);
  t.regex(await zoe.say("ListShares.\n"), /^\d+;/);

  const closed = once(zoe.socket, "close");
  t.regex(await root.say("RemoveUser Zoe.\n"), /^True/);
  await closed;
  t.regex(zoe.all(), /error: the user was removed\n$/);
  // However the client sees its end.
  await stream.text().catch(() => "");
  t.is((await front.ask("/v1/shares", asZoe)).status, 401);
  t.regex((await opened(t, port, `Zoe ${token}`)).all(), /do not belong together/);

  t.regex(await root.say("AddUser Zoe.\n"), /^True/);
  t.is((await front.ask("/v1/shares", asZoe)).status, 401);
  t.regex((await opened(t, port, `Zoe ${token}`)).all(), /do not belong together/);
  front.tokens.delete("Zoe");
  const other = await front.tokenOf("Zoe");
  t.regex((await opened(t, port, `Zoe ${other}`)).all(), /logged in/);

  await front.stop();
  const later = await frontOf(t, { store });
  const again = await textPort(later);
  t.regex((await opened(t, again, `Zoe ${token}`)).all(), /do not belong together/);
  t.regex((await opened(t, again, `Zoe ${other}`)).all(), /logged in/);
});

test("what a removed user has said and what was not decided yet is not decided for the next of her name", async (t) => {
  const store = new MemoryStore();
  const front = await frontOf(t, { store });
  const port = await textPort(front);
  const root = await opened(t, port, `root ${await front.tokenOf("root")}`);
  t.regex(await root.say("AddUser Zoe. Grant bobAC to Zoe.\n", 2), /^True[^]*True/);
  const headers = { authorization: `Bearer ${await front.tokenOf("Zoe")}` };
  const gate = Promise.withResolvers<void>();
  const before = front.appends;
  front.hold = gate.promise;
  root.socket.write("AddUser Late.\n");
  await until(() => Promise.resolve(front.appends > before));
  const asked = Array.from({ length: 20 }, (_, i) => {
    const text = `@z${i} deny(dstHost=10.0.0.9, dstPort=${i}, transport=TCP) on bobAC.`;
    return front.ask("/v1/statements", { body: { text }, headers });
  });
  root.socket.write("RemoveUser Zoe. AddUser Zoe. Grant bobAC to Zoe.\n");
  gate.resolve();
  // Each was decided while she was a user, or not at all.
  for (const one of asked) t.true([200, 401, 408].includes((await one).status));
  await until(() => Promise.resolve(root.all().split("True").length > 5));
  t.regex(await root.say("ListUsers.\n"), /Zoe/);
  const log = store.open();
  const texts: string[] = [];
  for await (const records of recordsBetween(log, 0, (await log.end()).at))
    for (const { by, text } of records) texts.push(`${by as string}: ${text as string}`);
  const removed = texts.indexOf("root: RemoveUser Zoe.");
  t.true(removed > 0);
  t.deepEqual(
    texts.slice(removed).filter((one) => one.startsWith("Zoe")),
    [],
  );
});

test("a token whose user has left the files opens nothing until she is back", async (t) => {
  const store = new MemoryStore();
  const policy = "AddUser Alice. NewShare a for (dstHost=10.0.0.2) [deny = True] on rootShare. Grant a to Alice.\n";
  const one = await frontOf(t, { store, policy });
  const token = await one.tokenOf("Alice");
  await one.stop();
  const two = await frontOf(t, { store, policy: "AddUser Bob.\n" });
  const asked = { headers: { authorization: `Bearer ${token}` } };
  t.deepEqual((await two.ask("/v1/shares", asked)).body, {
    error: { code: "unauthorized", message: "there is no user `Alice` any more" },
  });
  t.regex((await opened(t, await textPort(two), `Alice ${token}`)).all(), /error: there is no user `?Alice`? any more/);
  await two.stop();
  const three = await frontOf(t, { store, policy });
  t.is((await three.ask("/v1/shares", asked)).status, 200);
});

test("a snapshot and a log that goes on behind it know of no token of a removed user", async (t) => {
  const [store, folder] = [new MemoryStore(), snapshotFolder(t)];
  const policy = "AddUser Alice.\n";
  const one = await live(t, store, policy, folder);
  t.regex(await one.say("AddUser Zoe."), /^True/);
  const made = await one.service.say({ text: "token Zoe.", tokenOf: "Zoe", by: "root", via: "unix" });
  t.is(made.kind, "token");
  const token = made.kind === "token" && "token" in made.made ? made.made.token : "";
  const two = await live(t, store, policy, folder);
  t.true(two.started.tokens.admits("Zoe", token));
  t.regex(await two.say("RemoveUser Zoe."), /^True/);
  t.regex(await two.say("AddUser Zoe."), /^True/);
  t.false((await live(t, store, policy, folder)).started.tokens.admits("Zoe", token));
  const three = await live(t, store, policy, folder);
  await three.keeper.take();
  t.false((await live(t, store, policy, folder, { now: NOW + 9 })).started.tokens.admits("Zoe", token));
});

test("`token` is decided in its place among the sentences of its connection", async (t) => {
  const front = await frontOf(t);
  const port = await textPort(front);
  const root = await opened(t, port, `root ${await front.tokenOf("root")}`);
  t.regex(
    await root.say("AddUser Gina.\ntoken Gina.\nRemoveUser Gina.\n", 3),
    /^True\n accepted\n\nTrue\n glz_\S+\n\nTrue/,
  );
  const mia = await root.say("AddUser Mia. RemoveUser Mia. token Mia. AddUser Mia.\n", 4);
  t.regex(mia, /^True\n accepted\n\nTrue\n accepted\n\nFalse\n[^]*there is no user `Mia`[^]*\n\nTrue\n accepted/);
  const [, gone] = /(glz_\S+)/.exec(await root.say("AddUser Ida. token Ida. RemoveUser Ida. AddUser Ida.\n", 4))!;
  t.regex((await opened(t, port, `Ida ${gone}`)).all(), /do not belong together/);
});

test("what was opened in the name of a user ends with her, with a token or without, and once alone", (t) => {
  const tokens = new Tokens();
  tokens.add("Zoe", "d");
  const ended: string[] = [];
  tokens.whenUserRemoved("Zoe", () => void ended.push("one"));
  const over = tokens.whenUserRemoved("Zoe", () => void ended.push("two"));
  over();
  tokens.removeUser("Zoe");
  t.deepEqual(ended, ["one"]);
  t.deepEqual(tokens.of("Zoe"), []);
});
