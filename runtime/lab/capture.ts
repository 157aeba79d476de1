/**
 * Records the paths of single frames through all switches of a lab. One program in the switches' namespace sees the
 * frames that come in and go out at every port. Each frame carries a mark and its own number. Its source distinguishes
 * it from answers.
 */
import { spawn } from "node:child_process";
import { must, searchPath } from "../process/command.ts";
import { until } from "./until.ts";
import type { LabLink, LabHost } from "./topology.ts";

/** One frame seen at a port of a switch. */
export interface Sighting {
  readonly number: number;
  /** The port, as in `s1:3`. */
  readonly at: string;
  /** Whether the frame came into the switch; if not, it went out. */
  readonly isIn: boolean;
}

const MARK = Buffer.from("GLZ!");

/** The eight bytes by which a capture finds a frame again. */
export function marked(number: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  MARK.copy(bytes);
  bytes.writeUInt32BE(number, 4);
  return bytes;
}

/** Prints each marked frame with its port and packet type. Type 4 is an outgoing packet (packet(7)). */
const CAPTURE = `
import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
s.setsockopt(socket.SOL_SOCKET, 33, 1 << 24)
print("ready", flush=True)
while True:
    data, (name, _, kind, _, _) = s.recvfrom(2048)
    i = data.find(b"GLZ!")
    if i >= 0: print(name, kind, data[6:12].hex(), int.from_bytes(data[i + 4:i + 8], "big"), flush=True)
`;

/** Sends each line of hexadecimal digits as a frame until its input ends. */
const SENDER = `
import socket, sys
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
out.bind(("eth0", 0))
print("ready", flush=True)
for line in sys.stdin: out.send(bytes.fromhex(line.strip()))
`;

/** A frame that a host sends under a number. */
export interface Sending {
  readonly host: string;
  readonly bytesOf: (number: number) => Uint8Array;
}

/**
 * Sends frames until each came into the network, again and again under other numbers: a busy machine drops some before any
 * switch sees them. Returns the numbers under which they came.
 */
export async function sendAll(
  watch: Capture,
  frames: readonly Sending[],
  numbers: { next: number },
): Promise<readonly number[]> {
  const [from, all] = [watch.sightings.length, frames.map(() => 0)];
  let left = frames.map((_, i) => i);
  for (let attempt = 0; left.length > 0; attempt++) {
    if (attempt === 20) throw new Error("not every frame came into the network");
    for (const i of left) {
      const { host, bytesOf } = frames[i]!;
      const number = (all[i] = numbers.next++);
      watch.send(host, number, bytesOf(number));
    }
    const waiting = (): readonly number[] => {
      const seen = new Set(watch.sightings.slice(from).map(({ number }) => number));
      return left.filter((i) => !seen.has(all[i]!));
    };
    await until(() => waiting().length === 0, { patience: 3000, interval: 15 });
    left = [...waiting()];
  }
  return all;
}

/** Sends frames so, waits until nothing more is seen of them for `patience` rounds of 30 ms, and returns where each was seen. */
export async function followFrames(
  watch: Capture,
  frames: readonly Sending[],
  { numbers, patience }: { readonly numbers: { next: number }; readonly patience: number },
): Promise<readonly (readonly Sighting[])[]> {
  const before = watch.sightings.length;
  const sent = await sendAll(watch, frames, numbers);
  const ours = (): readonly Sighting[] => watch.sightings.slice(before);
  let count = -1;
  let quiet = 0;
  await until(
    () => {
      quiet = ours().length === count ? quiet + 1 : 0;
      count = ours().length;
      return quiet === patience || count > 100 * frames.length;
    },
    { interval: 30 },
  );
  const byNumber = Map.groupBy(ours(), ({ number }) => number);
  return sent.map((number) => byNumber.get(number) ?? []);
}

interface Network {
  readonly namespace: string;
  readonly hosts: readonly LabHost[];
  readonly links: readonly LabLink[];
}

/** Sends frames from hosts, and collects where they are seen at the ports of the switches. */
export interface Capture {
  readonly sightings: readonly Sighting[];
  send(host: string, number: number, frame: Uint8Array): void;
  stop(): void;
}

function start(
  namespace: string,
  program: string,
  onLine: (line: string) => void,
): {
  readonly ready: Promise<void>;
  readonly write: (text: string) => void;
  readonly stop: () => void;
} {
  const argv = ["netns", "exec", namespace, "python3", "-u", "-c", program];
  const child = spawn("ip", argv, { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, PATH: searchPath } });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let rest = "";
  child.once("exit", () => reject(new Error(`${namespace}: the program ended`)));
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines)
      if (line === "ready") resolve();
      else onLine(line);
  });
  return {
    ready: promise,
    write: (text) => void child.stdin.write(text),
    stop: () => void child.kill("SIGKILL"),
  };
}

/** Starts a capture, and the programs that send. `routers`: MACs with which hosts forward what others sent. */
export async function capture(
  { namespace, hosts, links }: Network,
  routers: ReadonlySet<string> = new Set(),
): Promise<Capture> {
  const forwarding = new Set([...routers].map((mac) => mac.replaceAll(":", "")));
  await must(["ip", "netns", "exec", namespace, "true"]);
  const ports = new Map([
    ...hosts.map((one): [string, string] => [one.portName, `${one.switch}:${one.port}`]),
    ...links.flatMap((one): [string, string][] => [
      [one.fromPortName, `${one.from}:${one.fromPort}`],
      [one.toPortName, `${one.to}:${one.toPort}`],
    ]),
  ]);
  const sightings: Sighting[] = [];
  const sources = new Map<number, string>();
  const watch = start(namespace, CAPTURE, (line) => {
    const [name, kind, source, number] = line.split(" ") as [string, string, string, string];
    const at = ports.get(name);
    if (at === undefined || (sources.get(Number(number)) !== source && !forwarding.has(source))) return;
    sightings.push({ number: Number(number), at, isIn: kind !== "4" });
  });
  const senders = new Map(hosts.map((one) => [one.name, start(one.namespace, SENDER, () => undefined)]));
  await Promise.all([watch.ready, ...[...senders.values()].map(({ ready }) => ready)]);
  return {
    sightings,
    send: (host, number, frame) => {
      const text = Buffer.from(frame).toString("hex");
      sources.set(number, text.slice(12, 24));
      senders.get(host)!.write(`${text}\n`);
    },
    stop: () => {
      for (const one of [watch, ...senders.values()]) one.stop();
    },
  };
}
