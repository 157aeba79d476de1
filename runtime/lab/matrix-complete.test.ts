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
  "priority-tagged": ["priority tag"],
  "0x88a8": ["service tag", "service tag, tag"],
  "802.3": ["length 0x05ff"],
  LLC: ["LLC", "tag LLC"],
  SNAP: ["SNAP", "tag SNAP", "SNAP, other organisation"],
  MPLS: ["MPLS", "MPLS multicast"],
  ARP: ["ARP request", "ARP reply"],
  fragments: ["IPv4 first fragment", "IPv4 later fragment", "IPv6 first fragment", "IPv6 later fragment"],
  "IPv6 extension headers": ["IPv6 hop-by-hop", "IPv6 routing", "IPv6 AH", "IPv6 destination", "IPv6 all four"],
  "port 0": ["IPv4 UDP, port 0", "IPv4 TCP, port 0", "IPv6 UDP, port 0", "IPv6 SCTP, port 0"],
  SCTP: ["IPv4 SCTP", "IPv6 SCTP"],
  "ICMP of both families": ["IPv4 ICMP", "IPv6 ICMPv6"],
  broadcast: ["broadcast"],
  multicast: ["multicast IPv4", "multicast IPv6"],
};

/** Field → policies about its least value, its greatest, an edge (a bound of a range or another value), and its absence. */
const ADDRESSES = ["=0.0.0.0)", "=255.255.255.255)", "=10.0.0.3-10.0.0.9)", "except"] as const;
const MACS = ["=00:00:00:00:00:00)", "=ff:ff:ff:ff:ff:ff)", "-00:00:00:00:00:02)", "except"] as const;
const PORTS = ["=0)", "=65535)", "=81-65535)", "except"] as const;
const BYTES = ["=0)", "=255)", "=0-255)", "except"] as const;
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

interface Page {
  readonly values: number;
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
      return [field, { values: carried.split(", ").length, policies, rows: new Map(rows) }];
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
      return carries.length === 0 || carries.length > page.values || signs.length !== page.policies.length || !isFull;
    });
    return [...absent, ...lines, ...cells].map((one) => `${field}: ${one}`);
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
  // One cell of one line, at its very end.
  t.is(count(whole.replace(/^(IPv6 routing .*)[.xXo!]$/m, "$1")), 1);
  t.is(count(whole.replace(/^(IPv4 UDP {2,}0123 )./m, "$1 ")), 1);
});
