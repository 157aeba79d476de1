/**
 * Frames from a port where hosts of several users stand, of which no MAC is known (NETWORK, "Addresses, users, hosts").
 * Real frames show whose they are.
 */
import { readFileSync } from "node:fs";
import { tablesAt } from "../../compiler/compile.ts";
import { switchTest } from "./test.ts";
import { Burst } from "./testing/burst.ts";
import { ALL, bytesOf, compiled, install, OTHER, udpOf, type Frame } from "./testing/user-frames.ts";

const seats = `switch(s1, 1). AddUser Carl. host_ip(desk, 10.0.0.3). host_at(desk, s1, 2). user_host("Bob", desk).
host_ip(laptop, 10.0.0.5). host_at(laptop, s1, 2). user_host("Eve", laptop).
`;
/** Frames from the port where both stand: of no address, or with one of theirs. */
const AT_PORT: Readonly<Record<string, Frame>> = {
  his: udpOf(OTHER, "10.0.0.3"),
  hers: udpOf(OTHER, "10.0.0.5"),
  DHCP: udpOf(OTHER, "0.0.0.0"),
  "ARP of his address": { src: OTHER, dst: ALL, inPort: 2, carries: ["arp", "10.0.0.3"] },
  "ARP of hers": { src: OTHER, dst: ALL, inPort: 2, carries: ["arp", "10.0.0.5"] },
  "not IP": { src: OTHER, dst: ALL, inPort: 2, carries: ["other"] },
};
const either = ["DHCP", "ARP of his address", "ARP of hers", "not IP"];
/** The same, and from the MAC of a third there. */
const CARLS = "00:00:00:00:00:07";
const third = `host_mac(pad, ${CARLS}). host_at(pad, s1, 2). user_host("Carl", pad).\n`;
const BESIDE = { ...AT_PORT, "Carl's": { ...AT_PORT["not IP"]!, src: CARLS }, "Carl's IP": udpOf(CARLS, "10.0.0.9") };
const carls = ["Carl's", "Carl's IP"];

switchTest(
  "what comes from a port of two users without MACs, and shows neither's address, may be of either",
  async (t, start) => {
    const lab = await start({ name: "one-port" });
    const burst = new Burst(lab.hosts);
    t.teardown(() => burst.close());
    await lab.vsctl(["set", "bridge", "s1", "flood_vlans=0"]);
    for (const [known, named, rest] of [
      [seats, AT_PORT, []],
      [seats + third, BESIDE, carls],
    ] as const) {
      const frames = Object.values(named).map((one) => ({ from: "eve", bytes: bytesOf(one) }));
      for (const [statement, held] of [
        ["deny(user=Eve)", ["hers", ...either]],
        ["deny(user=Bob)", ["his", ...either]],
        ["deny(user!=Eve)", ["his", ...either, ...rest]],
        ["deny(user=unknown)", []],
        ["deny(user=Carl)", rest],
        ["allow(user=Eve)", ["hers"]],
        ["allow(user!=Eve)", ["his", ...rest]],
        ["allow(user={Eve, Bob})", ["his", "hers", ...either]],
        ["allow(user!=Carl)", ["his", "hers", ...either]],
      ] as const) {
        const isDeny = statement.startsWith("deny");
        await install(
          lab,
          compiled(`default ${isDeny ? "allow" : "deny"}. ${known}@q ${statement} on rootShare.`).table,
        );
        const heard = await burst.send(frames);
        const found = Object.keys(named).filter((_, i) => (heard[i]!.length === 0) === isDeny);
        t.deepEqual(found.toSorted(), [...held].toSorted(), `${statement} with ${Object.keys(named).length}`);
      }
    }
  },
);

switchTest(
  "of two hosts at one port each sends with its own MAC from its own addresses, and two names share both",
  async (t, start) => {
    const lab = await start({ name: "names" });
    const burst = new Burst(lab.hosts);
    t.teardown(() => burst.close());
    const [one, two] = ["00:00:00:00:00:51", "00:00:00:00:00:52"];
    const net = (second: string): string => `default allow. switch(s1, 1).
    host_ip(a, 10.0.0.3). host_mac(a, ${one}). host_at(a, s1, 2).
    host_ip(b, 10.0.0.5). host_mac(b, ${second}). host_at(b, s1, 2).`;
    const sent = [
      udpOf(one, "10.0.0.3"),
      udpOf(two, "10.0.0.5"),
      udpOf(one, "10.0.0.5"),
      udpOf(two, "10.0.0.3"),
      udpOf(OTHER, "10.0.0.3"),
    ].map((frame) => ({ from: "eve", bytes: bytesOf(frame) }));
    for (const [second, passed] of [
      [two, [true, true, false, false, false]],
      [one, [true, false, true, false, false]],
    ] as const) {
      await install(lab, compiled(net(second)).table);
      const heard = await burst.send(sent);
      t.deepEqual(
        heard.map((hosts) => hosts.length > 0),
        passed,
        second,
      );
    }
    // The example of the page: an uplink brings in what other networks send, and with a `host_ip` it does not.
    const page = readFileSync(new URL("../../grammar/README.md", import.meta.url), "utf8");
    const example = /^### The way out$[^]*?^```$([^]*?)^```$/m.exec(page)![1]!;
    const [pc, router] = ["00:00:00:00:00:02", "00:00:00:00:00:03"];
    const way = [
      { from: "eve", frame: udpOf(router, "198.51.100.9", pc, "10.0.0.2") },
      { from: "alice", frame: udpOf(pc, "10.0.0.2", router, "198.51.100.9") },
      { from: "eve", frame: udpOf(router, "10.0.0.1", pc, "10.0.0.2") },
      { from: "alice", frame: udpOf(pc, "10.0.0.2", router, "10.0.0.1") },
      { from: "alice", frame: udpOf(pc, "10.0.0.2", ALL, "10.0.0.4") },
      { from: "eve", frame: udpOf(router, "10.0.0.4", pc, "10.0.0.2") },
      { from: "bob", frame: udpOf("00:00:00:00:00:04", "198.51.100.9", pc, "10.0.0.2") },
    ].map(({ from, frame }) => ({ from, bytes: bytesOf(frame) }));
    for (const [more, codes, isOpen] of [
      ["", [], true],
      ["host_ip(router, 10.0.0.1).", ["N876"], false],
    ] as const) {
      const { table, decided } = compiled(`${example}${more}`);
      const { diagnostics } = tablesAt(decided, 0, { target: "ovs" });
      t.deepEqual(
        [...decided.diagnostics, ...diagnostics].map(({ code }) => code),
        codes,
      );
      await install(lab, table);
      t.deepEqual(
        (await burst.send(way)).map((hosts) => hosts.length > 0),
        [isOpen, true, true, true, false, false, false],
        more,
      );
    }
  },
);
