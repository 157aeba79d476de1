/** Settings of a switch that change what a table means, or act beside it (NETWORK, "Settings of a bridge"). With real frames. */
import { readFileSync } from "node:fs";
import type { ExecutionContext } from "ava";
import { RULES } from "../../../compiler/admission/testing/networks.ts";
import { decide, tablesAt } from "../../../compiler/compile.ts";
import { must } from "../../process/command.ts";
import { ethernet, ipv4, udp } from "../../lab/frames.ts";
import type { Lab } from "../../lab/lab.ts";
import { switchTest } from "../../lab/test.ts";
import { until } from "../../lab/until.ts";
import { apply } from "../index.ts";
import { joined } from "../testing/joined.ts";

const OPAQUE = readFileSync(new URL("../../../policies/opaque.fml", import.meta.url), "utf8");

/** Applies a policy of one switch; returns how that ended and what was said, codes first. */
async function put(lab: Lab, text: string, mgmt = lab.mgmt, now = 0): Promise<readonly string[]> {
  const files = [{ name: "settings.pane", text }];
  const decided = decide(files, { now, rules: RULES, load: () => ({ name: "opaque.fml", text: OPAQUE }) });
  const [table] = tablesAt(decided, now, { target: "ovs" }).tables.values();
  const { outcome, diagnostics } = await apply(mgmt, table!, { takeOver: true, database: lab.db, purge: true });
  const said = diagnostics.filter(({ code }) => !["W991", "N996"].includes(code));
  return [
    outcome,
    ...said.map(({ code, message, help = "" }) => `${code} ${message.replace(lab.mgmt, "SWITCH")} = ${help}`),
  ];
}

/** Runs what a message advises, to the letter. */
async function follow(lab: Lab, said: readonly string[]): Promise<void> {
  const [, command] = /`(ovs-(?:vsctl|ofctl) [^`]*)`/.exec(said[1]!)!;
  const [program, ...words] = command!.split(" ");
  if (program === "ovs-vsctl") await lab.vsctl(words);
  else await must(["ovs-ofctl", ...words.map((word) => (word === "s1" ? lab.mgmt : word))]);
}

const at = (lab: Lab, name: string) => lab.hosts.find((host) => host.name === name)!;
/** An address of a host's frames. No host has it, so none answers, and nothing else comes to another. */
const ipOf = (lab: Lab, name: string): string => at(lab, name).ip.replace(/\d+$/, (last) => `${Number(last) + 100}`);

const datagram = (
  lab: Lab,
  from: string,
  to: string,
  tags: readonly [number, number][] = [],
  [source, destination]: readonly [number, number] = [7, 7],
): Uint8Array => {
  const packet = ipv4(ipOf(lab, from), ipOf(lab, to), 17, udp(source, destination));
  return ethernet({ src: at(lab, from).mac, dst: at(lab, to).mac, tags }, 0x0800, packet);
};

switchTest("a switch that reads another number of VLAN tags is refused, with what to set", async (t, start) => {
  const lab = await start();
  const double = datagram(lab, "eve", "bob", [
    [0x8100, 5],
    [0x8100, 6],
  ]);
  const policy = 'default allow.\ninclude "opaque.fml".';
  t.deepEqual(await put(lab, policy), ["applied"]);
  t.deepEqual(await lab.frame("eve", double), [], "the policy denies frames with two tags");
  for (const limit of ["2", "0", "-1"]) {
    await lab.vsctl(["set", "Open_vSwitch", ".", `other_config:vlan-limit=${limit}`]);
    t.not((await lab.frame("eve", double)).length, 0, "what the refusal is about");
    const said = await put(lab, policy);
    t.deepEqual([said[0], said.length], ["failed", 2]);
    t.regex(
      said[1]!,
      /^E997 the switch of the bridge `s1` reads (2 VLAN tags|as many VLAN tags as it can) of each frame /,
    );
    await follow(lab, said);
    t.deepEqual(await put(lab, policy), ["applied"]);
    t.deepEqual(await lab.frame("eve", double), []);
  }
});

/** A fragment of a datagram from Eve to Bob; the first one carries the ports. */
function fragment(lab: Lab, offset: number, port: number): Uint8Array {
  const bytes = [...datagram(lab, "eve", "bob", [], [7, port])];
  const flags = (offset === 0 ? 0x2000 : 0) + offset;
  bytes[20] = flags >> 8;
  bytes[21] = flags & 255;
  // The checksum covers what was added.
  const sum = 0xffff - ((bytes[24]! << 8) + bytes[25]!) + flags;
  const folded = 0xffff - ((sum & 0xffff) + (sum >> 16));
  bytes[24] = folded >> 8;
  bytes[25] = folded & 255;
  return Uint8Array.from(bytes);
}

switchTest("a switch that handles fragments in a way of its own is refused, with what to set", async (t, start) => {
  const lab = await start();
  const policy = "default allow.\n@x deny(transport=UDP, dstPort=53) on rootShare.";
  for (const [mode, words] of [
    ["nx-match", "shows ports in first fragments"],
    ["drop", "drops all fragments"],
  ] as const) {
    t.deepEqual(await put(lab, policy), ["applied"]);
    t.deepEqual(await lab.frame("eve", fragment(lab, 0, 54)), [], "it may be of what is denied");
    await lab.ofctl("set-frags", [mode]);
    if (mode === "nx-match") t.deepEqual(await lab.frame("eve", fragment(lab, 0, 54)), ["alice", "bob"]);
    const said = await put(lab, policy);
    t.deepEqual([said[0], said.length], ["failed", 2]);
    t.true(said[1]!.startsWith(`E998 the switch \`SWITCH\` ${words}, and a table is made for one that`), said[1]);
    await follow(lab, said);
    t.deepEqual(await put(lab, policy), ["applied"]);
    t.deepEqual(await lab.frame("eve", fragment(lab, 0, 54)), []);
  }
  t.deepEqual(await put(lab, "default allow."), ["applied"]);
  t.deepEqual(await lab.frame("eve", fragment(lab, 2, 54)), ["alice", "bob"]);
});

const codes = (said: readonly string[]): readonly string[] => said.map((one) => one.slice(0, 4));

switchTest("what acts beside the table is said, as long as it does", async (t, start) => {
  const lab = await start();
  const open = "default allow.";
  const broadcast = ethernet({ src: at(lab, "eve").mac, dst: "ff:ff:ff:ff:ff:ff" }, 0x88b5);
  for (const protocol of ["stp", "rstp"]) {
    await lab.vsctl(["set", "bridge", "s1", `${protocol}_enable=true`]);
    const said = await put(lab, open);
    t.deepEqual(codes(said), ["appl", "W984"]);
    // The bridge has elected a root: it decides itself by now which of its ports forward.
    const states = await must(["ovs-appctl", "-t", `${lab.directory}/ovs-vswitchd.ctl`, `${protocol}/show`, "s1"]);
    t.regex(states, /root/i);
    await follow(lab, said);
    t.deepEqual(await put(lab, open), ["applied"]);
    t.true(await until(async () => (await lab.frame("eve", broadcast)).length === 2));
  }
  await lab.vsctl(["--no-wait", "set", "Open_vSwitch", ".", "other_config:flow-restore-wait=true"]);
  await lab.restart();
  const waiting = await put(lab, open);
  t.deepEqual(codes(waiting), ["appl", "W985"]);
  t.deepEqual(await lab.frame("eve", broadcast), [], "what the warning is about");
  await follow(lab, waiting);
  t.true(await until(async () => (await lab.frame("eve", broadcast)).length === 2));
  t.deepEqual(await put(lab, open), ["applied"]);
});

switchTest("a table that gives up entries with an end for others is refused where ours have one", async (t, start) => {
  const lab = await start();
  const timed = "default allow.\n@a deny(srcHost=10.0.0.103) on rootShare from @0 to @5000.";
  const untimed = "default allow.\n@a deny(srcHost=10.0.0.103) on rootShare.";
  const evict = async (...limit: readonly string[]): Promise<void> => {
    const row = ["--id=@f", "create", "flow_table", ...limit, "overflow_policy=evict"];
    await lab.vsctl(["--", ...row, "--", "set", "bridge", "s1", "flow_tables:0=@f"]);
  };
  t.deepEqual(await put(lab, timed, lab.mgmt, 10), ["applied"]);
  const eve = datagram(lab, "eve", "bob");
  t.deepEqual(await lab.frame("eve", eve), []);
  await evict("flow_limit=2");
  // Another entry takes the place of the deny.
  await lab.ofctl("add-flow", ["priority=7,tcp,tp_dst=99,hard_timeout=3000,actions=drop"]);
  await must(["ovs-appctl", "-t", `${lab.directory}/ovs-vswitchd.ctl`, "revalidator/purge"]);
  t.deepEqual(await lab.frame("eve", eve), ["alice", "bob"], "what is refused, and why");
  await lab.ofctl("del-flows", ["tcp"]);
  const said = await put(lab, timed, lab.mgmt, 10);
  t.deepEqual(codes(said), ["fail", "E999"]);
  t.regex(said[1]!, /\(overflow_policy=evict, flow_limit=2 of table 0\): what they deny would pass before that end = /);
  t.deepEqual(await put(lab, untimed), ["applied"], "what has no end stays where it is");
  t.deepEqual(await lab.frame("eve", eve), []);
  await follow(lab, said);
  t.deepEqual(await put(lab, timed, lab.mgmt, 10), ["applied"]);
  t.deepEqual(await lab.frame("eve", eve), []);
  await evict();
  t.deepEqual(await put(lab, timed, lab.mgmt, 10), ["applied"], "a table without a limit is never full");
  for (let port = 1; port < 20; port++)
    await lab.ofctl("add-flow", [`priority=7,tcp,tp_dst=${port},hard_timeout=3000,actions=drop`]);
  await must(["ovs-appctl", "-t", `${lab.directory}/ovs-vswitchd.ctl`, "revalidator/purge"]);
  t.deepEqual(await lab.frame("eve", eve), []);
});

switchTest("a patch port is a port like others: what is denied on one bridge stays there", async (t, start) => {
  const lab = await joined(start);
  const [, two] = lab.switches;
  t.deepEqual(await put(lab, "default allow.", two!.mgmt), ["applied"]);
  const [toBob, toAlice] = [datagram(lab, "alice", "bob"), datagram(lab, "bob", "alice")];
  t.deepEqual(await put(lab, "default allow."), ["applied"]);
  t.deepEqual(await lab.frame("alice", toBob), ["eve", "bob"]);
  t.deepEqual(await lab.frame("bob", toAlice), ["alice"]);
  t.deepEqual(await put(lab, "default allow.\n@x deny(inPort=20, dstHost=10.0.0.102) on rootShare."), ["applied"]);
  t.deepEqual(await lab.frame("bob", toAlice), []);
  t.true((await lab.frame("alice", toBob)).includes("bob"));
  const bound =
    "default allow.\nswitch(s1, 1). host_ip(bob, 10.0.0.104). host_mac(bob, 00:00:00:00:00:04). host_at(bob, s1, 20).";
  t.deepEqual(await put(lab, bound), ["applied"]);
  t.true((await lab.frame("bob", toAlice)).includes("alice"));
  const forged = ethernet(
    { src: "00:00:00:00:00:09", dst: at(lab, "alice").mac },
    0x0800,
    ipv4("10.0.0.109", "10.0.0.102", 17, udp(7, 7)),
  );
  t.deepEqual(await lab.frame("bob", forged), [], "nobody else speaks from Bob's port");
  t.deepEqual(await lab.frame("eve", ethernet({ src: at(lab, "bob").mac, dst: at(lab, "alice").mac }, 0x88b5)), []);
});

switchTest(
  "bridges that state which switch they are remember connections apart, and others say so",
  async (t, start) => {
    const lab = await joined(start);
    const [one, two] = lab.switches;
    const opening = "default allow.\n@x deny(direction=request, transport=TCP, dstPort=9) on rootShare.";
    const answers = "default deny.\n@x allow(direction=response) on rootShare.";
    const [toBob, toAlice] = [datagram(lab, "alice", "bob", [], [5, 6]), datagram(lab, "bob", "alice", [], [6, 5])];
    t.deepEqual(await put(lab, opening, two!.mgmt), ["applied", ...(await shared(lab, opening, two!.mgmt))]);
    const said = await put(lab, answers);
    t.deepEqual(codes(said), ["appl", "W995"]);
    t.deepEqual(await lab.frame("alice", toBob), []);
    t.deepEqual(await lab.frame("bob", toAlice), [], "the first bridge lets nobody open a connection");
    t.true((await lab.frame("alice", toBob)).includes("bob"), "what the warning is about");
    const [, fact] = /`(switch\(NAME, "[0-9a-f]{16}"\))`/.exec(said[1]!)!;
    t.true(fact!.includes(one!.dpid));
    const stated = `${answers}\n${fact!.replace("NAME", "s1")}.`;
    t.deepEqual(await put(lab, stated), ["applied"], "as its help advises");
    t.deepEqual(await lab.frame("bob", toAlice), []);
    t.deepEqual(await lab.frame("alice", toBob), [], "what the other bridge let open is not open here");
    t.deepEqual(await put(lab, stated), ["applied"], "it is read back as it was sent");
  },
);

/** What an apply says of shared connections, once more. */
const shared = async (lab: Lab, text: string, mgmt: string): Promise<readonly string[]> =>
  (await put(lab, text, mgmt)).slice(1);

switchTest("VLANs of ports that entries do not see are said", async (t, start) => {
  const lab = await start();
  await lab.vsctl(["set", "port", "s1-eth2", "tag=10", "--", "set", "port", "s1-eth3", "tag=10"]);
  const [eve, bob] = [at(lab, "eve"), at(lab, "bob")];
  const frame = datagram(lab, eve.name, bob.name);
  const said = await put(lab, "default allow.\n@x deny(vlan=10) on rootShare.");
  t.deepEqual(codes(said), ["appl", "W993"]);
  t.true((await lab.frame(eve.name, frame)).includes(bob.name), "what the warning is about");
  t.deepEqual(await put(lab, "default allow.\n@x deny((vlan=10) or (inPort={2, 3})) on rootShare."), [
    "applied",
    said[1]!,
  ]);
  t.deepEqual(await lab.frame(eve.name, frame), [], "as its help advises");
  t.deepEqual(await put(lab, "default allow.\n@x deny(srcHost=10.0.0.9) on rootShare."), ["applied"]);

  await lab.vsctl([
    "set",
    "port",
    "s1-eth3",
    "tag=100",
    "vlan_mode=dot1q-tunnel",
    "--",
    "remove",
    "port",
    "s1-eth2",
    "tag",
    "10",
  ]);
  await lab.vsctl(["set", "port", "s1-eth2", "trunks=100"]);
  const double = datagram(lab, eve.name, bob.name, [
    [0x88a8, 100],
    [0x8100, 5],
  ]);
  const hidden = await put(lab, `default allow.\n@x deny(srcHost=${ipOf(lab, eve.name)}) on rootShare.`);
  t.deepEqual(codes(hidden), ["appl", "W994"]);
  t.true((await lab.frame(eve.name, double)).includes(bob.name), "what the warning is about");
  t.deepEqual(codes(await put(lab, 'default allow.\ninclude "opaque.fml".')).slice(0, 1), ["appl"]);
  t.deepEqual(await lab.frame(eve.name, double), [], "as its help advises");
});

switchTest("settings of the switch's own forwarding open nothing that is denied", async (t, start) => {
  const lab = await start();
  const policy = "default allow.\n@x deny(srcHost=10.0.0.103, dstHost=10.0.0.104) on rootShare.";
  const group = ethernet(
    { src: at(lab, "eve").mac, dst: "01:00:5e:01:01:01" },
    0x0800,
    ipv4("10.0.0.103", "224.1.1.1", 17, udp(7, 7)),
  );
  for (const setting of ["other_config:mac-table-size=10", "flood_vlans=0,5", "mcast_snooping_enable=true"]) {
    await lab.vsctl(["set", "bridge", "s1", setting]);
    t.deepEqual(await put(lab, policy), ["applied"], setting);
    t.deepEqual(await lab.frame("eve", datagram(lab, "eve", "bob")), [], setting);
    t.true((await lab.frame("alice", datagram(lab, "alice", "bob"))).includes("bob"), setting);
    t.deepEqual(await lab.frame("eve", group), ["alice", "bob"], setting);
    t.deepEqual(await put(lab, `${policy}\n@y deny(dstHost=224.0.0.0/4) on rootShare.`), ["applied"]);
    t.deepEqual(await lab.frame("eve", group), [], setting);
  }
});

switchTest("a bridge that does not speak OpenFlow 1.3 is refused with the setting that lets it", async (t, start) => {
  const lab = await start();
  await lab.vsctl(["set", "bridge", "s1", "protocols=OpenFlow10,OpenFlow14"]);
  const said = await put(lab, "default allow.");
  t.regex(said[1]!, /^E952 the switch `SWITCH` speaks OpenFlow 1\.0 and 1\.4, and we speak 1\.3/);
  await follow(
    lab,
    said.map((one) =>
      one.replace("ovs-vsctl set bridge NAME protocols=OpenFlow13", "`ovs-vsctl set bridge s1 protocols=OpenFlow13`"),
    ),
  );
  t.deepEqual(await put(lab, "default allow."), ["applied"]);
});

switchTest("what comes out of a tunnel is held like what comes in at a port", async (t, start) => {
  const hosts = [
    { name: "alice", ip: "10.0.0.2", switch: "s1" },
    { name: "eve", ip: "10.0.0.3", switch: "s1" },
    { name: "peer", ip: "10.9.0.2", switch: "under" },
  ];
  const lab = await start({ switches: ["s1", "under"], links: [], hosts });
  const kinds = ["vxlan", "gre", "geneve"] as const;
  for (const [index, type] of kinds.entries()) {
    const tunnel = `type=${type} options:remote_ip=10.9.0.2 options:key=5 ofport_request=${30 + index}`.split(" ");
    await lab.vsctl(["add-port", "s1", `t${index}`, "--", "set", "interface", `t${index}`, ...tunnel]);
  }
  const input = "addr add 10.9.0.1/24 dev under\nlink set under up\n";
  await must(["ip", "-n", lab.namespace, "-batch", "-"], { input });
  await lab.ofctl("add-flow", ["actions=NORMAL"], { switch: "under" });
  const control = ["ovs-appctl", "-t", `${lab.directory}/ovs-vswitchd.ctl`];
  await must([...control, "tnl/neigh/set", "under", "10.9.0.2", at(lab, "peer").mac]);
  const two = (value: number): readonly number[] => [value >> 8, value & 255];
  const outer = (protocol: number, payload: readonly number[]): Uint8Array =>
    ethernet(
      { src: at(lab, "peer").mac, dst: "02:00:00:00:00:02" },
      0x0800,
      ipv4("10.9.0.2", "10.9.0.1", protocol, payload as number[]),
    );
  const overUdp = (port: number, head: readonly number[], frame: Uint8Array): Uint8Array =>
    outer(17, [...two(1000), ...two(port), ...two(16 + frame.length), 0, 0, ...head, 0, 0, 5, 0, ...frame]);
  const wrap = {
    vxlan: (frame: Uint8Array) => overUdp(4789, [8, 0, 0, 0], frame),
    gre: (frame: Uint8Array) => outer(47, [0x20, 0, 0x65, 0x58, 0, 0, 0, 5, ...frame]),
    geneve: (frame: Uint8Array) => overUdp(6081, [0, 0, 0x65, 0x58], frame),
  };
  const from = (mac: string, ip: string, port: number): Uint8Array =>
    ethernet({ src: mac, dst: at(lab, "alice").mac }, 0x0800, ipv4(ip, "10.0.0.102", 17, udp(7, port)));
  const [nine, forged] = ["00:00:00:00:00:09", "00:00:00:00:00:03"];
  const heard = async (): Promise<number> => (await lab.counters("alice")).received;
  /**
   * Whether a frame in a tunnel comes to Alice. One that always may comes after it by the same way, so the first is over
   * when that is there. The machine of the tunnels sends frames of its own, so the switch's count says nothing.
   */
  const arrives = async (kind: (typeof kinds)[number], frame: Uint8Array, ctx: ExecutionContext): Promise<boolean> => {
    const before = await heard();
    await lab.frames("peer", [wrap[kind](frame)]);
    let marks = 0;
    const isMarked = async (): Promise<boolean> => {
      await lab.frames("peer", [wrap[kind](ethernet({ src: "00:00:00:00:00:0a", dst: at(lab, "alice").mac }, 0x88b5))]);
      marks++;
      return (await heard()) >= before + marks;
    };
    ctx.true(await until(isMarked, { interval: 10 }));
    return (await heard()) > before + marks;
  };
  const facts = (name: string, mac: string, ip: string, port: number): string =>
    `switch(s1, 1). host_ip(${name}, ${ip}). host_mac(${name}, ${mac}). host_at(${name}, s1, ${port}).`;
  for (const [index, kind] of kinds.entries()) {
    t.deepEqual(await put(lab, "default allow."), ["applied"]);
    t.true(await arrives(kind, from(nine!, "10.0.0.9", 53), t), kind);
    t.deepEqual(await put(lab, "default allow.\n@x deny(srcHost=10.0.0.9, transport=UDP, dstPort=53) on rootShare."), [
      "applied",
    ]);
    t.false(await arrives(kind, from(nine!, "10.0.0.9", 53), t), kind);
    t.true(await arrives(kind, from(nine!, "10.0.0.9", 54), t), kind);
    t.deepEqual(await put(lab, `default allow.\n@x deny(inPort=${30 + index}, ethType=IPv4) on rootShare.`), [
      "applied",
    ]);
    t.false(await arrives(kind, from(nine!, "10.0.0.9", 54), t), kind);
    // The spoof guard: Eve stands at a port of the bridge, so nobody speaks as her from a tunnel.
    t.deepEqual(await put(lab, `default allow.\n${facts("eve", forged!, "10.0.0.3", 2)}`), ["applied"]);
    t.false(await arrives(kind, from(forged!, "10.0.0.3", 53), t), kind);
    t.true(await arrives(kind, from(nine!, "10.0.0.9", 53), t), kind);
  }
});
