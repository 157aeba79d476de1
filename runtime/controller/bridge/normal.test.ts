/**
 * What a bridge may be set to for its own forwarding (NORMAL), for its tables and for its cache, at random, under random
 * denies, with real frames. What a frame is was said when it was made, and that says what is denied: nothing of ours judges.
 */
import fc from "fast-check";
import { decide, tablesAt } from "../../../compiler/compile.ts";
import { RULES } from "../../../compiler/admission/testing/networks.ts";
import { must } from "../../process/command.ts";
import { ethernet, ipv4, udp } from "../../lab/frames.ts";
import type { Lab } from "../../lab/lab.ts";
import { switchTest } from "../../lab/test.ts";
import { apply } from "../index.ts";

const ROUNDS = Number(process.env["GLAZIER_ROUNDS"] ?? 10);

interface Setting {
  readonly name: string;
  readonly on: readonly string[];
  readonly off: readonly string[];
  /** What it keeps from groups that nobody has joined. */
  readonly holdsGroups?: boolean;
}

const ofBridge = (key: string, value: string): Setting => ({
  name: `${key}=${value}`,
  on: ["set", "bridge", "s1", `other_config:${key}=${value}`],
  off: ["remove", "bridge", "s1", "other_config", key],
});
const ofSwitch = (key: string, value: string): Setting => ({
  name: `${key}=${value}`,
  on: ["set", "Open_vSwitch", ".", `other_config:${key}=${value}`],
  off: ["remove", "Open_vSwitch", ".", "other_config", key],
});
const ofTable = (...columns: readonly string[]): Setting => ({
  name: columns.join(" "),
  on: ["--", "--id=@f", "create", "flow_table", ...columns, "--", "set", "bridge", "s1", "flow_tables:0=@f"],
  off: ["clear", "bridge", "s1", "flow_tables"],
});
const SNOOPING: readonly string[] = ["set", "bridge", "s1", "mcast_snooping_enable=true"];
const SNOOPED = ["set", "bridge", "s1", "mcast_snooping_enable=false"];
const UNREGISTERED = "mcast-snooping-disable-flood-unregistered";

const SETTINGS: readonly Setting[] = [
  ofBridge("mac-table-size", "1"),
  ofBridge("mac-aging-time", "15"),
  ofBridge("hwaddr", "00:00:00:00:00:04"),
  {
    name: "flood_vlans",
    on: ["set", "bridge", "s1", "flood_vlans=0,7"],
    off: ["clear", "bridge", "s1", "flood_vlans"],
  },
  { name: "snooping", on: SNOOPING, off: SNOOPED },
  {
    name: UNREGISTERED,
    on: [...SNOOPING, `other_config:${UNREGISTERED}=true`],
    off: [...SNOOPED, "--", "remove", "bridge", "s1", "other_config", UNREGISTERED],
    holdsGroups: true,
  },
  {
    name: "mcast-snooping-flood",
    on: [...SNOOPING, "--", "set", "port", "s1-eth3", "other_config:mcast-snooping-flood=true"],
    off: [...SNOOPED, "--", "clear", "port", "s1-eth3", "other_config"],
  },
  ofTable("prefixes=ip_src,ip_dst"),
  ofTable("prefixes=none"),
  ofTable("flow_limit=100", "overflow_policy=refuse", "groups=eth_src"),
  ofTable("flow_limit=100", "overflow_policy=evict", "groups=ip_dst"),
  ofSwitch("flow-limit", "0"),
  ofSwitch("flow-limit", "1"),
  ofSwitch("max-idle", "1"),
  ofSwitch("smc-enable", "true"),
  ofSwitch("n-revalidator-threads", "1"),
  ofSwitch("max-revalidator", "1"),
  ofSwitch("emc-insert-inv-prob", "1"),
];

/** One value of each field, of few. */
interface Sent {
  readonly source: number;
  readonly destination: number;
  readonly port: number;
  readonly vlan: number;
  readonly dst: string;
}

const GROUP = "01:00:5e:02:01:01";
const DSTS = ["00:00:00:00:00:04", "00:00:00:00:00:09", "ff:ff:ff:ff:ff:ff", GROUP];
const ALL: readonly Sent[] = [1, 2].flatMap((source) =>
  [1, 2].flatMap((destination) =>
    [7, 9].flatMap((port) => [0, 7].flatMap((vlan) => DSTS.map((dst) => ({ source, destination, port, vlan, dst })))),
  ),
);

/** Addresses that no host has, so that none answers. */
const ip = (last: number): string => `10.0.0.${100 + last}`;

const frameOf = ({ source, destination, port, vlan, dst }: Sent): Uint8Array =>
  ethernet(
    { src: "00:00:00:00:00:03", dst, tags: vlan === 0 ? [] : [[0x8100, vlan]] },
    0x0800,
    ipv4(ip(source), ip(destination), 17, udp(5, port)),
  );

/** A deny by some fields of one of the frames. */
type Denied = Partial<Sent>;
const WRITTEN: { readonly [K in keyof Sent]: (value: Sent[K]) => string } = {
  source: (value) => `srcHost=${ip(value)}`,
  destination: (value) => `dstHost=${ip(value)}`,
  port: (value) => `transport=UDP, dstPort=${value}`,
  vlan: (value) => (value === 0 ? "vlan=none" : `vlan=${value}`),
  dst: (value) => `dstEth=${value}`,
};
const FIELDS = Object.keys(WRITTEN) as (keyof Sent)[];

const textOf = (denied: Denied): string =>
  FIELDS.flatMap((field) => (denied[field] === undefined ? [] : [WRITTEN[field](denied[field] as never)])).join(", ");
const holds = (denied: Denied, sent: Sent): boolean =>
  FIELDS.every((field) => denied[field] === undefined || denied[field] === sent[field]);

const sum = (heard: ReadonlyMap<string, number>): string => [...heard].map(([host, n]) => `${host} ${n}`).join();

async function hears(lab: Lab, sent: readonly Sent[]): Promise<string> {
  return sum(await lab.frames("eve", sent.map(frameOf)));
}

const denied: fc.Arbitrary<Denied> = fc
  .tuple(fc.constantFrom(...ALL), fc.subarray(FIELDS, { minLength: 1 }))
  .map(([one, fields]) => Object.fromEntries(fields.map((field) => [field, one[field]])));
const round = fc.tuple(fc.constantFrom(...SETTINGS), fc.array(denied, { minLength: 1, maxLength: 3 }));

switchTest(
  "no setting of a bridge's own forwarding, tables or cache opens what is denied or loses what is not",
  async (t, start) => {
    const lab = await start();
    const seed = Number(process.env["GLAZIER_SEED"] ?? 5);
    for (const [setting, denies] of fc.sample(round, { seed, numRuns: ROUNDS })) {
      const text = ["default allow.", ...denies.map((one) => `deny(${textOf(one)}) on rootShare.`)].join("\n");
      const decided = decide([{ name: "normal.pane", text }], { now: 0, rules: RULES, load: () => undefined });
      const [table] = tablesAt(decided, 0, { target: "ovs" }).tables.values();
      const message = `${setting.name}: ${text}`;
      const isDenied = (sent: Sent): boolean => denies.some((one) => holds(one, sent));
      await lab.vsctl(setting.on);
      const { outcome } = await apply(lab.mgmt, table!, { takeOver: true, database: lab.db, purge: true });
      t.is(outcome, "applied", message);
      t.is(await hears(lab, ALL.filter(isDenied)), "alice 0,bob 0", message);
      const allowed = ALL.filter((sent) => !isDenied(sent) && !(setting.holdsGroups === true && sent.dst === GROUP));
      t.is(await hears(lab, allowed), `alice ${allowed.length},bob ${allowed.length}`, message);
      await lab.vsctl(setting.off);
      t.is(await hears(lab, ALL.filter(isDenied)), "alice 0,bob 0", `${message}, taken back`);
      await must(["ovs-appctl", "-t", `${lab.directory}/ovs-vswitchd.ctl`, "fdb/flush", "s1"]);
    }
  },
);
