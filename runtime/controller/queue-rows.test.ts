/**
 * Rows of ours in a switch's database that stayed behind, or that others have put to use of their own: the next apply takes
 * away what nothing uses, and nothing that others use, and nothing of it keeps a table back.
 */
import type { ExecutionContext } from "ava";
import { compiled } from "../lab/testing/user-frames.ts";
import type { Lab } from "../lab/lab.ts";
import { switchTest } from "../lab/test.ts";
import { apply } from "./index.ts";

const FACTS = "switch(s1, 1). port_rate(s1, 2, 100Mb). port_rate(s1, 3, 100Mb).\n";
const reserve = (port: number, rate: string): string =>
  `@r${port} reserve(dstHost=10.0.0.${port + 1}) = ${rate} on rootShare.
host_ip(h${port}, 10.0.0.${port + 1}). host_mac(h${port}, 00:00:00:00:00:0${port + 1}). host_at(h${port}, s1, ${port}).\n`;
const BOTH = FACTS + reserve(2, "10Mb") + reserve(3, "20Mb");
const NOTHING = "default allow.";

async function put(t: ExecutionContext, lab: Lab, text: string): Promise<void> {
  const { table } = compiled(text, "ovs-userspace");
  const result = await apply(lab.mgmt, table, { database: lab.db });
  const said = result.diagnostics
    .filter(({ severity }) => severity === "error")
    .map(({ code, message }) => `${code} ${message}`);
  t.deepEqual([result.outcome, ...said], ["applied"]);
}

/** What each QoS row and each queue is for, by the words of its owner. */
async function rows(lab: Lab): Promise<string> {
  const list = async (table: string, column: string): Promise<readonly string[]> =>
    (await lab.vsctl(["--bare", "--no-headings", `--columns=${column}`, "list", table]))
      .split("\n")
      .filter((line) => line !== "");
  return [...(await list("qos", "external_ids")), ...(await list("queue", "external_ids"))].toSorted().join("\n");
}

const qosOf = async (lab: Lab, port: string): Promise<string> => (await lab.vsctl(["get", "port", port, "qos"])).trim();
/** The queue with a number above 0. */
const queueOf = async (lab: Lab, port: string): Promise<string> =>
  /[1-9]\d*=([-0-9a-f]{36})/.exec(await lab.vsctl(["get", "qos", await qosOf(lab, port), "queues"]))![1]!;

switchTest("rows that nothing uses any more go with the next apply, whatever left them", async (t, start) => {
  const lab = await start();
  for (const leave of [
    // The port goes.
    () => lab.vsctl(["del-port", "s1", "s1-eth3"]),
    // Others take the queues out of it, or take it away.
    async () => lab.vsctl(["clear", "qos", await qosOf(lab, "s1-eth3"), "queues"]),
    async () =>
      lab.vsctl(["--", "clear", "port", "s1-eth3", "qos", "--", "destroy", "qos", await qosOf(lab, "s1-eth3")]),
    // The bridge is another one by now.
    () =>
      lab.vsctl([
        "clear",
        "port",
        "s1-eth3",
        "qos",
        "--",
        "set",
        "bridge",
        "s1",
        "other-config:datapath-id=00000000000000aa",
      ]),
  ]) {
    await put(t, lab, BOTH);
    t.is((await rows(lab)).split("\n").length, 2 + 4);
    await leave();
    await put(t, lab, NOTHING);
    t.is(await rows(lab), "");
    await lab.vsctl([
      "--may-exist",
      "add-port",
      "s1",
      "s1-eth3",
      "--",
      "set",
      "interface",
      "s1-eth3",
      "ofport_request=3",
    ]);
    await lab.vsctl(["set", "bridge", "s1", "other-config:datapath-id=0000000000000001"]);
  }
});

switchTest("a port whose device is gone keeps the queues that are asked for, and no others", async (t, start) => {
  const lab = await start();
  await put(t, lab, BOTH);
  const before = await rows(lab);
  await lab.onSwitch(["ip", "link", "del", "s1-eth3"]);
  await put(t, lab, BOTH);
  t.is(await rows(lab), before);
  // Now its port has no number, either.
  await lab.restart();
  await put(t, lab, BOTH);
  t.is(await rows(lab), before);
  await put(t, lab, NOTHING);
  t.is(await rows(lab), "");
});

switchTest("rows of ours that others use stay with them, and keep nothing back", async (t, start) => {
  const lab = await start();
  await put(t, lab, BOTH);
  // Somebody shapes another port as ours is, and has a queue of ours in a QoS of his own.
  const theirs = ["--id=@q", "create", "qos", "type=linux-htb", `queues:9=${await queueOf(lab, "s1-eth2")}`];
  await lab.vsctl(["set", "port", "s1-eth1", `qos=${await qosOf(lab, "s1-eth2")}`, "--", ...theirs]);
  await put(t, lab, FACTS + reserve(1, "7Mb") + reserve(3, "20Mb"));
  t.not(await qosOf(lab, "s1-eth1"), "[]");
  t.is(await qosOf(lab, "s1-eth2"), "[]");
  // Ours at a port alone, the other port having none of its own.
  await lab.vsctl(["set", "port", "s1-eth2", `qos=${await qosOf(lab, "s1-eth3")}`]);
  await put(t, lab, BOTH);
  t.not(await qosOf(lab, "s1-eth2"), await qosOf(lab, "s1-eth3"));
  await lab.vsctl(["set", "port", "s1-eth1", `qos=${await qosOf(lab, "s1-eth3")}`]);
  await put(t, lab, BOTH);
  t.is(await qosOf(lab, "s1-eth1"), "[]");
  await put(t, lab, NOTHING);
  t.deepEqual((await rows(lab)).split("\n").length, 1, "the queue that others have in their QoS");
  const row = (await lab.vsctl(["--bare", "--no-headings", "--columns=_uuid", "list", "qos"])).trim();
  await lab.vsctl(["destroy", "qos", row]);
  await put(t, lab, NOTHING);
  t.is(await rows(lab), "");
});

switchTest("rows of another bridge of the same database, and of others, stay", async (t, start) => {
  const hosts = [1, 2, 3].map((n) => ({ name: `h${n}`, ip: `10.0.0.${n + 1}`, switch: n === 3 ? "s2" : "s1" }));
  const lab = await start({ switches: ["s1", "s2"], links: [], hosts });
  const { table } = compiled(
    "switch(s2, 2). host_ip(h3, 10.0.0.4). host_mac(h3, 00:00:00:00:00:04). host_at(h3, s2, 1). port_rate(s2, 1, 9Mb).\n@r reserve(dstHost=10.0.0.4) = 1Mb on rootShare.",
    "ovs-userspace",
  );
  t.is((await apply(lab.switches[1]!.mgmt, table, { database: lab.db })).outcome, "applied");
  await lab.vsctl(["--", "--id=@q", "create", "qos", "type=linux-htb", "external_ids:owner=somebody"]);
  await lab.vsctl(["create", "queue", "other_config:min-rate=7"]);
  const before = await rows(lab);
  await put(t, lab, FACTS + reserve(2, "10Mb"));
  await put(t, lab, NOTHING);
  t.is(await rows(lab), before);
  t.true(before.includes("somebody") && before.includes("glazier"));
});
