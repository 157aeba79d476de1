/** Certificates of clients as who they are: a real server, and openssl's own authority, clients, and worthless ones. */
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { X509Certificate } from "node:crypto";
import { connect as connectTls } from "node:tls";
import test, { type ExecutionContext } from "ava";
import { clock, folder, glazier } from "../cli/testing.ts";
import { testUnless } from "../lab/test.ts";
import { until } from "../lab/until.ts";
import { readClientName } from "./client-certificates.ts";
import { authority, noOpenssl, type Keys } from "./testing/authority.ts";
import { ServeProcess } from "./testing/process.ts";

const POLICY = "AddUser Alice. NewShare a for (dstHost=10.0.0.2) [deny = True] on rootShare. Grant a to Alice.\n";
const STATEMENT = "deny(dstHost=10.0.0.2, srcHost=10.0.0.3) on a.";

/** What the text protocol answers to the words, until it ends the connection. */
function talkTls(port: number, keys: Keys, ca: Buffer, words: string): Promise<string> {
  const socket = connectTls({ host: "127.0.0.1", port, ca, ...keys }).setEncoding("utf8");
  let all = "";
  return new Promise((resolve, reject) => {
    socket.on("data", (piece: string) => void (all += piece));
    socket.on("error", reject);
    socket.on("close", () => resolve(all));
    socket.write(words);
  });
}

interface Answer {
  readonly status: number | undefined;
  readonly body: string;
}

function ask(port: number, keys: Keys, ca: Buffer, path: string, token?: string): Promise<Answer> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, path, ca, ...keys, headers, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (piece: string) => void (body += piece));
      response.on("end", () => resolve({ status: response.statusCode, body }));
    });
    asked.on("error", reject).end();
  });
}

async function serving(t: ExecutionContext) {
  const cwd = folder(t, { "net.pane": POLICY });
  const made = authority(cwd);
  await made.root("localhost", "-addext", "subjectAltName=IP:127.0.0.1");
  await made.root("ours");
  await made.root("theirs");
  const clients = {
    alice: await made.client("alice", "/CN=alice-laptop", "ours"),
    byName: await made.client(
      "byName",
      "/CN=whatever",
      "ours",
      2,
      "subjectAltName=DNS:alice.example,email:alice@example.org",
    ),
    nobody: await made.client("nobody", "/CN=mallory/O=alice-laptop", "ours"),
    wild: await made.client("wild", "/CN=mallory", "ours", 2, "subjectAltName=DNS:*.example"),
    both: await made.client("both", "/CN=alice-laptop", "ours", 2, "subjectAltName=DNS:root.example"),
    server: await made.client("server", "/CN=alice-laptop", "ours", 2, "extendedKeyUsage=serverAuth"),
    wrong: await made.client("wrong", "/CN=alice-laptop", "theirs"),
    expired: await made.client("expired", "/CN=alice-laptop", "ours", 0),
  };
  const { validTo } = new X509Certificate(clients.expired.cert!);
  t.true(await until(() => Date.parse(validTo) < Date.now()));
  const shows = ["--tls-cert", "localhost.pem", "--tls-key", "localhost.key", "--client-ca", "ours.pem"];
  const names = ["CN:alice-laptop=Alice", "DNS:alice.example=Alice", "DNS:root.example=root", "CN:x=Nobody"].flatMap(
    (one) => ["--client", one],
  );
  const ports = ["--text", "127.0.0.1:0", "--http", "127.0.0.1:0"];
  const words = ["net.pane", "--state", "state", "--socket", "socket", ...shows, ...names, ...ports];
  const server = new ServeProcess(t, words, cwd);
  await server.printed(/serving at/);
  // It is of two days.
  t.regex(server.err, /^warning: --tls-cert: localhost\.pem expires at \d{4}-\d\d-\d\dT[\d:]+Z$/m);
  t.regex(
    server.err,
    /^warning: --client CN:x=Nobody: there is no user `Nobody`; until one is added nobody speaks so$/m,
  );
  const port = (pattern: RegExp): number => Number(pattern.exec(server.out)![1]);
  const [text, http] = [port(/^the text protocol at port (\d+)$/m), port(/^HTTP at port (\d+)$/m)];
  return { server, clients, text, http, ca: readFileSync(join(cwd, "localhost.pem")), cwd };
}

testUnless(noOpenssl, "a certificate of the operator's authority says who speaks; any other says nobody", async (t) => {
  const { server, clients, text, http, ca } = await serving(t);
  const says = (keys: Keys, words: string): Promise<string> => talkTls(text, keys, ca, words);
  t.is(await says(clients.alice, `Alice\n${STATEMENT}\nquit\n`), "Login: logged in\nTrue\n accepted\n id: r1\n\n");
  t.regex(await says(clients.byName, "Alice\nListShares.\nquit\n"), /logged in\n2;/);
  const noPair = "Login: error: the name and the token do not belong together\n";
  const other = "Login: error: without a token you are Alice here, and not root\n";
  t.is(await says(clients.alice, "root\n"), other, "it is one name's alone");
  t.is(await says({}, "Alice\n"), "Login: error: a token is missing: here Alice logs in with `NAME TOKEN`\n");
  t.is(await says(clients.alice, "Alice wrong\n"), noPair, "a token that is given counts");
  t.regex(
    await says(clients.wrong, `root ${server.token}\nListUsers.\nquit\n`),
    /logged in/,
    "and so it does beside a worthless certificate",
  );
  const worthless = [
    [clients.nobody, /it names no user/],
    [clients.wild, /it names no user/],
    [clients.both, /it names several users/],
    [clients.server, /not signed it for clients/],
    [clients.wrong, /not signed it for clients/],
    [clients.expired, /it has expired/],
  ] as const;
  for (const [keys, why] of worthless) {
    const heard = await says(keys, "Alice\nListShares.\nquit\n");
    t.regex(heard, /^Login: error: your certificate is refused: /);
    t.regex(heard, why);
    const answer = await ask(http, keys, ca, "/v1/shares");
    t.is(answer.status, 401);
    t.regex(answer.body, why);
  }
  const asks = (keys: Keys, path: string, token?: string): Promise<Answer> => ask(http, keys, ca, path, token);
  t.like(await asks(clients.alice, "/v1/shares"), { status: 200 });
  t.regex((await asks(clients.alice, "/v1/requests?share=a")).body, /"r1"/);
  t.is((await asks(clients.alice, "/v1/tokens")).status, 403, "she is not root");
  const counted = (await asks({}, "/metrics", server.token)).body;
  t.true(counted.includes(`\nglazier_certificate_expires ${Date.parse(new X509Certificate(ca).validTo) / 1000}\n`));
  t.is((await asks(clients.alice, "/v1/shares", "wrong")).status, 401);
  t.is((await asks({}, "/v1/shares")).status, 401);
  t.is((await asks({}, "/v1/shares", server.token)).status, 200);
  t.is((await asks({}, "/healthz")).status, 200);
});

testUnless(
  noOpenssl,
  "a certificate that the authority has revoked says nobody, and no other one is refused",
  async (t) => {
    const cwd = folder(t, { "net.pane": POLICY });
    const made = authority(cwd);
    await made.root("localhost", "-addext", "subjectAltName=IP:127.0.0.1");
    await made.root("ours");
    const alice = await made.client("alice", "/CN=alice-laptop", "ours");
    const lost = await made.client("lost", "/CN=alice-phone", "ours");
    await made.list("ours", ["lost"], 3_600);
    const shows = ["--tls-cert", "localhost.pem", "--tls-key", "localhost.key", "--client-ca", "ours.pem"];
    const names = ["--client", "CN:alice-laptop=Alice", "--client", "CN:alice-phone=Alice"];
    const ports = ["--text", "127.0.0.1:0", "--http", "127.0.0.1:0"];
    const words = ["net.pane", "--state", "state", "--socket", "socket", ...shows, ...names, ...ports];
    const ca = readFileSync(join(cwd, "localhost.pem"));
    const start = async (...more: readonly string[]) => {
      const server = new ServeProcess(t, [...words, ...more], cwd);
      await server.printed(/serving at/);
      const port = (pattern: RegExp): number => Number(pattern.exec(server.out)![1]);
      return { server, text: port(/^the text protocol at port (\d+)$/m), http: port(/^HTTP at port (\d+)$/m) };
    };
    const speak = "Alice\nListShares.\nquit\n";
    const before = await start();
    t.regex(await talkTls(before.text, lost, ca, speak), /logged in\n2;/, "without the list it says who speaks");
    await before.server.kill();
    const after = await start("--client-crl", "ours.crl");
    t.regex(await talkTls(after.text, alice, ca, speak), /logged in\n2;/);
    t.like(await ask(after.http, alice, ca, "/v1/shares"), { status: 200 });
    t.is(await talkTls(after.text, lost, ca, speak), "Login: error: your certificate is refused: it was revoked\n");
    const refused = await ask(after.http, lost, ca, "/v1/shares");
    t.is(refused.status, 401);
    t.regex(refused.body, /it was revoked/);
    t.is((await ask(after.http, lost, ca, "/v1/shares", before.server.token)).status, 200, "a token counts alone");
    // Another authority of the same name, as after its key was made anew: the signature alone tells them apart.
    const apart = authority(folder(t, {}));
    await apart.root("ours");
    const forged = await apart.client("forged", "/CN=alice-laptop", "ours", 2, "authorityKeyIdentifier=none");
    for (const protocol of ["TLSv1.2", "TLSv1.3"] as const) {
      const keys = { ...forged, maxVersion: protocol };
      t.regex(await talkTls(after.text, keys, ca, speak), /^Login: error: your certificate is refused: the authority/);
      const token = `root ${before.server.token}\nListUsers.\nquit\n`;
      t.regex(await talkTls(after.text, keys, ca, token), /logged in\n2;/, "a token counts alone");
      const unread = await ask(after.http, keys, ca, "/v1/shares");
      t.is(unread.status, 401);
      t.regex(unread.body, /your certificate is refused: the authority/);
      t.is((await ask(after.http, keys, ca, "/v1/shares", before.server.token)).status, 200);
    }
    await after.server.kill();
    await made.list("ours", ["lost"], 1);
    const stale = await start("--client-crl", "ours.crl");
    t.true(
      await until(async () =>
        /the list of revoked certificates has expired/.test(await talkTls(stale.text, alice, ca, speak)),
      ),
      "who could have been revoked since is not taken",
    );
  },
);

test("what names certificates badly is refused with what to write", async (t) => {
  const cwd = folder(t, { "net.pane": POLICY });
  const refusal = async (...words: readonly string[]): Promise<string> => {
    const ran = await glazier(cwd, ["serve", "net.pane", "--state", "s", "--socket", "k", ...words], "", clock);
    t.is(ran.exit, 2);
    return ran.err;
  };
  t.regex(await refusal("--client", "CN:a=Alice"), /belong together/);
  t.regex(await refusal("--client-ca", "net.pane"), /belong together/);
  t.regex(await refusal("--client-crl", "net.pane"), /of the authority of --client-ca/);
  t.regex(await refusal("--client-ca", "net.pane", "--client", "alice=Alice"), /write CN:NAME=USER/);
  t.regex(
    await refusal("--client-ca", "net.pane", "--client", "CN:a=Alice", "--text", "127.0.0.1:0"),
    /over TLS alone/,
  );
  const twice = (one: string, other: string): Promise<string> =>
    refusal("--client-ca", "net.pane", "--client", one, "--client", other);
  t.regex(
    await twice("CN:a=Alice", "CN:a=Eve"),
    /^error: --client: CN:a is given twice\n {2}one name stands for one user$/m,
  );
  t.regex(await twice("DNS:a.example=Alice", "DNS:A.example=Eve"), /DNS:a\.example is given twice/);
  t.deepEqual(readClientName("CN:a=b=Alice"), { kind: "CN", name: "a=b", user: "Alice" });
});
