/** Both clients against a real server as a process, which is killed and comes back in the middle. */
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import test, { type ExecutionContext } from "ava";
import { GlazierClient, ServerRefusal } from "glazier/client";
import { folder } from "../cli/testing.ts";
import { must } from "../process/command.ts";
import { ServeProcess } from "../serve/testing/process.ts";

const POLICY = `AddUser Alice.
NewShare a for (dstHost=10.0.0.2) [deny = True, requests <= 1000] on rootShare.
Grant a to Alice.
`;
const deny = (host: number): string => `@d${host} deny(dstHost=10.0.0.2, srcHost=10.0.0.${host}) on a.`;

/** A port that is free now, so that the same one is taken after a restart. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

interface Serving {
  readonly url: string;
  readonly token: string;
  readonly kill: () => Promise<void>;
  readonly restart: () => Promise<void>;
}

async function serving(t: ExecutionContext): Promise<Serving> {
  const cwd = folder(t, { "net.pane": POLICY });
  const port = await freePort();
  const words = ["net.pane", "--state", "state", "--socket", "socket", "--http", `127.0.0.1:${port}`];
  let server = new ServeProcess(t, words, cwd);
  await server.printed(/serving at/);
  const { token } = server;
  const restart = async (): Promise<void> => {
    server = new ServeProcess(t, words, cwd);
    await server.printed(/serving at/);
  };
  return { url: `http://127.0.0.1:${port}`, token, kill: () => server.kill(), restart };
}

test("verdicts, questions, tokens and refusals", async (t) => {
  const { url, token } = await serving(t);
  const root = new GlazierClient({ url, token });
  const alice = new GlazierClient({ url, token: await root.makeToken("Alice") });
  t.like(await alice.say(deny(3)), { kind: "decided", accepted: true });
  t.like(await alice.say(["Cancel d3.", deny(4)]), { accepted: true });
  const outside = await alice.say("deny(dstHost=10.0.0.9) on a.");
  t.like(outside, { accepted: false });
  t.is(outside.kind === "decided" && outside.statements[0]!.certificate!.code, "outside-share");
  t.deepEqual(
    (await alice.requests({ share: "a" })).rows.map(({ request }) => request),
    ["d4"],
  );
  t.true((await alice.shares({ limit: 1 })).more);
  await t.throwsAsync(alice.say("deny(dstHots=1) on a."), { instanceOf: ServerRefusal, message: /dstHots/ });
  await t.throwsAsync(alice.explain("d4"), { instanceOf: ServerRefusal, message: /only root/ });
  t.truthy(await root.explain("d4"));
  const { tokens } = await root.tokens();
  t.deepEqual(tokens.map(({ name }) => name).sort(), ["Alice", "root"]);
  t.is(await root.revokeTokens("Alice", { id: tokens.find(({ name }) => name === "Alice")!.id }), 1);
  await t.throwsAsync(alice.shares(), { message: "there is no such token" });
});

test("what no server could answer is said at once, and not after all patience", async (t) => {
  const url = "http://127.0.0.1:9";
  const asked: string[] = [];
  const fetch = (to: unknown): Promise<Response> => (asked.push(String(to)), Promise.reject(new TypeError("none")));
  const refused = (more: object): unknown =>
    t.throws(() => new GlazierClient({ url, fetch, ...more }), { instanceOf: TypeError });
  for (const bad of ["", "127.0.0.1:8080", "localhost:8080", "unix:socket", "http://"]) refused({ url: bad });
  for (const token of ["", "glz_x\n", "two words", "é"]) refused({ token });
  for (const elsewhere of [
    "http://10.1.2.3:80",
    "http://[2001:db8::1]",
    "http://example.org",
    "http://127.0.0.1.example.org",
  ])
    refused({ url: elsewhere, token: "glz_x" });
  for (const here of ["http://localhost:80", "http://[::1]:80", "http://127.1.2.3", "https://10.1.2.3"])
    t.notThrows(() => new GlazierClient({ url: here, fetch, token: "glz_x" }));
  const client = new GlazierClient({ url, fetch });
  for (const key of ["", "é", "x".repeat(201), "a\nb"])
    t.throws(() => client.say("ListShares.", key), { instanceOf: TypeError });
  t.deepEqual(asked, []);
  const script = `from glazier import Glazier
for made in [
    *[lambda url=url: Glazier(url) for url in ["", "127.0.0.1:8080", "localhost:8080", "unix:socket", "http://"]],
    *[lambda url=url: Glazier(url) for url in ["http://127.0.0.1:99999", "http://127.0.0.1:x", "http://a:0", "http://:80", "http://127.0.0.1:1\\r\\nX: y"]],
    *[lambda token=token: Glazier("${url}", token) for token in ["", "glz_x\\n", "two words", "é"]],
    *[lambda key=key: Glazier("${url}").say("ListShares.", key) for key in ["", "é", "x" * 201, "a\\nb"]],
]:
    try:
        made()
        print("none")
    except ValueError:
        print("refused")
for elsewhere in ["http://10.1.2.3:80", "http://[2001:db8::1]", "http://example.org", "http://127.0.0.1.example.org"]:
    try:
        Glazier(elsewhere, "glz_x")
    except ValueError as error:
        print("refused" if "https://HOST:PORT" in str(error) else "none")
for here in ["http://localhost:80", "http://[::1]:80", "http://127.1.2.3", "https://10.1.2.3"]:
    Glazier(here, "glz_x")
for none in [5, None, ["ListUsers.", 5], {"text": 1}]:
    try:
        Glazier("${url}").say(none)
    except TypeError as error:
        print("refused" if "a statement is text" in str(error) else "none")
`;
  const said = await must(["python3", "-c", script], {
    env: { PYTHONPATH: fileURLToPath(new URL(".", import.meta.url)), PYTHONDONTWRITEBYTECODE: "1" },
  });
  t.deepEqual(
    said.trim().split("\n"),
    Array.from({ length: 26 }, () => "refused"),
  );
});

test("through a restart each statement is decided once, and each event comes once", async (t) => {
  const { url, token, kill, restart } = await serving(t);
  const client = new GlazierClient({ url, token, patience: 120_000 });
  const stop = new AbortController();
  const seen: [number, unknown][] = [];
  const first = Promise.withResolvers<void>();
  const events = (async () => {
    for await (const { record, kind, data } of client.events({ after: -1, signal: stop.signal })) {
      if (kind !== "say") continue;
      seen.push([record, data["text"]]);
      first.resolve();
      if (seen.length === 40) return;
    }
  })();
  const say = (from: number): Promise<unknown>[] =>
    Array.from({ length: 20 }, (_, i) => client.say(deny(from + i), `k${from + i}`));
  const before = say(10);
  await first.promise;
  await kill();
  const during = say(30);
  await restart();
  const answers = (await Promise.all([...before, ...during])) as { accepted: boolean }[];
  t.true(answers.every(({ accepted }) => accepted));
  await events;
  t.is(new Set(seen.map(([, text]) => text)).size, 40, "none twice, none missing");
  t.deepEqual(
    seen.map(([record]) => record).toSorted((a, b) => a - b),
    seen.map(([record]) => record),
  );
  t.is((await client.requests({ limit: 100 })).rows.length, 40);
  await t.throwsAsync(client.say(deny(99), "k10"), { message: /was used for another body/ });
  await kill();
  const hasty = new GlazierClient({ url, token, patience: 0 });
  await t.throwsAsync(hasty.shares());
});

const PYTHON = `
import sys, json
sys.path.insert(0, sys.argv[1])
from glazier import Glazier, Refusal
root = Glazier(sys.argv[2], sys.argv[3], patience=120)
alice = Glazier(sys.argv[2], root.make_token("Alice"), patience=120)
deny = lambda host: f"@d{host} deny(dstHost=10.0.0.2, srcHost=10.0.0.{host}) on a."
events = alice.events(after=-1)
assert alice.say(deny(3), key="k3")["accepted"]
assert next(events)["text"] == deny(3)
print("ready", flush=True)
sys.stdin.readline()
# The server is gone: all of these wait for it.
assert alice.say(deny(4))["accepted"]
assert alice.say([deny(5), deny(6)])["accepted"]
assert alice.say(deny(3), key="k3")["accepted"]
assert next(events)["text"] == deny(4)
assert "d6" in next(events)["text"]
assert [row["request"] for row in alice.requests(share="a")["rows"]] == ["d3", "d4", "d5", "d6"]
assert alice.shares(limit=1)["more"]
try: alice.say("deny(dstHots=1) on a."); assert False
except Refusal as refusal: assert refusal.code == "faulty" and "dstHots" in str(refusal)
try: alice.explain("d3"); assert False
except Refusal as refusal: assert refusal.status == 403
one = [token for token in root.tokens()["tokens"] if token["name"] == "Alice"]
assert root.revoke_tokens("Alice", id=one[0]["id"]) == 1
print("done", flush=True)
`;

test("the Python client does the same, with a restart in the middle", async (t) => {
  const { url, token, kill, restart } = await serving(t);
  const here = fileURLToPath(new URL(".", import.meta.url));
  const python = spawn("python3", ["-B", "-c", PYTHON, here, url, token], { stdio: ["pipe", "pipe", "inherit"] });
  t.teardown(() => void python.kill("SIGKILL"));
  let out = "";
  const ended = once(python, "close");
  const ready = new Promise<void>((resolve) => {
    python.stdout.on("data", (text: Buffer) => {
      out += text.toString();
      if (out.includes("ready")) resolve();
    });
  });
  await Promise.race([ready, ended]);
  await kill();
  python.stdin.end("\n");
  await restart();
  t.deepEqual((await ended)[0], 0);
  t.is(out, "ready\ndone\n");
});
