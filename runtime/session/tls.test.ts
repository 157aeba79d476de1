/** TLS: both sides show certificates of one authority. openssl makes the keys; without it the tests are skipped. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { command, must } from "../process/command.ts";
import { testUnless } from "../lab/test.ts";
import { parseTarget, Session, SessionFault, type SwitchTarget, type TlsKeys } from "./index.ts";
import { behave, FEATURES, listenTls } from "./testing/peer.ts";

const missing = (await command(["openssl", "version"])).code === 0 ? undefined : "openssl is not installed";

/** An authority with one certificate for a switch and one for us. */
async function authority(t: ExecutionContext, name: string) {
  const folder = mkdtempSync(join(tmpdir(), "glazier-tls-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const at = (file: string): string => join(folder, file);
  const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  await must(["openssl", "req", "-x509", ...ec, "-subj", `/CN=${name}`, "-keyout", at("ca.key"), "-out", at("ca.pem")]);
  for (const party of ["switch", "controller"]) {
    const signed = ["-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-subj", `/CN=${party}`];
    await must([
      "openssl",
      "req",
      "-x509",
      ...ec,
      ...signed,
      "-keyout",
      at(`${party}.key`),
      "-out",
      at(`${party}.pem`),
    ]);
  }
  const read = (file: string): string => readFileSync(at(file), "utf8");
  return {
    ca: read("ca.pem"),
    switch: { cert: read("switch.pem"), key: read("switch.key") },
    controller: { cert: read("controller.pem"), key: read("controller.key") },
  };
}

const quiet = behave(() => undefined);

async function connect(t: ExecutionContext, where: string, tls: TlsKeys): Promise<Session> {
  const session = await Session.connect(parseTarget(where) as SwitchTarget, { tls });
  t.teardown(() => session.close());
  return session;
}

testUnless(missing, "a switch and we trust each other through one authority", async (t) => {
  const ours = await authority(t, "ours");
  const where = await listenTls(t, { ...ours.switch, ca: ours.ca, requestCert: true, rejectUnauthorized: true }, quiet);
  const session = await connect(t, where, { ca: ours.ca, ...ours.controller });
  t.is(session.features.datapath, FEATURES.datapath);
});

testUnless(missing, "a switch of another authority is refused", async (t) => {
  const [ours, theirs] = [await authority(t, "ours"), await authority(t, "theirs")];
  const where = await listenTls(t, { ...theirs.switch }, quiet);
  for (const tls of [{ ca: ours.ca }, {}]) {
    const fault = await t.throwsAsync(connect(t, where, tls), { instanceOf: SessionFault });
    t.is((fault as SessionFault).diagnostic.code, "E951");
  }
});

testUnless(missing, "the switch's name is checked where one is given", async (t) => {
  const ours = await authority(t, "ours");
  const where = await listenTls(t, { ...ours.switch }, quiet);
  await t.notThrowsAsync(connect(t, where, { ca: ours.ca, serverName: "switch" }));
  const fault = await t.throwsAsync(connect(t, where, { ca: ours.ca, serverName: "other" }));
  t.regex(fault.message, /cannot be reached/);
});

testUnless(missing, "a text that is no key is refused with a reason", async (t) => {
  const ours = await authority(t, "ours");
  const where = await listenTls(t, { ...ours.switch }, quiet);
  const fault = await t.throwsAsync(connect(t, where, { ca: ours.ca, cert: "none", key: "none" }));
  t.regex(fault.message, /cannot be reached: /);
});
