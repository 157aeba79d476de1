/** The lab's measurements, and the triangle of switches that it can build. */
import test from "ava";
import { factsOf } from "./facts.ts";
import { triangle } from "./lab.ts";
import { SLICE, throughput } from "./slices.ts";
import { switchTest, testUnless, trafficTest } from "./test.ts";
import { canRunLab } from "./requirements.ts";
import { plan } from "./topology.ts";
import { steadily, until } from "./until.ts";

test("a throughput counts only whole slices within the time", (t) => {
  const slices = { 9: 1e9, 10: 1000, 11: 1000, 12: 1e9 };
  // Two slices of 1,000 bytes each.
  t.is(throughput(slices, 10 * SLICE, 12 * SLICE), 16_000 / (2 * SLICE) / 1000);
  t.is(throughput(slices, 10 * SLICE - 5, 12 * SLICE + 5), 16_000 / (2 * SLICE) / 1000);
  t.is(throughput(slices, 10 * SLICE + 1, 11 * SLICE), 0);
  t.is(throughput({}, 0, 1000), 0);
});

test("`until` waits for a condition, and gives up when its patience ends", async (t) => {
  let looks = 0;
  t.true(await until(() => ++looks === 3, { interval: 1 }));
  t.false(await until(() => false, { interval: 1, patience: 5 }));
});

test("the facts of the triangle name its switches, hosts, links and rates", (t) => {
  const facts = factsOf(plan("id", "/tmp/lab", triangle), { rate: "20Mb", portRates: [["s3", 1, "10Mb"]] });
  const lines = facts.split("\n");
  for (const fact of [
    "switch(s3, 3).",
    "host_ip(ids, 10.0.0.5).",
    "host_mac(bob, 00:00:00:00:00:04).",
    "host_at(eve, s1, 2).",
    "link(s1, 3, s2, 2, 20Mb).",
    "link(s2, 3, s3, 2, 20Mb).",
    "link(s1, 4, s3, 3, 20Mb).",
    "port_rate(s3, 1, 10Mb).",
  ])
    t.true(lines.includes(fact), fact);
});

trafficTest(
  "streams arrive at the rate at which they are sent, and a narrow port lets through only its own rate",
  async (t, start) => {
    const lab = await start();
    await lab.ofctl("add-flow", ["actions=NORMAL"]);
    const flood = (): Promise<number> => lab.udpFlood("eve", "bob", 10_000_000);
    const isFree = (rate: number): boolean => rate > 9 && rate < 11;
    const free = await steadily(flood, isFree);
    t.true(isFree(free), `${free}`);
    await lab.bottleneck("s1-eth3", 5_000_000);
    const isNarrow = (rate: number): boolean => rate > 3.5 && rate < 5.3;
    const narrow = await steadily(flood, isNarrow);
    t.true(isNarrow(narrow), `${narrow}`);
    await lab.bottleneck("s1-eth3", undefined);
    await lab.ofctl("add-flow", ["priority=60000,udp,actions=drop"]);
    const streams = [
      { from: "eve", to: "bob", port: 5001, protocol: "udp", rate: 1_000_000 },
      { from: "alice", to: "bob", port: 5002, protocol: "tcp" },
    ] as const;
    const [blocked, tcp = 0] = await steadily(
      () => lab.measure(streams, { seconds: 2 }),
      (rates) => rates[1]! > 5,
    );
    t.is(blocked, 0);
    t.true(tcp > 5, `${tcp}`);
  },
);

switchTest(
  "a middlebox in the triangle sees the packets that are sent through it, and passes them on",
  async (t, start) => {
    const lab = await start(triangle);
    await lab.middlebox("ids");
    const path: Readonly<Record<string, string>> = {
      s1: "arp,in_port=1,actions=output:4\nip,in_port=1,actions=output:3\nin_port=4,actions=output:1\n",
      s2: "in_port=2,actions=output:1\nin_port=1,actions=output:3\n",
      s3: "in_port=2,actions=output:1\nin_port=3,actions=output:1\nin_port=1,actions=output:3\n",
    };
    for (const [name, input] of Object.entries(path)) await lab.ofctl("add-flows", ["-"], { switch: name, input });
    const before = await lab.counters("ids");
    t.true(await lab.ping("alice", "bob"));
    t.true(await lab.tcp("alice", "bob", 80));
    const after = await lab.counters("ids");
    t.true(after.received > before.received && after.sent > before.sent);
  },
);

testUnless(canRunLab(), "a host that is not there cannot be measured", async (t) => {
  const { measureStreams: measure } = await import("./measure.ts");
  const nowhere = (): { namespace: string; ip: string } => ({ namespace: "glazier-nowhere", ip: "10.0.0.9" });
  const stream = { from: "a", to: "b", port: 5001, protocol: "udp" } as const;
  await t.throwsAsync(measure(nowhere, [stream]), { message: /ended before it said a word: .*glazier-nowhere/s });
});
