/**
 * All frames from a user's bound port and MAC are that user's (NETWORK, "Addresses, users, hosts"), with an IP address,
 * from a link-local one, or without any. Real frames show it.
 */
import { readFileSync } from "node:fs";
import { readRules } from "../../compiler/admission/read-rules.ts";
import { decide, tablesAt } from "../../compiler/compile.ts";
import type { Table } from "../../compiler/table/entry.ts";
import { apply } from "../controller/index.ts";
import { all6, arp, ethernet, icmp6, ipv4, ipv6, local6, none6, site6, udp } from "./frames.ts";
import { Burst } from "./testing/burst.ts";
import { install } from "./testing/user-frames.ts";
import { switchTest } from "./test.ts";

const pane = new URL("../../policies/pane.fml", import.meta.url);
const { rules } = readRules({ name: "pane.fml", text: readFileSync(pane, "utf8") });

function compiled(text: string): Table {
  const decided = decide([{ name: "owner.pane", text }], { now: 0, load: () => undefined, rules });
  const { tables, diagnostics } = tablesAt(decided, 0, { target: "ovs" });
  const errors = [...decided.diagnostics, ...diagnostics].filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join("; "));
  return tables.get("s1")!;
}

/** Frames of every kind that a host sends, from its own addresses and without them. */
const sentBy = (last: number): readonly Uint8Array[] => {
  const [src, ip] = [`00:00:00:00:00:0${last}`, `10.0.0.${last}`];
  const to = { src, dst: "ff:ff:ff:ff:ff:ff" };
  const six = (packet: Uint8Array): Uint8Array => ethernet(to, 0x86dd, packet);
  return [
    ethernet(to, 0x0800, ipv4(ip, "10.0.0.9", 17, udp(7, 7))),
    six(ipv6(last, 9, 17, udp(7, 7))),
    // DHCP, ARP, a probe.
    ethernet(to, 0x0800, ipv4("0.0.0.0", "255.255.255.255", 17, udp(68, 67))),
    ethernet(to, 0x0806, arp(1, { mac: src, ip }, { ip: "10.0.0.9" })),
    ethernet(to, 0x0806, arp(1, { mac: src, ip: "0.0.0.0" }, { ip })),
    // Router and neighbour discovery, multicast reports, DHCPv6.
    six(icmp6(local6(last), all6(), 134, 0, [64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0])),
    six(icmp6(none6, all6(), 135, 0, [0, 0, 0, 0, ...site6(last)])),
    six(icmp6(site6(last), all6(), 136, 0, [0x20, 0, 0, 0, ...site6(last)])),
    six(icmp6(local6(last), all6(22), 143, 0, [0, 0, 0, 0])),
    // The type of LLDP to a common address, an unknown type, a length.
    ethernet(to, 0x88cc, []),
    ethernet(to, 0x1234, []),
    ethernet(to, 100, Array<number>(100).fill(0)),
    // With a tag.
    ethernet({ ...to, tags: [[0x8100, 10]] }, 0x0806, arp(1, { mac: src, ip }, { ip: "10.0.0.9" })),
    ethernet({ ...to, tags: [[0x8100, 10]] }, 0x1234, []),
  ];
};

const facts = (eve: string): string => `switch(s1, 1).
AddUser Alice. AddUser Eve.
user_host("Alice", a). host_at(a, s1, 1). host_mac(a, 00:00:00:00:00:02). host_ip(a, 10.0.0.2). host_ip(a, 2001:db8::2).
user_host("Eve", e). host_at(e, s1, 2). ${eve}
host_at(p, s1, 3). host_mac(p, 00:00:00:00:00:04). host_ip(p, 10.0.0.4). host_ip(p, 2001:db8::4).
`;
const MAC = "host_mac(e, 00:00:00:00:00:03).";
const IPS = "host_ip(e, 10.0.0.3). host_ip(e, 2001:db8::3).";

for (const [known, eve] of [
  ["port, MAC and addresses", `${MAC} ${IPS}`],
  ["port and MAC", MAC],
  ["port and addresses", IPS],
  ["port, MAC and an IPv4 address", `${MAC} host_ip(e, 10.0.0.3).`],
] as const) {
  switchTest(`all that Eve sends is hers, and nothing else is, where she is known by ${known}`, async (t, start) => {
    const lab = await start({ name: "owner" });
    const put = async (text: string): Promise<void> => {
      t.is((await apply(lab.mgmt, compiled(`${facts(eve)}${text}`))).outcome, "applied");
    };
    const [hers, alices, printers] = [sentBy(3), sentBy(2), sentBy(4)];
    /** The number of frames of Eve, of Alice and of the printer that the others receive. */
    const heard = async (): Promise<readonly (readonly number[])[]> => {
      const found: (readonly number[])[] = [];
      for (const [host, frames] of [
        ["eve", hers],
        ["alice", alices],
        ["bob", printers],
      ] as const)
        found.push([...new Set((await lab.frames(host, frames)).values())]);
      return found;
    };
    const all = hers.length;
    await put("default allow.");
    t.deepEqual(await heard(), [[all], [all], [all]]);
    await put("default allow.\n@d deny(user=Eve) on rootShare.");
    t.deepEqual(await heard(), [[0], [all], [all]], "deny(user=Eve)");
    await put("default deny.\n@a allow(user=Eve) on rootShare.");
    t.deepEqual(await heard(), [[all], [0], [0]], "allow(user=Eve)");
    await put("default allow.\n@d deny(user!=Eve) on rootShare.");
    t.deepEqual(await heard(), [[all], [0], [0]], "deny(user!=Eve)");
    await put("default allow.\n@d deny(user=unknown) on rootShare.");
    t.deepEqual(await heard(), [[all], [all], [0]], "deny(user=unknown)");
  });
}

switchTest(
  "what shows no address is of the user `unknown` where its MAC is that of a host without address and user",
  async (t, start) => {
    const lab = await start({ name: "owner" });
    const known = "switch(s1, 1). AddUser Alice. host_mac(p, 00:00:00:00:00:03).";
    const put = async (text: string): Promise<void> => {
      t.is((await apply(lab.mgmt, compiled(`${known}\ndefault allow.\n${text}`))).outcome, "applied");
    };
    const frame = (src: number, dst: number): Uint8Array =>
      ethernet({ src: `00:00:00:00:00:0${src}`, dst: `00:00:00:00:00:0${dst}` }, 0x1234, []);
    await put("@q deny(user=unknown) on rootShare.");
    t.deepEqual(await lab.frame("eve", frame(3, 9)), []);
    t.deepEqual(await lab.frame("eve", frame(8, 9)), ["alice", "bob"], "no host has its MAC");
    await put("@q deny(user!=Alice) on rootShare.");
    t.deepEqual(await lab.frame("eve", frame(3, 9)), []);
    await put("@q deny(dstUser!=Alice) on rootShare.");
    t.deepEqual(await lab.frame("alice", frame(2, 3)), []);
    t.deepEqual(await lab.frame("eve", frame(3, 9)), ["alice", "bob"]);
  },
);

const udpOf = (mac: number, ip: string): Uint8Array =>
  ethernet({ src: `00:00:00:00:00:0${mac}`, dst: "00:00:00:00:00:09" }, 0x0800, ipv4(ip, "10.0.0.9", 17, udp(7, 7)));

// What comes from a known place is of the user there, also where a host elsewhere has its address or its MAC.
const PLACES = [
  [
    "no user, and a user elsewhere has the address",
    "host_ip(e, 10.0.0.3). host_at(e, s1, 2). host_ip(b, 10.0.0.3). host_mac(b, 00:00:00:00:00:02). host_at(b, s1, 1).",
    7,
    "unknown",
    "Bob",
  ],
  [
    "no user, and a user of unknown place has the address",
    "host_ip(e, 10.0.0.3). host_at(e, s1, 2). host_ip(b, 10.0.0.3).",
    7,
    "unknown",
    "Bob",
  ],
  [
    "no user, and a user elsewhere has the MAC",
    `host_ip(e, 10.0.0.3). ${MAC} host_at(e, s1, 2). host_mac(b, 00:00:00:00:00:03). host_at(b, s1, 1).`,
    3,
    "unknown",
    "Bob",
  ],
  [
    "no user, and a user elsewhere has both",
    `host_ip(e, 10.0.0.3). ${MAC} host_at(e, s1, 2). host_ip(b, 10.0.0.3). host_mac(b, 00:00:00:00:00:03). host_at(b, s1, 1).`,
    3,
    "unknown",
    "Bob",
  ],
  [
    "a user, and another elsewhere has the address",
    `host_ip(e, 10.0.0.3). host_at(e, s1, 2). user_host("Eve", e). host_ip(b, 10.0.0.3). host_mac(b, 00:00:00:00:00:02). host_at(b, s1, 1).`,
    7,
    "Eve",
    "Bob",
  ],
  [
    "no user beside one of a user, and that user has its address elsewhere",
    `host_ip(e, 10.0.0.3). host_at(e, s1, 2). host_at(e2, s1, 2). user_host("Bob", e2).
host_ip(b, 10.0.0.3). host_mac(b, 00:00:00:00:00:02). host_at(b, s1, 1).`,
    7,
    "unknown",
    "Bob",
  ],
  [
    "a user beside another, whose address a third has elsewhere",
    `host_ip(e, 10.0.0.3). host_at(e, s1, 2). user_host("Eve", e). host_ip(b, 10.0.0.9). host_at(b, s1, 2).
host_ip(c, 10.0.0.9). user_host("Carl", c). AddUser Carl.`,
    7,
    "Eve",
    "Bob",
  ],
  [
    "a user, and another of unknown place has the MAC; neither has an address",
    `${MAC} host_at(e, s1, 2). user_host("Eve", e). host_mac(b, 00:00:00:00:00:03).`,
    3,
    "Eve",
    "Bob",
  ],
  [
    "a user, and a host of nobody at no known place has the MAC; neither has an address",
    `${MAC} host_at(e, s1, 2). user_host("Eve", e). host_mac(n, 00:00:00:00:00:03).`,
    3,
    "Eve",
    "unknown",
  ],
  [
    "a user beside another, and a third has the MAC",
    `host_ip(e, 10.0.0.3). host_at(e, s1, 2). user_host("Eve", e). host_at(c, s1, 2). user_host("Carl", c). AddUser Carl.
host_mac(b, 00:00:00:00:00:07).`,
    7,
    "Eve",
    "Bob",
  ],
  [
    "no user beside a user, and another has the MAC",
    `host_ip(e, 10.0.0.3). host_at(e, s1, 2). host_at(c, s1, 2). user_host("Carl", c). AddUser Carl.
host_mac(b, 00:00:00:00:00:07).`,
    7,
    "unknown",
    "Bob",
  ],
  [
    "a user beside another, whose address somebody has elsewhere, and a third has the MAC",
    `host_ip(e, 10.0.0.3). host_at(e, s1, 2). user_host("Eve", e). host_at(c, s1, 2). user_host("Carl", c). AddUser Carl.
host_ip(d, 10.0.0.3). host_mac(b, 00:00:00:00:00:07).`,
    7,
    "Eve",
    "Bob",
  ],
  [
    "a user alone there, and another of unknown place and without an address has the MAC",
    'host_ip(e, 10.0.0.3). host_at(e, s1, 2). user_host("Eve", e). host_mac(b, 00:00:00:00:00:07).',
    7,
    "Eve",
    "Bob",
  ],
  [
    "no user, and one of unknown place and without an address has the MAC",
    "host_ip(e, 10.0.0.3). host_at(e, s1, 2). host_mac(b, 00:00:00:00:00:07).",
    7,
    "unknown",
    "Bob",
  ],
] as const;

switchTest("a host is recognized by its place where others have its address or its MAC", async (t, start) => {
  const lab = await start({ name: "owner" });
  const burst = new Burst(lab.hosts);
  t.teardown(() => burst.close());
  const wrong: string[] = [];
  for (const [title, known, mac, hers, others] of PLACES) {
    const frame = { from: "eve", bytes: [...udpOf(mac, "10.0.0.3")] };
    const put = async (verdict: string, statement: string): Promise<boolean> => {
      const stated = `switch(s1, 1). AddUser Bob. AddUser Eve. user_host("Bob", b). ${known}`;
      await install(lab, compiled(`default ${verdict}. ${stated}\n${statement}`));
      return (await burst.send([frame]))[0]!.length > 0;
    };
    t.true(await put("allow", ""), title);
    for (const [term, isHers] of [
      [`user=${hers}`, true],
      [`user!=${others}`, true],
      [`user=${others}`, false],
      [`user!=${hers}`, false],
    ] as const) {
      // A port leaves nothing that asks for an address, which only the place tells.
      const echo = `${term}, transport=UDP, dstPort=7`;
      for (const one of [term, echo]) {
        if ((await put("deny", `@q allow(${one}) on rootShare.`)) !== isHers) wrong.push(`${title}: allow(${one})`);
        if ((await put("allow", `@q deny(${one}) on rootShare.`)) === isHers) wrong.push(`${title}: deny(${one})`);
      }
    }
  }
  t.deepEqual(wrong, []);
});
