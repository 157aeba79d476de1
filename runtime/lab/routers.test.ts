/**
 * Frames that claim to be a router's (NETWORK, "Neighbour"): advertisements, redirects and solicitations of both
 * families, also behind extension headers and in fragments (RFC 7113). The spoof guard holds those in another's name,
 * and statements of the policy the others, by real frames.
 */
import { readFileSync } from "node:fs";
import { readRules } from "../../compiler/admission/read-rules.ts";
import { decide, tablesAt } from "../../compiler/compile.ts";
import type { Table } from "../../compiler/table/entry.ts";
import { apply } from "../controller/index.ts";
import { all6, ethernet, icmp4, icmp6, linkOption, local6, site6, type V6 } from "./frames.ts";
import { switchTest } from "./test.ts";

const pane = new URL("../../policies/pane.fml", import.meta.url);
const { rules } = readRules({ name: "pane.fml", text: readFileSync(pane, "utf8") });
const page = readFileSync(new URL("../../compiler/lowering/README.md", import.meta.url), "utf8");

/** Alice's host is the router. The link-local address of the box, which is Bob's host, is not stated. */
const FACTS = `switch(s1, "1").
host_at(router, s1, 1). host_mac(router, 00:00:00:00:00:02). host_ip(router, 10.0.0.2). host_ip(router, fe80::2).
host_at(pc, s1, 2). host_mac(pc, 00:00:00:00:00:03). host_ip(pc, 10.0.0.3). host_ip(pc, fe80::3). user_host("Eve", pc).
host_at(box, s1, 3). host_mac(box, 00:00:00:00:00:04). host_ip(box, 10.0.0.4). host_ip(box, 2001:db8::4).
`;

function compiled(text: string): Table {
  const decided = decide([{ name: "routers.pane", text: FACTS + text }], { now: 0, load: () => undefined, rules });
  const { tables, diagnostics } = tablesAt(decided, 0, { target: "ovs" });
  const errors = [...decided.diagnostics, ...diagnostics].filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join("; "));
  return tables.get("s1")!;
}

interface Sender {
  readonly mac: string;
  readonly local: V6;
  readonly ip: string;
}
const router: Sender = { mac: "00:00:00:00:00:02", local: local6(2), ip: "10.0.0.2" };
const pc: Sender = { mac: "00:00:00:00:00:03", local: local6(3), ip: "10.0.0.3" };
const box: Sender = { mac: "00:00:00:00:00:04", local: local6(4), ip: "10.0.0.4" };

const frame = (mac: string, type: number, packet: Uint8Array): Uint8Array =>
  ethernet({ src: mac, dst: "ff:ff:ff:ff:ff:ff" }, type, packet);
/** Puts headers between an IPv6 header and its ICMPv6 message. */
const behind = (packet: Uint8Array, kind: number, header: readonly number[], part = packet.slice(40)): Uint8Array => {
  const payload = [...header, ...part];
  return Uint8Array.from([...packet.slice(0, 4), 0, payload.length, kind, ...packet.slice(7, 40), ...payload]);
};
const EXTENSION = [58, 0, 1, 4, 0, 0, 0, 0];
const piece = (offset: number, more: boolean): readonly number[] => [
  58,
  0,
  offset >> 5,
  ((offset & 31) << 3) | (more ? 1 : 0),
  0,
  0,
  0,
  9,
];

const advert = ({ local, mac }: Sender): Uint8Array =>
  icmp6(local, all6(), 134, 0, [64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, ...linkOption(1, mac)]);
const redirect6 = ({ local, mac }: Sender): Uint8Array =>
  icmp6(local, site6(4), 137, 0, [0, 0, 0, 0, ...local, ...site6(9), ...linkOption(2, mac)]);
const told = [0x45, 0, 0, 28, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 4, 10, 0, 0, 9, 0, 7, 0, 7, 0, 8, 0, 0];

/** What says that its sender is a router, or that another way is better. */
const claims = (by: Sender): Readonly<Record<string, Uint8Array>> => ({
  advertisement: frame(by.mac, 0x86dd, advert(by)),
  "advertisement behind a hop-by-hop header": frame(by.mac, 0x86dd, behind(advert(by), 0, EXTENSION)),
  "advertisement behind destination options": frame(by.mac, 0x86dd, behind(advert(by), 60, EXTENSION)),
  "advertisement in one fragment": frame(by.mac, 0x86dd, behind(advert(by), 44, piece(0, false))),
  redirect: frame(by.mac, 0x86dd, redirect6(by)),
  "IPv4 redirect": frame(by.mac, 0x0800, icmp4(by.ip, "10.0.0.4", 5, 1, [10, 0, 0, 3, ...told])),
  "IPv4 advertisement": frame(
    by.mac,
    0x0800,
    icmp4(by.ip, "255.255.255.255", 9, 0, [1, 2, 7, 8, 10, 0, 0, 3, 0, 0, 0, 0]),
  ),
});
const fragments = (by: Sender): Readonly<Record<string, Uint8Array>> => ({
  "first fragment": frame(by.mac, 0x86dd, behind(advert(by), 44, piece(0, true), advert(by).slice(40, 56))),
  "last fragment": frame(by.mac, 0x86dd, behind(advert(by), 44, piece(2, false), advert(by).slice(56))),
});
const asks = ({ local, mac }: Sender): Uint8Array => frame(mac, 0x86dd, icmp6(local, all6(2), 133, 0, [0, 0, 0, 0]));

/** The statements of the page. */
const ROUTERS = `@routers deny((ethType=IPv6, icmpType={134, 137}) except (srcAP=s1:1)) on rootShare.
@routers4 deny((ethType=IPv4, icmpType={5, 9}) except (srcAP=s1:1)) on rootShare.
`;
const ONLY = `@nd allow(ethType=IPv6, icmpType={133, 135, 136}) on rootShare.
@router allow(ethType=IPv6, icmpType={134, 137}, srcAP=s1:1) on rootShare.
@router4 allow(ethType=IPv4, icmpType={5, 9}, srcAP=s1:1) on rootShare.
`;

switchTest(
  "only a router that the policy names advertises itself and redirects, and nobody does in its name",
  async (t, start) => {
    for (const line of `${ROUTERS}${ONLY}`.trim().split("\n")) t.true(page.includes(line), line);
    const lab = await start({ name: "routers" });
    const passing = async (
      from: "alice" | "eve" | "bob",
      frames: Readonly<Record<string, Uint8Array>>,
    ): Promise<string[]> => {
      // One burst tells where all fare alike; then no frame need be sent alone.
      const heard = Math.max(...(await lab.frames(from, Object.values(frames))).values());
      if (heard === 0) return [];
      if (heard === Object.keys(frames).length) return Object.keys(frames);
      const passed: string[] = [];
      for (const [name, one] of Object.entries(frames)) if ((await lab.frame(from, one)).length > 0) passed.push(name);
      return passed;
    };
    const [all, pieces] = [Object.keys(claims(pc)), Object.keys(fragments(pc))];
    const none: readonly string[] = [];
    /** The router's own address or MAC, from Eve's port. */
    const inItsName = {
      ...claims({ ...pc, local: router.local, ip: router.ip }),
      "with its MAC": claims({ ...pc, mac: router.mac })["advertisement"]!,
    };
    for (const [policy, ofEve, ofRouter] of [
      ["default allow.\n", [...all, ...pieces], [...all, ...pieces]],
      [`default allow.\n${ROUTERS}`, none, [...all, ...pieces]],
      [`default deny.\n${ONLY}`, none, all],
      ['default allow.\n@eve deny(user="Eve") on rootShare.\n', none, [...all, ...pieces]],
    ] as const) {
      t.is((await apply(lab.mgmt, compiled(policy))).outcome, "applied");
      t.deepEqual(await passing("eve", { ...claims(pc), ...fragments(pc) }), ofEve, `Eve under ${policy}`);
      t.deepEqual(
        await passing("alice", { ...claims(router), ...fragments(router) }),
        ofRouter,
        `the router: ${policy}`,
      );
      t.deepEqual(await passing("eve", inItsName), [], `in the router's name: ${policy}`);
      const seeks = policy.includes("Eve") ? [] : ["asks"];
      t.deepEqual(await passing("eve", { asks: asks(pc) }), seeks, `solicitation: ${policy}`);
    }
    t.is((await apply(lab.mgmt, compiled("default allow.\n"))).outcome, "applied");
    t.deepEqual(await passing("bob", { ...claims(box), ...fragments(box) }), all, "an address that is not stated");
  },
);
