/**
 * What may stand around a table and change nothing of it: patches as links, large frames, protected ports, a memory of
 * connections that is full, segments that the switch cuts. With real frames.
 */
import { RULES } from "../../../compiler/admission/testing/networks.ts";
import { decide, tablesAt } from "../../../compiler/compile.ts";
import { ethernet, ipv4, udp } from "../../lab/frames.ts";
import type { Lab } from "../../lab/lab.ts";
import type { TargetName } from "../../../compiler/lowering/index.ts";
import { switchTest } from "../../lab/test.ts";
import { steadily } from "../../lab/until.ts";
import { must } from "../../process/command.ts";
import { apply } from "../index.ts";
import { joined } from "../testing/joined.ts";

/** Applies a policy to all switches of a lab; returns how that ended, with the codes of what was said. */
async function put(lab: Lab, text: string, target: TargetName = "ovs"): Promise<readonly string[]> {
  const decided = decide([{ name: "world.pane", text }], { now: 0, rules: RULES, load: () => undefined });
  const { tables, diagnostics } = tablesAt(decided, 0, { target });
  const errors = [...decided.diagnostics, ...diagnostics].filter(({ severity }) => severity === "error");
  const said = errors.map(({ message }) => message);
  for (const { name, mgmt } of lab.switches) {
    const table = tables.get(name) ?? [...tables.values()][0]!;
    const result = await apply(mgmt, table, { takeOver: true, database: lab.db, purge: true });
    // That tracking begins is so of each policy of a direction.
    const codes = result.diagnostics.map(({ code }) => code).filter((code) => code !== "N996");
    said.push([result.outcome, ...codes].join(" "));
  }
  return said;
}

const at = (lab: Lab, name: string) => lab.hosts.find((host) => host.name === name)!;
/** An address that no host has, so that none answers. */
const ipOf = (lab: Lab, name: string): string => at(lab, name).ip.replace(/\d+$/, (last) => `${Number(last) + 100}`);

/** A datagram of a host to the MAC of another, with so many bytes. */
function datagram(lab: Lab, from: string, to: string, [source, destination]: [number, number], size = 0): Uint8Array {
  const length = 8 + size;
  const head = [...udp(source, destination)].slice(0, 4);
  const payload = [...head, length >> 8, length & 255, 0, 0, ...Array.from({ length: size }, () => 65)];
  return ethernet(
    { src: at(lab, from).mac, dst: at(lab, to).mac },
    0x0800,
    ipv4(ipOf(lab, from), ipOf(lab, to), 17, payload),
  );
}
const reaches = async (lab: Lab, from: string, to: string, ports: [number, number], size = 0): Promise<boolean> =>
  (await lab.frame(from, datagram(lab, from, to, ports, size))).includes(to);

switchTest("a patch between two bridges is a link: denies and limits hold across it", async (t, start) => {
  const lab = await joined(start);
  const facts = lab.switches.flatMap(({ name, ports }) =>
    lab.hosts
      .filter((host) => host.switch === name)
      .map((host) => {
        const port = ports.find((one) => one.name === host.portName)!.number;
        return `host_ip(${host.name}, ${host.ip}). host_mac(${host.name}, ${host.mac}). host_at(${host.name}, ${name}, ${port}).`;
      }),
  );
  const network = `default allow. switch(s1, 1). switch(s2, 2). link(s1, 20, s2, 20, 1Gb).\n${facts.join("\n")}\n`;
  const applied = ["applied", "applied"];
  t.deepEqual(await put(lab, `${network}@x deny(srcHost=eve, dstHost=bob) on rootShare.`), applied);
  t.true(await lab.ping("alice", "bob"));
  t.false(await lab.ping("eve", "bob", { timeout: 300 }));
  t.true(await lab.ping("eve", "alice"));
  t.deepEqual(await put(lab, `${network}@x limit(srcHost=eve) = 5Mb on rootShare.`), applied);
  const isHeld = (rate: number): boolean => rate > 4 && rate < 6;
  for (const to of ["alice", "bob"]) {
    const rate = await steadily(() => lab.udpFlood("eve", to, 20e6), isHeld);
    t.true(isHeld(rate), `${rate} Mb/s`);
  }
  // A patch has no queues: who reserves across it is told.
  const reserving = `${network}port_rate(s2, 1, 1Gb). port_rate(s1, 1, 1Gb).\n@x reserve(srcHost=alice, dstHost=bob) = 8Mb on rootShare.`;
  t.regex((await put(lab, reserving, "ovs-userspace"))[0]!, /^failed E967/);
});

switchTest("a frame of any length is held alike, and no port sends one that is too long for it", async (t, start) => {
  const lab = await start();
  for (const { namespace } of lab.hosts) await must(["ip", "-n", namespace, "link", "set", "eth0", "mtu", "9000"]);
  await lab.vsctl([1, 2, 3].flatMap((port) => ["--", "set", "interface", `s1-eth${port}`, "mtu_request=9000"]));
  t.deepEqual(await put(lab, "default allow.\n@x deny(transport=UDP, dstPort=7) on rootShare."), ["applied"]);
  for (const size of [10, 1472, 1473, 8900]) {
    t.false(await reaches(lab, "eve", "bob", [7, 7], size), `${size}`);
    t.true(await reaches(lab, "eve", "bob", [7, 8], size), `${size}`);
  }
  await lab.vsctl(["set", "interface", "s1-eth3", "mtu_request=1500"]);
  t.deepEqual(await lab.frame("eve", datagram(lab, "eve", "bob", [7, 8], 3000)), ["alice"], "the flood without Bob");
});

switchTest("ports that are protected from each other stay so under any policy", async (t, start) => {
  const lab = await start();
  await lab.vsctl(["set", "port", "s1-eth2", "protected=true", "--", "set", "port", "s1-eth3", "protected=true"]);
  for (const policy of ["default allow.", "default deny.\n@x allow(transport=UDP) on rootShare."]) {
    t.deepEqual(await put(lab, policy), ["applied"]);
    t.false(await reaches(lab, "eve", "bob", [7, 7]));
    t.true(await reaches(lab, "alice", "bob", [7, 7]));
  }
});

switchTest("a memory of connections that is full lets nobody open one, and loses answers", async (t, start) => {
  const lab = await start();
  const control = ["ovs-appctl", "-t", `${lab.directory}/ovs-vswitchd.ctl`];
  const limits = [
    ["dpctl/ct-set-maxconns", "1"],
    ["dpctl/ct-set-maxconns", "0"],
    ["dpctl/ct-set-limits", "default=1"],
  ];
  const policies = [
    `default deny.\n@a allow(direction=request, srcHost=${ipOf(lab, "alice")}) on rootShare.
@b allow(direction=response, dstHost=${ipOf(lab, "alice")}) on rootShare.`,
    `default allow.\n@x deny(direction=request, srcHost=${ipOf(lab, "bob")}) on rootShare.`,
  ];
  for (const policy of policies) {
    t.deepEqual(await put(lab, `switch(s1, 1).\n${policy}`), ["applied"]);
    for (const limit of limits) {
      await must([...control, "dpctl/ct-set-maxconns", "3000000"]);
      await must([...control, "dpctl/flush-conntrack"]);
      await must([...control, ...limit]);
      const answered: boolean[] = [];
      for (const port of [1001, 1002]) {
        t.false(await reaches(lab, "bob", "alice", [5, port + 100]), limit.join(" "));
        t.true(await reaches(lab, "alice", "bob", [port, 9]));
        answered.push(await reaches(lab, "bob", "alice", [9, port]));
      }
      t.false(answered[1], "there is no room for a second one");
    }
  }
});

switchTest("segments that the switch cuts itself are held and limited like others", async (t, start) => {
  const lab = await start();
  await lab.vsctl(["--no-wait", "set", "Open_vSwitch", ".", "other_config:userspace-tso-enable=true"]);
  for (const { namespace } of lab.hosts)
    await must(["ip", "netns", "exec", namespace, "ethtool", "-K", "eth0", "tx", "on"]);
  await lab.restart();
  t.deepEqual(await put(lab, "default allow.\n@x deny(transport=TCP, dstPort=5001) on rootShare."), ["applied"]);
  t.false(await lab.tcp("alice", "bob", 5001, { timeout: 500 }));
  t.true(await lab.tcp("alice", "bob", 5002));
  t.deepEqual(await put(lab, "default allow.\n@x limit(srcHost=10.0.0.2) = 5Mb on rootShare."), ["applied"]);
  const stream = { from: "alice", to: "bob", port: 5003, protocol: "tcp" } as const;
  const isLimited = (rate: number): boolean => rate > 3 && rate < 6;
  const rate = await steadily(async () => (await lab.measure([stream], { seconds: 3 }))[0]!, isLimited);
  t.true(isLimited(rate), `${rate} Mb/s`);
});
