/** What is for the HTTP front alone is loaded where that was asked for, and nowhere else: `check` starts as quickly as ever. */
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import test from "ava";
import { folder } from "../../cli/testing.ts";
import { testUnless } from "../../lab/test.ts";
import { command as run, must } from "../../process/command.ts";
import { ServeProcess } from "../testing/process.ts";
import { BadAddress, readAddress } from "../address.ts";
import { raw } from "./testing/front.ts";

const missing = (await run(["openssl", "version"])).code === 0 ? undefined : "openssl is not installed";
const bin = fileURLToPath(new URL("../../bin.js", import.meta.url));

/** Says at the end of a process, or once it serves, which of the libraries it has loaded. */
const WATCH = `import { registerHooks } from "node:module";
const seen = new Set();
registerHooks({ load(url, context, next) {
  const found = /node_modules\\/(fastify|zod|pino|prom-client)\\//.exec(url);
  if (found && !seen.has(found[1])) { seen.add(found[1]); process.stderr.write("loaded " + found[1] + "\\n"); }
  return next(url, context);
} });`;
const watched = ["--import", `data:text/javascript,${encodeURIComponent(WATCH)}`];

test("no command loads the libraries of HTTP, but for `serve --http`", async (t) => {
  const cwd = folder(t, { "net.pane": "AddUser Alice.\n" });
  const policy = join(cwd, "net.pane");
  for (const words of [["--version"], ["help", "serve"], ["check", policy], ["compile", policy]]) {
    const { code, stderr } = await run([process.execPath, ...watched, bin, ...words]);
    t.is(code, 0, stderr);
    t.notRegex(stderr, /^loaded /m, words.join(" "));
  }
  const words = ["net.pane", "--state", "state", "--socket", join(cwd, "socket")];
  const plain = new ServeProcess(t, words, cwd, watched);
  await plain.printed(/serving at/);
  t.notRegex(plain.err, /^loaded /m);
  await plain.kill();
  const http = new ServeProcess(t, [...words, "--http", "127.0.0.1:0"], cwd, watched);
  await http.printed(/serving at/);
  for (const name of ["fastify", "zod", "pino", "prom-client"]) t.true(http.err.includes(`loaded ${name}\n`), name);
  const [, port] = /^HTTP at port (\d+)$/m.exec(http.out)!;
  t.is((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200);
  const elsewhere = [policy, "--state", join(cwd, "other"), "--socket", join(cwd, "other.sock")];
  const taken = await run([process.execPath, bin, "serve", ...elsewhere, "--http", `127.0.0.1:${port}`]);
  t.is(taken.code, 3);
  t.regex(taken.stderr, /^error: --http 127\.0\.0\.1:\d+: another process listens there$/m);
});

test("addresses that others reach want TLS, and what is none is refused", async (t) => {
  const cwd = folder(t, { "net.pane": "AddUser Alice.\n" });
  const cert = Buffer.from("none");
  for (const address of ["127.0.0.1:0", "127.9.9.9:80", "[::1]:80", "localhost:80"])
    t.notThrows(() => readAddress(address, undefined), address);
  for (const address of ["0.0.0.0:8080", "[::]:8080", "192.0.2.1:80", "example.org:80", "localhost.example.org:80"]) {
    const message = /^without TLS, tokens that are sent to .* could be read on the way$/;
    t.throws(() => readAddress(address, undefined), { instanceOf: BadAddress, message }, address);
    t.like(readAddress(address, { cert, key: cert }), { tls: { cert } });
  }
  for (const address of ["8080", "127.0.0.1", "127.0.0.1:99999", ":80", "::1:80", "127.0.0.1:80/x"])
    t.throws(() => readAddress(address, undefined), { message: /is no address to listen at|is not a port/ });
  const words = ["serve", join(cwd, "net.pane"), "--state", join(cwd, "state"), "--socket", join(cwd, "s")];
  const { code, stderr } = await run([process.execPath, bin, ...words, "--http", "0.0.0.0:8080"]);
  t.is(code, 2);
  t.regex(
    stderr,
    /^error: --http: without TLS.*\n {2}listen at 127\.0\.0\.1 or \[::1\], or give --tls-cert and --tls-key\n$/s,
  );
  t.false(existsSync(join(cwd, "state")), "nothing was begun");
});

testUnless(missing, "elsewhere TLS is spoken, with the same answers and bounds", async (t) => {
  const cwd = folder(t, { "net.pane": "AddUser Alice.\n" });
  const [cert, key] = [join(cwd, "cert.pem"), join(cwd, "key.pem")];
  const made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  const named = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"];
  await must(["openssl", ...made, ...named, "-keyout", key, "-out", cert]);
  const words = ["net.pane", "--state", "state", "--socket", join(cwd, "socket"), "--http", "0.0.0.0:0"];
  const server = new ServeProcess(t, [...words, "--tls-cert", cert, "--tls-key", key], cwd);
  await server.printed(/serving at/);
  const port = Number(/^HTTP at port (\d+)$/m.exec(server.out)![1]);
  const headers = { authorization: `Bearer ${server.token}` };
  const ask = request({ host: "127.0.0.1", port, path: "/v1/shares", headers, ca: readFileSync(cert) }).end();
  const [response] = (await once(ask, "response")) as [IncomingMessage];
  t.is(response.statusCode, 200);
  t.regex(await text(response), /"share":"rootShare"/);
  t.notRegex(await raw(port, "GET /v1/shares HTTP/1.1\r\nHost: x\r\n\r\n"), /rootShare/, "without TLS nothing is said");
});
