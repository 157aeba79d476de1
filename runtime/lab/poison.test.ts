/**
 * No host can poison what others learn about addresses (NETWORK, "Spoof"). Real frames of hosts with more and fewer
 * known facts, and of a stranger, show it by what other hosts receive.
 */
import { lower } from "../../compiler/lowering/index.ts";
import type { Directory, Host } from "../../compiler/model/model.ts";
import { parseIp, parseMac } from "../../compiler/net/index.ts";
import { apply } from "../controller/index.ts";
import { all6, arp, ethernet, icmp6, ipv4, ipv6, linkOption, local6, none6, site6, udp } from "./frames.ts";
import { switchTest } from "./test.ts";

const [alice, eve, bob] = [2, 3, 4].map((last) => ({
  mac: `00:00:00:00:00:0${last}`,
  ip: `10.0.0.${last}`,
  site: site6(last),
})) as [Place, Place, Place];
interface Place {
  readonly mac: string;
  readonly ip: string;
  readonly site: readonly number[];
}

const hostAt = (
  name: string,
  port: number,
  last: number,
  known: { readonly mac: boolean; readonly ip: boolean },
): Host => {
  const ips = known.ip ? [`10.0.0.${last}`, `2001:db8::${last}`] : [];
  const mac = parseMac(`00:00:00:00:00:0${last}`);
  return {
    name,
    addresses: ips.map((text) => {
      const read = parseIp(text);
      if (!read.ok) throw new Error(text);
      return read.value;
    }),
    macs: known.mac && mac.ok ? [mac.value] : [],
    at: { switch: "s1", port },
  };
};
const directory = (...hosts: readonly Host[]): Directory => ({
  users: [],
  userHosts: [],
  hosts: new Map(hosts.map((one) => [one.name, one])),
  switches: new Map([["s1", { name: "s1", dpid: "1" }]]),
  links: [],
  portRates: [],
});
const all = { mac: true, ip: true };

const IPV4 = 0x0800;
const ARP = 0x0806;
const RARP = 0x8035;
const nobody = "0.0.0.0";
const broadcast = "ff:ff:ff:ff:ff:ff";
const six = (packet: Uint8Array): Uint8Array => ethernet({ src: eve.mac, dst: broadcast }, 0x86dd, packet);
const four = (...said: Parameters<typeof arp>): Uint8Array =>
  ethernet({ src: eve.mac, dst: broadcast }, ARP, arp(...said));
const advertises = (address: readonly number[], ...macs: readonly string[]): Uint8Array =>
  six(icmp6(eve.site, all6(), 136, 0, [0x20, 0, 0, 0, ...address, ...macs.flatMap((mac) => linkOption(2, mac))]));
const asks = (src: readonly number[], address: readonly number[], ...macs: readonly string[]): Uint8Array =>
  six(icmp6(src, all6(), 135, 0, [0, 0, 0, 0, ...address, ...macs.flatMap((mac) => linkOption(1, mac))]));

/** Frames that Eve sends in the names of others. */
const POISON = {
  "a reply with Bob's address": four(2, { mac: eve.mac, ip: bob.ip }, alice),
  "a reply with Bob's address and MAC": four(2, bob, alice),
  "Bob's address to all": four(1, { mac: eve.mac, ip: bob.ip }, { ip: bob.ip }),
  "her address with Bob's MAC": four(2, { mac: bob.mac, ip: eve.ip }, alice),
  "a question with Bob's MAC": four(1, { mac: bob.mac, ip: eve.ip }, alice),
  "whether Bob's address is taken": four(1, { mac: eve.mac, ip: nobody }, { ip: bob.ip }),
  "the same with Alice's MAC": four(1, { mac: alice.mac, ip: nobody }, { ip: bob.ip }),
  "a reply with Bob's address, of another hardware type": four(2, { mac: eve.mac, ip: bob.ip }, alice, 6),
  "whether Bob's address is taken, of another hardware type": four(1, { mac: eve.mac, ip: nobody }, { ip: bob.ip }, 6),
  "an advertisement of Bob's address": advertises(bob.site, eve.mac),
  "whether Bob's IPv6 address is taken": asks(none6, bob.site),
  "an advertisement of Bob's address with its option twice": advertises(bob.site, eve.mac, eve.mac),
  "whether Bob's IPv6 address is taken, with an option twice": asks(none6, bob.site, eve.mac, eve.mac),
  "a solicitation with Bob's MAC twice": asks(eve.site, alice.site, bob.mac, bob.mac),
};
/** Frames that are dropped only from a host whose MAC and addresses are known, because it has no need of them. */
const KNOWN = {
  RARP: ethernet(
    { src: eve.mac, dst: broadcast },
    RARP,
    arp(3, { mac: eve.mac, ip: nobody }, { mac: eve.mac, ip: nobody }),
  ),
  "RARP's answer": ethernet({ src: eve.mac, dst: broadcast }, RARP, arp(4, { mac: eve.mac, ip: eve.ip }, bob)),
  "her IPv6 address with Bob's MAC": advertises(eve.site, bob.mac),
  "a solicitation with Bob's MAC": asks(eve.site, alice.site, bob.mac),
};
/** Frames that give Bob's MAC in neighbour discovery, or come from it. A switch that learns MACs would lead it to Eve. */
const LINKS = {
  "her IPv6 address with Bob's MAC": advertises(eve.site, bob.mac),
  "a link-local address with Bob's MAC": advertises(local6(0x77), bob.mac),
  "a solicitation with Bob's MAC": asks(eve.site, alice.site, bob.mac),
  "whether a link-local address is taken, with Bob's MAC": asks(none6, local6(0x77), bob.mac),
  "whether her IPv6 address is taken, with Bob's MAC": asks(none6, eve.site, bob.mac),
};
/** Frames that give a MAC that is nobody's. A host whose MAC is known has no need of it. */
const UNBOUND = {
  "her IPv6 address with an unknown MAC": advertises(eve.site, "02:00:00:00:00:77"),
  "a solicitation with an unknown MAC": asks(eve.site, alice.site, "02:00:00:00:00:77"),
};
/** What Eve says of her link-local address: that another's MAC is behind it, and her own. */
const local = local6(3);
const saysLocal = (src: readonly number[], ...macs: readonly string[]): Uint8Array =>
  six(icmp6(src, all6(), 136, 0, [0x20, 0, 0, 0, ...local, ...macs.flatMap((mac) => linkOption(2, mac))]));
const LOCAL_LINKS = {
  "her link-local address with Bob's MAC": saysLocal(local, bob.mac),
  "the same from her other address": saysLocal(eve.site, bob.mac),
  "her link-local address with Bob's MAC twice": saysLocal(local, bob.mac, bob.mac),
  "a solicitation from there with Bob's MAC": asks(local, alice.site, bob.mac),
  "whether it is taken, with Bob's MAC": asks(none6, local, bob.mac),
};
const LOCAL_OWN = {
  "her link-local address": saysLocal(local, eve.mac),
  "her link-local address without a MAC": saysLocal(local),
  "a solicitation from there": asks(local, alice.site, eve.mac),
  "whether it is taken": asks(none6, local),
};
const fromBob = (type: number, packet: Parameters<typeof ethernet>[2]): Uint8Array =>
  ethernet({ src: bob.mac, dst: broadcast }, type, packet);
const BORROWED = {
  "a request for an address from Bob's MAC": fromBob(IPV4, ipv4(nobody, "255.255.255.255", 17, udp(68, 67))),
  "her address from Bob's MAC": fromBob(IPV4, ipv4(eve.ip, alice.ip, 17, udp(7, 7))),
  "a question from Bob's MAC": fromBob(ARP, arp(1, eve, alice)),
  "whether her address is taken, from Bob's MAC": fromBob(ARP, arp(1, { mac: eve.mac, ip: nobody }, { ip: eve.ip })),
};
const sixFromBob = (packet: Uint8Array): Uint8Array => fromBob(0x86dd, packet);
const BORROWED6 = {
  "her IPv6 address from Bob's MAC": sixFromBob(ipv6(3, 2, 17, udp(7, 7))),
  "a ping of her IPv6 address from Bob's MAC": sixFromBob(icmp6(eve.site, alice.site, 128, 0, [0, 1, 0, 1])),
  "her solicitation from Bob's MAC": sixFromBob(icmp6(eve.site, all6(), 135, 0, [0, 0, 0, 0, ...alice.site])),
  "her advertisement from Bob's MAC": sixFromBob(icmp6(eve.site, all6(), 136, 0, [0x20, 0, 0, 0, ...eve.site])),
  "whether her IPv6 address is taken, from Bob's MAC": sixFromBob(
    icmp6(none6, all6(), 135, 0, [0, 0, 0, 0, ...eve.site]),
  ),
  "a question for a router from Bob's MAC": sixFromBob(icmp6(local6(3), all6(2), 133, 0, [0, 0, 0, 0])),
  "a multicast report from Bob's MAC": sixFromBob(icmp6(none6, all6(16), 143, 0, [0, 0, 0, 0])),
};
/** Frames that a host without a known place must not send: these, and Bob's MAC for an address that no host has. */
const STRANGE = {
  ...POISON,
  "an unknown address with Bob's MAC": advertises(site6(0x77), bob.mac),
  "a solicitation from an unknown address with Bob's MAC": asks(local6(0x77), alice.site, bob.mac),
};
const OWN = {
  "a question": four(1, eve, alice),
  "a reply": four(2, eve, alice),
  "her address to all": four(1, eve, { ip: eve.ip }),
  "whether her address is taken": four(1, { mac: eve.mac, ip: nobody }, { ip: eve.ip }),
  "her advertisement": advertises(eve.site, eve.mac),
  "her solicitation": asks(eve.site, alice.site, eve.mac),
  "whether her IPv6 address is taken": asks(none6, eve.site),
  "her advertisement without a MAC": advertises(eve.site),
};

const fourAlone = (host: Host): Host => ({
  ...host,
  addresses: host.addresses.filter(({ family }) => family === 4),
});
const withLinkLocal = (host: Host): Host => {
  const read = parseIp("fe80::3");
  if (!read.ok) throw new Error("fe80::3");
  return { ...host, addresses: [...host.addresses, read.value] };
};
const sixAlone = (host: Host): Host => ({
  ...host,
  macs: [],
  addresses: host.addresses.filter(({ family }) => family === 6),
});
const [a, b] = [hostAt("alice", 1, 2, all), hostAt("bob", 3, 4, all)];
type Frames = Readonly<Record<string, Uint8Array>>;
const CASES: readonly (readonly [who: string, Directory, stopped: Frames, more?: Frames])[] = [
  [
    "Eve, known by port, MAC and addresses",
    directory(a, hostAt("eve", 2, 3, all), b),
    { ...POISON, ...KNOWN, ...LINKS },
  ],
  [
    "Eve without a known MAC",
    directory(a, hostAt("eve", 2, 3, { mac: false, ip: true }), b),
    { ...POISON, ...LINKS, ...BORROWED, ...BORROWED6 },
  ],
  [
    "Eve without known addresses",
    directory(a, hostAt("eve", 2, 3, { mac: true, ip: false }), b),
    { ...POISON, ...LINKS, ...UNBOUND },
  ],
  [
    "Eve known by her MAC and an IPv4 address",
    directory(a, fourAlone(hostAt("eve", 2, 3, all)), b),
    { ...POISON, ...LINKS, ...UNBOUND },
  ],
  [
    "Eve known by her MAC, beside a host without one",
    directory(
      a,
      hostAt("eve", 2, 3, { mac: true, ip: false }),
      { ...fourAlone(hostAt("mallory", 2, 5, all)), macs: [] },
      b,
    ),
    { ...POISON, ...LINKS, ...UNBOUND },
  ],
  [
    "Eve known by an IPv6 address alone",
    directory(a, sixAlone(hostAt("eve", 2, 3, all)), b),
    { ...POISON, ...LINKS, ...BORROWED6 },
  ],
  [
    "Eve known by a link-local address without a known MAC",
    directory(a, withLinkLocal(hostAt("eve", 2, 3, { mac: false, ip: true })), b),
    { ...POISON, ...LINKS, ...LOCAL_LINKS, ...BORROWED, ...BORROWED6 },
    LOCAL_OWN,
  ],
  [
    "Eve known by a link-local address and her MAC",
    directory(a, withLinkLocal(hostAt("eve", 2, 3, all)), b),
    { ...POISON, ...KNOWN, ...LINKS, ...LOCAL_LINKS },
    LOCAL_OWN,
  ],
  ["a stranger", directory(a, b), STRANGE],
];

for (const [who, known, stopped, more] of CASES) {
  switchTest(`${who} poisons no other host, and may send her own frames`, async (t, start) => {
    const lab = await start({ name: "poison" });
    const context = {
      directory: known,
      defaults: { verdict: "allow", fragments: "deny" },
      target: "ovs",
      now: 0,
    } as const;
    t.is((await apply(lab.mgmt, lower([], context).tables.get("s1")!)).outcome, "applied");
    const bad = Object.values(stopped);
    const heard = await lab.frames("eve", bad);
    if ([...heard.values()].some((count) => count > 0)) {
      for (const [name, one] of Object.entries(stopped)) t.deepEqual(await lab.frame("eve", one), [], name);
    }
    t.deepEqual(
      heard,
      new Map([
        ["alice", 0],
        ["bob", 0],
      ]),
    );
    const good = Object.values({ ...OWN, ...more });
    t.deepEqual(
      await lab.frames("eve", good),
      new Map([
        ["alice", good.length],
        ["bob", good.length],
      ]),
    );
  });
}

switchTest(
  "a host known by its MAC alone may send from any address at the port of one known by addresses alone",
  async (t, start) => {
    const lab = await start({ name: "poison" });
    const eveByMac = hostAt("eve", 2, 3, { mac: true, ip: false });
    const mallory = hostAt("mallory", 2, 5, { mac: false, ip: true });
    const context = {
      directory: directory(a, eveByMac, mallory, b),
      defaults: { verdict: "allow", fragments: "deny" },
      target: "ovs",
      now: 0,
    } as const;
    t.is((await apply(lab.mgmt, lower([], context).tables.get("s1")!)).outcome, "applied");
    const good = {
      ...OWN,
      "IPv4 from an unknown address": ethernet(
        { src: eve.mac, dst: broadcast },
        IPV4,
        ipv4("10.0.0.77", alice.ip, 17, udp(7, 7)),
      ),
      RARP: KNOWN.RARP,
      "a request for an address": ethernet(
        { src: eve.mac, dst: broadcast },
        IPV4,
        ipv4(nobody, "255.255.255.255", 17, udp(68, 67)),
      ),
      "her link-local address": advertises(local6(3), eve.mac),
      "IPv6 from an unknown address": six(ipv6(0x77, 2, 17, udp(7, 7))),
    };
    for (const [name, one] of Object.entries(good)) t.deepEqual(await lab.frame("eve", one), ["alice", "bob"], name);
    // Mallory's addresses from Eve's MAC, which is known.
    const stolen = {
      "Mallory's address": ethernet({ src: eve.mac, dst: broadcast }, IPV4, ipv4("10.0.0.5", alice.ip, 17, udp(7, 7))),
      "Mallory's ARP": four(1, { mac: eve.mac, ip: "10.0.0.5" }, alice),
      "Mallory's IPv6 address": six(ipv6(5, 2, 17, udp(7, 7))),
      "Mallory's solicitation": asks(site6(5), alice.site),
      "Mallory's advertisement": six(icmp6(site6(5), all6(), 136, 0, [0x20, 0, 0, 0, ...site6(5)])),
      "an advertisement of Mallory's address": advertises(site6(5), eve.mac),
      "whether Mallory's IPv6 address is taken": asks(none6, site6(5)),
    };
    for (const [name, one] of Object.entries({ ...POISON, ...stolen }))
      t.deepEqual(await lab.frame("eve", one), [], name);
  },
);

const UNKNOWN = "02:00:00:00:00:77";
/** The addresses of a host without a known MAC. */
const CAROL: readonly (readonly number[])[] = [site6(5), local6(5)];
for (const states of [
  { who: "a host known by its MAC and addresses", known: all },
  { who: "a host known by its MAC alone", known: { mac: true, ip: false } },
]) {
  switchTest(
    `${states.who} advertises no address of a host without a known MAC at its port, nor asks whether it is taken`,
    async (t, start) => {
      const lab = await start({ name: "poison" });
      const carol = hostAt("carol", 2, 5, { mac: false, ip: true });
      const linkLocal = parseIp("fe80::5");
      if (!linkLocal.ok) throw new Error("fe80::5");
      const context = {
        directory: directory(
          a,
          hostAt("eve", 2, 3, states.known),
          { ...carol, addresses: [...carol.addresses, linkLocal.value] },
          b,
        ),
        defaults: { verdict: "allow", fragments: "deny" },
        target: "ovs",
        now: 0,
      } as const;
      t.is((await apply(lab.mgmt, lower([], context).tables.get("s1")!)).outcome, "applied");
      const says = (src: readonly number[], mac: string, target: readonly number[], ...macs: readonly string[]) =>
        ethernet(
          { src: mac, dst: broadcast },
          0x86dd,
          icmp6(src, all6(), 136, 0, [0x20, 0, 0, 0, ...target, ...macs.flatMap((one) => linkOption(2, one))]),
        );
      const stolen = CAROL.flatMap((target) => [
        asks(none6, target),
        ...[eve.site, local6(3)].flatMap((src) =>
          [[], [eve.mac], [UNKNOWN], [bob.mac]].map((macs) => says(src, eve.mac, target, ...macs)),
        ),
      ]);
      t.deepEqual(
        await lab.frames("eve", stolen),
        new Map([
          ["alice", 0],
          ["bob", 0],
        ]),
      );
      // Carol herself may, with whatever MAC that is nobody's.
      const good = [...CAROL.map((target) => says(target, UNKNOWN, target, UNKNOWN)), ...Object.values(OWN)];
      t.deepEqual(
        await lab.frames("eve", good),
        new Map([
          ["alice", good.length],
          ["bob", good.length],
        ]),
      );
    },
  );
}
