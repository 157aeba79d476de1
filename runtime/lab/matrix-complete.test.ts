/**
 * The checked-in matrix has a cell for each field of the language, each class of value and each framing. This test reads
 * `matrix.txt` and the table of fields in `grammar/README.md`, and no code that makes the matrix. So what is missing from
 * both the code and the page fails here, too.
 */
import test from "ava";
import { readFileSync } from "node:fs";

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");

/** Lines of the matrix that show a framing, by its name in the list of what frames there are. */
const FRAMINGS: Readonly<Record<string, readonly string[]>> = {
  plain: ["IPv4 UDP", "IPv4 TCP", "IPv6 UDP", "IPv6 TCP"],
  tagged: ["tag", "tag IPv6", "tag ARP"],
  "priority-tagged": ["priority tag", "priority tag IPv6", "service priority tag"],
  "0x88a8": ["service tag", "service tag, tag"],
  "802.3": ["802.3 without LLC", "length 0x05ff"],
  LLC: ["LLC", "tag LLC"],
  SNAP: ["SNAP", "tag SNAP", "SNAP, other organisation"],
  MPLS: ["MPLS", "MPLS multicast"],
  ARP: ["ARP request", "ARP reply"],
  fragments: [
    "IPv4 first fragment",
    "IPv4 later fragment",
    "IPv6 first fragment",
    "IPv6 later fragment",
    "tag later fragment",
  ],
  "IPv6 extension headers": ["IPv6 hop-by-hop", "IPv6 routing", "IPv6 AH", "IPv6 destination", "IPv6 all four"],
  "port 0": ["IPv4 ", "IPv6 "].flatMap((family) => ["UDP", "TCP", "SCTP"].map((one) => `${family}${one}, port 0`)),
  SCTP: ["IPv4 SCTP", "IPv6 SCTP"],
  "ICMP of both families": ["IPv4 ICMP", "IPv6 ICMPv6"],
  broadcast: ["broadcast", "broadcast ARP"],
  multicast: ["multicast IPv4", "multicast IPv6"],
};

/** Field → policies about its least value, its greatest, an edge (a bound of a range or another value), and its absence. */
const ADDRESSES = ["=0.0.0.0)", "=255.255.255.255)", "=10.0.0.3-10.0.0.9)", "except"] as const;
const MACS = ["=00:00:00:00:00:00)", "=ff:ff:ff:ff:ff:ff)", "-00:00:00:00:00:02)", "except"] as const;
const PORTS = ["=0)", "=65535)", "=81-65535)", "except"] as const;
const BYTES = ["=0)", "=255)", "-254)", "except"] as const;
/** Names have no least and no greatest: a known one, an unknown one or another one, and the absence. */
const CLASSES: Readonly<Record<string, readonly string[]>> = {
  user: ["=Alice)", "=unknown)", "!=Alice)", "except"],
  dstUser: ["=Alice)", "=unknown)", "!=Alice)", "except"],
  srcHost: ADDRESSES,
  dstHost: ADDRESSES,
  srcEth: MACS,
  dstEth: MACS,
  vlan: ["=0)", "=4095)", "=1-4094)", "=none)"],
  ethType: ["=0x0000)", "=0xffff)", "=0x0600)", "except"],
  dscp: ["=0)", "=63)", "=10-45)", "except"],
  icmpType: BYTES,
  icmpCode: BYTES,
  inPort: ["=0)", "=4294967295)", "=1)", "except"],
  transport: ["=0)", "=255)", "=40-60)", "except"],
  srcPort: PORTS,
  dstPort: PORTS,
  srcAP: ["=s1:1)", '"4294967295")', "=s1:2)", "!=s1:1)"],
  // No packet shows where it leaves: each policy is refused.
  dstAP: ["deny(dstAP=s1:1)   refused: E811", "allow(dstAP=s1:1)   refused: E811"],
  switch: ["=s1)", "!=s1)", "except"],
  direction: ["=request)", "=response)", "={request, response})", "except"],
};

/**
 * Field → values that frames carry: the least, the greatest, and those on both sides of an edge. What a field with names
 * has is a known one, and one that is none.
 */
const CARRIED: Readonly<Record<string, readonly string[]>> = {
  user: ["Alice", "nobody"],
  dstUser: ["Alice", "nobody"],
  srcHost: ["least", "greatest", ".2", ".3"],
  dstHost: ["least", "greatest", ".2", ".3"],
  srcEth: ["00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:02", "00:00:00:00:00:08"],
  dstEth: ["00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:09"],
  vlan: ["0", "1", "4094", "4095"],
  // The least type of a frame of Ethernet II; what is below is a length, and has lines of its own.
  ethType: ["0x0600", "0xffff", "0x88b5", "0x88b6"],
  dscp: ["0", "63", "9", "10", "45", "46"],
  transport: ["0", "255", "39", "40", "60", "61"],
  srcPort: ["0", "65535", "80", "81"],
  dstPort: ["0", "65535", "80", "81"],
  icmpType: ["0", "255", "8", "9"],
  icmpCode: ["0", "255", "1", "2"],
};

interface Page {
  readonly values: readonly string[];
  readonly policies: readonly string[];
  readonly rows: ReadonlyMap<string, readonly string[]>;
}

function pagesOf(text: string): ReadonlyMap<string, Page> {
  const pages = text.split(/^## /m).slice(1);
  return new Map(
    pages.map((page) => {
      const [field = "", , carried = "", ...lines] = page.split("\n");
      const policies = lines.filter((line) => /^ {2}[a-z] (deny|allow)/.test(line));
      const rows = lines.flatMap((line): (readonly [string, readonly string[]])[] => {
        const cells = /^(\S.{27}) (.+)$/.exec(line);
        return cells === null ? [] : [[cells[1]!.trimEnd(), cells[2]!.split(/ +/)]];
      });
      return [
        field,
        {
          values: [...carried.matchAll(/[\dA-Z] (\S+?)(?=, |\.$)/g)].map(([, value]) => value!),
          policies,
          rows: new Map(rows),
        },
      ];
    }),
  );
}

/** What is missing from a matrix, one line each. */
function missingFrom(text: string): readonly string[] {
  const pages = pagesOf(text);
  const table = /\| field \| values \|\n\|.*\|\n((?:\|.*\|\n)+)/.exec(read("../../grammar/README.md"))![1]!;
  const fields = table.split("\n").flatMap((row) => {
    const names = [...(row.split("|")[1] ?? "").replaceAll(/\(.*?\)|0-63/g, "").matchAll(/`(\w+)`/g)];
    return names.map(([, name]) => name!);
  });
  const [first] = pages.values();
  return fields.flatMap((field) => {
    const page = pages.get(field);
    if (page === undefined) return [`${field}: no page`];
    const classes = CLASSES[field];
    if (classes === undefined) return [`${field}: no classes of values`];
    const absent = classes.filter((one) => !page.policies.some((policy) => policy.includes(one)));
    const lines = Object.values(FRAMINGS)
      .flat()
      .filter((name) => !page.rows.has(name));
    const cells = [...first!.rows.keys()].filter((name) => {
      const [carries = "", ...signs] = page.rows.get(name) ?? [];
      const isFull = signs.every((some) => some.length === carries.length && /^[.xXo!]+$/.test(some));
      return (
        carries.length === 0 || carries.length > page.values.length || signs.length !== page.policies.length || !isFull
      );
    });
    const unsent = (CARRIED[field] ?? []).filter((value) => !page.values.includes(value));
    return [...absent, ...unsent, ...lines, ...cells].map((one) => `${field}: ${one}`);
  });
}

test("the checked-in matrix has a cell for each field, class of value and framing", (t) => {
  t.deepEqual(missingFrom(read("matrix.txt")), []);
});

test("a matrix without a page, a line, a policy or a cell is found incomplete", (t) => {
  const whole = read("matrix.txt");
  const count = (text: string): number => missingFrom(text).length;
  t.is(count(whole.replace("## dscp\n", "## other\n")), 1);
  t.true(count(whole.replace(/^MPLS .*\n/m, "")) >= 1);
  t.true(count(whole.replace(/^ {2}a deny\(user=Alice\)\n/m, "")) >= 1);
  t.is(count(whole.replace(", 4 4094, ", ", 4 4093, ")), 1);
  // One cell of one line, at its very end.
  t.is(count(whole.replace(/^(IPv6 routing .*)[.xXo!]$/m, "$1")), 1);
  t.is(count(whole.replace(/^(IPv4 UDP {2,}0123 )./m, "$1 ")), 1);
});
