/** Statements of a policy limit, reserve and end on a real switch, shown by traffic. */
import type { ExecutionContext } from "ava";
import { decide, tablesAt } from "../../compiler/compile.ts";
import { RULES } from "../../compiler/admission/testing/networks.ts";
import { portRatesOf } from "../../compiler/paths/port-rates.ts";
import { factsOf, type Lab } from "../lab/lab.ts";
import { ethernet, ipv4, ipv6, udp } from "../lab/frames.ts";
import { switchTest, trafficTest } from "../lab/test.ts";
import { steadily, until } from "../lab/until.ts";
import { dscpMarks } from "../ovsdb/filters.ts";
import { apply, type Applied } from "./index.ts";

const Mb = 1_000_000;

/** Alice speaks for everything. */
const house = `default allow.
AddUser Alice.
NewShare net for (*) [reserve <= 20Mb, limit <= 100Mb, deny = True] on rootShare.
Grant net to Alice.
`;

/** Compiles Alice's statements for the lab's network, and applies them. */
async function enforce(t: ExecutionContext, lab: Lab, ...statements: readonly string[]): Promise<Applied> {
  const facts = factsOf(lab, { portRates: [["s1", 3, "20Mb"]] });
  const labelled = statements
    .map((statement, index) => `@s${index} Alice: ${statement.replace(/$| from/, " on net$&")}.\n`)
    .join("");
  const now = Math.floor(Date.now() / 1000);
  const load = (): undefined => undefined;
  const decided = decide([{ name: "net.pane", text: house + facts + labelled }], { now, rules: RULES, load });
  t.deepEqual(
    // No fact says at which rate Alice's own port sends (N754); the port that the flows share is what counts here.
    decided.diagnostics.flatMap(({ code, message }) => (code === "N754" ? [] : [message])),
    [],
  );
  const lowered = tablesAt(decided, now, { target: "ovs-userspace" });
  t.deepEqual(
    lowered.diagnostics.flatMap(({ severity, message }) => (severity === "error" ? [message] : [])),
    [],
  );
  const options = { rates: portRatesOf(decided.model.directory, "s1"), runFilter: lab.onSwitch };
  const result = await apply(lab.mgmt, lowered.tables.get("s1")!, options);
  t.is(result.outcome, "applied", result.diagnostics.map(({ message }) => message).join("; "));
  return result as Applied;
}

const between = (low: number, value: number, high: number): boolean => value >= low && value <= high;

/**
 * Buckets begin full, with a second's worth. Measuring begins when they are empty, also for a sender that is slow to
 * start.
 */
const settled = { seconds: 4.5, skip: 2 };

/** Asserts that streams arrive at good rates in Mb/s. */
async function arrive(
  t: ExecutionContext,
  lab: Lab,
  streams: Parameters<Lab["measure"]>[0],
  isGood: (...rates: readonly number[]) => boolean,
  options: Parameters<Lab["measure"]>[1] = settled,
): Promise<void> {
  const measured = await steadily(
    () => lab.measure(streams, options),
    (rates) => isGood(...rates),
  );
  t.true(isGood(...measured), `Mb/s that arrive: ${measured.join(", ")}`);
}

trafficTest("a limit of 10 Mb holds datagrams at 9 to 11 and leaves others alone", async (t, start) => {
  const lab = await start();
  const result = await enforce(t, lab, "limit(srcHost=eve, transport=UDP) = 10Mb");
  t.deepEqual(result.meters, { added: 1, changed: 0, removed: 0 });
  const streams = [
    { from: "eve", to: "bob", port: 5001, protocol: "udp", rate: 30 * Mb },
    { from: "alice", to: "bob", port: 5002, protocol: "udp", rate: 20 * Mb },
  ] as const;
  await arrive(t, lab, streams, (eve = 0, alice = 0) => between(9, eve, 11) && between(18, alice, 21));
});

trafficTest("a limit of 5 Mb inside one of 10 holds too, and the sum never exceeds 10", async (t, start) => {
  const lab = await start();
  const inner = "limit(srcHost=eve, transport=UDP, dstPort=5002) = 5Mb";
  await enforce(t, lab, "limit(srcHost=eve, transport=UDP) = 10Mb", inner);
  const stream = (port: number) => ({ from: "eve", to: "bob", port, protocol: "udp", rate: 20 * Mb }) as const;
  const both = [stream(5001), stream(5002)];
  await arrive(t, lab, both, (rest = 0, five = 0) => between(1, five, 5.3) && between(8, rest + five, 10.6));
  await arrive(t, lab, [stream(5002)], (alone = 0) => between(4.4, alone, 5.3));
});

trafficTest("a limit by port holds fragments too: datagrams of 8,000 bytes do not get around it", async (t, start) => {
  const lab = await start();
  await enforce(t, lab, "limit(srcHost=eve, transport=UDP, dstPort=5001) = 10Mb");
  const stream = (rate: number) =>
    ({ from: "eve", to: "bob", port: 5001, protocol: "udp", rate, size: 8_000 }) as const;
  await arrive(t, lab, [stream(8 * Mb)], (under = 0) => between(7, under, 8.5));
  const before = (await lab.counters("bob")).received;
  const [over = 0] = await lab.measure([stream(40 * Mb)], settled);
  const packets = (await lab.counters("bob")).received - before;
  // A datagram that lost a fragment does not arrive, its other fragments do; the bucket began full.
  const most = ((settled.seconds + 1) * 11 * Mb) / (8_000 / 6) / 8;
  t.true(over < 11 && packets > 100 && packets < most, `over its rate ${over}, ${packets} packets of ${most}`);
});

trafficTest(
  "a reservation of 15 Mb on 20 carries TCP through a flood, and other ports are left alone; without it the flow starves",
  async (t, start) => {
    const lab = await start();
    const streams = [
      { from: "alice", to: "bob", port: 5001, protocol: "tcp" },
      { from: "eve", to: "bob", port: 5002, protocol: "udp", rate: 40 * Mb },
    ] as const;
    await lab.bottleneck("s1-eth3", 20 * Mb);
    await enforce(t, lab);
    await arrive(t, lab, streams, (starved = 0) => between(0, starved, 6), { seconds: 3 });
    await lab.bottleneck("s1-eth3", undefined);
    const result = await enforce(t, lab, "reserve(srcHost=alice, dstHost=bob) = 15Mb");
    t.deepEqual([result.queues, result.diagnostics], [{ added: 1, changed: 0, removed: 0 }, []]);
    await arrive(t, lab, streams, (alice = 0) => between(13, alice, 20), { seconds: 3 });
    // The devices have transmit queues of 1,000 frames: with these, what waits at Bob's port had all others' frames lost.
    const beside = [{ from: "alice", to: "eve", port: 5003, protocol: "udp", rate: 5 * Mb }, streams[1]] as const;
    await arrive(t, lab, beside, (alice = 0) => between(4.5, alice, 5.5), { seconds: 2 });
    // When it is cancelled, no queue stays.
    t.deepEqual((await enforce(t, lab)).queues, { added: 0, changed: 0, removed: 1 });
  },
);

switchTest("an entry with an end leaves the switch by itself at that time", async (t, start) => {
  const lab = await start();
  const began = Date.now();
  await enforce(t, lab, "deny(srcHost=eve, dstHost=bob) from now to +6s");
  t.regex(await lab.dump(), /hard_timeout=6\b.*actions=drop/);
  t.false(await lab.ping("eve", "bob", { timeout: 500 }));
  t.true(await until(async () => !(await lab.dump()).includes("hard_timeout")));
  // The switch counts whole seconds, and began within the one in which the test did.
  t.true(Date.now() - began >= 5_000, "not before");
  await lab.flushNeighbours();
  t.true(await lab.ping("eve", "bob"));
});

/** Sends a frame, given in hexadecimal, again and again. The other arguments are frames a second, and seconds. */
const PACED = `
import socket, sys, time
frame, pace, seconds = bytes.fromhex(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
out.bind(("eth0", 0))
start, sent = time.monotonic(), 0
while (gone := time.monotonic() - start) < seconds:
    while sent < gone * pace:
        out.send(frame)
        sent += 1
    time.sleep(0.002)
print(sent)
`;

trafficTest("a reservation of frames with a tag, or a service tag, keeps its rate beside a flood", async (t, start) => {
  const lab = await start();
  const now = Math.floor(Date.now() / 1000);
  const text = `default allow.
switch(s1, 1). port_rate(s1, 3, 10Mb).
@call reserve(vlan=10, srcEth=00:00:00:00:00:02) = 8Mb on rootShare.`;
  const decided = decide([{ name: "tag.pane", text }], { now, rules: RULES, load: () => undefined });
  const table = tablesAt(decided, now, { target: "ovs-userspace" }).tables.get("s1")!;
  const options = { rates: portRatesOf(decided.model.directory, "s1"), runFilter: lab.onSwitch };
  t.is((await apply(lab.mgmt, table, options)).outcome, "applied");
  const { queue } = table.queues![0]!;
  // The bytes that left through the queue of the reservation.
  const carried = async (): Promise<number> =>
    Number(/bytes=(\d+)/.exec(await lab.ofctl("queue-stats", ["3", String(queue)]))![1]);
  const [src, dst] = ["00:00:00:00:00:02", "00:00:00:00:00:04"];
  const payload = Array<number>(1400).fill(0);
  const packets = [
    [0x0800, ipv4("10.0.0.2", "10.0.0.4", 17, [...udp(7, 7), ...payload])],
    [0x86dd, ipv6(2, 4, 17, [...udp(7, 7), ...payload])],
  ] as const;
  // The switch must know where the flood's receiver is.
  t.true(await lab.ping("bob", "eve"));
  for (const tag of [0x8100, 0x88a8]) {
    for (const [type, packet] of packets) {
      const frame = ethernet({ src, dst, tags: [[tag, 10]] }, type, packet);
      const [seconds, rate] = [3, 7.5 * Mb];
      const words = [Buffer.from(frame).toString("hex"), String(Math.round(rate / 8 / frame.length)), String(seconds)];
      const measure = async (): Promise<{ readonly offered: number; readonly given: number }> => {
        const before = await carried();
        const [sent] = await Promise.all([
          lab.run("alice", ["python3", "-c", PACED, ...words]),
          lab.udpFlood("eve", "bob", 40 * Mb, { seconds: 4 }),
        ]);
        const offered = (Number(sent.stdout) * frame.length * 8) / seconds / Mb;
        return { offered, given: (((await carried()) - before) / seconds / Mb) * 8 };
      };
      const { offered, given } = await steadily(measure, (one) => one.given > 0.9 * one.offered);
      t.true(given > 0.9 * offered, `tag ${tag.toString(16)}, type ${type.toString(16)}: ${given} of ${offered}`);
    }
  }
});

/** Sends each frame in turn, from the host where it runs. */
const EACH = `
import socket, sys
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
wire.bind(("eth0", 0))
for frame in sys.argv[1:]:
    wire.send(bytes.fromhex(frame))
`;

trafficTest(
  "a mark that a sender wrote behind two tags, or looks like one behind one, gets nobody's queue",
  async (t, start) => {
    const lab = await start();
    const now = Math.floor(Date.now() / 1000);
    const text = `default allow.
switch(s1, 1). port_rate(s1, 3, 10Mb).
@call reserve(srcHost=10.0.0.2) = 8Mb on rootShare.`;
    const decided = decide([{ name: "mark.pane", text }], { now, rules: RULES, load: () => undefined });
    const table = tablesAt(decided, now, { target: "ovs-userspace" }).tables.get("s1")!;
    const options = { rates: portRatesOf(decided.model.directory, "s1"), runFilter: lab.onSwitch };
    t.is((await apply(lab.mgmt, table, options)).outcome, "applied");
    const { queue } = table.queues![0]!;
    const { dscp } = dscpMarks(table)[0]!;
    const carried = async (): Promise<number> =>
      Number(/pkts=(\d+)/.exec(await lab.ofctl("queue-stats", ["3", String(queue)]))![1]);
    const [src, dst] = ["00:00:00:00:00:02", "00:00:00:00:00:04"];
    const datagram = udp(7, 7);
    const marked = ipv4("10.0.0.9", "10.0.0.4", 17, datagram).with(1, dscp << 2);
    // A flow label and a length that are, to who counts from before the tag, the type of IPv4 and the mark.
    const pretended = ipv6(9, 4, 253, Array<number>(dscp << 2).fill(0)).with(2, 0x08);
    const frames = [
      ...[0x8100, 0x88a8].flatMap((outer) =>
        [0x8100, 0x88a8].map((inner) => {
          const tags: [number, number][] = [outer, inner].map((type) => [type, 10]);
          return ethernet({ src, dst, tags }, 0x0800, marked);
        }),
      ),
      ...[0x8100, 0x88a8].map((tag) => ethernet({ src, dst, tags: [[tag, 10]] }, 0x86dd, pretended)),
    ];
    const held = ethernet({ src, dst, tags: [[0x8100, 10]] }, 0x0800, ipv4("10.0.0.2", "10.0.0.4", 17, datagram));
    t.true(await lab.ping("bob", "eve"));
    const before = await carried();
    const words = [...frames, held].map((frame) => Buffer.from(frame).toString("hex"));
    await lab.run("alice", ["python3", "-c", EACH, ...words]);
    // The last frame is one that is held: when it has left, all before it have, too.
    await until(async () => (await carried()) > before);
    t.is(await carried(), before + 1);
  },
);
