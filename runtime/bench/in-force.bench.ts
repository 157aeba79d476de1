/**
 * Accepted to in force, by packets: a server as a process holds a real switch with n entries; a flow is sent all the time,
 * a frame each millisecond, and what arrives is stamped with when it was sent. From the answer to a deny until the last
 * frame that still came through was sent, and from the answer to its `Cancel` until the first that came through again was.
 * 0: it was in force before the answer was read. Beside it `fdatasync` on the same disk in the same minute.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { factsOf, startLab, type Lab } from "../lab/lab.ts";
import { ServeProcess, TextClient } from "../serve/testing/process.ts";
import { syncs } from "./disk.ts";
import { median, p99 } from "./measure.ts";
import type { Report } from "./report.ts";

export const name = "in-force";

const ROUNDS = 50;
/** Milliseconds without a frame after which a deny counts as in force, and without a change before the next is said. */
const QUIET = 60;
/** The most milliseconds of one change. */
const MOST = 10_000;

/** Sends a datagram to a host without a pause of more than a millisecond; its payload is the clock of the machine. */
const SENDER = `
import socket, struct, sys, time
source, to = (bytes.fromhex(word.replace(":", "")) for word in sys.argv[1:3])
ends = b"".join(socket.inet_aton(word) for word in sys.argv[3:5])
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
out.bind(("eth0", 0))
head = to + source + bytes.fromhex("0800" "45000024000100004011" "0000") + ends + struct.pack(">HHHH", 7, 9, 16, 0)
while True:
    out.send(head + struct.pack(">Q", time.monotonic_ns()) + bytes(18))
    time.sleep(0.0007)
`;
/** Prints when each frame that arrives was sent. */
const RECEIVER = `
import socket, struct
into = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
into.bind(("eth0", 0x0800))
print("ready", flush=True)
while True:
    frame = into.recv(2048)
    if frame[23] == 17 and frame[34:38] == b"\\0\\x07\\0\\x09":
        print(struct.unpack(">Q", frame[42:50])[0], flush=True)
`;

/** Milliseconds of the clock that both ends share. */
const now = (): number => Number(process.hrtime.bigint()) / 1e6;

/** The flow, and when what has arrived of it was sent. */
class Probe {
  readonly #children: readonly ChildProcess[];
  readonly arrived: number[] = [];

  constructor(receiver: ChildProcess, sender: ChildProcess) {
    this.#children = [receiver, sender];
    createInterface({ input: receiver.stdout! }).on("line", (line) => {
      if (line !== "ready") this.arrived.push(Number(BigInt(line) / 1000n) / 1000);
    });
  }

  static async start(lab: Lab): Promise<Probe> {
    const [from, to] = [hostOf(lab, "alice"), hostOf(lab, "bob")];
    const run = (namespace: string, words: readonly string[]): ChildProcess =>
      spawn("ip", ["netns", "exec", namespace, "python3", "-c", ...words], { stdio: ["ignore", "pipe", "inherit"] });
    const receiver = run(to.namespace, [RECEIVER]);
    await once(receiver.stdout!, "readable");
    return new Probe(receiver, run(from.namespace, [SENDER, from.mac, to.mac, from.ip, to.ip]));
  }

  /** Resolves once frames sent since then arrive; rejects where none does. */
  async comes(since: number): Promise<number> {
    for (const end = now() + MOST; now() < end; await pause(2)) {
      const first = this.arrived.find((sent) => sent >= since);
      if (first !== undefined) return first;
    }
    throw new Error("no frame arrives");
  }

  /** Resolves once none has arrived for a while; when the last was sent. */
  async stops(): Promise<number> {
    for (const end = now() + MOST; now() < end; await pause(5)) {
      const last = this.arrived.at(-1) ?? 0;
      if (now() - last > QUIET) return last;
    }
    throw new Error("frames arrive all the time");
  }

  end(): void {
    for (const child of this.#children) child.kill();
  }
}

const hostOf = (lab: Lab, name: string): Lab["hosts"][number] => lab.hosts.find((host) => host.name === name)!;

export async function run(report: Report): Promise<void> {
  for (const n of [100, 10_000]) await measured(n, report);
}

async function measured(n: number, report: Report): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "glazier-bench-"));
  const ends: (() => Promise<void> | void)[] = [() => rmSync(folder, { recursive: true })];
  try {
    const lab = await startLab();
    ends.unshift(() => lab.down());
    const denies = Array.from({ length: n }, (_, i) => `deny(srcHost=10.77.${i >> 8}.${i & 255}) on s.`);
    const share = "NewShare s for (*) [deny = True, requests <= 1000000, entries <= 10000000] on rootShare.";
    writeFileSync(join(folder, "p.pane"), ["default allow.", factsOf(lab), share, ...denies].join("\n"));
    const alone = syncs(folder, 3);
    const socket = join(folder, "socket");
    const words = ["p.pane", "--switch", lab.mgmt, "--db", lab.db, "--state", "state", "--socket", socket];
    const server = new ServeProcess({ teardown: (end) => void ends.unshift(end) }, words, folder);
    await server.printed(/serving at/);
    await server.printed(/: \d+ added/);
    const root = await TextClient.login(socket, "root", server.token);
    const probe = await Probe.start(lab);
    ends.unshift(() => probe.end());
    await probe.comes(now());
    const [denied, released]: number[][] = [[], []];
    const { ip } = hostOf(lab, "alice");
    for (let round = 0; round < ROUNDS; round++) {
      const label = `probe${round}`;
      await said(root, `@${label} deny(srcHost=${ip}, transport=UDP, dstPort=9) on s.`);
      const answer = now();
      denied!.push(Math.max(0, (await probe.stops()) - answer));
      await said(root, `Cancel ${label}.`);
      const cancelled = now();
      released!.push(Math.max(0, (await probe.comes(cancelled)) - cancelled));
      await probe.comes(now() + QUIET);
    }
    const peer = { name: "fdatasync p99", figure: p99(alone) };
    const bound = p99(alone) + 10;
    for (const [what, times] of [
      ["a deny, answer to its last frame", denied!],
      ["its Cancel, answer to the first frame", released!],
    ] as const) {
      report({ case: `${what}, p50, n entries`, n, figure: median(times), unit: "ms" });
      report({ case: `${what}, p99`, n, figure: p99(times), unit: "ms", bound, peer });
    }
  } finally {
    for (const end of ends) await end();
  }
}

async function said(client: TextClient, sentence: string): Promise<void> {
  const answer = await client.say(sentence);
  if (!answer?.startsWith("True")) throw new Error(answer ?? "the server is gone");
}
