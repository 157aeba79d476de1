/**
 * Measures streams between hosts that run at the same time: the Mbit/s of payload that arrived of each. Receivers count
 * during the time in which all senders send. Nothing sleeps: the measurement ends when the senders end.
 */
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { searchPath } from "../process/command.ts";
import { throughput, type Slices } from "./slices.ts";

const program = fileURLToPath(new URL("stream.ts", import.meta.url));

/** One stream: datagrams at a rate, or a TCP connection at full speed. */
export interface Stream {
  readonly from: string;
  readonly to: string;
  readonly port: number;
  readonly protocol: "udp" | "tcp";
  /** In bit/s: the rate that is sent; for datagrams only. */
  readonly rate?: number;
  /** Bytes of payload in each datagram; with more than about 1,400 it is sent in fragments. */
  readonly size?: number;
}

export interface MeasureOptions {
  /** How long the senders send, in seconds. */
  readonly seconds?: number;
  /** Seconds at the beginning that do not count, since buckets start full and connections start slowly. */
  readonly skip?: number;
}

interface End {
  readonly namespace: string;
  readonly ip: string;
}

/** Starts one end of a stream; returns it with its first line. */
async function start(namespace: string, args: readonly string[]): Promise<readonly [Ended, string]> {
  const child = spawn("ip", ["netns", "exec", namespace, process.execPath, program, ...args], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, PATH: searchPath },
  });
  const ended = new Ended(child);
  return [ended, await ended.line()];
}

/** A child process with its lines and its end. */
class Ended {
  readonly child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #exit: Promise<unknown>;
  #words = "";

  constructor(child: ChildProcessWithoutNullStreams) {
    this.child = child;
    this.#exit = once(child, "close");
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    child.stderr.setEncoding("utf8").on("data", (text: string) => (this.#words += text));
    child.stdin.on("error", () => undefined);
  }

  async line(): Promise<string> {
    const { done, value } = await this.#lines.next();
    if (done !== true) return value;
    // Error output may come after the last line.
    await this.#exit;
    throw new Error(`a stream ended before it said a word: ${this.#words.trim()}`);
  }

  async end(): Promise<void> {
    this.child.kill();
    await this.#exit;
  }

  get exit(): Promise<unknown> {
    return this.#exit;
  }
}

/** The Mbit/s that arrived of each stream, in their order. `place` gives the namespace and address of a host. */
export async function measureStreams(
  place: (host: string) => End,
  streams: readonly Stream[],
  { seconds = 2.5, skip = 1 }: MeasureOptions = {},
): Promise<readonly number[]> {
  const all: Ended[] = [];
  const begin = async (namespace: string, ...args: string[]): Promise<readonly [Ended, string]> => {
    const started = await start(namespace, args);
    all.push(started[0]);
    return started;
  };
  try {
    const receivers = await Promise.all(
      streams.map(async ({ to, protocol, port }) => {
        const [end] = await begin(place(to).namespace, "receive", protocol, place(to).ip, String(port));
        return end;
      }),
    );
    const senders = await Promise.all(
      streams.map(({ from, to, protocol, port, rate = 0, size = 1400 }) => {
        const words = [protocol, place(to).ip, String(port), String(rate), String(seconds), String(size)];
        return begin(place(from).namespace, "send", ...words);
      }),
    );
    const starts = senders.map(([, line]) => Number(line.replace("started ", "")));
    await Promise.all(senders.map(([sender]) => sender.exit));
    const from = Math.max(...starts) + skip * 1000;
    const to = Math.min(...starts) + seconds * 1000;
    return await Promise.all(
      receivers.map(async (receiver) => {
        receiver.child.stdin.end();
        return throughput(JSON.parse(await receiver.line()) as Slices, from, to);
      }),
    );
  } finally {
    await Promise.all(all.map((one) => one.end()));
  }
}
