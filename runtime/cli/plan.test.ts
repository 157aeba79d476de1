/** The lines of `plan` about the traffic that changes: policies in, lines out. */
import test from "ava";
import { folder, glazier } from "./testing.ts";

const at = ["--at", "2026-12-01T09:00:00Z"];

/** The lines after the entries. */
async function traffic(t: Parameters<typeof folder>[0], old: string, next: string): Promise<readonly string[]> {
  const cwd = folder(t, { "old.pane": old, "new.pane": next });
  const { out, exit, err } = await glazier(cwd, ["plan", "old.pane", "new.pane", ...at]);
  t.deepEqual([exit, err], [0, ""]);
  return out.split("Traffic that changes")[1]?.trim().split("\n").slice(1) ?? [];
}

test("plan reports a changed default, with a flow that shows it", async (t) => {
  const policy = (verdict: string): string => `default ${verdict}.\nAddUser Bob.\n@x deny(dstPort=22) on rootShare.\n`;
  t.deepEqual(await traffic(t, policy("allow"), policy("deny")), [
    "  + deny everything that no statement decides, neither before nor after, such as (ethType=IPv4, transport=TCP, dstPort=0)    # default",
  ]);
  const cwd = folder(t, { "old.pane": policy("allow"), "new.pane": policy("deny") });
  const { out } = await glazier(cwd, ["plan", "old.pane", "new.pane", "--json", ...at]);
  t.like(JSON.parse(out).traffic, [{ change: "begins", statement: "default", effect: "deny" }]);
});

test("if only the directory changed, plan reports what the users who moved lose and gain", async (t) => {
  const policy = (host: string): string => `default allow.
host_ip(pc, 10.0.0.3). host_ip(desk, 10.0.0.4). user_host("Bob", ${host}).
@b deny(user=Bob) on rootShare.
`;
  t.deepEqual(await traffic(t, policy("pc"), policy("desk")), [
    "  + deny (srcHost=10.0.0.4)    # b",
    "  - deny (srcHost=10.0.0.3)    # b",
  ]);
});

test("plan reports that a moved host sends at its new port, and no longer at the old one", async (t) => {
  const network = (verdict: string, name: string, port: number): string => `default ${verdict}.
switch(s1, 1). host_ip(${name}, 10.0.0.1). host_mac(${name}, 00:00:00:00:00:0${port}). host_at(${name}, s1, ${port}).
`;
  const spoof = `${network("deny", "h3", 3)}@a allow(srcHost=10.0.0.1) on rootShare.\n`;
  t.deepEqual(await traffic(t, spoof, network("deny", "h4", 4)), [
    "  - allow (srcHost=10.0.0.1, srcEth=00:00:00:00:00:03, inPort=3)    # host:h3",
    "  ~ allow ARP and neighbour discovery    # host:h3",
    "  ~ allow ARP and neighbour discovery    # host:h4",
  ]);
  const cwd = folder(t, { "old.pane": network("allow", "h", 3), "new.pane": network("allow", "h", 4) });
  const { out } = await glazier(cwd, ["plan", "old.pane", "new.pane", "--json", ...at]);
  const changes = JSON.parse(out).traffic as readonly { change: string; statement: string; flows: string }[];
  const flows = (wanted: string): string | undefined =>
    changes.find(({ change, statement }) => change === wanted && statement === "host:h")?.flows;
  t.regex(flows("begins")!, /\(srcHost=10\.0\.0\.1, srcEth=[0:]+4, inPort=4\)/);
  t.regex(flows("ends")!, /\(srcHost=10\.0\.0\.1, srcEth=[0:]+3, inPort=3\)/);
  t.is(flows("moves"), "ARP and neighbour discovery");
});

test("a statement whose flows an earlier one decides changes no traffic", async (t) => {
  const old = "default deny.\n@all allow(dstPort=80) on rootShare.\n";
  t.deepEqual(await traffic(t, old, `${old}@more allow(srcHost=10.0.0.1, dstPort=80) on rootShare.\n`), []);
  t.deepEqual(await traffic(t, old, `${old}@slow limit(dstPort=22) = 5Mb on rootShare.\n`), []);
  t.deepEqual(await traffic(t, old, `${old}@slow limit(dstPort=80) = 5Mb on rootShare.\n`), [
    "  + limit (dstPort=80)    # slow",
  ]);
});

test("plan reports that a waypoint with other nodes leads its flows elsewhere", async (t) => {
  const policy = (node: string): string => `default allow.
switch(s1, 1). switch(s2, 2). switch(s3, 3). link(s1, 10, s2, 10, 1Gb). link(s1, 11, s3, 10, 1Gb). link(s2, 11, s3, 11, 1Gb).
host_ip(a, 10.0.0.1). host_mac(a, 02:00:00:00:00:01). host_at(a, s1, 1).
host_ip(b, 10.0.0.2). host_mac(b, 02:00:00:00:00:02). host_at(b, s2, 1).
@way waypoint(srcHost=10.0.0.1, dstHost=10.0.0.2) = ${node} on rootShare.
`;
  t.deepEqual(await traffic(t, policy("s3"), policy("s2")), [
    "  ~ waypoint (srcHost=10.0.0.1, dstHost=10.0.0.2)    # way",
  ]);
});

test("a statement about a user on no host changes no traffic, and the user's login does", async (t) => {
  const policy = (known: string, statement = ""): string => `default allow. AddUser Dan.
host_ip(pc, 10.0.0.2). user_host("Alice", pc). ${known}
${statement}
`;
  const login = 'host_ip(d, 10.0.0.9). user_host("Dan", d).';
  const cwd = folder(t, {
    "none.pane": policy(""),
    "deny.pane": policy("", "@a deny(user=Dan) on rootShare.\n@b deny(user!={Alice, unknown}) on rootShare."),
    "both.pane": policy("", "@a deny(user={Alice, Dan}) on rootShare."),
    "one.pane": policy("", "@a deny(user=Dan) on rootShare."),
    "in.pane": policy(login, "@a deny(user=Dan) on rootShare."),
  });
  const changed = async (old: string, next: string): Promise<readonly string[]> => {
    const { out, exit } = await glazier(cwd, ["plan", `${old}.pane`, `${next}.pane`, ...at]);
    t.is(exit, 0);
    return out.split("Traffic that changes")[1]?.trim().split("\n").slice(1) ?? [];
  };
  t.deepEqual(await changed("none", "deny"), []);
  t.deepEqual(await changed("deny", "none"), []);
  t.deepEqual(await changed("none", "both"), ["  + deny (user={Alice, Dan})    # a"]);
  t.deepEqual(await changed("one", "in"), ["  + deny (srcHost=10.0.0.9)    # a"]);
});
