/**
 * One switch without links that leads some flows through a host: what is for a known host comes to it alone, be it led, given back
 * or for the source of what is led, of which the switch learns nothing. Each statement is judged with frames between all hosts.
 */
import test from "ava";
import { NOW, RULES } from "../../admission/testing/networks.ts";
import { decide, tablesAt } from "../../compile.ts";
import { send, type JudgedFrame, type Wiring } from "../../semantics/frame-judge.ts";

const HOSTS = [1, 2, 3, 4];
const FACTS = HOSTS.map(
  (n) => `host_at(h${n}, s1, ${n}). host_mac(h${n}, 02:00:00:00:00:0${n}). host_ip(h${n}, 10.0.0.${n}).`,
).join("\n");

function wiringOf(statements: string): Wiring {
  const text = `default allow. switch(s1, 1). user_host(ann, h1).\n${FACTS}\n${statements}`;
  const policy = decide([{ name: "test.pane", text }], { now: NOW, load: () => undefined, rules: RULES });
  const { tables } = tablesAt(policy, NOW, { target: "ovs" });
  const plugged = HOSTS.map((n) => {
    const known = { name: `h${n}`, mac: 0x020000000000n + BigInt(n), ip: 0x0a000000n + BigInt(n) };
    return [`s1:${n}`, { ...known, isMiddlebox: n === 3 }] as const;
  });
  return { tables, cables: new Map(), plugged: new Map(plugged) };
}

const frameOf = (from: number, to: number | "all"): JudgedFrame =>
  new Map([
    ["eth_src", 0x020000000000n + BigInt(from)],
    ["eth_dst", to === "all" ? 0xffffffffffffn : 0x020000000000n + BigInt(to)],
    ["eth_type", 0x0800n],
    ["ip_proto", 17n],
    ["ip_dscp", 0n],
    ["udp_src", 4000n],
    ["udp_dst", 53n],
    ["ipv4_src", 0x0a000000n + BigInt(from)],
    ["ipv4_dst", to === "all" ? 0xffffffffn : 0x0a000000n + BigInt(to)],
  ]);

for (const flows of ["(srcHost=10.0.0.1)", "(*)", "(srcAP=s1:1)", "(user=ann)", "(dstUser!=ann)", "(dstHost=10.0.0.2)"])
  test(`${flows}: what is for a known host comes out there alone, and what is for all at all`, (t) => {
    const wiring = wiringOf(`@q waypoint${flows} = h3 on rootShare.`);
    const ends = (from: number, to: number | "all"): readonly string[] =>
      send(wiring, frameOf(from, to), `s1:${from}`)
        .arrivals.map(({ at }) => at)
        // Where it is inspected on its way.
        .filter((at) => to === 3 || to === "all" || at !== "s1:3");
    const pairs = HOSTS.flatMap((from) => HOSTS.filter((to) => to !== from).map((to) => [from, to] as const));
    const wrong = pairs.filter(([from, to]) => ends(from, to).join() !== `s1:${to}`);
    t.deepEqual(wrong, []);
    t.deepEqual([...new Set(ends(1, "all"))].toSorted(), ["s1:2", "s1:3", "s1:4"]);
  });

for (const port of ["srcAP=s1:3", "inPort=3"])
  test(`except (${port}) beside a statement that leaves out the same: no entry asks for all ports but this`, (t) => {
    const wiring = wiringOf(`@a avoid((srcHost=h2) except (${port})) = h2, h4 on rootShare.
@b waypoint((transport=UDP, dstPort=53) except (${port})) = s1 on rootShare.`);
    const wrong = HOSTS.flatMap((from) =>
      HOSTS.flatMap((to) => {
        const ends = send(wiring, frameOf(from, to), `s1:${from}`).arrivals.map(({ at }) => at);
        return from === to || ends.join() === `s1:${to}` ? [] : [{ from, to, ends }];
      }),
    );
    t.deepEqual(wrong, []);
    // What both hold and is for no known host is dropped (W831), and what only one holds is not.
    const toAll = (from: number): number => send(wiring, frameOf(from, "all"), `s1:${from}`).arrivals.length;
    t.deepEqual(HOSTS.map(toAll), [3, 0, 3, 3]);
  });
