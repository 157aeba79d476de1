/**
 * A table beside what a switch's own forwarding does with bonds and VLANs of ports (NETWORK, "Settings of a bridge"): what a
 * random policy allows comes out just where that forwarding alone would send it, and what it denies nowhere. Real frames
 * show it, and a judge that reads a frame as it comes in.
 */
import fc from "fast-check";
import type { ExecutionContext } from "ava";
import type { Table } from "../../../compiler/table/entry.ts";
import { toOvs } from "../../../compiler/table/text.ts";
import type { Lab } from "../../lab/lab.ts";
import { switchTest } from "../../lab/test.ts";
import { Burst } from "../../lab/testing/burst.ts";
import * as h from "../../lab/testing/headers.ts";
import { compiled } from "../../lab/testing/user-frames.ts";
import { until } from "../../lab/until.ts";
import { must } from "../../process/command.ts";

const SEED = Number(process.env["GLAZIER_SEED"] ?? 1);
const ROUNDS = Number(process.env["GLAZIER_COMPOSED"] ?? 1);

interface Shown {
  readonly port: number;
  /** Type and number of each tag. */
  readonly tags: readonly (readonly [type: number, id: number])[];
  readonly src: string;
  readonly dst: string;
  readonly protocol: number;
  readonly dstPort: number;
  readonly broadcast: boolean;
}

const TAGS: readonly Shown["tags"][] = [
  [],
  [[0x8100, 10]],
  [[0x8100, 20]],
  [[0x8100, 0xe000]],
  [[0x88a8, 10]],
  [
    [0x88a8, 10],
    [0x8100, 20],
  ],
  [
    [0x8100, 10],
    [0x8100, 20],
  ],
];
const shown = (ports: number): fc.Arbitrary<Shown> =>
  fc.record({
    port: fc.integer({ min: 1, max: ports }),
    tags: fc.constantFrom(...TAGS),
    src: fc.constantFrom("10.0.0.1", "10.0.0.2", "10.0.0.3"),
    dst: fc.constantFrom("10.0.0.4", "10.0.0.5"),
    protocol: fc.constantFrom(6, 17),
    dstPort: fc.constantFrom(80, 81),
    broadcast: fc.boolean(),
  });

/** Each frame has a MAC of its own and is for nobody known, so that what was learned of others moves none. */
function bytesOf({ tags, src, dst, protocol, dstPort, broadcast }: Shown, index: number): h.Bytes {
  const payload = h.summed(protocol === 6 ? h.tcp(7, dstPort) : h.udp(7, dstPort), protocol, src, dst);
  return [
    ...h.macBytes(broadcast ? "ff:ff:ff:ff:ff:ff" : "02:ff:00:00:00:99"),
    2,
    1,
    0,
    0,
    ...h.two(index),
    ...tags.flatMap(([type, id]) => [...h.two(type), ...h.two(id)]),
    ...h.two(0x0800),
    ...h.ipv4({ src, dst, protocol, dscp: 0 }, payload),
  ];
}

type Atom = readonly [text: string, holds: (frame: Shown) => boolean];
const vlanOf = ({ tags: [outer] }: Shown): number | undefined => outer && outer[1] & 0xfff;
/** Behind two tags no switch looks. */
const showsIp = ({ tags }: Shown): boolean => tags.length < 2;
const ATOMS: readonly Atom[] = [
  ...[1, 2, 3].map((port): Atom => [`inPort=${port}`, (one) => one.port === port]),
  ["inPort!=2", ({ port }) => port !== 2],
  ...[0, 10, 20].map((id): Atom => [`vlan=${id}`, (one) => vlanOf(one) === id]),
  ["vlan!=10", (one) => vlanOf(one) !== undefined && vlanOf(one) !== 10],
  ["vlan=none", ({ tags }) => tags.length === 0],
  ["srcHost=10.0.0.1", (one) => showsIp(one) && one.src === "10.0.0.1"],
  ["srcHost=10.0.0.2", (one) => showsIp(one) && one.src === "10.0.0.2"],
  ["dstHost=10.0.0.4", (one) => showsIp(one) && one.dst === "10.0.0.4"],
  ["transport=TCP", (one) => showsIp(one) && one.protocol === 6],
  ["dstPort=80", (one) => showsIp(one) && one.dstPort === 80],
  ["ethType=IPv4", showsIp],
  ["dstEth=ff:ff:ff:ff:ff:ff", ({ broadcast }) => broadcast],
];
const policies = fc.record({
  kind: fc.constantFrom("allow", "deny"),
  terms: fc.array(
    fc.uniqueArray(fc.constantFrom(...ATOMS), {
      minLength: 1,
      maxLength: 2,
      selector: ([text]) => text.split(/!?=/)[0],
    }),
    { minLength: 1, maxLength: 3 },
  ),
});

/** Sends frames under the switch's own forwarding alone, and under policies. Returns how many were allowed and denied. */
async function compare(t: ExecutionContext, lab: Lab, setting: string, ports: number): Promise<void> {
  const burst = new Burst(lab.hosts);
  try {
    const names = lab.hosts.map(({ name }) => name);
    const frames = fc.sample(shown(ports), { numRuns: 120, seed: SEED });
    const sent = frames.map((one, i) => ({ from: names[one.port - 1]!, bytes: bytesOf(one, i) }));
    const control = ["ovs-appctl", "-t", `${lab.directory}/ovs-vswitchd.ctl`];
    const heardUnder = async ({ entries }: Pick<Table, "entries">): Promise<readonly string[]> => {
      for (const [index, { name }] of lab.switches.entries()) {
        const table = index === 0 ? toOvs({ entries }) : "table=0,priority=0 actions=NORMAL";
        // With one switch markers go out at each port, whatever its settings; with two there are no settings but bonds.
        const out = lab.switches.length === 1 ? "ALL" : "NORMAL";
        const marker = `table=0,priority=65535,dl_src=02:00:00:00:00:fe,dl_type=0x88b6 actions=${out}`;
        await lab.ofctl("replace-flows", ["-"], { switch: name, input: `${marker}\n${table}` });
        await must([...control, "fdb/flush", name]);
      }
      await must([...control, "revalidator/purge"]);
      return (await burst.send(sent)).map((hosts) => hosts.toSorted().join());
    };
    const alone = await heardUnder(compiled("default allow.").table);
    t.true(
      alone.some((hosts) => hosts !== ""),
      setting,
    );
    for (const { kind, terms } of fc.sample(policies, { numRuns: ROUNDS, seed: SEED + setting.length })) {
      const flows = terms.map((term) => `(${term.map(([text]) => text).join(", ")})`).join(" or ");
      const text = `default ${kind === "allow" ? "deny" : "allow"}. @q ${kind}(${flows}) on rootShare.`;
      const heard = await heardUnder(compiled(text).table);
      const wrong = frames.filter((one, i) => {
        const isHeld = terms.some((term) => term.every(([, holds]) => holds(one)));
        return heard[i] !== (isHeld === (kind === "allow") ? alone[i] : "");
      });
      t.deepEqual(wrong, [], `${setting}: ${text}`);
    }
  } finally {
    burst.close();
  }
}

const set = (port: number, ...words: readonly string[]): readonly string[] => [
  "--",
  "set",
  "port",
  `s1-eth${port}`,
  ...words,
];

/** VLANs of the first three of five ports. */
const MODES: Readonly<Record<string, readonly string[]>> = {
  access: [...set(1, "tag=10"), ...set(2, "tag=10"), ...set(3, "tag=20")],
  trunk: [...set(1, "trunks=10"), ...set(2, "trunks=10,20"), ...set(3, "vlan_mode=trunk")],
  "native-untagged": [
    ...set(1, "vlan_mode=native-untagged", "tag=10", "trunks=20"),
    ...set(2, "tag=10"),
    ...set(3, "tag=20"),
  ],
  "native-tagged": [
    ...set(1, "vlan_mode=native-tagged", "tag=10", "trunks=20"),
    ...set(2, "tag=10"),
    ...set(3, "vlan_mode=native-tagged", "tag=20"),
  ],
  "dot1q-tunnel": [
    ...set(1, "vlan_mode=dot1q-tunnel", "tag=10"),
    ...set(2, "vlan_mode=dot1q-tunnel", "tag=10", "cvlans=20"),
    ...set(3, "vlan_mode=dot1q-tunnel", "tag=10", "other_config:qinq-ethtype=802.1q"),
  ],
  "priority-tags": [
    ...set(1, "tag=10", "other_config:priority-tags=always"),
    ...set(2, "tag=10", "other_config:priority-tags=if-nonzero"),
    ...set(3, "other_config:priority-tags=always"),
  ],
};
const CLEAR = [1, 2, 3].flatMap((n) => [
  "--",
  "clear",
  "port",
  `s1-eth${n}`,
  "tag",
  "trunks",
  "vlan_mode",
  "cvlans",
  "other_config",
]);

switchTest("beside VLANs of ports a policy lets pass what it allows of what the switch forwards", async (t, start) => {
  const hosts = ["a", "b", "c", "d", "e"].map((name, i) => ({ name, ip: `10.0.0.${i + 1}` }));
  const lab = await start({ name: "composed", hosts });
  for (const [mode, settings] of Object.entries(MODES)) {
    await lab.vsctl([...CLEAR, ...settings]);
    await compare(t, lab, mode, 5);
  }
});

/** Makes ports of a switch one, and waits until both are in use. */
async function bond(
  t: ExecutionContext,
  lab: Lab,
  names: readonly string[],
  mode: string,
  lacp: string,
): Promise<void> {
  for (const name of names) {
    const members = lab.switches.find((one) => one.name === name)!.ports.slice(-2);
    const settings = `bond_mode=${mode} lacp=${lacp} other_config:lacp-time=fast other_config:bond-rebalance-interval=0`;
    const command = [
      ...members.map((port) => `-- del-port ${port.name}`),
      `-- add-bond ${name} ${name}-bond ${members.map((port) => port.name).join(" ")} ${settings}`,
      ...members.map((port) => `-- set interface ${port.name} ofport_request=${port.number}`),
    ];
    await lab.vsctl(command.join(" ").split(" "));
    // A table that denies everything keeps no bond down.
    await lab.ofctl("replace-flows", ["-"], { switch: name, input: "table=0,priority=0 actions=drop" });
  }
  const isUp = async (name: string): Promise<boolean> => {
    const state = await must(["ovs-appctl", "-t", `${lab.directory}/ovs-vswitchd.ctl`, "bond/show", `${name}-bond`]);
    const isAgreed = lacp === "off" || state.includes("lacp_status: negotiated");
    return isAgreed && (state.match(/: enabled/g) ?? []).length === 2;
  };
  t.true(await until(async () => (await Promise.all(names.map(isUp))).every(Boolean)), mode);
}

for (const mode of ["active-backup", "balance-slb"])
  switchTest(
    `beside a bond (${mode}) a policy lets pass what it allows of what the switch forwards`,
    async (t, start) => {
      const hosts = ["a", "b", "c", "d"].map((name, i) => ({ name, ip: `10.0.0.${i + 1}` }));
      const lab = await start({ name: "composed", hosts });
      await bond(t, lab, ["s1"], mode, "off");
      await compare(t, lab, mode, 4);
    },
  );

switchTest(
  "beside a bond that two switches agreed on by LACP a policy holds what it does elsewhere",
  async (t, start) => {
    const hosts = ["a", "b", "c", "d"].map((name, i) => ({ name, ip: `10.0.0.${i + 1}`, switch: i < 2 ? "s1" : "s2" }));
    const links: [string, string][] = [
      ["s1", "s2"],
      ["s1", "s2"],
    ];
    const lab = await start({ name: "composed", switches: ["s1", "s2"], links, hosts });
    await bond(t, lab, ["s1", "s2"], "balance-tcp", "active");
    await compare(t, lab, "balance-tcp", 2);
  },
);
