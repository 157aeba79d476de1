/** Clients that show a certificate in place of a token: the commands, and the clients for TypeScript and Python. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ExecutionContext } from "ava";
import { GlazierClient } from "glazier/client";
import { testUnless } from "../lab/test.ts";
import { must } from "../process/command.ts";
import { authority, noOpenssl } from "../serve/testing/authority.ts";
import { ServeProcess } from "../serve/testing/process.ts";
import { clock, folder, glazier, type Ran } from "./testing.ts";

const POLICY = "AddUser Alice. NewShare a for (dstHost=10.0.0.2) [deny = True] on rootShare. Grant a to Alice.\n";

/** A server at which `alice.pem` is Alice and `root.pem` is root. */
async function serving(t: ExecutionContext) {
  const cwd = folder(t, { "net.pane": POLICY });
  const made = authority(cwd);
  await made.root("localhost", "-addext", "subjectAltName=IP:127.0.0.1");
  await made.root("ours");
  for (const name of ["alice", "root", "mallory"]) await made.client(name, `/CN=${name}-laptop`, "ours");
  const shows = ["--tls-cert", "localhost.pem", "--tls-key", "localhost.key", "--client-ca", "ours.pem"];
  const names = ["--client", "CN:alice-laptop=Alice", "--client", "CN:root-laptop=root"];
  const ports = ["--text", "127.0.0.1:0", "--http", "127.0.0.1:0"];
  const server = new ServeProcess(t, ["net.pane", "--state", "s", "--socket", "k", ...shows, ...names, ...ports], cwd);
  await server.printed(/serving at/);
  const port = (pattern: RegExp): string => pattern.exec(server.out)![1]!;
  const text = `tls:127.0.0.1:${port(/^the text protocol at port (\d+)$/m)}`;
  return { cwd, text, token: server.token, url: `https://127.0.0.1:${port(/^HTTP at port (\d+)$/m)}` };
}

const pair = (name: string): readonly string[] => [
  "--cert",
  `${name}.pem`,
  "--key",
  `${name}.key`,
  "--tls-ca",
  "localhost.pem",
];

testUnless(noOpenssl, "say, query, watch and token show a certificate in place of a token", async (t) => {
  const { cwd, text, url } = await serving(t);
  // A token that is sent counts alone: none is, whatever the environment has.
  const env = { GLAZIER_TOKEN: "glz_wrong" };
  const run = (...words: string[]): Promise<Ran> => glazier(cwd, words, "", clock, env);
  const say = (by: string, as: string): Promise<Ran> =>
    run("say", "@one deny(dstHost=10.0.0.2) on a.", "--server", text, "--as", as, ...pair(by));
  t.like(await say("alice", "Alice"), { exit: 0, out: "True\n accepted\n id: one\n\n" });
  const other = await say("alice", "root");
  t.is(other.exit, 3, "a certificate is of one user");
  t.regex(other.err, /without a token you are Alice here, and not root/);
  t.regex((await say("mallory", "Alice")).err, /your certificate is refused: it names no user/);
  t.regex((await run("query", "ListRequests", "--server", url, ...pair("alice"))).out, /\bone\b/);
  const watched = await run("watch", "--after", "-1", "--count", "1", "--server", url, ...pair("alice"));
  t.regex(watched.out, /\tsay\tAlice\taccepted\t@one deny/);
  t.regex((await run("token", "new", "Alice", "--server", url, ...pair("root"))).out, /^glz_/);
  t.like(await run("token", "new", "Alice", "--server", url, ...pair("alice")), { exit: 1 });
  t.like(await run("query", "ListUsers", "--server", url, ...pair("mallory")), { exit: 3 });

  const wrong = async (...words: string[]): Promise<string> => {
    const ran = await run(...words);
    t.is(ran.exit, 2, ran.err);
    return ran.err;
  };
  t.regex(await wrong("query", "ListUsers", "--server", url, "--cert", "alice.pem"), /belong together/);
  t.regex(await wrong("query", "ListUsers", "--server", "http://127.0.0.1:1", ...pair("alice")), /over TLS alone/);
  t.regex(await wrong("say", "ListUsers.", "--as", "a", "--server", "unix:k", ...pair("alice")), /over TLS alone/);
  const mixed = ["--cert", "alice.pem", "--key", "root.key"];
  const ran = await run("say", "ListUsers.", "--as", "Alice", "--server", text, ...mixed);
  t.is(ran.exit, 3);
  t.regex(ran.err, /--key: root.key is the key of another certificate/);
});

testUnless(
  noOpenssl,
  "a server that speaks TLS, or signs itself, is reached with the words that the refusal has",
  async (t) => {
    const { cwd, text, url, token } = await serving(t);
    const run = (...words: string[]): Promise<Ran> => glazier(cwd, words, "", clock, { GLAZIER_TOKEN: token });
    const say = (...server: string[]): Promise<Ran> => run("say", "ListUsers.", "--as", "root", ...server);
    const query = (...server: string[]): Promise<Ran> => run("query", "ListUsers.", ...server);
    /** What the help of a refusal says to write, as words of a command line. */
    const written = ({ err, exit }: Ran): string[] => {
      t.is(exit, 3, err);
      const [, words] = /\n {2}(?:it speaks TLS there: )?write (--[^,\n]*?)(?:, .*)?\n$/.exec(err)!;
      return words!.replace("FILE", "localhost.pem").split(" ");
    };
    for (const [ask, plain, good] of [
      [say, text.replace("tls:", "tcp:"), text],
      [query, url.replace("https:", "http:"), url],
    ] as const) {
      const overTls = written(await ask("--server", plain));
      t.deepEqual(overTls, ["--server", good]);
      const untrusted = await ask(...overTls);
      t.regex(
        untrusted.err,
        /^error: the server does not answer: its certificate signs itself, and is not trusted here\n/,
      );
      const trusted = written(untrusted);
      t.deepEqual(trusted, ["--tls-ca", "localhost.pem"]);
      const answered = await ask(...overTls, ...trusted);
      t.is(answered.exit, 0, answered.err);
      t.regex(answered.out, /Alice/);
    }
    // HTTP over TLS is not the text protocol, and the other way round.
    const other = await say("--server", `tcp:${url.slice("https://".length)}`);
    t.regex(other.err, /before it began\n {2}`say` speaks the text protocol: /);
    t.regex(
      (await query("--server", `http://${text.slice("tls:".length)}`)).err,
      /is that the address of its --http\?/,
    );
  },
);

const PYTHON = `
import sys
sys.path.insert(0, sys.argv[1])
from glazier import Glazier, Refusal
url, at = sys.argv[2], sys.argv[3] + "/"
who = lambda name: Glazier(url, cert=at + name + ".pem", key=at + name + ".key", ca=at + "localhost.pem", patience=0)
assert who("alice").say("@three deny(dstHost=10.0.0.2, dstPort=3) on a.")["accepted"]
assert next(who("alice").events(after=-1))["text"].startswith("@two")
assert who("root").make_token("Alice").startswith("glz_")
try: who("mallory").shares(); assert False
except Refusal as refusal: assert refusal.status == 401 and "it names no user" in str(refusal)
try: Glazier("http://127.0.0.1:1", cert=at + "alice.pem", key=at + "alice.key"); assert False
except ValueError: pass
for cert, key, ca, why in [("alice.pem", "root.key", None, "root.key is the key of another certificate"), ("alice.key", "alice.key", None, "hold no certificate and its key"), ("alice.pem", "alice.key", "root.key", "root.key holds no certificate")]:
    try: Glazier(url, cert=at + cert, key=at + key, ca=ca and at + ca); assert False
    except ValueError as error: assert why in str(error), error
`;

testUnless(noOpenssl, "the clients for TypeScript and Python show a certificate in place of a token", async (t) => {
  const { cwd, url } = await serving(t);
  const read = (file: string): Buffer => readFileSync(join(cwd, file));
  const as = (name: string): GlazierClient => {
    const certificate = { cert: read(`${name}.pem`), key: read(`${name}.key`), ca: read("localhost.pem") };
    return new GlazierClient({ url, certificate, patience: 0 });
  };
  const alice = as("alice");
  t.like(await alice.say("@two deny(dstHost=10.0.0.2, dstPort=2) on a."), { accepted: true });
  t.deepEqual(
    (await alice.requests({ share: "a" })).rows.map(({ request }) => request),
    ["two"],
  );
  const stop = new AbortController();
  for await (const { data } of alice.events({ after: -1, signal: stop.signal })) {
    t.regex(data["text"] as string, /^@two/);
    break;
  }
  stop.abort();
  t.regex(await as("root").makeToken("Alice"), /^glz_/);
  await t.throwsAsync(as("mallory").shares(), { message: /it names no user/ });
  const untrusted = new GlazierClient({
    url,
    certificate: { cert: read("alice.pem"), key: read("alice.key") },
    patience: 0,
  });
  await t.throwsAsync(untrusted.shares(), { instanceOf: TypeError });
  for (const [key, message] of [
    [read("root.key"), "the key is that of another certificate"],
    [read("alice.pem"), /not one in PEM/],
  ] as const) {
    const wrong = new GlazierClient({ url, certificate: { cert: read("alice.pem"), key } });
    // At once, though there is patience: no server is asked.
    await t.throwsAsync(wrong.shares(), { instanceOf: TypeError, message });
  }
  const plain = { url: "http://127.0.0.1:1", certificate: { cert: "", key: "" } };
  t.throws(() => new GlazierClient(plain), { message: /over https/ });
  const here = fileURLToPath(new URL("../client", import.meta.url));
  await must(["python3", "-B", "-c", PYTHON, here, url, cwd]);
});
