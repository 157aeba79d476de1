/** Policy and tables side by side: they agree, they differ for a named reason, or the difference is a fault. */
import test, { type ExecutionContext } from "ava";
import { NOW, RULES } from "../admission/testing/networks.ts";
import type { Decided } from "../admission/decided.ts";
import { decide, tablesAt } from "../compile.ts";
import { flowText } from "../explain/text.ts";
import type { TargetName } from "../lowering/index.ts";
import type { Table } from "../table/entry.ts";
import type { Entering } from "./complete-packet.ts";
import { readPacket } from "./read-packet.ts";
import { tracePacket, type Trace } from "./trace.ts";

const net = `default allow.
switch(s1, 1). switch(s2, 2).
link(s1, 10, s2, 10, 1Gb).
host_ip(a, 10.0.0.1). host_mac(a, 00:00:00:00:00:0a). host_at(a, s1, 1).
host_ip(b, 10.0.0.2). host_mac(b, 00:00:00:00:00:0b). host_at(b, s2, 1).
host_ip(ids, 10.0.0.9). host_mac(ids, 00:00:00:00:00:09). host_at(ids, s2, 2).
`;

function decided(t: ExecutionContext, text: string): Decided {
  const all = decide([{ name: "net.pane", text }], { now: NOW, load: () => undefined, rules: RULES });
  t.true(all.good, all.diagnostics.map(({ message }) => message).join("\n"));
  return all;
}

function packetOf(t: ExecutionContext, words: string, { model }: Decided): Entering {
  const read = readPacket(words, model);
  if (!read.ok) return t.fail(read.fault) as never;
  return read.value;
}

function traced(t: ExecutionContext, text: string, words: string, target: TargetName = "ovs"): Trace {
  const all = decided(t, text);
  const { tables } = tablesAt(all, NOW, { target });
  return tracePacket(all, tables, packetOf(t, words, all), { instant: NOW, target });
}

test("the tables decide a packet as its statement does, on every switch of the path", (t) => {
  const text = `${net}@no deny(srcHost=a, dstHost=b, dstPort=22) on rootShare.`;
  const denied = traced(t, text, "srcHost=a, dstHost=b, transport=TCP, dstPort=22");
  t.like(denied, { policyVerdict: "deny", tableVerdict: "deny", agree: true, faults: [] });
  t.is(denied.explanation.decidedBy?.id, "no");
  t.false("why" in denied);
  const allowed = traced(t, text, "srcHost=a, dstHost=b, transport=TCP, dstPort=80");
  t.like(allowed, { policyVerdict: "allow", tableVerdict: "allow", agree: true });
  t.deepEqual(
    allowed.journey!.visits.map(({ at }) => at.switch),
    ["s1", "s2"],
  );
});

test("what a host sends to itself has no path where statements lead it, and that is no fault", (t) => {
  const ring = `default allow.
switch(s1, 1). switch(s2, 2). switch(s3, 3). switch(s4, 4).
link(s2, 1, s3, 1, 1Gb). link(s1, 1, s3, 2, 1Gb). link(s3, 3, s2, 2, 1Gb). link(s1, 2, s3, 4, 1Gb).
host_ip(a, 10.0.0.3). host_at(a, s1, 3). host_mac(a, 00:00:00:00:01:02).
@away avoid(srcHost=10.0.0.3, vlan=1) = s4 on rootShare.`;
  const words = "srcHost=a, dstHost=10.0.0.238, vlan=1, dstEth=00:00:00:00:01:02, transport=253";
  const found = traced(t, ring, words);
  t.like(found, { policyVerdict: "allow", tableVerdict: "deny", agree: true, faults: [] });
  t.regex(found.why!, /^dropped: host a, where it is to go, sits where it enters/);
});

test("the spoof guard, a missing path and a link between switches are exceptions, with their reason", (t) => {
  const spoofed = traced(t, net, "srcHost=b, srcAP=s1:1, dstHost=ids");
  t.like(spoofed, { policyVerdict: "allow", tableVerdict: "deny", agree: true });
  t.regex(spoofed.why!, /^dropped by the spoof guard: host b sits at s2:1/);
  const unsteered = traced(
    t,
    `${net}@round avoid(srcHost=a) = s2 on rootShare.`,
    "srcHost=a, dstHost=b, transport=TCP",
  );
  t.like(unsteered, { policyVerdict: "allow", tableVerdict: "deny", agree: true });
  t.regex(unsteered.why!, /^dropped: there is no path from `a` at s1:1 to `b` at s2:1/);
  const closed = net.replace("default allow", "default deny");
  const transit = traced(t, closed, "srcAP=s1:10, srcHost=10.0.0.2, dstHost=10.0.0.1");
  t.like(transit, { policyVerdict: "deny", tableVerdict: "allow", agree: true });
  t.false("journey" in transit, "it is on its way already");
});

test("a packet that a waypoint gives back is explained as its source's", (t) => {
  const text = `${net}@see waypoint(srcHost=a) = ids on rootShare. @no deny(srcHost=a, dstHost=b, dstPort=22) on rootShare.`;
  const back = traced(t, text, "srcHost=a, dstHost=b, dstPort=22, transport=TCP, switch=s2, inPort=2");
  t.like(back, { policyVerdict: "deny", tableVerdict: "deny", agree: true });
  t.is(back.why, "judged as what a sent and ids gives back");
});

test("a difference that the target causes is no fault", (t) => {
  const text = "default deny.\n@low allow(dstHost=10.0.0.1, dstPort=0-1023, transport=UDP) on rootShare.\n";
  const words = "transport=UDP, dstPort=0, dstHost=10.0.0.1";
  t.like(traced(t, text, words, "of13"), { policyVerdict: "allow", tableVerdict: "deny", agree: true });
  t.like(traced(t, text, words), { policyVerdict: "allow", tableVerdict: "allow", agree: true });
});

test("a deny by ports holds a fragment and an allow does not, and `default fragments` turns it round", (t) => {
  const deny = "@ssh deny(transport=TCP, dstPort=22) on rootShare.";
  const allow = "@ssh allow(transport=TCP, dstPort=22) on rootShare.";
  const tcp = "srcHost=10.0.0.1, dstHost=10.0.0.2, transport=TCP";
  const later6 = "srcHost=2001:db8::1, dstHost=2001:db8::2, fragment=later";
  const number = "ethType=IPv6, transport=44";
  const turned = "default fragments allow. ";
  for (const [packet, held] of [
    [`${tcp}, fragment=first`, true],
    [`fragment=later, ${tcp}`, true],
    [`(${tcp}, fragment=later)`, true],
    // A later fragment of IPv6 hides its transport too.
    [later6, true],
    [number, true],
    ["srcHost=10.0.0.1, dstHost=10.0.0.2, transport=UDP, fragment=later", false],
    ["srcHost=2001:db8::1, dstHost=2001:db8::2, transport=UDP, fragment=first", false],
  ] as const) {
    const verdict = held ? "deny" : "allow";
    t.like(traced(t, `default allow. ${deny}`, packet), { policyVerdict: verdict, tableVerdict: verdict, agree: true });
    const open = traced(t, `default allow. ${turned}${deny}`, packet);
    t.like(open, { policyVerdict: "allow", tableVerdict: "allow", agree: true });
    t.like(traced(t, `default deny. ${allow}`, packet), { policyVerdict: "deny", tableVerdict: "deny", agree: true });
    const opened = traced(t, `default deny. ${turned}${allow}`, packet);
    t.like(opened, { policyVerdict: held ? "allow" : "deny", agree: true });
  }
  const all = decided(t, `default allow. ${deny}`);
  const fault = readPacket(`${tcp}, dstPort=22, fragment=first`, all.model);
  t.like(fault, { ok: false, fault: "a fragment shows no `dstPort`" });
});

test("tables of another policy disagree, by their verdict or by the path", (t) => {
  const all = decided(t, net);
  const packet = packetOf(t, "srcHost=a, dstHost=b, transport=TCP", all);
  const nothing: Table = { entries: [] };
  const options = { instant: NOW, target: "ovs" } as const;
  const dropped = tracePacket(all, new Map([["s1", nothing]]), packet, options);
  t.like(dropped, { policyVerdict: "allow", tableVerdict: "deny", agree: false });
  const other = decided(t, `${net}@see waypoint(srcHost=a) = ids on rootShare.`);
  const { tables } = tablesAt(all, NOW, { target: "ovs" });
  const past = tracePacket(other, tables, packet, options);
  t.like(past, { tableVerdict: "allow", agree: false, faults: ["it does not pass `ids` in its turn"] });
});

test("what came closest names the users that a packet may be of, and no field that it merely hides", (t) => {
  const text = `default allow.
host_ip(kiosk, 10.0.0.5). user_host("Bob", kiosk). user_host("Carl", kiosk). AddUser Eve.
@e deny(user=Eve) on rootShare.
@c deny(user=Carl, srcHost=10.0.0.6, transport=TCP, dstPort=80) on rootShare.
`;
  const { explanation } = traced(t, text, "srcHost=10.0.0.5, dstHost=10.0.0.9, transport=TCP, fragment=first");
  const failed = explanation.closest.map((one) => [
    one.statement.id,
    ...one.failed.map(({ field, given }) => `${field}: ${given}`),
  ]);
  t.deepEqual(failed, [
    ["e", "user: perhaps Bob or Carl"],
    ["c", "srcHost: 10.0.0.5"],
  ]);
});

test("a permission that leaves ports out does not hold a fragment since it hides them, not since it has none", (t) => {
  const text = `default deny.\n@open allow((dstHost=10.0.0.2) except (transport=TCP, dstPort=22)) on rootShare.\n`;
  for (const fragment of ["first", "later"]) {
    const words = `srcHost=10.0.0.1, dstHost=10.0.0.2, transport=TCP, fragment=${fragment}`;
    const { explanation, tableVerdict, agree } = traced(t, text, words);
    t.deepEqual([tableVerdict, agree], ["deny", true]);
    t.deepEqual(explanation.closest[0]?.failed, [{ field: "dstPort", wanted: "other than 22", given: "hidden" }]);
    t.regex(flowText(explanation), /: dstPort is hidden, not surely other than 22/);
  }
  const whole = traced(t, text, "srcHost=10.0.0.1, dstHost=10.0.0.2, transport=TCP, dstPort=22");
  t.deepEqual(
    whole.explanation.closest[0]?.failed.map(({ given }) => given),
    ["22"],
  );
});

const boxes = `${net}host_ip(w, 10.0.0.4). host_mac(w, 00:00:00:00:00:04). host_at(w, s2, 3). user_host("A", a).
@by waypoint(user="A") = ids, w on rootShare.`;

test("what a waypoint gives back with its own MAC is explained as its source's, and comes to later waypoints", (t) => {
  const words = "srcHost=a, srcEth=00:00:00:00:00:09, srcAP=s2:2, dstHost=b, transport=TCP, dstPort=80";
  const found = traced(t, boxes, words);
  t.like(found, { tableVerdict: "allow", agree: true, faults: [] });
  t.deepEqual(found.explanation.led?.waypoints, ["ids", "w"]);
  t.true(
    found.journey!.visits.some(({ leaves }) => leaves.some(({ port }) => port.switch === "s2" && port.port === 3)),
  );
  t.is(
    found.why,
    "judged as what a sent and ids gives back with its own MAC, as a router; it gets the MAC of its sender back, and later waypoints do the same",
  );
});

test("IPv6 from no stated address comes back by its MAC, and with the MAC of another host it does not", (t) => {
  const words =
    "srcHost=2001:db8::7, srcAP=s2:2, dstHost=2001:db8::2, dstEth=00:00:00:00:00:0b, transport=UDP, srcEth=";
  t.like(traced(t, boxes, `${words}00:00:00:00:00:0a`), {
    tableVerdict: "allow",
    agree: true,
    why: "judged as what a sent and ids gives back",
  });
  t.like(traced(t, boxes, `${words}00:00:00:00:00:0b`), {
    tableVerdict: "deny",
    agree: true,
    why: "dropped by the spoof guard: host b sits at s2:1, by `host_at(b, s2, 1)`",
  });
  t.like(traced(t, boxes, `${words}00:00:00:00:00:09`), {
    tableVerdict: "deny",
    agree: true,
    why: "dropped: ids is a waypoint, and what it sends from an IPv6 address that no `host_ip` states may be what others sent",
  });
});

test("a frame that is neither IP nor ARP ends at the first box, and that is no fault", (t) => {
  const found = traced(t, boxes, "srcEth=00:00:00:00:00:0a, srcAP=s1:1, dstEth=00:00:00:00:00:0b, ethType=0x1234");
  t.like(found, { tableVerdict: "deny", agree: true });
  t.is(
    found.why,
    "it ends at ids, the first waypoint that is a host: what is neither IP nor ARP (0x1234) has no address to show whose it is when it comes back",
  );
});

test("to avoid a host prescribes no way: what enters where no host is known passes", (t) => {
  const words = "srcHost=10.0.0.77, srcAP=s1:7, dstHost=b, transport=UDP";
  t.like(traced(t, `${net}@no avoid(*) = ids on rootShare.`, words), {
    tableVerdict: "allow",
    agree: true,
    faults: [],
  });
  t.like(traced(t, `${net}@no avoid(*) = s2 on rootShare.`, words), { tableVerdict: "deny", agree: true });
});

test("a statement about a place where its user does not stand drops nothing of that user's elsewhere", (t) => {
  const text = `${net}user_host("B", b). switch(s3, 3). link(s1, 11, s3, 10, 1Gb). link(s2, 11, s3, 11, 1Gb).
@w avoid(user="B", transport=ICMP, srcAP=s1:1) = s3 both ways on rootShare.`;
  for (const words of ["srcHost=a, dstHost=b, transport=ICMP", "srcHost=b, dstHost=a, transport=ICMP"])
    t.like(traced(t, text, words), { policyVerdict: "allow", tableVerdict: "allow", agree: true, faults: [] });
});

test("where several statements leave the order of nodes open, one order leads from a port, whatever MAC and address are shown", (t) => {
  const text = `${net}switch(s3, 3). link(s2, 11, s3, 10, 1Gb).
host_ip(w, 10.0.0.4). host_mac(w, 00:00:00:00:00:04). host_at(w, s3, 1).
host_ip(c, 10.0.0.3). host_mac(c, 00:00:00:00:00:0c). host_at(c, s3, 2).
@q0 waypoint(*) = w on rootShare. @q1 waypoint(*) = ids on rootShare.`;
  const words = "srcHost=a, dstHost=b, transport=UDP, dstEth=00:00:00:00:00:0";
  for (const mac of ["b", "c"])
    t.like(traced(t, text, `${words}${mac}`), { tableVerdict: "allow", agree: true, faults: [] });
});

test("what shows an address of several hosts, or a MAC of several, and does not tell which, is dropped for a named reason", (t) => {
  const shared = `${net}host_ip(b, 10.0.0.5). host_ip(c, 10.0.0.5). host_mac(c, 00:00:00:00:00:0c). host_at(c, s1, 3).
host_mac(b, 00:00:00:00:00:41). host_mac(c, 00:00:00:00:00:41).
@q waypoint(dstHost=10.0.0.5) = ids on rootShare.`;
  const trace = (words: string): Trace => traced(t, shared, `srcHost=a, dstHost=10.0.0.5, transport=TCP, ${words}`);
  for (const mac of ["99", "41", "0b"])
    t.like(trace(`dstEth=00:00:00:00:00:${mac}`), { policyVerdict: "allow", tableVerdict: "deny", agree: true });
  t.regex(trace("dstEth=00:00:00:00:00:99").why!, /^dropped: 10\.0\.0\.5 is of b and c, and nothing tells which/);
});

test("what a host without a stated MAC sends and no fact shows is dropped for a named reason", (t) => {
  const text = `${net}host_at(d, s1, 4). @q waypoint(*) = s2 on rootShare.`;
  const trace = traced(t, text, "srcAP=s1:4, srcEth=00:00:00:00:00:dd, dstEth=00:00:00:00:00:0b, ethType=0x88b5");
  t.like(trace, { policyVerdict: "allow", tableVerdict: "deny", agree: true });
  t.regex(trace.why!, /^dropped: no `host_mac` states the MAC of d, so no switch beyond the first/);
});
