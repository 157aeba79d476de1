/** Lists of revoked certificates as openssl makes them: read as openssl reads them, and followed by a server that runs. */
import { readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { X509Certificate } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { connect as connectTls, type TLSSocket } from "node:tls";
import type { ExecutionContext } from "ava";
import { clock, folder, glazier } from "../../cli/testing.ts";
import { testUnless } from "../../lab/test.ts";
import { until } from "../../lab/until.ts";
import { must } from "../../process/command.ts";
import { authority, noOpenssl, type Keys } from "../testing/authority.ts";
import { ServeProcess } from "../testing/process.ts";
import { isSignedBy, readRevoked } from "./crl.ts";

const POLICY = "AddUser Alice. NewShare a for (dstHost=10.0.0.2) [deny = True] on rootShare. Grant a to Alice.\n";
const HOUR = 3_600;

/** Lists that do not name all who are revoked, by what OpenSSL's settings say, and why they are refused. */
const NOT_WHOLE = [
  [
    "2.5.29.27=critical,DER:020101",
    "is a delta list, which says what has changed since another one, and not who is revoked",
  ],
  ["issuingDistributionPoint=critical,@point\n[point]\nonlyCA=TRUE", "is a list of certificates of authorities alone"],
  ["issuingDistributionPoint=critical,@point\n[point]\nonlyAA=TRUE", "is a list of attribute certificates alone"],
  [
    "issuingDistributionPoint=critical,@point\n[point]\nindirectCRL=TRUE",
    "is a list of certificates of other authorities, too",
  ],
  [
    "issuingDistributionPoint=critical,@point\n[point]\nonlysomereasons=keyCompromise",
    "is a list for some reasons alone",
  ],
  ["1.2.3.4=critical,DER:0500", "has a critical extension that is not known here \\(1\\.2\\.3\\.4\\)"],
] as const;

/** Extensions of whole lists. */
const WHOLE = [
  "issuingDistributionPoint=critical,@point\n[point]\nonlyuser=TRUE",
  "authorityKeyIdentifier=keyid",
  "1.2.3.4=DER:0500",
];

testUnless(noOpenssl, "what a list says is what openssl reads in it, whatever key has signed it", async (t) => {
  const cwd = folder(t, {});
  const made = authority(cwd);
  await made.root("ec");
  const rsa = ["-keyout", join(cwd, "rsa.key"), "-out", join(cwd, "rsa.pem")];
  await must(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=rsa", ...rsa]);
  for (const name of ["ec", "rsa"]) {
    const [kept, lost] = [
      await made.client(`${name}-kept`, "/CN=kept", name),
      await made.client(`${name}-lost`, "/CN=lost", name),
    ];
    await made.list(name, [`${name}-lost`], HOUR);
    const list = readRevoked(readFileSync(join(cwd, `${name}.crl`)))!;
    t.deepEqual([...list.serials], [new X509Certificate(lost.cert!).serialNumber]);
    t.false(list.serials.has(new X509Certificate(kept.cert!).serialNumber));
    const dates = await must([
      "openssl",
      "crl",
      "-noout",
      "-lastupdate",
      "-nextupdate",
      "-in",
      join(cwd, `${name}.crl`),
    ]);
    const [from, end] = dates
      .trim()
      .split("\n")
      .map((line) => Date.parse(line.slice(line.indexOf("=") + 1)));
    t.deepEqual([list.from, list.until], [from, end]);
    t.true(isSignedBy(list, readFileSync(join(cwd, `${name}.pem`))));
  }
  // Of the same name, as after its key was made anew: the signature alone tells them apart.
  const other = folder(t, {});
  await authority(other).root("ec");
  const list = readRevoked(readFileSync(join(cwd, "ec.crl")))!;
  t.false(isSignedBy(list, readFileSync(join(other, "ec.pem"))));
  t.false(isSignedBy(list, readFileSync(join(cwd, "rsa.pem"))));
});

testUnless(noOpenssl, "what is cut off or altered is a list or none, and never an exception", async (t) => {
  const cwd = folder(t, {});
  const made = authority(cwd);
  await made.root("ours");
  await made.client("lost", "/CN=lost", "ours");
  for (const extension of WHOLE) {
    await made.list("ours", ["lost"], HOUR, extension);
    t.is(readRevoked(readFileSync(join(cwd, "ours.crl")))!.partial, undefined, extension);
  }
  await made.list("ours", ["lost"], HOUR, WHOLE[0]);
  const ca = readFileSync(join(cwd, "ours.pem"));
  const text = readFileSync(join(cwd, "ours.crl"), "latin1");
  const [, base64] = /CRL-----([^-]*)-----END/.exec(text)!;
  const bytes = Buffer.from(base64!, "base64");
  const pem = (der: Uint8Array): Buffer =>
    Buffer.from(`-----BEGIN X509 CRL-----\n${Buffer.from(der).toString("base64")}\n-----END X509 CRL-----\n`);
  t.true(isSignedBy(readRevoked(pem(bytes))!, ca));
  for (let i = 0; i < bytes.length; i++) {
    t.is(readRevoked(pem(bytes.subarray(0, i))), undefined);
    for (const bit of [0, 3, 7]) {
      const altered = Buffer.from(bytes);
      altered[i]! ^= 1 << bit;
      const list = readRevoked(pem(altered));
      if (list !== undefined) t.not(isSignedBy(list, ca), true, `byte ${i}, bit ${bit}`);
    }
  }
  t.is(readRevoked(ca), undefined);
});

/** A connection of the text protocol. */
class Talk {
  heard = "";
  isOver = false;
  readonly socket: TLSSocket;
  session: Buffer | undefined;

  constructor(port: number, keys: Keys, ca: Buffer, session?: Buffer) {
    this.socket = connectTls({ host: "127.0.0.1", port, ca, ...keys, ...(session && { session }) }).setEncoding("utf8");
    this.socket.on("data", (piece: string) => void (this.heard += piece));
    this.socket.on("session", (one: Buffer) => void (this.session = one));
    this.socket.on("error", () => undefined);
    this.socket.on("close", () => void (this.isOver = true));
  }

  say(words: string): void {
    this.socket.write(words);
  }

  hears(pattern: RegExp): Promise<boolean> {
    return until(() => pattern.test(this.heard));
  }
}

function streaming(port: number, keys: Keys, ca: Buffer): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const path = "/v1/events?after=-1";
    request({ host: "127.0.0.1", port, path, ca, ...keys, agent: false }, resolve)
      .on("error", reject)
      .end();
  });
}

async function prepared(t: ExecutionContext) {
  const cwd = folder(t, { "net.pane": POLICY });
  const made = authority(cwd);
  await made.root("localhost", "-addext", "subjectAltName=IP:127.0.0.1");
  await made.root("ours");
  await made.root("theirs");
  await made.list("theirs", [], HOUR);
  const alice = await made.client("alice", "/CN=alice-laptop", "ours");
  const lost = await made.client("lost", "/CN=alice-phone", "ours");
  const shows = ["--tls-cert", "localhost.pem", "--tls-key", "localhost.key", "--client-ca", "ours.pem"];
  const names = ["--client", "CN:alice-laptop=Alice", "--client", "CN:alice-phone=Alice"];
  const words = ["net.pane", "--state", "state", "--socket", "socket", ...shows, ...names];
  return { cwd, made, alice, lost, words, ca: readFileSync(join(cwd, "localhost.pem")) };
}

testUnless(
  noOpenssl,
  "a new list is read while the server runs, and ends what a revoked certificate has opened",
  async (t) => {
    t.timeout(600_000);
    const { cwd, made, alice, lost, words, ca } = await prepared(t);
    await made.list("ours", [], HOUR);
    const ports = ["--text", "127.0.0.1:0", "--http", "127.0.0.1:0", "--client-crl", "ours.crl"];
    const server = new ServeProcess(t, [...words, ...ports], cwd);
    await server.printed(/serving at/);
    const port = (pattern: RegExp): number => Number(pattern.exec(server.out)![1]);
    const [text, http] = [port(/^the text protocol at port (\d+)$/m), port(/^HTTP at port (\d+)$/m)];
    const [kept, cut] = [new Talk(text, alice, ca), new Talk(text, lost, ca)];
    for (const one of [kept, cut]) {
      one.say("Alice\nListShares.\n");
      t.true(await one.hears(/logged in\n2;/));
    }
    const [going, ended] = [await streaming(http, alice, ca), await streaming(http, lost, ca)];
    let [isGoing, isEnded] = [true, false];
    going
      .resume()
      .on("close", () => (isGoing = false))
      .on("error", () => undefined);
    ended
      .resume()
      .on("close", () => (isEnded = true))
      .on("error", () => undefined);
    t.deepEqual([going.statusCode, ended.statusCode], [200, 200]);

    await made.list("ours", ["lost"], HOUR);
    await server.printed(/ours\.crl was read again, and names 1 revoked/);
    t.true(await cut.hears(/error: your certificate is refused: it was revoked/), cut.heard);
    t.true(await until(() => cut.isOver && isEnded), "her streams of events end, too");
    kept.say("ListUsers.\n");
    t.true(await kept.hears(/2;[\s\S]*2;/), "and no other connection does");
    t.true(isGoing && !kept.isOver);
    for (const session of [undefined, cut.session]) {
      const again = new Talk(text, lost, ca, session);
      again.say("Alice\nListShares.\n");
      t.true(await again.hears(/error: your certificate is refused: it was revoked/), "nor does a session go on");
    }

    for (const [bytes, why] of [
      [
        readFileSync(join(cwd, "theirs.crl")),
        /is the list of another authority than that of --client-ca; the list before/,
      ],
      [Buffer.from("nothing"), /holds no list of revoked certificates in PEM; the list before it stays in force/],
    ] as const) {
      writeFileSync(join(cwd, "ours.crl"), bytes);
      await server.printed(why);
      const still = new Talk(text, lost, ca);
      still.say("Alice\nListShares.\n");
      t.true(await still.hears(/it was revoked/));
    }
    kept.say("ListUsers.\n");
    t.true(await kept.hears(/2;[\s\S]*2;[\s\S]*2;/));

    // Two lists of one authority, as `cat` joins them: TLS would read the first alone, and let in whom the second names.
    await made.list("ours", ["lost"], HOUR);
    const naming = readFileSync(join(cwd, "ours.crl"));
    await made.list("ours", [], HOUR);
    const empty = readFileSync(join(cwd, "ours.crl"));
    await server.printed(/names 0 revoked/);
    writeFileSync(join(cwd, "ours.crl"), naming);
    await server.printed(/names 0 revoked[\s\S]*names 1 revoked/);
    writeFileSync(join(cwd, "ours.crl"), Buffer.concat([empty, naming]));
    await server.printed(/holds several lists of revoked certificates, and may hold one; the list before it stays/);
    const joined = new Talk(text, lost, ca);
    joined.say("Alice\nListShares.\n");
    t.true(await joined.hears(/it was revoked/));

    // Nobody may write to it, ever: who waited for that would answer nobody meanwhile.
    unlinkSync(join(cwd, "ours.crl"));
    await must(["mkfifo", join(cwd, "ours.crl")]);
    await server.printed(/ours\.crl is no regular file; the list before it stays in force/);
    kept.say("ListUsers.\n");
    t.true(await kept.hears(/2;[\s\S]*2;[\s\S]*2;[\s\S]*2;/));
    unlinkSync(join(cwd, "ours.crl"));

    await made.list("ours", [], 3);
    await server.printed(/names 0 revoked[\s\S]*names 0 revoked/);
    await server.printed(/ours\.crl has expired at .*, so no certificate of a client is taken until/);
    t.true(await until(() => kept.isOver && !isGoing), "with the list all ends that only it could say is not revoked");
    t.regex(kept.heard, /your certificate is refused: the list of revoked certificates has expired/);
  },
);

testUnless(
  noOpenssl,
  "at the start a list of another authority is refused, and one that has expired is told",
  async (t) => {
    const { cwd, made, words } = await prepared(t);
    const given = [...words, "--http", "127.0.0.1:0"];
    const other = await glazier(cwd, ["serve", ...given, "--client-crl", "theirs.crl"], "", clock);
    t.is(other.exit, 3);
    t.regex(other.err, /--client-crl: theirs\.crl is the list of another authority than that of --client-ca/);
    await made.list("ours", [], HOUR);
    const [ours, theirs] = [readFileSync(join(cwd, "ours.crl")), readFileSync(join(cwd, "theirs.crl"))];
    writeFileSync(join(cwd, "joined.crl"), Buffer.concat([ours, theirs]));
    const joined = await glazier(cwd, ["serve", ...given, "--client-crl", "joined.crl"], "", clock);
    t.is(joined.exit, 3);
    t.regex(joined.err, /--client-crl: joined\.crl holds several lists of revoked certificates, and may hold one/);
    for (const [extension, why] of NOT_WHOLE) {
      await made.list("ours", [], HOUR, extension);
      const partial = await glazier(cwd, ["serve", ...given, "--client-crl", "ours.crl"], "", clock);
      t.is(partial.exit, 3, extension);
      t.regex(partial.err, new RegExp(`--client-crl: ours\\.crl ${why}: give the authority's whole list`));
    }
    await made.list("ours", [], 1);
    const { until: end } = readRevoked(readFileSync(join(cwd, "ours.crl")))!;
    t.true(await until(() => Date.now() > end));
    const server = new ServeProcess(t, [...given, "--client-crl", "ours.crl"], cwd);
    await server.printed(/serving at/);
    await server.printed(
      /warning: --client-crl: .*ours\.crl has expired at \d{4}-.*Z, so no certificate of a client is taken/,
    );
  },
);
