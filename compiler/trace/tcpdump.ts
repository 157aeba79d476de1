/** A line of tcpdump's → the same packet in the policy language: `srcHost=10.0.0.3, transport=TCP, dstPort=22`. */
import { found, type Lookup } from "../lookup/found.ts";
import { parseIp, type Ip } from "../net/index.ts";
import { append } from "../net/lists.ts";

const mac = "[0-9a-f]{2}(?::[0-9a-f]{2}){5}";
/** `10.0.0.3`, `10.0.0.3.40000`, `2001:db8::1.443`; what follows the last dot may be a service name. */
const v4 = /^(\d+\.\d+\.\d+\.\d+)(?:\.([\w-]+))?$/;
const v6 = /^([0-9a-f]*:[0-9a-f:]*(?:\d+\.\d+\.\d+\.\d+)?)(?:\.([\w-]+))?$/i;

/** The service names that tcpdump prints instead of numbers on most machines; others need `tcpdump -n`. */
const services: Readonly<Record<string, number>> = {
  ftp: 21,
  ssh: 22,
  telnet: 23,
  smtp: 25,
  domain: 53,
  bootps: 67,
  bootpc: 68,
  http: 80,
  ntp: 123,
  snmp: 161,
  https: 443,
  mdns: 5353,
};

/** Type and code of what tcpdump calls by name, for IPv4 and IPv6. */
const icmp: readonly (readonly [words: RegExp, v4: readonly [number, number], v6: readonly [number, number]])[] = [
  [/echo request/, [8, 0], [128, 0]],
  [/echo reply/, [0, 0], [129, 0]],
  [/port .*unreachable|unreachable port/, [3, 3], [1, 4]],
  [/host .*unreachable|unreachable address/, [3, 1], [1, 3]],
  [/net .*unreachable|unreachable route/, [3, 0], [1, 0]],
  [/time exceeded/, [11, 0], [3, 0]],
  [/router solicitation/, [10, 0], [133, 0]],
  [/router advertisement/, [9, 0], [134, 0]],
  [/neighbor solicitation/, [8, 0], [135, 0]],
  [/neighbor advertisement/, [8, 0], [136, 0]],
];

/** An address as tcpdump prints it, with the port behind its last dot. */
interface Endpoint {
  readonly address: string;
  readonly port?: number;
}

function endpoint(text: string): Endpoint | undefined {
  const [, address, port] = v4.exec(text) ?? v6.exec(text) ?? [];
  if (address === undefined) return undefined;
  if (port === undefined) return { address };
  const number = /^\d+$/.test(port) ? Number(port) : services[port];
  return number === undefined ? undefined : { address, port: number };
}

function transport(rest: string, ports: boolean): string | undefined {
  const numbered = /proto \w+ \((\d+)\)/.exec(rest);
  if (/\bFlags \[/.test(rest)) return "TCP";
  if (/\bICMP6?\b/.test(rest)) return "ICMP";
  if (/\bsctp\b/i.test(rest)) return "SCTP";
  // tcpdump prints the words of the application protocol (DNS, DHCP, NTP) for what goes over UDP.
  if (ports) return "UDP";
  return numbered?.[1];
}

/** What only the policy language has: `field=value`, `field!=value`. */
const policyLanguage = /(?:^|[(,])\s*[A-Za-z]\w*\s*!?=/;
/** How a line about an ARP frame begins, with and without the link-level header. */
const arpFrame = /\bARP, (?:Ethernet|Request|Reply|Unknown)|\bethertype ARP\b|\bwho-has\b/;
/** Fragments as tcpdump prints them: of IPv4 with -v, of IPv6 always. */
const laterFragment = /\boffset [1-9]|\bfrag \((?:0x[0-9a-f]+:)?[1-9]/;
const firstFragment = /\bflags \[\+|\bfrag \((?:0x[0-9a-f]+:)?0\|/;

/** The addresses of an ARP frame: the sender's, and the one that it asks for; absent where the line does not say. */
export interface ArpAddresses {
  readonly from?: Ip | undefined;
  readonly to?: Ip | undefined;
}

/** The addresses of an ARP frame; undefined where the line is about another packet. */
export function readArp(line: string): ArpAddresses | undefined {
  if (!arpFrame.test(line)) return undefined;
  const address = (found: RegExpExecArray | null): Ip | undefined => {
    const read = parseIp(found?.[1] ?? "");
    return read.ok ? read.value : undefined;
  };
  const from = address(/\btell ([\d.]+\d)/.exec(line)) ?? address(/\bReply ([\d.]+\d) is-at/.exec(line));
  return { from, to: address(/\bwho-has ([\d.]+\d)/.exec(line)) };
}

/** The packet's fields as `field=value`; undefined where the text is not a line of tcpdump's that is known here. */
export function readTcpdump(line: string): Lookup<string> | undefined {
  const text = line.trim();
  if (policyLanguage.test(text)) return undefined;
  const fragment = laterFragment.test(text) ? "later" : firstFragment.test(text) ? "first" : undefined;
  const fields: string[] = [];
  const link = new RegExp(`(${mac})(?: \\([^)]*\\))? > (${mac}|Broadcast)`, "i").exec(text);
  if (link !== null) {
    const [, from, to] = link as unknown as [string, string, string];
    fields.push(
      `srcEth=${from.toLowerCase()}`,
      `dstEth=${to === "Broadcast" ? "ff:ff:ff:ff:ff:ff" : to.toLowerCase()}`,
    );
  }
  const vlan = /\bvlan (\d+)/.exec(text);
  if (vlan !== null) fields.push(`vlan=${vlan[1]}`);
  if (arpFrame.test(text)) return found([...fields, "ethType=0x0806"].join(", "));
  const conversation = /([0-9a-f.:]+(?:\.[\w-]+)?) > ([0-9a-f.:]+(?:\.[\w-]+)?): (.*)$/i;
  // Behind the link-level header: both arrows look alike.
  const network = conversation.exec(link === null ? text : text.slice(link.index + link[0].length));
  if (network === null) return undefined;
  const [, left, right, rest] = network as unknown as [string, string, string, string];
  const [from, to] = [endpoint(left), endpoint(right)];
  if (from === undefined || to === undefined) return undefined;
  fields.push(`srcHost=${from.address}`, `dstHost=${to.address}`);
  const protocol = transport(text, from.port !== undefined);
  if (protocol !== undefined) fields.push(`transport=${protocol}`);
  const tos = /\btos 0x([0-9a-f]+)/.exec(text);
  const marked = tos === null ? [] : [`dscp=${Number.parseInt(tos[1]!, 16) >> 2}`];
  // The first fragment also carries the transport's header, but switches do not read it.
  if (fragment !== undefined) return found([...fields, ...marked, `fragment=${fragment}`].join(", "));
  if (from.port !== undefined) fields.push(`srcPort=${from.port}`);
  if (to.port !== undefined) fields.push(`dstPort=${to.port}`);
  append(fields, marked);
  if (protocol === "ICMP") {
    const named = icmp.find(([words]) => words.test(rest));
    const [type, code] = named?.[from.address.includes(":") ? 2 : 1] ?? [];
    if (type !== undefined) fields.push(`icmpType=${type}`, `icmpCode=${code}`);
  }
  return found(fields.join(", "));
}
