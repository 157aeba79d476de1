/**
 * What the flow cache of Open vSwitch's userspace datapath costs where it may not be believed: processor time of the
 * switch for each packet, of n flows that all are cached, at 2,000 packets a second. Nothing changes; an entry changes up
 * to ten times a second; the cache is emptied after each of these changes, as `serve` does; nothing is cached at all
 * (`flow-limit=0`, which W991 names). The rest is the switch's own work for a change: it looks at all that is cached. And
 * what one purge takes by itself.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { startLab, type Lab } from "../lab/lab.ts";
import { purgeFlows } from "../ovsdb/index.ts";
import { median } from "./measure.ts";
import type { Report } from "./report.ts";

export const name = "cache";

const PACKETS = 2_000;
const SECONDS = 4;
const PERIOD = 100;

/** Sends segments of so many flows at a steady pace. Nobody answers: no host has their address. */
const SENDER = `
import socket, struct, sys, time
flows, rate, seconds = (int(word) for word in sys.argv[1:])
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
out.bind(("eth0", 0))
head = bytes.fromhex("000000000004000000000002" "0800" "4500002e0001000040060000" "0a000002" "0a090909")
frames = [head + struct.pack(">HHIIBBHHH", 1000 + i, 80, 1, 1, 0x50, 2, 8192, 0, 0) + bytes(6) for i in range(flows)]
start, sent = time.monotonic(), 0
while time.monotonic() - start < seconds:
    while sent < (time.monotonic() - start) * rate:
        out.send(frames[sent % flows])
        sent += 1
    time.sleep(0.002)
print(sent)
`;

/** Seconds of processor time that the switch has used, in all of its threads. */
function cpuOf(lab: Lab): number {
  const pid = readFileSync(join(lab.directory, "ovs-vswitchd.pid"), "utf8").trim();
  const nanoseconds = readdirSync(`/proc/${pid}/task`).map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]),
  );
  return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e9;
}

/** Microseconds of the switch's processor time for each packet, while something is done again and again. */
async function costOf(lab: Lab, flows: number, often?: () => Promise<unknown>): Promise<number> {
  const before = cpuOf(lab);
  let isOver = false;
  const repeated = (async () => {
    while (often !== undefined && !isOver) await Promise.all([often(), pause(PERIOD)]);
  })();
  const sent = await send(lab, flows, SECONDS);
  isOver = true;
  await repeated;
  return ((cpuOf(lab) - before) * 1e6) / sent;
}

/** Returns the number of packets. */
async function send(lab: Lab, flows: number, seconds: number): Promise<number> {
  const { stdout } = await lab.run("alice", ["python3", "-c", SENDER, `${flows}`, `${PACKETS}`, `${seconds}`]);
  return Number(stdout);
}

async function purge(lab: Lab): Promise<void> {
  const reason = await purgeFlows(lab.directory);
  if (reason !== undefined) throw new Error(reason);
}

/** Milliseconds of the switch's processor time for one purge of so many cached flows. */
async function costOfPurge(lab: Lab, flows: number): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < 5; run++) {
    await send(lab, flows, 1);
    const before = cpuOf(lab);
    await purge(lab);
    times.push((cpuOf(lab) - before) * 1e3);
  }
  return median(times);
}

export async function run(report: Report): Promise<void> {
  const lab = await startLab();
  try {
    // Entries that tell all flows apart, so that each is cached by itself.
    await lab.ofctl("add-flows", ["-"], {
      input: ["priority=0,actions=NORMAL"]
        .concat(Array.from({ length: 1_000 }, (_, i) => `priority=9,tcp,tp_src=${1000 + i},tp_dst=81,actions=drop`))
        .join("\n"),
    });
    let changes = 0;
    const change = (): Promise<unknown> =>
      lab.ofctl("add-flow", [`priority=7,tcp,nw_src=10.9.0.${changes++ % 250},tp_dst=77,actions=drop`]);
    const purged = async (): Promise<void> => {
      await change();
      await purge(lab);
    };
    const setting = "other_config:flow-limit=0";
    for (const n of [1, 1_000]) {
      const unit = "µs CPU";
      report({ case: "a packet of n cached flows", n, figure: await costOf(lab, n), unit });
      report({ case: "the same, an entry changes 10 times a second", n, figure: await costOf(lab, n, change), unit });
      report({ case: "the same, and all is purged each time", n, figure: await costOf(lab, n, purged), unit });
      report({ case: "one purge of n cached flows", n, figure: await costOfPurge(lab, n), unit: "ms CPU" });
      await lab.vsctl(["set", "Open_vSwitch", ".", setting]);
      report({ case: "a packet where nothing is cached", n, figure: await costOf(lab, n), unit });
      await lab.vsctl(["remove", "Open_vSwitch", ".", "other_config", "flow-limit"]);
    }
  } finally {
    await lab.down();
  }
}
