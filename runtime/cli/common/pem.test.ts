/** Files of certificates and keys that are missing, unreadable, locked, or something else: each is said with its option. */
import { X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { command, must } from "../../process/command.ts";
import { testUnless } from "../../lab/test.ts";
import { folder, glazier } from "../testing.ts";
import { timesFault } from "./pem.ts";

const missing = (await command(["openssl", "version"])).code === 0 ? undefined : "openssl is not installed";

testUnless(
  missing,
  "what --tls-cert, --tls-key, --client-ca, --switch-ca and --tls-ca name is read before anything is begun",
  async (t) => {
    const cwd = folder(t, { "net.pane": "AddUser Alice.\n", "text.pem": "none\n", "empty.pem": "" });
    mkdirSync(join(cwd, "dir"));
    await must(["mkfifo", join(cwd, "pipe")]);
    const at = (name: string): string => join(cwd, name);
    const curve = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
    await must(["openssl", "genpkey", ...curve, "-out", at("key.pem")]);
    await must(["openssl", "genpkey", ...curve, "-out", at("other.pem")]);
    await must([
      "openssl",
      "pkey",
      "-in",
      at("key.pem"),
      "-aes128",
      "-passout",
      "pass:secret",
      "-out",
      at("locked.pem"),
    ]);
    await must([
      "openssl",
      "req",
      "-x509",
      "-key",
      at("key.pem"),
      "-subj",
      "/CN=localhost",
      "-days",
      "2",
      "-out",
      at("cert.pem"),
    ]);
    const serve = ["serve", "net.pane", "--state", "state", "--socket", "socket", "--text", "127.0.0.1:0"];
    const tls = (cert: string, key: string): readonly string[] => [...serve, "--tls-cert", cert, "--tls-key", key];
    const good = tls("cert.pem", "key.pem");
    const clients = (ca: string): readonly string[] => [...good, "--client-ca", ca, "--client", "CN:alice=Alice"];
    const say = ["say", "ListUsers.", "--server", "tls:127.0.0.1:1", "--as", "root"];
    const NONE = "there is no such file or folder";
    const told: readonly (readonly [readonly string[], string])[] = [
      [tls("missing", "key.pem"), `--tls-cert: cannot read missing: ${NONE}\n  name a certificate in PEM`],
      [
        tls("pipe", "pipe"),
        "--tls-cert: cannot read pipe: it is a named pipe and no regular file\n  name a certificate in PEM",
      ],
      [tls("dir", "key.pem"), "--tls-cert: cannot read dir: it is a folder\n  name a certificate in PEM"],
      [
        tls("text.pem", "key.pem"),
        "--tls-cert: text.pem holds no certificate in PEM\n  a certificate in PEM begins with a line of -----BEGIN …-----",
      ],
      [tls("cert.pem", "empty.pem"), "--tls-key: empty.pem holds no private key in PEM\n  it is empty"],
      [tls("cert.pem", "other.pem"), "--tls-key: other.pem is the key of another certificate"],
      [tls("key.pem", "cert.pem"), "--tls-cert: key.pem holds no certificate in PEM\n  it holds a private key"],
      [tls("cert.pem", "cert.pem"), "--tls-key: cert.pem holds no private key in PEM\n  it holds a certificate"],
      [
        tls("cert.pem", "locked.pem"),
        "--tls-key: locked.pem is locked with a passphrase\n  `openssl pkey -in FILE -out OPENED` makes a key without one",
      ],
      [clients("missing"), `--client-ca: cannot read missing: ${NONE}\n  name a certificate in PEM`],
      [clients("key.pem"), "--client-ca: key.pem holds no certificate in PEM\n  it holds a private key"],
      [[...serve, "--switch-ca", "dir"], "--switch-ca: cannot read dir: it is a folder\n  name a certificate in PEM"],
      [[...say, "--tls-ca", "missing"], `--tls-ca: cannot read missing: ${NONE}\n  name a certificate in PEM`],
    ];
    for (const [words, message] of told)
      t.like(
        await glazier(cwd, words, "", undefined, { GLAZIER_TOKEN: "glz_x" }),
        { exit: 3, out: "", err: `error: ${message}\n` },
        words.join(" "),
      );
    for (const one of ["cert", "key"] as const) {
      const { exit, err } = await glazier(cwd, [...serve, `--tls-${one}`, "missing"]);
      t.deepEqual(
        [exit, err],
        [2, `error: a certificate and its key belong together\n  give --tls-cert and --tls-key\n`],
        one,
      );
    }
    const cert = readFileSync(at("cert.pem"));
    const { validFrom, validTo } = new X509Certificate(cert);
    const ofTimes = (date: string, ms: number): string | undefined =>
      timesFault("tls-cert", "cert.pem", cert, Date.parse(date) + ms)?.replace(/\d{4}-[-\dT:]*Z/, "DATE");
    const refuses = "DATE: whoever checks it refuses it";
    t.is(ofTimes(validFrom, -1), `--tls-cert: cert.pem is not valid before ${refuses}`);
    t.is(ofTimes(validFrom, 0), "--tls-cert: cert.pem expires at DATE");
    t.is(ofTimes(validTo, -1), "--tls-cert: cert.pem expires at DATE");
    t.is(ofTimes(validTo, 0), `--tls-cert: cert.pem has expired at ${refuses}`);
    // The advice, followed: the key without its passphrase is taken, and the next fault is told.
    await must(["openssl", "pkey", "-in", at("locked.pem"), "-passin", "pass:secret", "-out", at("opened.pem")]);
    const { err } = await glazier(cwd, [...tls("cert.pem", "opened.pem"), "--socket-mode", "999"]);
    t.regex(err, /^error: --socket-mode: 999 is no mode/);
  },
);
