/** The text protocol over a real socket, as people and programs speak it. */
import { connect } from "node:net";
import { duplexPair } from "node:stream";
import test from "ava";
import { until } from "../lab/until.ts";
import { Sentences } from "./sentences.ts";
import { quiet, serverOf, talk } from "./testing/server.ts";
import { converse, TEXT_BOUNDS } from "./text-connection.ts";

/** The seed's shares (section 4.2). */
const PAPER = `
AddUser Alice. AddUser Bob.
NewShare aliceBW for (user=Alice) [reserve <= 10Mb] on rootShare.
Grant aliceBW to Alice.
NewShare aliceAC for (dstHost=10.0.0.2) [deny = True] on rootShare.
Grant aliceAC to Alice.
`;

test("the conversation of section 4.2", async (t) => {
  const { path, journal } = await serverOf(t, PAPER);
  const said = await talk(
    path,
    "Alice secret\n",
    "reserve(user=Alice,dstPort=80) = 5Mb on aliceBW from +20min to +30min.\n",
    "deny(dstHost=10.0.0.2, srcHost=10.0.0.3) on aliceAC from now to +5min.\n",
    "deny(dstHost=10.0.0.4,\n  srcHost=10.0.0.3)\n on aliceAC. allow(dstHost=10.0.0.2, srcHost=10.0.0.3) on aliceAC.\n",
    "ListRequests on aliceAC.\nquit\n",
  );
  t.is(
    said,
    `Login: logged in
True
 admitted, not guaranteed
   not guaranteed, because no fact says what switches there are: \`r1\`
 id: r1

True
 accepted
 id: r2

False
 rejected: the flowgroup is not inside share \`aliceAC\`, which holds (dstHost=10.0.0.2) [outside-share]
   share \`aliceAC\` is made at net.pane:5:1
   for example: srcHost=10.0.0.3, dstHost=10.0.0.4, ethType=IPv4 at 2026-12-01T09:00:00Z
   shares walked: aliceAC → rootShare
   nothing near it would be accepted

False
 rejected: share \`aliceAC\` grants no \`allow\`, only \`deny\` [no-privilege]
   share \`aliceAC\` is made at net.pane:5:1
   shares walked: aliceAC → rootShare
   nothing near it would be accepted

1;
 r2\tdeny\taliceAC\tAlice\t(srcHost=10.0.0.3, dstHost=10.0.0.2)\t2026-12-01T09:00:00Z\t2026-12-01T09:05:00Z\tdeny(dstHost=10.0.0.2, srcHost=10.0.0.3) on aliceAC from now to +5min.

`,
  );
  t.is(journal.records.length, 4, "a query is not recorded");
});

test("what cannot be read gets the diagnostics of `check`, and the conversation goes on", async (t) => {
  const { path, journal } = await serverOf(t, PAPER);
  const said = await talk(path, "Alice x\ndeny(dstHots=10.0.0.2) on aliceAC.\nBob: ListShares.\nListUsers.\n");
  t.is(
    said,
    `Login: logged in
False
 error[E120]: \`dstHots\` is not a field of a flow
  --> r1:1:6
   |
 1 | deny(dstHots=10.0.0.2) on aliceAC.
   |      ^^^^^^^
   |
   = help: did you mean \`dstHost\`?

False
 error[E273]: \`Alice\` does not speak as \`Bob\`
  --> r1:1:1
   |
 1 | Bob: ListShares.
   | ^^^

3;
 Alice\taliceAC, aliceBW
 Bob\t-
 root\trootShare, aliceAC, aliceBW

`,
  );
  t.is(journal.records.length, 0);
});

test("sentences in any pieces are the same sentences", async (t) => {
  const text = `Alice x\n@a deny(dstHost=10.0.0.2, srcHost=10.0.0.7) on aliceAC. // done. all.\n
/* no. statement. */ begin. @b deny(dstHost=10.0.0.2, srcPort=1-2) on aliceAC.
@"c. d" deny(dstHost=10.0.0.2, dstPort=7) on aliceAC. commit. # end
Cancel a. ListRequests.`;
  const whole = await talk((await serverOf(t, PAPER)).path, text);
  t.regex(whole, /^2;/m);
  const bytes = await talk((await serverOf(t, PAPER)).path, ...text.split(""));
  t.is(bytes, whole);
});

test("a policy is one sentence, which is refused once", async (t) => {
  const { path } = await serverOf(t, PAPER);
  const policy = "policy q as guard { deny <= dstPort = 23. // }\n deny <= dstPort = 24. }";
  const said = await talk(path, `root x\n${policy}\nListUsers.\nbegin. ${policy} AddUser Eve. commit.\nListUsers.\n`);
  t.deepEqual(
    said.split("\n").filter((line) => /^\S/.test(line) || line.includes("error")),
    [
      "Login: logged in",
      "False",
      " error[E271]: `policy` is part of the policy's files, and no statement to a running network",
      "3;",
      "False",
      " error[E271]: `policy` is part of the policy's files, and no statement to a running network",
      "3;",
    ],
  );
  const typo = await talk(
    path,
    "root x\nNewShare a for (dstHost=10.0.0.2) [waypoint = {s1] on rootShare.\nListUsers.\n",
  );
  t.regex(typo, /^False\n[^]*^3;$/m, "an open brace elsewhere swallows nothing");
});

test("a comment that begins with a star and a stroke hides what it holds", async (t) => {
  const { path } = await serverOf(t, PAPER);
  const said = await talk(path, "root x\n/*/ deny(dstHost=10.0.0.2) on nowhere. */ ListUsers.\n");
  t.regex(said, /^Login: logged in\n3;\n/);
});

test("quotes that are left open are read once, and not once for each quote in them", (t) => {
  const milliseconds = (count: number): number => {
    const before = process.cpuUsage();
    new Sentences().push(`"${'\\"'.repeat(count)}\na.\n`);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  };
  // The least of several is the time of the work itself. Read anew from each quote, four times the text took 16 times as long.
  const least = (count: number): number => Math.min(...Array.from({ length: 4 }, () => milliseconds(count)));
  const [one, four] = [least(7_500), least(30_000)];
  t.true(four < 12 * one + 30, `${one} ms, ${four} ms`);
});

test("what is left when a client has said all is answered", async (t) => {
  const { path, journal } = await serverOf(t, PAPER);
  t.regex(
    await talk(path, "root x\nListUsers.\nbegin. AddUser Eve.\n"),
    /\n\nFalse\n nothing of this was decided: `begin\.` has no `commit\.`\n\n$/,
  );
  t.regex(
    await talk(path, "Alice x\nListUsers.\n/* a slip\ndeny(dstHost=10.0.0.2) on aliceAC.\n"),
    /\n\nFalse\n nothing of this was decided: a comment that begins with `\/\*` has no end\n\n$/,
  );
  t.regex(await talk(path, "root x\nAddUser Eve"), /in\nFalse\n nothing of this was decided: .* full stop\n\n$/);
  t.is(journal.records.length, 0);
  t.is(await talk(path, "root x\n// AddUser Eve\n"), "Login: logged in\n", "a comment is nothing");
});

test("a client that ends its half of the conversation is let go", async (t) => {
  const { path } = await serverOf(t, PAPER, { login: 60_000 });
  t.is(await talk(path, "Ali"), "Login: error: no login came\n");
  t.is(await talk(path), "Login: error: no login came\n");
});

test("a client that does not read, or stays after its `quit`, is let go", async (t) => {
  const { path, server } = await serverOf(t, PAPER, { idle: 200 });
  const open = (): Promise<number> => new Promise((resolve) => server.getConnections((_, count) => resolve(count)));
  const deaf = connect(path).pause();
  t.teardown(() => deaf.destroy());
  deaf.on("error", () => undefined);
  deaf.write(`Alice x\n${"ListShares.\n".repeat(20_000)}`);
  const lingering = connect({ path, allowHalfOpen: true });
  t.teardown(() => lingering.destroy());
  lingering.on("error", () => undefined).resume();
  lingering.write("Alice x\nquit\n");
  t.true(await until(async () => (await open()) === 2));
  t.true(await until(async () => (await open()) === 0));
});

test("what clients said that are gone is not decided, and all others have their turns", async (t) => {
  const { path, journal } = await serverOf(t, PAPER);
  const { promise, resolve } = Promise.withResolvers<void>();
  journal.gate = promise;
  await Promise.all(Array.from({ length: 40 }, (_, i) => vanish(path, `Alice x${i}`)));
  const before = journal.records.length;
  const answered = talk(path, "root x\nAddUser Eve.\n").then(() => journal.records.length - before);
  resolve();
  t.true((await answered) < 600, `${await answered} of 12,000 were decided before`);
  t.true(await until(async () => /^\d+;/m.test(await talk(path, "root x\nListUsers.\n"))));
  t.true(journal.records.length < 1_000, `${journal.records.length} of 12,000 were decided`);
});

test("of one connection 32 sentences wait for their answers, and more are read once there is room", async (t) => {
  const { path, journal, said } = await serverOf(t, PAPER);
  const gate = Promise.withResolvers<void>();
  journal.gate = gate.promise;
  const much = talk(path, `Alice x\n${"deny(dstHost=10.0.0.2) on aliceAC.\n".repeat(200)}`);
  t.true(await until(() => Promise.resolve(said.length >= 32)));
  // Another connection is read meanwhile, to its end.
  const other = talk(path, "Bob x\nListUsers.\nquit\n");
  t.true(await until(() => Promise.resolve(said.some(({ by }) => by === "Bob"))));
  t.is(said.filter(({ by }) => by === "Alice").length, 32);
  gate.resolve();
  t.is((await much).match(/^(?:True|False)$/gm)?.length, 200);
  t.regex(await other, /\n\d+;\n/);
});

test("one who says much leaves others their turns", async (t) => {
  const { path, journal, said } = await serverOf(t, PAPER, { open: 10_000 });
  const { promise, resolve } = Promise.withResolvers<void>();
  journal.gate = promise;
  const much = talk(path, `Alice x\n${"deny(dstHost=10.0.0.2) on aliceAC.\n".repeat(2_000)}`);
  t.true(await until(() => Promise.resolve(said.length === 2_000)));
  const others = ["root", "Bob", "Alice"].map((name) => talk(path, `${name} x\nListUsers.\n`));
  // All others wait behind what was said before them, of which a first batch is decided.
  t.true(await until(() => Promise.resolve(said.length === 2_003)));
  resolve();
  await Promise.all(others);
  for (const { by, durable } of said.slice(-3)) t.true(durable! <= 2 * 256, `${by}: ${durable}`);
  t.is((await much).match(/^(?:True|False)$/gm)?.length, 2_000);
});

test("notes stand in replies, as `check` gives them", async (t) => {
  const { path } = await serverOf(
    t,
    `${PAPER}NewShare l for (*) [limit <= 1Gb] on rootShare. @low limit(dstHost=10.0.0.2) = 1Mb on l.`,
  );
  t.regex(
    await talk(path, "root x\nlimit(dstHost=10.0.0.2) = 5Mb on l.\n"),
    /True\n accepted\n   never takes effect: `low` limits all of these flows to 1Mb already\n id: r1\n/,
  );
});

test("a reply leaves when the decision is durable, and what waits is written together", async (t) => {
  const { path, journal } = await serverOf(t, PAPER);
  const { promise, resolve } = Promise.withResolvers<void>();
  journal.gate = promise;
  let said = "";
  const ended = talk(path, `Alice x\n${"deny(dstHost=10.0.0.2) on aliceAC.\n".repeat(100)}`).then(
    (all) => (said = all),
  );
  // A query of another connection waits too: it could show what is not durable yet.
  const other = talk(path, "Bob x\nListRequests.\n");
  t.is(await Promise.race([ended, other, new Promise((later) => setImmediate(() => later("neither")))]), "neither");
  resolve();
  await ended;
  t.is(said.match(/^True$/gm)?.length, 100);
  t.is(
    journal.batches.reduce((sum, one) => sum + one),
    100,
  );
  // A batch ends after some milliseconds, so a slow machine makes more of them.
  t.true(journal.batches.length < 100, journal.batches.join());
  t.regex(await other, /^\d+;/m);
});

test("what is beyond a bound gets one line, and the connection ends", async (t) => {
  const { path } = await serverOf(t, PAPER);
  const long = await talk(path, `Alice x\ndeny(dstHost=10.0.0.2) on ${"a".repeat(70_000)}`);
  t.is(long, "Login: logged in\nerror: a statement has at most 65536 characters\n");
  // Whole in one piece, with its full stop.
  const pieces = new Sentences();
  t.deepEqual(pieces.push(`${" ".repeat(9)}a${"b".repeat(65_534)}. c.\n`), [`a${"b".repeat(65_534)}.`, "c."]);
  t.throws(() => pieces.push(`deny(${" ".repeat(65_536)}dstPort=1) on net0.\n`), { message: /at most 65536/ });
  t.is(await talk(path, "a".repeat(2_000)), "Login: error: a login has at most 1000 characters\n");
  t.is(await talk(path, "Alice x\n", Buffer.from([0xc3, 0x28])), "Login: error: this is not UTF-8\n");
  const hasty = await serverOf(t, PAPER, { login: 50 });
  t.is(await quiet(hasty.path), "Login: error: no login came\n");
  const idle = await serverOf(t, PAPER, { idle: 50 });
  t.is(await quiet(idle.path, "Alice x\n"), "Login: logged in\nerror: nothing was said for long\n");
});

test("`quit` in a line of its own ends the conversation, whatever comes with it", async (t) => {
  const { path } = await serverOf(t, PAPER);
  for (const quit of [
    "quit\nListUsers.\n",
    "quit\r\nListUsers.\n",
    "quit.\nListUsers.\n",
    "quit.ListUsers.\n",
    "quit\n",
  ])
    t.regex(await talk(path, `root x\nListUsers.${quit}`), /^Login: logged in\n\d+;\n(?: .*\n)+\n$/, quit);
});

test("root makes tokens, and nobody else does", async (t) => {
  const { path } = await serverOf(t, `${PAPER}\nAddUser "Bob B". AddUser "Al\\"ice". AddUser "\\\\".`);
  t.regex(
    await talk(path, 'root x\ntoken Alice.\ntoken "Bob B".\ntoken "Al\\"ice".\ntoken "\\\\".\nquit\n'),
    /^Login: logged in\n(?:True\n glz_\S+\n\n){4}$/,
  );
  t.regex(
    await talk(path, "root x\ntoken Alic.\n"),
    /False\n did you mean `Alice`\?\n there is no user `Alic`: `AddUser Alic\.` makes one\n/,
  );
  t.is(await talk(path, "Alice x\ntoken Bob.\n"), "Login: logged in\nFalse\n only root makes tokens\n\n");
});

test("Explain says why a request stands as it does, to root alone", async (t) => {
  const { path } = await serverOf(t, PAPER);
  const deny = "@mine deny(dstHost=10.0.0.2, srcHost=10.0.0.3) on aliceAC.";
  const said = await talk(path, `Alice x\n${deny}\nExplain mine.\nExplain nothing.\n`);
  t.regex(
    said,
    /^False\n explanations are root's\n\nFalse\n explanations are root's\n\n$/m,
    "whether there is one or not",
  );
  const told = await talk(path, "root x\nExplain mine.\nExplain nothing.\n");
  t.regex(
    told,
    /logged in\n2;\n Alice:mine: deny on aliceAC → rootShare, by Alice \(r1:1:1\)\n   granted \(.*10\.0\.0\.3.*\n\n/,
  );
  t.regex(told, /\nFalse\n there is no request `nothing`\n\n$/);
});

test("a label like the server's own names takes none of them", async (t) => {
  const { path } = await serverOf(t, PAPER);
  const said = await talk(
    path,
    "root x\n@r3 deny(dstHost=10.0.0.9) on rootShare.\ndeny(dstHost=10.0.0.2) on aliceAC.\ndeny(dstHost=10.0.0.2, dstPort=7) on aliceAC.\nCancel r3-2.\nListRequests.\nquit\n",
  );
  t.deepEqual(
    [...said.matchAll(/^ id: (.*)$/gm)].map(([, id]) => id),
    ["r3", "r2", "r3-2"],
  );
  t.regex(said, /^2;\n r3\t.*10\.0\.0\.9.*\n r2\t/m);
});

/** Logs in, says 300 sentences at once, and is gone. */
const vanish = (path: string, login: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect(path, () => socket.write(`${login}\n`));
    let read = "";
    socket.on("error", reject).on("close", () => resolve());
    socket.on("data", (piece) => {
      read += String(piece);
      if (!read.endsWith("logged in\n")) return;
      socket.write("deny(dstHost=10.0.0.2) on aliceAC.\n".repeat(300), () => socket.destroy());
    });
  });

test("a connection of which thirty sentences fail at once gets one line, and is let go once", async (t) => {
  const [client, here] = duplexPair();
  const { promise: failing, reject } = Promise.withResolvers<never>();
  failing.catch(() => undefined);
  let said = 0;
  const ended = converse(here, {
    login: (name) => name,
    say: () => {
      said++;
      return failing;
    },
    bounds: TEXT_BOUNDS,
  });
  let all = "";
  client.setEncoding("utf8").on("data", (text: string) => void (all += text));
  const before = here.listenerCount("close");
  let most = 0;
  here.on("newListener", () => (most = Math.max(most, here.listenerCount("close"))));
  client.write(`Alice secret\n${"ListShares.\n".repeat(30)}`);
  t.true(await until(() => Promise.resolve(said === 30)));
  reject(new Error("the server was stopped"));
  t.true(await until(() => Promise.resolve(here.writableEnded)));
  client.end();
  await ended;
  t.is(all, "Login: logged in\nerror: nothing is decided any more: the server was stopped\n");
  t.true(most <= before + 5, `${most} listeners beside ${before}`);
});
