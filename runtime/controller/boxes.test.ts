/**
 * What boxes give back, on real bridges by real frames (NETWORK, "Spoof" and "Forward"): with the MAC of the sender it goes
 * on to the next waypoint, with the box's own only from an address that a fact states.
 */
import { decide, tablesAt } from "../../compiler/compile.ts";
import { RULES } from "../../compiler/admission/testing/networks.ts";
import { all6, ethernet, icmp6, ipv4, ipv6, linkOption, local6, none6, site6, udp } from "../lab/frames.ts";
import { factsOf, type LabOptions } from "../lab/lab.ts";
import { switchTest } from "../lab/test.ts";
import { apply } from "./index.ts";

/** Both boxes, `v` and `w`, stand at the first switch, whose tables decide what they give back. */
const options: LabOptions = {
  switches: ["s1", "s2"],
  hosts: [
    { name: "a", ip: "10.0.0.1", switch: "s1" },
    { name: "v", ip: "10.0.0.2", switch: "s1" },
    { name: "w", ip: "10.0.0.3", switch: "s1" },
    { name: "b", ip: "10.0.0.4", switch: "s2" },
  ],
  links: [["s1", "s2"]],
};

switchTest(
  "a box that forwards what no fact states with its own MAC passes no later box by, and speaks from its own addresses",
  async (t, start) => {
    const lab = await start(options);
    const [a, v, w, b] = ["a", "v", "w", "b"].map((name) => lab.hosts.find((host) => host.name === name)!);
    const policy = `default allow.\nuser_host("A", a).\nhost_ip(b, 2001:db8::4).\n${factsOf(lab)}`;
    const put = async (more: string): Promise<readonly string[]> => {
      const files = [{ name: "boxes.pane", text: `${policy}${more}\n@by waypoint(user="A") = v, w on rootShare.` }];
      const decided = decide(files, { now: 0, rules: RULES, load: () => undefined });
      const { tables, diagnostics } = tablesAt(decided, 0, { target: "ovs" });
      for (const { name, mgmt } of lab.switches)
        t.is((await apply(mgmt, tables.get(name)!, { runFilter: lab.onSwitch })).outcome, "applied");
      return diagnostics.flatMap(({ code, help }) => (code === "N839" ? [help!] : []));
    };
    const six = (src: string, packet: Uint8Array): Uint8Array => ethernet({ src, dst: b!.mac }, 0x86dd, packet);
    const unstated = ipv6(0x77, 4, 17, udp(7, 7));
    const said = await put("");
    t.deepEqual(
      said.map((help) => /`(host_ip.*)`/.exec(help)?.[1]),
      ["host_ip(v, IPV6_ADDRESS)`, `host_ip(w, IPV6_ADDRESS)"],
    );
    // What comes from no stated address is led to both boxes by its sender's MAC.
    t.deepEqual(await lab.frame("a", six(a!.mac, unstated)), ["v"]);
    t.deepEqual(await lab.frame("v", six(a!.mac, unstated)), ["w"]);
    t.deepEqual(await lab.frame("w", six(a!.mac, unstated)), ["b"]);
    // With a box's own MAC it would pass the other box by.
    t.deepEqual(await lab.frame("v", six(v!.mac, unstated)), []);
    t.deepEqual(await lab.frame("w", six(w!.mac, unstated)), []);
    // A flood from such an address, which the other box would give back.
    t.deepEqual(await lab.frame("v", ethernet({ src: v!.mac, dst: "ff:ff:ff:ff:ff:ff" }, 0x86dd, unstated)), []);
    // From a stated address it is led on, or is the box's own.
    const four = (src: string, ip: string): Uint8Array =>
      ethernet({ src, dst: b!.mac }, 0x0800, ipv4(ip, "10.0.0.99", 17, udp(7, 7)));
    t.deepEqual(await lab.frame("v", four(v!.mac, a!.ip)), ["w"]);
    t.deepEqual(await lab.frame("v", four(v!.mac, v!.ip)), ["b"]);
    const asks = icmp6(local6(2), all6(), 135, 0, [0, 0, 0, 0, ...site6(4)]);
    t.deepEqual(await lab.frame("v", six(v!.mac, asks)), ["b"]);
    // Once its address is stated the box speaks from it, and from no other.
    t.deepEqual(await put("host_ip(v, 2001:db8::2). host_ip(w, 2001:db8::3)."), []);
    t.deepEqual(await lab.frame("v", six(v!.mac, ipv6(2, 4, 17, udp(7, 7)))), ["b"]);
    t.deepEqual(await lab.frame("v", six(v!.mac, unstated)), []);
  },
);

switchTest(
  "an address comes back with the MAC of no other host, from a box and of a host without a stated MAC",
  async (t, start) => {
    const lab = await start(options);
    const [a, v, w, b] = ["a", "v", "w", "b"].map((name) => lab.hosts.find((host) => host.name === name)!);
    const facts = factsOf(lab).replaceAll(/host_mac\(b,[^)]*\)\./g, "");
    t.false(facts.includes(b!.mac));
    // What shows the MAC of `a` and the address of `b` would be led by both.
    const of = (host: string): string =>
      new RegExp(`host_at\\(${host}, (\\w+), (\\d+)\\)`).exec(facts)!.slice(1).join(":");
    const text = `default allow.\n${facts}
    @p waypoint(srcAP=${of("a")}, dstEth=${v!.mac}) = w, s2 on rootShare.
    @q waypoint(srcHost=b) = w on rootShare.`;
    const { tables, diagnostics } = tablesAt(
      decide([{ name: "boxes.pane", text }], { now: 0, rules: RULES, load: () => undefined }),
      0,
      { target: "ovs" },
    );
    t.deepEqual(
      diagnostics.filter(({ severity }) => severity === "error"),
      [],
    );
    for (const { name, mgmt } of lab.switches)
      t.is((await apply(mgmt, tables.get(name)!, { runFilter: lab.onSwitch })).outcome, "applied");
    const packet = (src: string, ip: string): Uint8Array =>
      ethernet({ src, dst: v!.mac }, 0x0800, ipv4(ip, "10.0.0.99", 17, udp(7, 7)));
    t.deepEqual(await lab.frame("w", packet(a!.mac, b!.ip)), []);
    // With its own MAC it comes to the box and goes on; so it does with that of the box, as from a router.
    t.deepEqual(await lab.frame("b", packet(b!.mac, b!.ip)), ["w"]);
    for (const mac of [b!.mac, w!.mac]) t.deepEqual(await lab.frame("w", packet(mac, b!.ip)), ["v"]);
    t.deepEqual(await lab.frame("a", packet(a!.mac, a!.ip)), ["w"]);
    for (const mac of [a!.mac, w!.mac]) t.deepEqual(await lab.frame("w", packet(mac, a!.ip)), ["v"]);
  },
);

switchTest("no box without an address keeps another from taking its own", async (t, start) => {
  const lab = await start(options);
  const [v, b] = ["v", "b"].map((name) => lab.hosts.find((host) => host.name === name)!);
  for (const bare of [false, true]) {
    const facts = bare ? factsOf(lab).replaceAll(/host_mac\(v,[^)]*\)\./g, "") : factsOf(lab);
    const text = `default allow.\nhost_ip(b, 2001:db8::4).\n${facts}\n@by waypoint(transport=TCP) = v, w on rootShare.`;
    const decided = decide([{ name: "boxes.pane", text }], { now: 0, rules: RULES, load: () => undefined });
    const { tables } = tablesAt(decided, 0, { target: "ovs" });
    for (const { name, mgmt } of lab.switches)
      t.is((await apply(mgmt, tables.get(name)!, { runFilter: lab.onSwitch })).outcome, "applied");
    const asks = (last: number): Uint8Array =>
      ethernet(
        { src: v!.mac, dst: "33:33:00:00:00:01" },
        0x86dd,
        icmp6(none6, all6(), 135, 0, [0, 0, 0, 0, ...site6(last)]),
      );
    // Whether the address of `b` is taken it asks in vain; whether one of its own is, everybody hears.
    t.deepEqual(await lab.frame("v", asks(4)), []);
    t.deepEqual([...(await lab.frame("v", asks(9)))].sort(), ["a", "b", "w"]);
    // It gives no other's MAC for an address.
    const gives = (mac: string): Uint8Array =>
      ethernet(
        { src: v!.mac, dst: "33:33:00:00:00:01" },
        0x86dd,
        icmp6(local6(2), all6(), 135, 0, [0, 0, 0, 0, ...site6(9), ...linkOption(1, mac)]),
      );
    t.deepEqual(await lab.frame("v", gives(b!.mac)), []);
    t.deepEqual([...(await lab.frame("v", gives(v!.mac)))].sort(), ["a", "b", "w"]);
  }
});

switchTest("what the last of two boxes forwards as a router does not come to the first again", async (t, start) => {
  const lab = await start(options);
  const [a, v, w, b] = ["a", "v", "w", "b"].map((name) => lab.hosts.find((host) => host.name === name)!);
  const put = async (facts: string): Promise<void> => {
    const by = "@p waypoint(*) = v, s1 on rootShare.\n@q waypoint(*) = w on rootShare.";
    const files = [{ name: "boxes.pane", text: `default allow.\n${facts}\n${by}` }];
    const { tables } = tablesAt(decide(files, { now: 0, rules: RULES, load: () => undefined }), 0, { target: "ovs" });
    for (const { name, mgmt } of lab.switches)
      t.is((await apply(mgmt, tables.get(name)!, { runFilter: lab.onSwitch })).outcome, "applied");
  };
  const from = (src: string): Uint8Array =>
    ethernet({ src, dst: b!.mac }, 0x0800, ipv4(a!.ip, "10.0.0.99", 17, udp(7, 7)));
  for (const facts of [factsOf(lab), factsOf(lab).replaceAll(/host_ip\(w,[^)]*\)\./g, "")]) {
    await put(facts);
    t.deepEqual(await lab.frame("a", from(a!.mac)), ["v"]);
    t.deepEqual(await lab.frame("v", from(v!.mac)), ["w"]);
    // Its own packets go to the other box, and what it forwards goes on.
    t.deepEqual(await lab.frame("w", from(w!.mac)), ["b"]);
    t.deepEqual(await lab.frame("w", from(a!.mac)), ["b"]);
  }
});

switchTest(
  "what a box forwards as a router is not taken for its own by a statement about its port, nor what is for it for another's",
  async (t, start) => {
    const lab = await start(options);
    const [a, v, w, b] = ["a", "v", "w", "b"].map((name) => lab.hosts.find((host) => host.name === name)!);
    const facts = factsOf(lab);
    const at = (name: string): string =>
      /host_at\(\w+, (\w+), (\d+)\)/
        .exec(new RegExp(`host_at\\(${name},.*?\\)`).exec(facts)![0])!
        .slice(1)
        .join(":");
    const put = async (by: string, known = facts): Promise<void> => {
      const files = [{ name: "boxes.pane", text: `default allow.\n${known}\n${by}` }];
      const { tables } = tablesAt(decide(files, { now: 0, rules: RULES, load: () => undefined }), 0, { target: "ovs" });
      for (const { name, mgmt } of lab.switches)
        if (tables.has(name))
          t.is((await apply(mgmt, tables.get(name)!, { runFilter: lab.onSwitch })).outcome, "applied");
    };
    await put(`@p waypoint(srcAP=${at("v")}) = w on rootShare.\n@q waypoint(srcAP=${at("w")}) = v, s2 on rootShare.`);
    const from = (src: string, ip: string): Uint8Array =>
      ethernet({ src, dst: b!.mac }, 0x0800, ipv4(ip, "10.0.0.99", 17, udp(7, 7)));
    t.deepEqual(await lab.frame("v", from(v!.mac, v!.ip)), ["w"]);
    t.deepEqual(await lab.frame("w", from(w!.mac, w!.ip)), ["v"]);
    // These went to the other box again, and back.
    t.deepEqual(await lab.frame("w", from(w!.mac, v!.ip)), ["b"]);
    t.deepEqual(await lab.frame("v", from(v!.mac, w!.ip)), ["b"]);
    // As bridges they give back what goes on.
    t.deepEqual(await lab.frame("w", from(v!.mac, v!.ip)), ["b"]);
    // By `dstAP` what shows the MAC of one host and the address of another is for the first: it passed `w` by.
    const sent = (src: string, dst: string, ip: string): Uint8Array =>
      ethernet({ src, dst }, 0x0800, ipv4(a!.ip, ip, 17, udp(7, 7)));
    await put(`@p waypoint(dstAP=${at("b")}) = s2 on rootShare.\n@q waypoint(dstAP=${at("v")}) = w on rootShare.`);
    t.deepEqual(await lab.frame("a", sent(a!.mac, v!.mac, b!.ip)), ["w"]);
    t.deepEqual(await lab.frame("w", sent(a!.mac, v!.mac, b!.ip)), ["v"]);
    t.deepEqual(await lab.frame("a", sent(a!.mac, b!.mac, "10.0.0.99")), ["b"]);
    // On a switch without links what a box gives back, as a bridge or a router, comes to its host alone, not to the cable as well.
    const alone = facts.replaceAll(/(link\(|switch\(s2,|host_\w+\(b,)[^)]*\)\./g, "");
    await put("@p waypoint(srcHost=a) = v on rootShare.", alone);
    t.deepEqual(await lab.frame("a", sent(a!.mac, w!.mac, "10.0.0.99")), ["v"]);
    for (const mac of [a!.mac, v!.mac]) t.deepEqual(await lab.frame("v", sent(mac, w!.mac, "10.0.0.99")), ["w"]);
    const back = ipv4(w!.ip, "10.0.0.99", 17, udp(7, 7));
    t.deepEqual(await lab.frame("w", ethernet({ src: w!.mac, dst: a!.mac }, 0x0800, back)), ["a"]);
    // An address of two hosts tells nobody: what is led of it is dropped, with the MAC of either, and what is not led goes on.
    const held = "@p waypoint(srcHost=a) = v on rootShare.";
    await put(held, `${facts} host_ip(w, ${a!.ip}).`);
    for (const name of ["a", "w"]) t.deepEqual(await lab.frame(name, from(name === "a" ? a!.mac : w!.mac, a!.ip)), []);
    t.deepEqual(await lab.frame("w", from(w!.mac, w!.ip)), ["b"]);
    await put("@p waypoint(srcHost=b) = v on rootShare.", `${facts} host_ip(w, ${a!.ip}).`);
    t.deepEqual(await lab.frame("a", from(a!.mac, a!.ip)), ["b"]);
    // So it is with a MAC; at the port of a waypoint nothing comes in with it.
    await put("@p waypoint(srcHost=a) = w on rootShare.", `${facts} host_mac(w, ${a!.mac}).`);
    t.deepEqual(await lab.frame("a", from(a!.mac, a!.ip)), []);
    t.deepEqual(await lab.frame("w", ethernet({ src: a!.mac, dst: "ff:ff:ff:ff:ff:ff" }, 0x88b5, back)), []);
    t.deepEqual(await lab.frame("v", from(v!.mac, v!.ip)), ["b"]);
    // And at one port where a statement names users: what the other name of the machine sent passed `v` by.
    const names = `AddUser "A". ${facts} host_at(c, ${at("a").replace(":", ", ")}). host_mac(c, ${a!.mac}). host_ip(c, 10.0.0.77). user_host("A", a).`;
    const all = "@q waypoint(transport=UDP) = v on rootShare.";
    await put(`@p waypoint((user="A") except (dstAP=${at("b")})) = s2 on rootShare.\n${all}`, names);
    for (const ip of [a!.ip, "10.0.0.77"]) t.deepEqual(await lab.frame("a", from(a!.mac, ip)), []);
    await put(all, names);
    for (const ip of [a!.ip, "10.0.0.77"]) t.deepEqual(await lab.frame("a", from(a!.mac, ip)), ["v"]);
  },
);
