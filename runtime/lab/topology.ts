/** A description of hosts and switches → every name, number and address of a lab. Pure. */

export interface HostSpec {
  readonly name: string;
  /** An IPv4 address; all hosts are in one /24. */
  readonly ip: string;
  /** Absent: 00:00:00:00:00:XX, where XX is the last byte of the address. */
  readonly mac?: string;
  /** The switch that the host is plugged into; absent: the first. */
  readonly switch?: string;
}

export interface LabOptions {
  /** A name for people who inspect the machine. Labs of one name may run at once. */
  readonly name?: string;
  /** Absent: alice 10.0.0.2, eve 10.0.0.3, bob 10.0.0.4. */
  readonly hosts?: readonly HostSpec[];
  /** The names of the switches; absent: `s1` alone. */
  readonly switches?: readonly string[];
  /** The cables between switches; absent: a chain in the order of `switches`. */
  readonly links?: readonly (readonly [string, string])[];
  /** OpenFlow versions that the switches speak. */
  readonly protocols?: readonly string[];
}

export interface LabPort {
  readonly number: number;
  readonly name: string;
}

export interface LabSwitch {
  readonly name: string;
  /** Sixteen hexadecimal digits. */
  readonly dpid: string;
  /** The OpenFlow management socket as a target: `unix:PATH`. */
  readonly mgmt: string;
  readonly ports: readonly LabPort[];
}

export interface LabLink {
  readonly from: string;
  readonly fromPort: number;
  readonly fromPortName: string;
  readonly to: string;
  readonly toPort: number;
  readonly toPortName: string;
}

export interface LabHost {
  readonly name: string;
  readonly ip: string;
  readonly mac: string;
  readonly switch: string;
  /** The OpenFlow port that the host is plugged into, from 1. Hosts have the first ports, then links. */
  readonly port: number;
  readonly portName: string;
  readonly namespace: string;
}

/** The hosts of the paper's examples. */
export const seedHosts: readonly HostSpec[] = [
  { name: "alice", ip: "10.0.0.2" },
  { name: "eve", ip: "10.0.0.3" },
  { name: "bob", ip: "10.0.0.4" },
];

/**
 * Three switches in a triangle: two hosts on s1, one on s3, and one on s2 beside the path. Hosts have the first ports:
 * s1 has alice 1, eve 2, then s2 on 3 and s3 on 4; s2 has ids 1, s1 on 2, s3 on 3; s3 has bob 1, s2 on 2, s1 on 3.
 */
export const triangle: LabOptions = {
  switches: ["s1", "s2", "s3"],
  hosts: [
    { name: "alice", ip: "10.0.0.2", switch: "s1" },
    { name: "eve", ip: "10.0.0.3", switch: "s1" },
    { name: "ids", ip: "10.0.0.5", switch: "s2" },
    { name: "bob", ip: "10.0.0.4", switch: "s3" },
  ],
  links: [
    ["s1", "s2"],
    ["s2", "s3"],
    ["s1", "s3"],
  ],
};

/** The most bytes of a socket's path (unix(7)). */
const longestSocket = 107;

/** Names and numbers everything. Throws if the description makes no sense, since a programmer wrote it. */
export function plan(
  id: string,
  directory: string,
  options: LabOptions,
): { readonly switches: readonly LabSwitch[]; readonly links: readonly LabLink[]; readonly hosts: readonly LabHost[] } {
  const names = options.switches ?? ["s1"];
  const cables = options.links ?? names.slice(1).map((name, index) => [names[index]!, name] as const);
  const ports = new Map<string, LabPort[]>(names.map((name) => [name, []]));
  const plug = (bridge: string): LabPort => {
    const used = ports.get(bridge);
    if (used === undefined) throw new Error(`no switch ${bridge} among ${names.join(", ")}`);
    const port = { number: used.length + 1, name: `${bridge}-eth${used.length + 1}` };
    // The kernel's limit on the name of an interface (IFNAMSIZ).
    if (port.name.length > 15) throw new Error(`switch name ${bridge} is too long: at most 9 letters`);
    used.push(port);
    return port;
  };
  const hosts = (options.hosts ?? seedHosts).map((spec): LabHost => {
    const bridge = spec.switch ?? names[0]!;
    const port = plug(bridge);
    const last = Number(spec.ip.slice(spec.ip.lastIndexOf(".") + 1));
    const mac = spec.mac ?? `00:00:00:00:00:${last.toString(16).padStart(2, "0")}`;
    const place = { switch: bridge, port: port.number, portName: port.name, namespace: `${id}-${spec.name}` };
    return { name: spec.name, ip: spec.ip, mac, ...place };
  });
  const links = cables.map(([from, to]): LabLink => {
    const [near, far] = [plug(from), plug(to)];
    return { from, fromPort: near.number, fromPortName: near.name, to, toPort: far.number, toPortName: far.name };
  });
  const switches = names.map((name, index): LabSwitch => {
    const path = `${directory}/${name}.mgmt`;
    if (Buffer.byteLength(path) > longestSocket)
      throw new Error(`${path} is too long for a socket: choose a shorter TMPDIR`);
    return { name, dpid: (index + 1).toString(16).padStart(16, "0"), mgmt: `unix:${path}`, ports: ports.get(name)! };
  });
  return { switches, links, hosts };
}
