/** N876 and N877 name hosts that are called like a box by which others send, bound as any other host, and no others. */
import test from "ava";
import { decide, tablesAt } from "../../compile.ts";
import { RULES } from "../../admission/testing/networks.ts";
import { readPacket } from "../../trace/read-packet.ts";
import { tracePacket } from "../../trace/trace.ts";
import { isNamedUplink } from "./bound-boxes.ts";

const decided = (text: string): ReturnType<typeof decide> =>
  decide([{ name: "office.pane", text }], { now: 0, load: () => undefined, rules: RULES });
const FACTS = `default allow. switch(s1, 1).
host_ip(pc, 10.0.0.2). host_mac(pc, 02:00:00:00:00:02). host_at(pc, s1, 1).
`;
const host = (name: string, port: number, ...addresses: readonly string[]): string =>
  [
    `host_mac(${name}, 02:00:00:00:01:0${port}). host_at(${name}, s1, ${port}).`,
    ...addresses.map((ip) => `host_ip(${name}, ${ip}).`),
  ].join(" ");
const notes = (text: string, wanted = "N876"): readonly string[] =>
  tablesAt(decided(FACTS + text), 0, { target: "ovs" })
    .diagnostics.filter(({ code }) => code === wanted)
    .map(({ message }) => message);

test("names with a word for a way to other networks, and no others", (t) => {
  const of = (text: string): readonly string[] => text.split(" ");
  const named = of(
    "router gw GW-2 office-gateway edge_router homeRouter router1 uplink internet isp.a fw mainfirewall",
  );
  t.deepEqual(
    named.filter((name) => !isNamedUplink(name)),
    [],
  );
  const others = of("pc alice printer gwen fwd swan ispell nature wanda net-0 routes rt s1 fwupdate");
  t.deepEqual(others.filter(isNamedUplink), []);
});

test("a host that is called an uplink and has a `host_ip` is told, with the families that it states", (t) => {
  const said = (hosts: string, family: string): readonly string[] => [
    `what ${hosts} forwards from other ${family} addresses than its own, as an uplink does, is dropped`,
  ];
  t.deepEqual(notes(host("router", 4, "10.0.0.1")), said("`router`", "IPv4"));
  t.deepEqual(notes(host("gw", 4, "10.0.0.1", "2001:db8::1")), said("`gw`", "IPv4 and IPv6"));
  t.deepEqual(
    notes(`${host("fw", 4, "10.0.0.1")} ${host("router", 5, "10.0.0.9")}`),
    said("`fw` and `router`", "IPv4"),
  );
  t.deepEqual(notes(host("router", 4)), [], "stated as the page says");
  t.deepEqual(notes("host_ip(router, 10.0.0.1)."), [], "bound to no place");
  t.deepEqual(notes(host("printer", 4, "10.0.0.1")), []);
  t.deepEqual(notes(`${host("fw", 4, "10.0.0.1")} ${host("router", 5)}`), [], "another is the uplink");
  t.deepEqual(notes(`${host("fw", 4, "10.0.0.1")} waypoint(srcHost=pc) = fw on rootShare.`), [], "N839 is about it");
});

test("an access point that is bound and alone at its port is told, since all that wireless hosts send there is dropped", (t) => {
  const told = (text: string): readonly string[] => notes(text, "N877");
  for (const name of ["ap", "ap-2", "AP1", "wifi", "guest_wlan", "access-point", "accesspoint3"])
    t.deepEqual(told(host(`"${name}"`, 4, "10.0.0.6")), [
      `what others send by \`${name}\` is dropped: no fact puts another host at \`s1:4\``,
    ]);
  t.deepEqual(told(`${host("ap", 4, "10.0.0.6")} host_mac(pad, 02:00:00:00:00:33). host_at(pad, s1, 4).`), []);
  t.deepEqual(told("host_ip(ap, 10.0.0.6). host_mac(ap, 02:00:00:00:00:06)."), [], "at no place");
  t.deepEqual(told("host_at(ap, s1, 4)."), [], "bound to nothing");
  for (const name of ["laptop", "map", "apple", "snap"]) t.deepEqual(told(host(name, 4, "10.0.0.6")), [], name);
});

test("`trace` says of what an uplink would bring in how an uplink is stated", (t) => {
  const why = (facts: string, words: string): readonly [verdict: string, why: string | undefined] => {
    const of = decided(FACTS + facts);
    const read = readPacket(words, of.model);
    if (!read.ok) throw new Error(read.fault);
    const { tables } = tablesAt(of, 0, { target: "ovs" });
    const traced = tracePacket(of, tables, read.value, { instant: 0, target: "ovs" });
    t.true(traced.agree);
    return [traced.tableVerdict, traced.why];
  };
  const words = "srcHost=198.51.100.9, dstHost=10.0.0.2, transport=TCP, srcPort=443, dstPort=40000, srcAP=s1:4";
  t.deepEqual(why(host("router", 4, "10.0.0.1"), words), [
    "deny",
    "dropped by the spoof guard: s1:4 is the place of host router, by `host_at(router, s1, 4)`, and this is not its address; an uplink, which forwards what others send, is stated by `host_mac` and `host_at` without `host_ip`, and may send from every address that is no known host's",
  ]);
  t.deepEqual(why(host("router", 4), words), ["allow", undefined]);
});

test("of what a router gives back of an uplink N856 advises no address, which would close it", (t) => {
  const help = (name: string): string | undefined =>
    tablesAt(
      decided(`${FACTS}${host(name, 4)} ${host("box", 5, "10.0.0.5")} waypoint(dstHost=pc) = box on rootShare.`),
      0,
      {
        target: "ovs",
      },
    ).diagnostics.find(({ code }) => code === "N856")?.help;
  t.regex(help("laptop")!, /host_ip\(laptop, IPV4_ADDRESS\)/);
  t.notRegex(help("router")!, /host_ip/);
  t.regex(help("router")!, /whose it is; an uplink's tell nothing: have the box give back as it came/);
});
