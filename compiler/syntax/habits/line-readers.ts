/** One line of another tool → what it says, read word by word. What a reader does not know it leaves unsaid. */
import { actionElsewhere } from "../../diagnostics/elsewhere.ts";
import { TermList, type Terms } from "./line-terms.ts";

/** What a line says. */
export interface ForeignLine {
  /** Whose it is, for the help. */
  readonly tool: string;
  readonly action?: "allow" | "deny" | undefined;
  /** Undefined: it says more than terms can. */
  readonly terms?: Terms | undefined;
  /** The side that is the host on which it is written, which it does not name. */
  readonly own?: "src" | "dst" | undefined;
  /** It leaves open whether it is of IPv4 or IPv6; its terms say IPv4. */
  readonly isOfEither?: true;
  /** It sets what happens to all other packets. */
  readonly isDefault?: true;
  /** What is to be written instead. */
  readonly help?: string;
}

const wordsOf = (text: string): string[] =>
  text
    .trim()
    .split(/\s+/)
    .filter((word) => word !== "");

const HOLDS =
  "a policy says what holds: what is not written does not hold, and `default deny.` or `default allow.` decides the rest";
const CHANGES = "no statement changes packets: only lines of the table `filter` have something that says the same here";

const OWN: Readonly<Record<string, "src" | "dst">> = { input: "dst", output: "src" };

/** `-A FORWARD -s 10.0.0.0/8 -p tcp --dport 22 -j DROP`, behind `iptables` or in the file of iptables-save. */
function iptables(line: string): ForeignLine | undefined {
  // What stands around the rules in the file of iptables-save.
  if (/^(?:\*(?:filter|nat|mangle|raw|security)|COMMIT)$/.test(line))
    return { tool: "iptables", help: "leave it out: the rules of the table are told line by line" };
  const [, of, first] = /^:([\w-]+) (ACCEPT|DROP|-)(?: \[\d+:\d+\])?$/.exec(line) ?? [];
  if (first !== undefined) return iptables(`-P ${of} ${first}`);
  const tool = "iptables";
  const [, six, options, rest] =
    /^(?:(?:\/\w+)*\/?ip(6?)tables\s+((?:(?:-t\s+\w+|-w(?:\s+\d+)?|--wait(?:[\s=]\d+)?|-[vn])\s+)*))?(-(?:[AIP]|-append|-insert|-policy)\s+.*)$/.exec(
      line,
    ) ?? [];
  if (rest === undefined) return /^(?:\/\w+)*\/?ip6?tables\s+-/.test(line) ? { tool, help: HOLDS } : undefined;
  if (/-t\s+(?!filter\b)/.test(options ?? "")) return { tool, help: CHANGES };
  const [verb, chain, ...words] = wordsOf(rest);
  const own = OWN[(chain ?? "").toLowerCase()];
  if (verb === "-P" || verb === "--policy")
    return { tool, own, isDefault: true, action: actionElsewhere(words[0] ?? "") };
  if (/^\d+$/.test(words[0] ?? "")) words.shift();
  const list = new TermList();
  let action: "allow" | "deny" | undefined;
  let isNot = false;
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word === "!") {
      isNot = true;
      continue;
    }
    const value = (): string => words[++i] ?? "";
    if (word === "-s" || word === "--source" || word === "--src") list.address("src", value(), isNot);
    else if (word === "-d" || word === "--destination" || word === "--dst") list.address("dst", value(), isNot);
    else if ((word === "-p" || word === "--protocol") && !isNot) list.transport(value());
    else if (/^--(?:sport|source-port)s?$/.test(word)) list.ports("src", value(), isNot);
    else if (/^--(?:dport|destination-port)s?$/.test(word)) list.ports("dst", value(), isNot);
    else if (word === "-m" && /^(?:tcp|udp|multiport)$/.test(words[i + 1] ?? "")) i++;
    else if (word === "-j" || word === "--jump") action = actionElsewhere(value());
    else list.doubt();
    isNot = false;
  }
  const ofChain = own !== undefined || chain === "FORWARD" ? action : undefined;
  // iptables-save and ip6tables-save write the same lines: only an address or a protocol tells them apart.
  const isBare = line === rest;
  const isOfEither = isBare && !list.hasFamily;
  const terms = list.of(six === "6" ? "IPv6" : isBare && !isOfEither ? undefined : "IPv4");
  return { tool, own, action: ofChain, terms, ...(isOfEither && { isOfEither }) };
}

/** `access-list 101 permit tcp any host 10.0.0.1 eq 80`, and the line alone as it stands in a named list. */
function accessList(line: string): ForeignLine | undefined {
  const [, number, verb, rest] =
    /^(?:access-list\s+(\d+|\S+\s+extended)\s+|(?:\d+\s+)?(?=(?:permit|deny)\s+(?:ip|tcp|udp|icmp)\s+(?:any|host|\d)))(permit|deny)\s+(.*)$/.exec(
      line,
    ) ?? [];
  if (verb === undefined)
    return /^(?:ip\s+)?access-(?:list|group)\b/.test(line) ? { tool: "an access list" } : undefined;
  const words = wordsOf(rest!);
  const list = new TermList();
  const isStandard = number !== undefined && Number(number) < 100;
  if (!isStandard) list.transport(words.shift() ?? "");
  const isNetmask = number?.endsWith("extended") === true;
  for (const side of isStandard ? (["src"] as const) : (["src", "dst"] as const)) {
    endpoint(side, words, list, isNetmask);
    port(side, words, list);
  }
  if (words.length > (words[0] === "log" ? 1 : 0)) list.doubt();
  return { tool: "an access list", action: actionElsewhere(verb), terms: list.of("IPv4") };
}

/** `any`, `host A`, or an address with the bits that may differ; of a list that is called `extended` those that may not. */
function endpoint(side: "src" | "dst", words: string[], list: TermList, isNetmask: boolean): void {
  const first = words.shift() ?? "";
  if (/^any4?$/.test(first)) return;
  if (first === "host") list.address(side, words.shift() ?? "");
  else if (!/^\d+(?:\.\d+){3}$/.test(first)) list.doubt();
  else {
    const written = /^\d+(?:\.\d+){3}$/.test(words[0] ?? "") ? words.shift()! : undefined;
    // Nobody means the host 0.0.0.0: who writes so has the other kind of mask in mind, and means any.
    if (!isNetmask && first === "0.0.0.0" && written === first) list.doubt();
    if (isNetmask && written !== undefined) return void list.address(side, `${first}/${written}`);
    const mask = (written ?? "0.0.0.0")
      .split(".")
      .map((part) => 255 - Number(part))
      .join(".");
    list.address(side, `${first}/${mask}`);
  }
}

function port(side: "src" | "dst", words: string[], list: TermList): void {
  const [sign] = words;
  if (!/^(?:eq|neq|range|gt|lt)$/.test(sign ?? "")) return;
  words.shift();
  const first = words.shift() ?? "";
  if (sign === "range") list.ports(side, `${first}-${words.shift() ?? ""}`);
  else if (sign === "gt") list.ports(side, `${Number(first) + 1}-65535`);
  else if (sign === "lt") list.ports(side, `0-${Number(first) - 1}`);
  else list.ports(side, first, sign === "neq");
}

/** `nft add rule inet filter input tcp dport 22 drop`, or what stands in a chain. */
function nft(line: string): ForeignLine | undefined {
  const [, family, chain, ruled] =
    /^nft\s+(?:add|insert)\s+rule\s+(?:(ip|ip6|inet)\s+)?\S+\s+(\S+)\s+(.*)$/.exec(line) ?? [];
  const bare = /^(?:tcp|udp|ip6?)\s+(?:[sd]port|[sd]addr)\s.*\b(?:drop|accept|reject)$/.test(line) ? line : undefined;
  const text = ruled ?? bare;
  if (text === undefined) return /^nft\s/.test(line) ? { tool: "nftables" } : undefined;
  const list = new TermList();
  let transport: string | undefined;
  const rest = text.replaceAll(
    /\b(tcp|udp|ip6?)\s+([sd])(port|addr)\s+(!=\s*)?(\{[^{}]*\}|\S+)/g,
    (_, what: string, side: string, kind: string, not: string | undefined, value: string) => {
      const end = side === "s" ? "src" : "dst";
      if (kind === "addr") list.address(end, (what === "ip6") === value.includes(":") ? value : "", not !== undefined);
      else {
        if (transport !== what) list.transport(what);
        transport = what;
        list.ports(end, value, not !== undefined);
      }
      return "";
    },
  );
  const words = wordsOf(rest).filter((word) => word !== "counter");
  const action = actionElsewhere(words.pop() ?? "");
  if (words.length > 0) list.doubt();
  // In a chain of unknown place it may be the host's own.
  const own = chain === undefined ? "dst" : OWN[chain.toLowerCase()];
  const isOf = chain === undefined || own !== undefined || /^forward$/i.test(chain);
  return {
    tool: "nftables",
    own,
    action: isOf ? action : undefined,
    // A rule whose family is not written is of IPv4.
    terms: list.of(family === "ip6" ? "IPv6" : family === "inet" || ruled === undefined ? "IP" : "IPv4"),
  };
}

const MAC = /^[\dA-Fa-f]{2}(?::[\dA-Fa-f]{2}){5}$/;
const isBelow =
  (end: number) =>
  (text: string): boolean =>
    /^(?:\d+|0x[\dA-Fa-f]+)$/.test(text) && Number(text) < end;

/** What a field is called here, and which of its values mean the same. */
const FLOW_FIELDS: Readonly<Record<string, readonly [name: string, isSame: (text: string) => boolean]>> = {
  dl_src: ["srcEth", (text) => MAC.test(text)],
  dl_dst: ["dstEth", (text) => MAC.test(text)],
  eth_src: ["srcEth", (text) => MAC.test(text)],
  eth_dst: ["dstEth", (text) => MAC.test(text)],
  in_port: ["inPort", isBelow(0xff00)],
  dl_vlan: ["vlan", isBelow(0x1000)],
};

/** What an entry of a dump has counted, which is no condition. */
const COUNTED = /^(?:duration|n_packets|n_bytes|idle_age|hard_age)$/;

/** The words that stand for a type or a protocol by its number, as tables print it. */
const BY_NUMBER: Readonly<Record<string, string>> = {
  "dl_type=0x800": "ip",
  "dl_type=0x0800": "ip",
  "dl_type=0x86dd": "ipv6",
  "dl_type=0x806": "arp",
  "dl_type=0x0806": "arp",
};
const PROTOCOLS: Readonly<Record<string, string>> = { 1: "icmp", 6: "tcp", 17: "udp", 58: "icmp6" };

/** `priority=100,ip,nw_src=10.0.0.1 actions=drop`, a line of `dump-flows` or of `glazier compile`, behind `ovs-ofctl add-flow BRIDGE` or alone. */
function openFlow(line: string): ForeignLine | undefined {
  const tool = "Open vSwitch";
  const [, flow] = /^ovs-ofctl\s+.*?\badd-flow\s+\S+\s+(.*)$/.exec(line) ?? [
    undefined,
    /\bactions=/.test(line) && !/[()]/.test(line) ? line : undefined,
  ];
  if (flow === undefined) return /^ovs-(?:ofctl|vsctl)\s/.test(line) ? { tool } : undefined;
  const [, match, acts] = /^["']?(.*?)[\s,]*\bactions?=\s*["']?(\S*?)["']?$/.exec(flow) ?? [];
  if (match === undefined) return { tool };
  const list = new TermList();
  let family: "IPv4" | "IPv6" | undefined;
  for (const written of match.split(/[\s,]+/).filter((one) => one !== "")) {
    const part = Object.hasOwn(BY_NUMBER, written) ? BY_NUMBER[written]! : written;
    const [, key, value] = /^(\w+)(?:=(.*))?$/.exec(part) ?? [];
    const [, side] = /^(?:nw|tp|tcp|udp|ipv6)_(src|dst)$/.exec(key ?? "") ?? [];
    if (key === "priority" || key === "cookie" || (key === "table" && value === "0") || COUNTED.test(key ?? ""))
      continue;
    if (value === undefined && /^(?:ip|tcp|udp|icmp)6?$|^ipv6$/.test(key ?? "")) {
      if (family !== undefined) list.doubt();
      family = key!.endsWith("6") ? "IPv6" : "IPv4";
      if (!key!.startsWith("ip")) list.transport(key === "icmp6" ? key : key!.replace(/6$/, ""));
    } else if (value === undefined && key === "arp") list.add("ethType", "ARP");
    // Behind its family alone: a switch passes over a protocol of no family.
    else if (key === "nw_proto" && (family === "IPv6") === (value === "58") && family !== undefined)
      list.transport(PROTOCOLS[value ?? ""] ?? "");
    else if (side !== undefined && /^(?:nw|ipv6)_/.test(key!)) list.address(side as "src" | "dst", value ?? "");
    else if (side !== undefined) list.ports(side as "src" | "dst", /^\d+$/.test(value ?? "") ? value! : "");
    else if (FLOW_FIELDS[key ?? ""] !== undefined) {
      const [name, isSame] = FLOW_FIELDS[key!]!;
      list.add(name, isSame(value ?? "") ? value : undefined);
    } else list.doubt();
  }
  // A switch passes over addresses and ports where no type of packet is written that has them.
  if (family === undefined && (list.has("srcHost") || list.has("dstHost"))) list.doubt();
  const action = acts === "drop" ? "deny" : /^normal$/i.test(acts ?? "") ? "allow" : undefined;
  const help =
    action === undefined
      ? "a request says what may pass; where packets go is said by `waypoint` and `avoid`"
      : undefined;
  return { tool, action, terms: list.of(family), ...(help !== undefined && { help }) };
}

/** `ufw allow 22/tcp`, `ufw deny from 10.0.0.0/8 to any port 22 proto tcp`. */
function ufw(line: string): ForeignLine | undefined {
  const [, verb, rest] =
    /^ufw\s+(?:--\S+\s+)*(?:insert\s+\d+\s+)?(default\s+\w+|allow|deny|reject|limit)\b(.*)$/.exec(line) ?? [];
  if (verb === undefined) return /^ufw\s/.test(line) ? { tool: "ufw" } : undefined;
  if (verb.startsWith("default"))
    return { tool: "ufw", own: "dst", isDefault: true, action: actionElsewhere(wordsOf(verb)[1]!) };
  const words = wordsOf(rest!);
  const list = new TermList();
  let own: "src" | "dst" = "dst";
  if (words[0] === "in" || words[0] === "out") own = words.shift() === "out" ? "src" : "dst";
  let side: "src" | "dst" = "dst";
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const [, ports, proto] = /^([\d:,]+|[a-z]+)(?:\/(tcp|udp))?$/.exec(word) ?? [];
    if (word === "from" || word === "to") {
      side = word === "from" ? "src" : "dst";
      list.address(side, words[++i] ?? "");
    } else if (word === "port") list.ports(side, words[++i] ?? "");
    else if (word === "proto") list.transport(words[++i] ?? "");
    else if (ports !== undefined && words.length === 1) {
      list.ports("dst", ports);
      if (proto !== undefined) list.transport(proto);
    } else list.doubt();
  }
  return { tool: "ufw", own, action: actionElsewhere(verb), terms: list.portsOn("{TCP, UDP}").of() };
}

/** Services of firewalld that have one port. */
const SERVICES: Readonly<Record<string, string>> = {
  ssh: "tcp",
  http: "tcp",
  https: "tcp",
  smtp: "tcp",
  ntp: "udp",
  tftp: "udp",
};

/** `firewall-cmd --add-port=22/tcp`. */
function firewallCmd(line: string): ForeignLine | undefined {
  if (!/^firewall-cmd\s/.test(line)) return undefined;
  const [, port, proto] = /\s--add-port=([\d-]+)\/(tcp|udp)\b/.exec(line) ?? [];
  const service = /\s--add-service=([a-z]+)\b/.exec(line)?.[1];
  const told = port ?? service;
  if (told === undefined) return { tool: "firewalld" };
  const list = new TermList().ports("dst", told).transport(proto ?? SERVICES[told] ?? "");
  if (line.split(" --add-").length > 2) list.doubt();
  return { tool: "firewalld", own: "dst", action: "allow", terms: list.of() };
}

/** `block in quick proto tcp from any to any port 22`. */
function packetFilter(line: string): ForeignLine | undefined {
  const [, verb, rest] =
    /^(block|pass)\b(?=\s+(?:in|out|quick|log|on|inet6?|proto|from|all|drop|return)\b)(.*)$/.exec(line) ?? [];
  if (verb === undefined) return undefined;
  const words = wordsOf(
    rest!.replaceAll(/\{[^{}]*\}/g, (set) => set.replaceAll(/\s*,\s*|\s+/g, ",").replaceAll(/\{,|,\}/g, "")),
  );
  const list = new TermList();
  let family: "IPv4" | "IPv6" | undefined;
  let side: "src" | "dst" = "src";
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (/^(?:in|out|quick|log|drop|return|all)$/.test(word)) continue;
    if (word === "inet" || word === "inet6") family = word === "inet" ? "IPv4" : "IPv6";
    else if (word === "proto") list.transport(words[++i] ?? "");
    else if (word === "from" || word === "to") {
      side = word === "from" ? "src" : "dst";
      if (words[i + 1] !== "port") list.address(side, words[++i] ?? "");
    } else if (word === "port") {
      if (words[i + 1] === "=") i++;
      list.ports(side, words[++i] ?? "");
    } else list.doubt();
  }
  return {
    tool: "pf",
    action: verb === "pass" ? "allow" : "deny",
    terms: list.portsOn("{TCP, UDP}").of(family ?? "IP"),
  };
}

/** A network policy of Kubernetes, by its first lines. */
const yaml = (line: string): ForeignLine | undefined =>
  /^(?:apiVersion:\s|kind:\s*\w*NetworkPolicy\b)/.test(line)
    ? {
        tool: "Kubernetes",
        help: "write a request for each rule, as `allow(srcHost=10.0.0.0/8, dstHost={10.1.0.2, 10.1.0.3}, transport=TCP, dstPort=6379) on SHARE.`",
      }
    : undefined;

const READERS = [iptables, accessList, nft, openFlow, ufw, firewallCmd, packetFilter, yaml];

/** What a line of another tool says; undefined: it is none that is known. */
export function readForeignLine(line: string): ForeignLine | undefined {
  for (const read of READERS) {
    const found = read(line);
    if (found !== undefined) return found;
  }
  return undefined;
}
