/** Hosts at the port of a waypoint pass by it as far as any switch can see, so they are named (W848), and no others are. */
import test from "ava";
import { NOW, RULES } from "../../admission/testing/networks.ts";
import { decide, tablesAt } from "../../compile.ts";

const FACTS = `default allow. switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 10, 1Gb).
host_ip(b, 10.0.0.1). host_mac(b, 02:00:00:00:00:01). host_at(b, s2, 1).
host_ip(h, 10.0.0.2). host_mac(h, 02:00:00:00:00:02). host_at(h, s2, 1). user_host("Ann", h).
host_ip(c, 10.0.0.3). host_mac(c, 02:00:00:00:00:03). host_at(c, s1, 1). user_host("Bob", c).
host_ip(alias, 10.0.0.4). host_mac(alias, 02:00:00:00:00:01). host_at(alias, s2, 1). `;

/** The messages of W848 about one waypoint. */
function named(statement: string): readonly string[] {
  const text = `${FACTS}@w ${statement} on rootShare.`;
  const policy = decide([{ name: "test.pane", text }], { now: NOW, load: () => undefined, rules: RULES });
  const { diagnostics } = tablesAt(policy, NOW, { target: "ovs" });
  return diagnostics.flatMap(({ code, message }) =>
    code === "W848" ? [message.slice(message.lastIndexOf(":") + 2)] : [],
  );
}

test("a host at the port of a waypoint whose flows it holds is named, in either direction", (t) => {
  for (const flows of [
    "srcHost=h",
    "dstHost=h",
    "*",
    "dstHost=c",
    'user="Ann"',
    'dstUser="Ann"',
    "srcEth=02:00:00:00:00:02",
  ])
    t.deepEqual(named(`waypoint(${flows}) = b`), ["`h`"], flows);
});

test("the box, another name of it, hosts elsewhere, and flows of others are not", (t) => {
  for (const flows of [
    "srcHost=c, dstHost=b",
    "srcHost=b, dstHost=c",
    "srcHost=alias, dstHost=c",
    'user="Bob", dstHost=b',
  ])
    t.deepEqual(named(`waypoint(${flows}) = b`), [], flows);
  t.deepEqual(named("waypoint(srcHost=h) = s1"), []);
});
