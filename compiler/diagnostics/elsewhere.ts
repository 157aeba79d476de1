/**
 * Words by which other firewalls, switches and protocols are spoken to → the words of this language, or a sentence on them.
 * The numbers are those of IANA (Service Name and Transport Protocol Port Number Registry; Differentiated Services Field
 * Codepoints).
 */

/** Words of other languages for the two actions that all of them have. */
const ACTIONS: ReadonlyMap<string, "allow" | "deny"> = new Map([
  ...(["drop", "block", "reject", "discard", "deny", "forbid"] as const).map((word) => [word, "deny"] as const),
  ...(["permit", "accept", "allow"] as const).map((word) => [word, "allow"] as const),
]);

/** The action of this language that a word of another one means. */
export const actionElsewhere = (word: string): "allow" | "deny" | undefined => ACTIONS.get(word.toLowerCase());

/** Names of fields elsewhere → the field. */
const FIELDS_ELSEWHERE: ReadonlyMap<string, string> = new Map(
  Object.entries({
    srcHost: "src saddr source srcip srcaddr sourceip ipsrc nwsrc ipv4src from",
    dstHost: "dst daddr destination dest dstip dstaddr destinationip ipdst nwdst ipv4dst to",
    dstPort: "dport dstport destport destinationport tpdst tcpdst udpdst",
    srcPort: "sport srcport sourceport tpsrc tcpsrc udpsrc",
    transport: "proto protocol ipproto nwproto l4proto",
    srcEth: "srcmac macsrc dlsrc ethsrc macsource",
    dstEth: "dstmac macdst dldst ethdst",
    vlan: "vlanid dlvlan vid vlanvid",
    ethType: "dltype ethertype",
    inPort: "inport",
    user: "username srcuser sender",
  }).flatMap(([field, names]) => names.split(" ").map((name) => [name, field] as const)),
);

/** What other languages leave open, and this one does not. */
const TWO_FIELDS: ReadonlyMap<string, string> = new Map([
  ...["ip", "host", "addr", "address", "ipaddr", "ipblock", "cidr", "net", "network"].map(
    (name) => [name, "an address is of the source, `srcHost`, or of the destination, `dstHost`"] as const,
  ),
  ...["port", "ports"].map(
    (name) => [name, "a port is of the destination, `dstPort`, or of the source, `srcPort`"] as const,
  ),
  ...["mac", "eth"].map((name) => [name, "a MAC is of the source, `srcEth`, or of the destination, `dstEth`"] as const),
  ...["if", "iface", "interface", "iif"].map(
    (name) => [name, "where a packet comes in is `srcAP=SWITCH:PORT`"] as const,
  ),
  ...["state", "ctstate", "conntrack", "tcpflags", "flags", "established"].map(
    (name) => [name, "the side of a tracked connection is `direction=request` or `direction=response`"] as const,
  ),
  ...["tos", "qos"].map((name) => [name, "the field is `dscp`, the upper six bits"] as const),
]);

/** What is known elsewhere by this name: the field, or the help where none is surely meant. */
export function fieldElsewhere(name: string): { readonly field: string } | { readonly help: string } | undefined {
  const key = name.toLowerCase().replaceAll(/[_-]/g, "");
  const field = FIELDS_ELSEWHERE.get(key);
  if (field !== undefined) return { field };
  const help = TWO_FIELDS.get(key);
  return help === undefined ? undefined : { help };
}

/** Services that other languages call by name, and their ports. */
const SERVICES: ReadonlyMap<string, number> = new Map(
  (
    "ftp:21 ssh:22 telnet:23 smtp:25 domain:53 dns:53 tftp:69 http:80 www:80 kerberos:88 pop3:110 ntp:123 imap:143 " +
    "snmp:161 bgp:179 ldap:389 https:443 smb:445 syslog:514 ldaps:636 imaps:993 pop3s:995 mysql:3306 rdp:3389 " +
    "postgresql:5432 postgres:5432"
  )
    .split(" ")
    .map((one) => one.split(":"))
    .map(([name, port]) => [name!, Number(port)] as const),
);

/** The number that a word or a number in quotation marks means for a field; undefined where none is surely meant. */
export function numberElsewhere(field: string, word: string): number | undefined {
  if (/^(?:0|[1-9]\d{0,5})$/.test(word)) return Number(word);
  const lower = word.toLowerCase();
  if (field === "srcPort" || field === "dstPort") return SERVICES.get(lower);
  if (field !== "dscp") return undefined;
  const [, af, drop, cs] = /^(?:af([1-4])([1-3])|cs([0-7]))$/.exec(lower) ?? [];
  if (af !== undefined) return 8 * Number(af) + 2 * Number(drop);
  return cs === undefined
    ? new Map([
        ["ef", 46],
        ["be", 0],
      ]).get(lower)
    : 8 * Number(cs);
}

/** What is said of a word that a field of protocols does not know. */
export function protocolHelp(field: string, word: string): string | undefined {
  const lower = word.toLowerCase();
  if (field === "transport") {
    if (/^(?:any|all|ip)$/.test(lower)) return "every transport is meant where `transport` is not asked for";
    return /^(?:ipv4|ip4|ipv6|ip6|arp)$/.test(lower) ? "that is a type of frames: `ethType`" : undefined;
  }
  if (field !== "direction") return undefined;
  if (/^(?:established|related|reply|replies|return|answer)$/.test(lower)) {
    return "what answers on a tracked connection is `direction=response`";
  }
  if (/^(?:new|initial|original|orig)$/.test(lower)) {
    return "what the end sends that opened the connection is `direction=request`, its first packet and all others";
  }
  return /^(?:in|out|ingress|egress|inbound|outbound|input|output|both|any)$/.test(lower)
    ? "`direction` is of a tracked connection; whence and whither a packet goes is `srcHost` and `dstHost`"
    : undefined;
}

/** Names of ICMP messages → their types over IPv4 and IPv6 (IANA, ICMP and ICMPv6 Parameters). */
const MESSAGES: ReadonlyMap<string, { readonly ipv4?: number; readonly ipv6?: number }> = new Map(
  (
    "echo:8:128 echorequest:8:128 ping:8:128 echoreply:0:129 pong:0:129 unreachable:3:1 destinationunreachable:3:1 " +
    "timeexceeded:11:3 ttlexceeded:11:3 parameterproblem:12:4 redirect:5:137 routersolicitation:10:133 " +
    "routeradvertisement:9:134 sourcequench:4: timestamprequest:13: timestampreply:14: packettoobig::2 toobig::2 " +
    "neighborsolicitation::135 neighborsolicit::135 neighboursolicitation::135 neighboursolicit::135 " +
    "neighboradvertisement::136 neighboradvert::136 neighbouradvertisement::136 neighbouradvert::136"
  )
    .split(" ")
    .map((one) => one.split(":"))
    .map(([name, ipv4, ipv6]) => [
      name!,
      { ...(ipv4 !== "" && { ipv4: Number(ipv4) }), ...(ipv6 !== "" && { ipv6: Number(ipv6) }) },
    ]),
);

/** The terms for a message of ICMP by its name; each family has numbers of its own. In a rule a family is no variable. */
export function icmpHelp(word: string, inRule: boolean): { readonly help?: string } {
  const found = MESSAGES.get(word.toLowerCase().replaceAll(/[_-]/g, ""));
  if (found === undefined) return {};
  const families = [["IPv4", found.ipv4] as const, ["IPv6", found.ipv6] as const];
  const terms = families.flatMap(([family, type]) =>
    type === undefined ? [] : [`\`ethType=${inRule ? family.toLowerCase() : family}, icmpType=${type}\``],
  );
  return { help: `types of ICMP are numbers: write ${terms.join(" or ")}` };
}
