/** The text protocol on ports: a real server as a process, spoken to over TCP and TLS, within the same bounds. */
import { chmodSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import test, { type ExecutionContext } from "ava";
import { clock, folder, glazier } from "../cli/testing.ts";
import { testUnless } from "../lab/test.ts";
import { until } from "../lab/until.ts";
import { command, must } from "../process/command.ts";
import { frontOf } from "./http/testing/front.ts";
import { ServeProcess } from "./testing/process.ts";
import { talk } from "./testing/server.ts";
import { TextListeners } from "./text-listeners.ts";

const missing = (await command(["openssl", "version"])).code === 0 ? undefined : "openssl is not installed";
const POLICY = "AddUser Alice. NewShare a for (dstHost=10.0.0.2) [deny = True] on rootShare. Grant a to Alice.\n";
const STATEMENT = "deny(dstHost=10.0.0.2, srcHost=10.0.0.3) on a.";

/** Lets in whoever comes, and decides nothing. */
const HOST = {
  login: (name: string) => name,
  say: () => Promise.reject(new Error("none")),
  isUser: () => true,
  whenRemoved: () => () => undefined,
  whenUserRemoved: () => () => undefined,
};

async function serving(t: ExecutionContext, cwd: string, ...words: string[]): Promise<readonly [ServeProcess, number]> {
  const server = new ServeProcess(t, ["net.pane", "--state", "state", "--socket", "socket", ...words], cwd);
  await server.printed(/serving at/);
  return [server, Number(/^the text protocol at port (\d+)$/m.exec(server.out)?.[1])];
}

/** Opens a connection, sends, and returns all that comes back until the server ends it. */
function say(port: number, text: string): Promise<string> {
  const socket = connect(port, "127.0.0.1").setEncoding("utf8");
  let all = "";
  return new Promise((resolve, reject) => {
    socket.on("data", (piece: string) => void (all += piece));
    socket.on("error", reject);
    socket.on("close", () => resolve(all));
    socket.write(text);
  });
}

test("the same is said over TCP and the socket, and the record says which way it came", async (t) => {
  const cwd = folder(t, { "net.pane": POLICY });
  const [server, port] = await serving(t, cwd, "--text", "127.0.0.1:0");
  t.is(await say(port, `root ${server.token}\n${STATEMENT}\nquit\n`), "Login: logged in\nTrue\n accepted\n id: r1\n\n");
  t.regex(await talk(join(cwd, "socket"), `root ${server.token}\nListRequests.\nquit\n`), /^1;\n r1\tdeny/m);
  t.is(await say(port, "root wrong\n"), "Login: error: the name and the token do not belong together\n");
  t.is(await say(port, "Alice\n"), "Login: error: a token is missing: here Alice logs in with `NAME TOKEN`\n");
  t.regex(await say(port, `root ${server.token}\ndeny(${"x".repeat(70_000)}`), /error: a statement has at most 65536/);
  const said = await glazier(
    cwd,
    ["say", "ListUsers.", "--server", `tcp:127.0.0.1:${port}`, "--as", "root"],
    "",
    clock,
    {
      GLAZIER_TOKEN: server.token,
    },
  );
  t.regex(said.out, /^2;\n Alice/);
});

/** The paths of a certificate of this machine and of its key. */
async function certificate(cwd: string): Promise<readonly [string, string]> {
  const made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  const named = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"];
  const [cert, key] = [join(cwd, "cert.pem"), join(cwd, "key.pem")];
  await must(["openssl", ...made, ...named, "-keyout", key, "-out", cert]);
  return [cert, key];
}

testUnless(
  missing,
  "TLS: what is not TLS is not answered, and `say` trusts the authority that it is given",
  async (t) => {
    const cwd = folder(t, { "net.pane": POLICY });
    const [cert, key] = await certificate(cwd);
    const open = ["--text", "0.0.0.0:0", "--anonymous", "Alice", "--tls-cert", cert, "--tls-key", key];
    const refused = await glazier(cwd, ["serve", "net.pane", "--state", "state", "--socket", "socket", ...open]);
    t.is(refused.exit, 2);
    t.regex(refused.err, /--anonymous: other machines/);
    const [server, port] = await serving(t, cwd, "--text", "0.0.0.0:0", "--tls-cert", cert, "--tls-key", key);
    const words = ["say", STATEMENT, "--server", `tls:127.0.0.1:${port}`, "--as", "root"];
    const env = { GLAZIER_TOKEN: server.token };
    t.is((await glazier(cwd, words, "", clock, env)).exit, 3, "an unknown authority is not trusted");
    t.is((await glazier(cwd, [...words, "--tls-ca", cert], "", clock, env)).out, "True\n accepted\n id: r1\n\n");
    t.notRegex(await say(port, `root ${server.token}\n`).catch(String), /log/i, "nothing is said without TLS");
    t.is((await glazier(cwd, [...words, "--tls-ca", cert], "", clock, env)).exit, 0, "and the server goes on");
  },
);

testUnless(missing, "TLS: a server that ends says so inside of it", async (t) => {
  const [cert, key] = (await certificate(folder(t, {}))).map((path) => readFileSync(path));
  const text = new TextListeners(HOST);
  t.teardown(() => text.stop());
  const port = await text.listenOn({ host: "127.0.0.1", port: 0, tls: { cert: cert!, key: key! } });
  const socket = connectTls({ host: "127.0.0.1", port, ca: cert! }).setEncoding("utf8");
  let all = "";
  const over = new Promise<void>((resolve, reject) => socket.on("error", reject).on("close", () => resolve()));
  socket.on("data", (piece: string) => void (all += piece)).write("Alice\n");
  t.true(await until(() => Promise.resolve(all.endsWith("logged in\n"))));
  const ended = text.end();
  await over;
  await ended;
  t.is(all, "Login: logged in\nerror: the server was stopped\n");
});

test("without TLS a port of other machines is refused, and so is a name without a token there", async (t) => {
  const cwd = folder(t, { "net.pane": POLICY });
  const words = ["serve", "net.pane", "--state", "state", "--socket", "socket"];
  const refused = async (...more: string[]): Promise<string> => {
    const { exit, err } = await glazier(cwd, [...words, ...more]);
    t.is(exit, 2, more.join(" "));
    return err;
  };
  t.regex(await refused("--text", "0.0.0.0:6640"), /--text: without TLS/);
  t.regex(await refused("--anonymous", "root"), /root speaks with a token alone/);
  t.regex(await refused("--socket-mode", "999"), /no mode/);
  t.regex((await glazier(cwd, ["say", "x.", "--server", "tcp:192.0.2.1:1", "--as", "a"])).err, /without TLS/);
});

test("the one who may speak without a token, and nobody else; the mode of the socket", async (t) => {
  const cwd = folder(t, { "net.pane": POLICY });
  const [, port] = await serving(t, cwd, "--text", "127.0.0.1:0", "--anonymous", "Alice", "--socket-mode", "600");
  t.is(statSync(join(cwd, "socket")).mode & 0o777, 0o600);
  t.regex(await say(port, `Alice\n${STATEMENT}\nquit\n`), /logged in\nTrue\n accepted/);
  t.regex(await say(port, "root\n"), /a token is missing: here root logs in with/);
  t.regex(await say(port, "Alice wrong\n"), /do not belong together/, "a wrong token is no missing one");
  t.regex(await say(port, "Alice\ntoken Bob.\nquit\n"), /only root makes tokens/);
});

test("a connection ends with the token that it was opened with, and what waits on it is not decided", async (t) => {
  const front = await frontOf(t);
  const { server } = front;
  const port = await server.text.listenOn({ host: "127.0.0.1", port: 0, tls: undefined });
  const made = async (): Promise<string> => ((await server.newToken("Bob", "root")) as { token: string }).token;
  const [mine, other] = [await made(), await made()];
  const open = async (token: string): Promise<{ readonly socket: Socket; readonly all: () => string }> => {
    let all = "";
    const socket = connect(port, "127.0.0.1").setEncoding("utf8");
    socket.on("data", (piece: string) => void (all += piece)).on("error", () => undefined);
    socket.write(`Bob ${token}\n`);
    t.true(await until(() => Promise.resolve(all.includes("logged in"))));
    return { socket, all: () => all };
  };
  const [thief, bob] = [await open(mine), await open(other)];
  const gate = Promise.withResolvers<void>();
  const before = front.appends;
  front.hold = gate.promise;
  bob.socket.write("@first deny(dstHost=10.0.0.9, dstPort=1, transport=TCP) on bobAC.\n");
  t.true(await until(() => Promise.resolve(front.appends > before)));
  thief.socket.write("@late deny(dstHost=10.0.0.9) on bobAC.\n");
  const closed = new Promise((resolve) => thief.socket.once("close", resolve));
  const revoked = server.revokeTokens("Bob", mine);
  await closed;
  gate.resolve();
  t.is(await revoked, 1);
  bob.socket.write("ListRequests.\n");
  t.true(await until(() => Promise.resolve(bob.all().includes(";"))));
  t.regex(bob.all(), /^1;\n first\t/m);
  t.notRegex(bob.all(), /late/);
  bob.socket.destroy();
});

test("connections in all, and of one speaker, have a bound; one that ended makes room", async (t) => {
  const bounds = { connections: 3, ofSpeaker: 2, login: 60_000 };
  const text = new TextListeners(HOST, bounds);
  const port = await text.listenOn({ host: "127.0.0.1", port: 0, tls: undefined });
  t.teardown(() => text.stop());
  const open = (name: string): Promise<() => Promise<void>> =>
    new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1").setEncoding("utf8");
      let all = "";
      socket.write(`${name}\n`);
      const end = (): Promise<void> => new Promise((ended) => socket.once("close", () => ended()).end("quit\n"));
      socket.on("error", reject).on("data", (piece: string) => {
        all += piece;
        if (all.includes("logged in")) resolve(end);
        else if (all.includes("error")) reject(new Error(all));
      });
    });
  const [first] = [await open("Alice"), await open("Alice")];
  await t.throwsAsync(open("Alice"), { message: /one speaker has at most 2 connections/ });
  await first();
  await open("Alice");
  await open("Bob");
  await t.throwsAsync(open("Bob"), { message: /too many connections/ });
});

/** A silent connection, with all that it was sent. */
async function silent(port: number): Promise<{ readonly socket: Socket; readonly all: () => string }> {
  let all = "";
  const socket = connect(port, "127.0.0.1").setEncoding("utf8");
  socket.on("data", (piece: string) => void (all += piece)).on("error", () => undefined);
  await until(() => Promise.resolve(all.includes("Login: ")));
  return { socket, all: () => all };
}

for (const [what, bounds] of [
  ["in all", { connections: 3 }],
  ["of one address", { ofPeer: 3 }],
] as const)
  test(`connections that are not logged in keep nobody out: the oldest makes room (${what})`, async (t) => {
    const heard: string[] = [];
    const text = new TextListeners(
      { ...HOST, login: (name) => (heard.push(name), name) },
      { ...bounds, login: 60_000 },
    );
    const port = await text.listenOn({ host: "127.0.0.1", port: 0, tls: undefined });
    t.teardown(() => text.stop());
    const [oldest, second, third] = [await silent(port), await silent(port), await silent(port)];
    const alice = await silent(port);
    t.true(await until(() => Promise.resolve(oldest.all().endsWith("this one was not logged in\n"))));
    alice.socket.write("Alice\n");
    t.true(await until(() => Promise.resolve(alice.all().includes("logged in\n"))));
    // What lost its place is not heard any more; others are.
    oldest.socket.write("Mallory\n");
    third.socket.write("Bob\n");
    t.true(await until(() => Promise.resolve(third.all().includes("logged in\n"))));
    t.deepEqual([second.all(), heard], ["Login: ", ["Alice", "Bob"]]);
    for (const { socket } of [oldest, second, third, alice]) socket.destroy();
  });

testUnless(missing, "TLS: a connection that is not logged in loses its place, and hears so inside of it", async (t) => {
  const [cert, key] = (await certificate(folder(t, {}))).map((path) => readFileSync(path));
  const text = new TextListeners(HOST, { connections: 1, login: 60_000 });
  t.teardown(() => text.stop());
  const port = await text.listenOn({ host: "127.0.0.1", port: 0, tls: { cert: cert!, key: key! } });
  const open = async (): Promise<{ readonly say: (words: string) => void; readonly all: () => string }> => {
    const socket = connectTls({ host: "127.0.0.1", port, ca: cert! }).setEncoding("utf8");
    let all = "";
    socket.on("error", () => undefined).on("data", (piece: string) => void (all += piece));
    t.teardown(() => void socket.destroy());
    t.true(await until(() => Promise.resolve(all.includes("Login: "))));
    return { say: (words) => void socket.write(words), all: () => all };
  };
  const [idle, alice] = [await open(), await open()];
  t.true(await until(() => Promise.resolve(idle.all().endsWith("this one was not logged in\n"))));
  alice.say("Alice\n");
  t.true(await until(() => Promise.resolve(alice.all().includes("logged in\n"))));
});

const noRoot = process.getuid?.() === 0 ? undefined : "not root";

testUnless(noRoot, "a user of this machine is one of the network at a socket that nobody else may open", async (t) => {
  const cwd = folder(t, { "net.pane": POLICY });
  chmodSync(cwd, 0o711);
  const who = ["--unix-user", "65534=Alice", "--unix-user", "root=root"];
  await serving(t, cwd, "--socket-mode", "666", "--text", "127.0.0.1:0", ...who);
  /** What a user of this machine hears there. */
  const hears = async (uid: number, path: string, text: string): Promise<string> => {
    const script = `const s = require("net").connect({ path: ${JSON.stringify(join(cwd, path))}, allowHalfOpen: true });
s.on("error", ({ code }) => console.log(code)).pipe(process.stdout);
s.end(${JSON.stringify(text)});`;
    const as = ["setpriv", `--reuid=${uid}`, `--regid=${uid}`, "--clear-groups", "--"];
    return must([...as, process.execPath, "-e", script]);
  };
  t.is(
    await hears(65_534, "socket.65534", `Alice\n${STATEMENT}\nquit\n`),
    "Login: logged in\nTrue\n accepted\n id: r1\n\n",
  );
  t.regex(await hears(65_534, "socket.65534", "root\n"), /error: without a token you are Alice here, and not root$/m);
  t.regex(
    await hears(65_534, "socket.65534", "Alice wrong\n"),
    /do not belong together/,
    "a token that is sent counts",
  );
  t.regex(await hears(65_534, "socket", "Alice\n"), /a token is missing/, "at the socket of all");
  for (const uid of [1, 65_533]) t.is(await hears(uid, "socket.65534", "Alice\nListShares.\n"), "EACCES\n");
  t.is(await hears(65_534, "socket.root", "root\nListShares.\n"), "EACCES\n");
  t.regex(await talk(join(cwd, "socket.root"), "root\ntoken Alice.\nquit\n"), /True\n glz_/);
});

test("which user of this machine is which is said once, of users that there are", async (t) => {
  const cwd = folder(t, { "net.pane": POLICY });
  const refused = async (...more: string[]): Promise<string> => {
    const { exit, err } = await glazier(cwd, ["serve", "net.pane", "--state", "state", "--socket", "socket", ...more]);
    t.is(exit, 2, more.join(" "));
    return err;
  };
  t.regex(await refused("--unix-user", "alice"), /alice does not say which user of this machine/);
  t.regex(await refused("--unix-user", "../x=Alice"), /does not say which user/);
  t.regex(await refused("--unix-user", "nobody-of-the-kind=Alice"), /this machine has no user nobody-of-the-kind/);
  t.regex(await refused("--unix-user", "0=Alice", "--unix-user", "0=Bob"), /0 is given twice/);
});

testUnless(noRoot, "a full disk: who waits for an answer, and who is silent, hears why there is none", async (t) => {
  const cwd = folder(t, { "net.pane": POLICY });
  mkdirSync(join(cwd, "state"));
  await must(["mount", "-t", "tmpfs", "-o", "size=900k", "glazier-serve", join(cwd, "state")]);
  t.teardown(() => command(["umount", "-l", join(cwd, "state")]));
  const [server, port] = await serving(t, cwd, "--text", "127.0.0.1:0");
  const idle = await silent(port);
  idle.socket.write(`root ${server.token}\n`);
  t.true(await until(() => Promise.resolve(idle.all().includes("logged in\n"))));
  const long = `deny(srcHost={${Array.from({ length: 3_000 }, (_, i) => `10.1.${i >> 8}.${i & 255}`).join(", ")}}`;
  const sentences = Array.from({ length: 40 }, (_, i) => `${long}, dstHost=10.0.0.2, dstPort=${i}) on a.`);
  const said = await say(port, `root ${server.token}\n${sentences.join("\n")}\n`);
  t.regex(said, /\nerror: nothing is decided any more: [^\n]+\n$/);
  t.regex(said, /True\n accepted/, "there was room at first");
  t.is(await server.ended(), 3);
  t.regex(idle.all(), /logged in\nerror: nothing is decided any more: [^\n]+\n$/);
});

test("a token is made of users alone, as over HTTP", async (t) => {
  const { server, tokens } = await frontOf(t);
  const port = await server.text.listenOn({ host: "127.0.0.1", port: 0, tls: undefined });
  const made = await server.newToken("root", "root");
  t.true("token" in made);
  const { token } = made as { token: string };
  const said = await say(port, `root ${token}\ntoken Nobody.\ntoken Bob.\ntoken metrics.\nquit\n`);
  t.regex(
    said,
    /^Login: logged in\nFalse\n there is no user `Nobody`: `AddUser Nobody\.` makes one\n\nTrue\n glz_\S+\n\nTrue\n glz_\S+\n\n$/,
  );
  t.deepEqual([...tokens.keys()], []);
});
