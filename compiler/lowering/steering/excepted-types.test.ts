/**
 * Waypoints and avoids that leave out what shows an address, a user or a type of frame. Where flows are led, entries have no
 * tags, and none asks for all types of frames but some. So these are refused, and the refusal's words, pasted, mean it.
 */
import test from "ava";
import { NOW, RULES } from "../../admission/testing/networks.ts";
import { decide, tablesAt } from "../../compile.ts";
import { send, type Judged } from "../../semantics/frame-judge.ts";

/** A ring of four: from s1 to s3 it is as near by s2 as by s4, and ordinary forwarding takes s2. */
const RING = `default allow. switch(s1, 1). switch(s2, 2). switch(s3, 3). switch(s4, 4).
link(s1, 10, s2, 10, 1Gb). link(s2, 11, s3, 10, 1Gb). link(s1, 11, s4, 10, 1Gb). link(s4, 11, s3, 11, 1Gb).
host_ip(a, 10.0.0.1). host_mac(a, 02:00:00:00:00:01). host_at(a, s1, 1). user_host("Bob", a).
host_ip(b, 10.0.0.2). host_mac(b, 02:00:00:00:00:02). host_at(b, s3, 1).
host_ip(c, 10.0.0.3). host_mac(c, 02:00:00:00:00:03). host_at(c, s1, 2). `;

const LEFT_OUT = [
  "ethType=IPv4",
  'switch=s1, user="Bob"',
  'srcEth=02:00:00:00:00:02, dstUser="Bob"',
  "srcHost=a",
  "dstHost=a",
  "user=unknown",
  "transport=TCP",
  "srcEth=02:00:00:00:00:02, ethType=ARP",
];

function compiled(statement: string): {
  readonly tables: ReturnType<typeof tablesAt>["tables"];
  readonly errors: ReturnType<typeof tablesAt>["diagnostics"];
} {
  const text = `${RING}${statement} on rootShare.`;
  const policy = decide([{ name: "test.pane", text }], { now: NOW, load: () => undefined, rules: RULES });
  const { tables, diagnostics } = tablesAt(policy, NOW, { target: "of13" });
  return { tables, errors: [...policy.diagnostics, ...diagnostics].filter(({ severity }) => severity === "error") };
}

const MACS = { a: 1, b: 2, c: 3 } as const;

/** What host `from` sends to `to` on its way: TCP over IPv4, or ARP. */
function sent(
  tables: ReturnType<typeof tablesAt>["tables"],
  [from, to]: readonly ["a" | "c" | "b", "a" | "c" | "b"],
  kind: "tcp" | "arp" = "tcp",
): Judged {
  const at = { a: "s1:1", b: "s3:1", c: "s1:2" };
  const plugged = new Map(
    (["a", "b", "c"] as const).map((name) => [
      at[name],
      { name, mac: 0x020000000000n + BigInt(MACS[name]), ip: 0x0a000000n + BigInt(MACS[name]), isMiddlebox: false },
    ]),
  );
  const cables = [
    ["s1:10", "s2:10"],
    ["s2:11", "s3:10"],
    ["s1:11", "s4:10"],
    ["s4:11", "s3:11"],
  ] as const;
  const [source, end] = [plugged.get(at[from])!, plugged.get(at[to])!];
  const frame = new Map([
    ["eth_src", source.mac],
    ["eth_dst", end.mac],
  ]);
  if (kind === "arp") {
    frame.set("eth_type", 0x0806n).set("arp_op", 2n).set("arp_sha", source.mac).set("arp_tha", end.mac);
    frame.set("arp_spa", source.ip).set("arp_tpa", end.ip);
  } else {
    frame.set("eth_type", 0x0800n).set("ip_proto", 6n).set("ip_dscp", 0n).set("tcp_src", 4000n).set("tcp_dst", 80n);
    frame.set("ipv4_src", source.ip).set("ipv4_dst", end.ip);
  }
  const wires = new Map(cables.flatMap(([x, y]) => [[x, y] as const, [y, x] as const]));
  return send({ tables, cables: wires, plugged }, frame, at[from]);
}

test("what leaves out an address, a user or a type is refused by what is so, and compiles as the refusal says", (t) => {
  for (const [effect, node] of [
    ["avoid", "s2"],
    ["waypoint", "s4"],
    ["waypoint", "c"],
  ])
    for (const left of LEFT_OUT) {
      const [refused] = compiled(`${effect}((*) except (${left})) = ${node}`).errors;
      t.is(refused?.code, "E801", left);
      t.regex(refused!.message, /each type of frame that is neither IPv4 nor IPv6/, left);
      const types = /`(ethType=\{[^}]*\})` beside what it holds/.exec(refused!.help!)![1]!;
      const pasted = compiled(`${effect}((${types}) except (${left})) = ${node}`);
      t.deepEqual(
        pasted.errors.map(({ code }) => code),
        [],
        left,
      );
      // The MAC of the host in place of its address leaves out its frames of all types.
      t.regex(refused!.help!, /`srcEth=MAC` for `srcHost=…`, `dstEth=MAC` for `dstHost=…`/, left);
      const byMac = { "srcHost=a": "srcEth=02:00:00:00:00:01", "dstHost=a": "dstEth=02:00:00:00:00:01" }[left];
      if (byMac) t.deepEqual(compiled(`${effect}((*) except (${byMac})) = ${node}`).errors, [], left);
    }
});

test("as the refusal says it, what is left out goes its ordinary way, and the rest is led", (t) => {
  const way = ({ arrivals }: Judged): string => arrivals.map(({ at, by }) => `${by.includes("s4")} ${at}`).join();
  const { tables } = compiled(`avoid((ethType={IPv4, IPv6, ARP}) except (switch=s1, user="Bob")) = s2`);
  // What Bob's host sends is Bob's, with an address or without one (NETWORK, "Addresses, users, hosts").
  t.deepEqual([way(sent(tables, ["a", "b"])), way(sent(tables, ["a", "b"], "arp"))], ["false s3:1", "false s3:1"]);
  t.deepEqual([way(sent(tables, ["c", "b"])), way(sent(tables, ["c", "b"], "arp"))], ["true s3:1", "true s3:1"]);
  const typed = compiled("avoid((ethType={IPv4, IPv6, ARP}) except (ethType=IPv4)) = s2").tables;
  t.deepEqual([way(sent(typed, ["a", "b"])), way(sent(typed, ["a", "b"], "arp"))], ["false s3:1", "true s3:1"]);
  const led = compiled(`waypoint((ethType={IPv4, IPv6, ARP}) except (srcEth=02:00:00:00:00:02, dstUser="Bob")) = s4`);
  t.deepEqual([way(sent(led.tables, ["b", "a"])), way(sent(led.tables, ["b", "c"]))], ["false s1:1", "true s1:2"]);
});
