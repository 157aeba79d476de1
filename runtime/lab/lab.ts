/**
 * A private Open vSwitch with real hosts: one `ovs-vswitchd` (userspace datapath, no kernel module) in a namespace of
 * its own, and hosts in namespaces at the end of veth pairs. A lab writes nothing outside one temporary directory.
 * Several labs may run at once. `down()` removes a lab, and so does the end of the process that started it.
 */
import { readFile } from "node:fs/promises";
import { must, command, type CommandOptions, type CommandOutput } from "../process/command.ts";
import { claim, release, removeStale } from "./estate.ts";
import { canRunLab, schema } from "./requirements.ts";
import { counters, makeMiddlebox } from "./host.ts";
import { heardOf } from "./frames.ts";
import { bottleneckCommands, bridgeCommands } from "./ovs.ts";
import { plan, type LabHost, type LabOptions, type LabLink, type LabSwitch } from "./topology.ts";
import { measureStreams, type MeasureOptions, type Stream } from "./measure.ts";
import { until } from "./until.ts";
import { ping, tcp, type Patience } from "./traffic.ts";

export { canRunLab } from "./requirements.ts";
export { factsOf } from "./facts.ts";
export { triangle } from "./topology.ts";
export type { MeasureOptions, Stream } from "./measure.ts";
export type { LabHost, HostSpec, LabOptions, LabLink, LabSwitch } from "./topology.ts";

/** The answer of `ofproto/trace` for one packet: Open vSwitch's own verdict, without traffic. */
export interface OfprotoTrace {
  /** `drop`, or the names of the ports by which the packet leaves, such as `s1-eth3`. */
  readonly actions: string;
  readonly text: string;
}

export interface Lab {
  readonly name: string;
  readonly directory: string;
  /** The namespace of the switches. */
  readonly namespace: string;
  /** The OVSDB socket as a target: `unix:PATH`. */
  readonly db: string;
  /** The OpenFlow management socket of the first switch as a target: `unix:PATH`. */
  readonly mgmt: string;
  /** The socket at which a controller may listen: a switch connects only to sockets in its own directory. */
  readonly controller: string;
  readonly switches: readonly LabSwitch[];
  readonly links: readonly LabLink[];
  readonly hosts: readonly LabHost[];
  /** Runs a program on a host. */
  run(host: string, argv: readonly string[], options?: CommandOptions): Promise<CommandOutput>;
  /** Whether an echo request of one host to another host, or to an address, is answered. */
  ping(from: string, to: string, options?: Patience): Promise<boolean>;
  /** Whether one host can open a TCP connection to a port of another, with payload in both directions. */
  tcp(from: string, to: string, port: number, options?: Patience): Promise<boolean>;
  /** Runs streams at the same time; returns the Mbit/s of payload that arrived of each. */
  measure(streams: readonly Stream[], options?: MeasureOptions): Promise<readonly number[]>;
  /** Sends datagrams at `rate` bit/s from one host to another; returns the Mbit/s of payload that arrived. */
  udpFlood(from: string, to: string, rate: number, options?: MeasureOptions & { port?: number }): Promise<number>;
  /**
   * The hosts that receive a raw frame of a host (`frames.ts`), once no switch takes in anything more. What the switches
   * have cached stays as it is, as for any sender.
   */
  frame(from: string, frame: Uint8Array): Promise<readonly string[]>;
  /**
   * The number of frames that each other host receives of those that `from` sends, likewise.
   */
  frames(from: string, frames: readonly Uint8Array[]): Promise<ReadonlyMap<string, number>>;
  /** Packets that a host has received and sent since it was plugged in. */
  counters(host: string): Promise<{ readonly received: number; readonly sent: number }>;
  /** Makes a host a middlebox with one cable: it sends every frame that is not for itself back. */
  middlebox(host: string): Promise<void>;
  /** Limits a port of a switch to `rate` bit/s by a QoS row that is not ours; `undefined` removes the limit. */
  bottleneck(portName: string, rate: number | undefined): Promise<void>;
  /**
   * Runs a command in the namespace of the switches; returns its error output, if it failed. A `Runner` for `apply`.
   */
  readonly onSwitch: (argv: readonly string[]) => Promise<string | undefined>;
  /** Runs `ovs-ofctl -O OpenFlow13 COMMAND SWITCH …`; throws with its error output if it fails. */
  ofctl(verb: string, args?: readonly string[], options?: CommandOptions & { switch?: string }): Promise<string>;
  /** Runs `ovs-vsctl …` on the lab's database; throws with its error output if it fails. */
  vsctl(args: readonly string[]): Promise<string>;
  /** The flow entries of a switch in `ovs-ofctl` notation, without counters. */
  dump(name?: string): Promise<string>;
  /** Open vSwitch's verdict on a packet: `trace("in_port=1,tcp,nw_src=10.0.0.3,tp_dst=80")`, or on a frame's bytes. */
  trace(flow: string, name?: string, frame?: string): Promise<OfprotoTrace>;
  /** Kills the switches' daemon and starts it again: they come back without entries. */
  restart(): Promise<void>;
  /** Empties the hosts' neighbour tables: a failed address resolution would outlast the deny that caused it. */
  flushNeighbours(): Promise<void>;
  /** Stops and removes everything. It may be called twice. */
  down(): Promise<void>;
}

/** Disables IPv6 in a namespace, since neighbour discovery would send packets that no test expects. */
const quiet =
  "for f in all default; do echo 1 >/proc/sys/net/ipv6/conf/$f/disable_ipv6 2>/dev/null || true; done; ip link set lo up";

async function addNamespace(name: string): Promise<void> {
  await must(["ip", "netns", "add", name]);
  await must(["ip", "netns", "exec", name, "sh", "-c", quiet]);
}

/** Makes a host and its cable. The host must fill in checksums, as the userspace datapath never does. */
async function addHost(host: LabHost, namespace: string): Promise<void> {
  await addNamespace(host.namespace);
  const cable = ["link", "add", host.portName, "netns", namespace, "type", "veth"];
  await must(["ip", ...cable, "peer", "name", "eth0", "address", host.mac, "netns", host.namespace]);
  await must(["ip", "-n", namespace, "link", "set", host.portName, "up"]);
  const input = `link set eth0 up\naddr add ${host.ip}/24 dev eth0\n`;
  await must(["ip", "-n", host.namespace, "-batch", "-"], { input });
  await must(["ip", "netns", "exec", host.namespace, "ethtool", "-K", "eth0", "tx", "off"]);
}

async function addLink(link: LabLink, namespace: string): Promise<void> {
  const [a, b] = [link.fromPortName, link.toPortName];
  const input = `link add ${a} type veth peer name ${b}\nlink set ${a} up\nlink set ${b} up\n`;
  await must(["ip", "-n", namespace, "-batch", "-"], { input });
}

/** Starts a lab. It is removed by `down()`, or when this process ends. Throws if the machine cannot run labs. */
export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const reason = canRunLab();
  if (reason !== undefined) throw new Error(`no lab on this machine: ${reason}`);
  removeStale();
  const name = options.name ?? "lab";
  const { id, directory } = claim(name.toLowerCase().replaceAll(/[^a-z0-9]/g, "") || "lab");
  try {
    return await build(name, id, directory, options);
  } catch (error) {
    release(id);
    throw error;
  }
}

async function build(name: string, id: string, directory: string, options: LabOptions): Promise<Lab> {
  const { switches, links, hosts } = plan(id, directory, options);
  const namespace = `${id}-sw`;
  const db = `unix:${directory}/db.sock`;
  // Open vSwitch writes nothing to /var/run, /var/log or /etc.
  const env = { OVS_RUNDIR: directory, OVS_LOGDIR: directory, OVS_DBDIR: directory, OVS_SYSCONFDIR: directory };
  const daemon = (program: string, ...args: string[]): Promise<string> => {
    const files = [`--pidfile=${directory}/${program}.pid`, `--log-file=${directory}/${program}.log`];
    const control = [`--unixctl=${directory}/${program}.ctl`, "--no-chdir", "--detach", "-vconsole:off"];
    return must(["ip", "netns", "exec", namespace, program, ...args, ...files, ...control], { env });
  };
  const vsctl = (args: readonly string[]): Promise<string> =>
    must(["ovs-vsctl", "--timeout=20", `--db=${db}`, ...args], { env });

  await addNamespace(namespace);
  const wired = Promise.all([
    ...hosts.map((host) => addHost(host, namespace)),
    ...links.map((link) => addLink(link, namespace)),
  ]);
  const started = (async () => {
    await must(["ovsdb-tool", "create", `${directory}/conf.db`, schema]);
    await daemon("ovsdb-server", `${directory}/conf.db`, `--remote=punix:${directory}/db.sock`);
    await vsctl(["--no-wait", "init"]);
    await daemon("ovs-vswitchd", db);
  })();
  // Waits for both even if one fails, since a lab must not be removed while it is still being built.
  for (const result of await Promise.allSettled([wired, started]))
    if (result.status === "rejected") throw result.reason;
  // This returns when the switch runs the new configuration.
  await vsctl(bridgeCommands(switches, options.protocols ?? ["OpenFlow10", "OpenFlow13", "OpenFlow14"]));

  const host = (wanted: string): LabHost => {
    const found = hosts.find((candidate) => candidate.name === wanted);
    if (found === undefined) throw new Error(`no host ${wanted} in this lab: ${hosts.map((h) => h.name).join(", ")}`);
    return found;
  };
  const bridge = (wanted: string | undefined): LabSwitch => {
    const found = wanted === undefined ? switches[0] : switches.find((candidate) => candidate.name === wanted);
    if (found === undefined) throw new Error(`no switch ${wanted} in this lab`);
    return found;
  };
  const ofctl: Lab["ofctl"] = (verb, args = [], { switch: wanted, ...rest } = {}) =>
    must(["ovs-ofctl", "-O", "OpenFlow13", verb, bridge(wanted).mgmt, ...args], { env, ...rest });

  const heard = (from: string, frames: readonly Uint8Array[]): Promise<ReadonlyMap<string, number>> =>
    heardOf(host(from), hosts, frames, async () => {
      // The datapath's own count: unlike those of entries it is never late, and asking leaves what is cached as it is.
      const stats = await must(["ovs-appctl", "-t", `${directory}/ovs-vswitchd.ctl`, "dpif-netdev/pmd-stats-show"], {
        env,
      });
      return [...stats.matchAll(/packets received: (\d+)/g)].reduce((sum, [, packets]) => sum + Number(packets), 0);
    });

  return {
    name,
    directory,
    namespace,
    db,
    switches,
    links,
    hosts,
    mgmt: switches[0]!.mgmt,
    controller: `unix:${directory}/ctl.sock`,
    run: (from, argv, settings) => command(["ip", "netns", "exec", host(from).namespace, ...argv], settings),
    ping: (from, to, settings) => ping(host(from).namespace, hosts.find((h) => h.name === to)?.ip ?? to, settings),
    tcp: (from, to, port, settings) => tcp(host(from).namespace, host(to), port, settings),
    measure: (streams, settings) => measureStreams(host, streams, settings),
    udpFlood: async (from, to, rate, { port = 5001, ...settings } = {}) => {
      const [received = 0] = await measureStreams(host, [{ from, to, port, rate, protocol: "udp" }], settings);
      return received;
    },
    frame: async (from, frame) =>
      [...(await heard(from, [frame]))].flatMap(([name, received]) => (received > 0 ? [name] : [])),
    frames: heard,
    counters: async (wanted) => counters(host(wanted)),
    middlebox: async (wanted) => makeMiddlebox(host(wanted)),
    bottleneck: async (portName, rate) => void (await vsctl(bottleneckCommands(portName, rate))),
    onSwitch: async (argv) => {
      const { code, stderr, stdout } = await command(["ip", "netns", "exec", namespace, ...argv]);
      return code === 0 ? undefined : (stderr || stdout).trim();
    },
    ofctl,
    vsctl,
    dump: (wanted) => ofctl("dump-flows", ["--no-stats", "--no-names"], wanted === undefined ? {} : { switch: wanted }),
    trace: async (flow, wanted, frame) => {
      const control = `${directory}/ovs-vswitchd.ctl`;
      const what = [bridge(wanted).name, flow, ...(frame === undefined ? [] : [frame])];
      const text = await must(["ovs-appctl", "-t", control, "ofproto/trace", "--names", ...what], { env });
      return { text, actions: /^Datapath actions: (.*)$/m.exec(text)?.[1]?.trim() ?? "" };
    },
    restart: async () => {
      const pid = Number(await readFile(`${directory}/ovs-vswitchd.pid`, "utf8"));
      process.kill(pid, "SIGKILL");
      await until(() => !isAlive(pid), { interval: 10 });
      await daemon("ovs-vswitchd", db);
    },
    flushNeighbours: async () => {
      await Promise.all(hosts.map((h) => must(["ip", "-n", h.namespace, "neigh", "flush", "all"])));
    },
    down: async () => release(id),
  };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
