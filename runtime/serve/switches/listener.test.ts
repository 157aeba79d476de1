/** Real switches that connect to the server, over TCP and TLS; and a second one that shows the same datapath id. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import test, { type ExecutionContext } from "ava";
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import { folder } from "../../cli/testing.ts";
import { factsOf, type Lab } from "../../lab/lab.ts";
import { switchTest, testUnless } from "../../lab/test.ts";
import { until } from "../../lab/until.ts";
import { must } from "../../process/command.ts";
import { behave, FEATURES, say } from "../../session/testing/peer.ts";
import { authority, noOpenssl } from "../testing/authority.ts";
import { ServeProcess, TextClient } from "../testing/process.ts";
import { bobHears } from "../testing/on-switch.ts";
import { SwitchListener } from "./listener.ts";

const PORT = 6653;

/** The server runs among the switches, whose namespace nothing else reaches. */
function serve(t: ExecutionContext, lab: Lab, cwd: string, ...more: readonly string[]): ServeProcess {
  const words = [
    "net.pane",
    "--db",
    lab.db,
    "--take-over",
    "--state",
    "state",
    "--socket",
    join(cwd, "socket"),
    ...more,
  ];
  return new ServeProcess(t, words, cwd, [], lab.namespace);
}

const policyOf = (lab: Lab): string => `default allow.
NewShare s for (dstHost=10.0.0.4) [deny = True] on rootShare.
@never deny(srcHost=10.0.0.3, dstHost=10.0.0.4, transport=UDP, dstPort=7) on s.
${factsOf(lab)}`;

const setController = async (lab: Lab, bridge: string, target: string): Promise<void> => {
  await lab.vsctl(["set-controller", bridge, target, "--", "set", "controller", bridge, "connection-mode=out-of-band"]);
};

/** Whether a bridge calls its controller master. Open vSwitch writes that into its database every few seconds. */
const hasMaster = (lab: Lab, bridge: string): Promise<boolean> =>
  until(async () => (await lab.vsctl(["get", "controller", bridge, "role"])).trim() === "master");

switchTest("switches that connect get their tables, also when they come back empty", async (t, start) => {
  const lab = await start({ switches: ["s1", "s2"] });
  const cwd = folder(t, { "net.pane": policyOf(lab) });
  const server = serve(t, lab, cwd, "--listen", `tcp:127.0.0.1:${PORT}`);
  await server.printed(/serving at/);
  t.regex(server.out, /^switches may connect at port 6653$/m);
  const client = await TextClient.login(join(cwd, "socket"), "root", server.token);
  const deny = (port: number): string =>
    `deny(srcHost=10.0.0.3, dstHost=10.0.0.4, transport=UDP, dstPort=${port}) on s.`;
  t.is(
    await client.say(deny(8)),
    "True\n accepted\n id: r1\n not yet in force on s1: it is not reached yet\n not yet in force on s2: it is not reached yet",
  );
  for (const bridge of ["s1", "s2"]) await setController(lab, bridge, `tcp:127.0.0.1:${PORT}`);
  await server.printed(/s1: \d+ added/);
  await server.printed(/s2: \d+ added/);
  t.false(await bobHears(lab, 7));
  t.false(await bobHears(lab, 8));
  t.true(await bobHears(lab, 9));
  t.true(await hasMaster(lab, "s1"));
  t.is(await client.say(deny(9)), "True\n accepted\n id: r2");
  t.true(await until(async () => !(await bobHears(lab, 9))));
  const before = [await lab.dump("s1"), await lab.dump("s2")].map(withoutBooks);
  await lab.restart();
  t.true(
    await until(async () => [await lab.dump("s1"), await lab.dump("s2")].map(withoutBooks).join() === before.join()),
    server.err,
  );
  t.false(await bobHears(lab, 7));
  t.true(await bobHears(lab, 10));
  client.close();

  // A bridge that the policy does not know, and one that pretends to be s1.
  const stranger = (dpid: string): string[] =>
    `add-br x -- set bridge x datapath_type=netdev fail_mode=secure protocols=OpenFlow13 other-config:datapath-id=${dpid}`.split(
      " ",
    );
  await lab.vsctl(stranger("00000000000000ff"));
  await setController(lab, "x", `tcp:127.0.0.1:${PORT}`);
  await server.printed(
    /E983.*`tcp:127\.0\.0\.1` is refused: no switch that is awaited has the datapath id 00000000000000ff/,
  );
  await lab.vsctl(["set", "bridge", "x", `other-config:datapath-id=${lab.switches[0]!.dpid}`]);
  await server.printed(/E983.*`s1` is connected from `tcp:127\.0\.0\.1` already, and answers there/);
  const entries = (await lab.vsctl(["get", "bridge", "x", "flow_tables"])).trim();
  t.is(entries, "{}");
  t.is(
    await must(["ovs-ofctl", "-O", "OpenFlow13", "dump-flows", "--no-stats", `unix:${lab.directory}/x.mgmt`]),
    "",
    "nothing was written to it",
  );
  t.false(await bobHears(lab, 7), "s1 has its table");
  t.true(await hasMaster(lab, "s1"));
  t.notRegex(server.err, /fault of glazier/);
});

/** Entries without those that each write changes. */
const withoutBooks = (dump: string): string =>
  dump
    .split("\n")
    .filter((line) => !/table=253/.test(line))
    .toSorted()
    .join("\n");

switchTest("over TLS a switch and the server show certificates of one authority", async (t, start) => {
  const lab = await start();
  const cwd = folder(t, { "net.pane": policyOf(lab) });
  const at = (file: string): string => join(cwd, file);
  const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  const make = (name: string, ...signed: string[]): Promise<string> =>
    must([
      "openssl",
      "req",
      "-x509",
      ...ec,
      "-subj",
      `/CN=${name}`,
      ...signed,
      "-keyout",
      at(`${name}.key`),
      "-out",
      at(`${name}.pem`),
    ]);
  await make("ca");
  await make("other");
  const signed = ["-CA", at("ca.pem"), "-CAkey", at("ca.key")];
  for (const name of ["switch", "server"]) await make(name, ...signed, "-addext", "basicConstraints=CA:FALSE");
  const keys = ["--switch-cert", at("server.pem"), "--switch-key", at("server.key"), "--switch-ca", at("ca.pem")];
  const server = serve(t, lab, cwd, "--listen", "tls:127.0.0.1:6654", ...keys);
  await server.printed(/serving at/);
  await lab.vsctl(["set-ssl", at("other.key"), at("other.pem"), at("ca.pem")]);
  await setController(lab, "s1", "ssl:127.0.0.1:6654");
  await server.printed(/E983.*`tls:127\.0\.0\.1` is refused: /);
  t.is(await lab.dump(), "", "an authority of others opens nothing");
  await lab.vsctl(["set-ssl", at("switch.key"), at("switch.pem"), at("ca.pem")]);
  await server.printed(/s1: \d+ added/);
  t.false(await bobHears(lab, 7));
  t.true(await bobHears(lab, 9));
});

test("of two connections with one datapath id the older one stays as long as it answers", async (t) => {
  const refused: Diagnostic[] = [];
  const dpid = FEATURES.datapath.toString(16).padStart(16, "0");
  const listener = new SwitchListener({
    expected: new Map([[dpid, "s1"]]),
    refused: (fault) => void refused.push(fault),
    patience: 3_000,
  });
  t.teardown(() => listener.close());
  const port = await listener.listen({ host: "127.0.0.1", port: 0 });
  let mute = false;
  const answers = behave((message, socket) => {
    if (message.type === "echo_request" && !mute) say(socket, { ...message, type: "echo_reply" });
  });
  const dial = (behaviour = answers): Socket => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => undefined);
    t.teardown(() => socket.destroy());
    behaviour(socket);
    return socket;
  };
  const awaited = listener.of("s1");
  const { signal } = new AbortController();
  const first = dial();
  const session = (await awaited.next(signal))!;
  t.is(session.features.datapath, FEATURES.datapath);
  const second = dial();
  await once(second, "close");
  t.regex(
    refused.map(({ message }) => message).join(),
    /^[^,]*`s1` is connected from [^,]* already, and answers there$/,
  );
  t.is(session.fault, undefined);
  // A switch whose line was cut comes back on another, before the old one is known to be lost.
  mute = true;
  dial();
  const again = (await awaited.next(signal))!;
  t.is(again.fault, undefined);
  t.not(again, session);
  t.true(first.destroyed || session.fault !== undefined);
  t.is(refused.length, 1);
  // What is no switch is refused in words, once, and takes nothing from those that are.
  for (let times = 0; times < 3; times++) {
    const stranger = connect(port, "127.0.0.1", () => stranger.write(Buffer.of(4, 2, 0, 8, 0, 0, 0, 1)));
    stranger.on("error", () => undefined).resume();
    await once(stranger, "close");
  }
  t.is(refused.length, 2);
  t.regex(refused[1]!.message, /is refused: what `tcp:127\.0\.0\.1` sends is not OpenFlow/);
  t.is(again.fault, undefined);
  const end = new AbortController();
  const none = awaited.next(end.signal);
  end.abort();
  t.is(await none, undefined);
});

for (const scheme of ["tcp", "tls"] as const)
  testUnless(
    noOpenssl,
    `connections that show no switch keep none out, and a switch keeps its place beside them (${scheme})`,
    async (t) => {
      const cwd = folder(t, {});
      const at = (file: string): Buffer => readFileSync(join(cwd, file));
      const ca = authority(cwd);
      await ca.root("ca");
      const shown = await ca.client("switch", "/CN=switch", "ca");
      await ca.client("server", "/CN=server", "ca", 2, "subjectAltName=IP:127.0.0.1");
      const dpid = FEATURES.datapath.toString(16).padStart(16, "0");
      const session = { connectSeconds: 600 };
      const listener = new SwitchListener({ expected: new Map([[dpid, "s1"]]), refused: () => undefined, session });
      t.teardown(() => listener.close());
      const tls = { ca: at("ca.pem"), cert: at("server.pem"), key: at("server.key") };
      const port = await listener.listen({ host: "127.0.0.1", port: 0, ...(scheme === "tls" && { tls }) });
      const silence = async (): Promise<void> => {
        for (let nth = 0; nth < 150; nth++) {
          const socket = connect(port, "127.0.0.1");
          t.teardown(() => socket.destroy());
          await once(
            socket.on("error", () => undefined),
            "connect",
          );
        }
      };
      await silence();
      const options = { host: "127.0.0.1", port, ca: tls.ca, ...shown };
      const dialled = scheme === "tls" ? connectTls(options) : connect(port, "127.0.0.1");
      t.teardown(() => dialled.destroy());
      behave((message, socket) => {
        if (message.type === "echo_request") say(socket, { ...message, type: "echo_reply" });
      })(dialled.on("error", () => undefined));
      const found = (await listener.of("s1").next(AbortSignal.timeout(60_000)))!;
      t.is(found?.features.datapath, FEATURES.datapath);
      await silence();
      t.true(await found.answers(60_000));
      t.is(found.fault, undefined);
    },
  );
