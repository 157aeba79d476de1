/** Grants that are cut for a part of their time: what they hold of packets that hide something, instant by instant. */
import test from "ava";
import { decide, tablesAt } from "../../compile.ts";
import { readPacket } from "../../trace/read-packet.ts";
import { tracePacket } from "../../trace/trace.ts";
import { NOW, RULES } from "../testing/networks.ts";

const SHARES = `NewShare A for (*) [allow=True, deny=True] on rootShare.
NewShare B for (*) [allow=True, deny=True] on rootShare.`;
const HOUR = 3600;

/** What table and `trace` say of a packet at some hours from now. */
function verdicts(text: string, packet: string, hours: readonly number[]): readonly string[] {
  const all = decide([{ name: "p.pane", text }], { now: NOW, load: () => undefined, rules: RULES });
  const read = readPacket(packet, all.model);
  if (!all.good || !read.ok) throw new Error(`${text} ${packet} ${read.ok ? "" : read.fault}`);
  return hours.map((hour) => {
    const instant = NOW + hour * HOUR;
    const { tables } = tablesAt(all, instant, { target: "ovs" });
    const { policyVerdict, tableVerdict, agree } = tracePacket(all, tables, read.value, { instant, target: "ovs" });
    return agree ? policyVerdict : `trace ${policyVerdict}, table ${tableVerdict}`;
  });
}

const FIRST = "dstHost=10.0.0.3, transport=TCP, fragment=first";

test("a partial deny holds what is surely its own before and after it is cut", (t) => {
  const text = `default allow. default fragments allow. ${SHARES}
@later allow(transport=TCP, dstPort=1000-2000) on B from +1h to +2h.
@d deny(dstHost=10.0.0.0/8) partial on A.`;
  t.deepEqual(verdicts(text, FIRST, [0, 1, 2]), ["deny", "allow", "deny"]);
});

test("a partial allow holds what is surely its own before and after it is cut, whatever cuts it by turns", (t) => {
  const text = `default deny. ${SHARES}
@one deny(transport=TCP, dstPort=1000-2000) on B from +1h to +2h.
@two deny(transport=UDP, dstPort=53) on B from +2h to +3h.
@d allow(dstHost=10.0.0.0/8) partial on A.`;
  t.deepEqual(verdicts(text, FIRST, [0, 1, 2, 3]), ["allow", "deny", "allow", "allow"]);
});

test("a packet of one of two users passes a partial allow but while it is cut for one of them", (t) => {
  const text = `default deny. ${SHARES} AddUser Alice. AddUser Carol.
host_ip(h1, 10.0.0.2). user_host("Alice", h1). user_host("Carol", h1).
@one deny(user=Alice, dscp=46) on B from +1h to +2h.
@d allow(user={Alice, Carol}) partial on A.`;
  const packet = "srcHost=10.0.0.2, dstHost=10.0.0.3, transport=UDP, dscp=46, srcPort=7, dstPort=7";
  t.deepEqual(verdicts(text, packet, [0, 1, 2]), ["allow", "deny", "allow"]);
});
