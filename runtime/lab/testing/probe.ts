/**
 * A flow of numbered datagrams between two hosts for as long as a test wants. It counts what was sent and what arrived,
 * so that a busy machine, which sends less and reads late, is not taken for a switch that drops. Run as a program it is
 * one end: `send ADDRESS PORT DATAGRAMS/S` or `receive ADDRESS PORT`; it prints its count for each line that it reads.
 */
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { searchPath } from "../../process/command.ts";
import type { Lab } from "../lab.ts";
import { until } from "../until.ts";

const program = fileURLToPath(import.meta.url);

export interface Probed {
  readonly sent: number;
  readonly arrived: number;
}

/** Milliseconds in which the last datagrams arrive, or are lost. */
const LAST = 3_000;
/** The most datagrams at once, of a sender that did not get its turn for long. */
const BURST = 20;

class Probe {
  readonly #sender: ProbeEnd;
  readonly #receiver: ProbeEnd;

  constructor(sender: ProbeEnd, receiver: ProbeEnd) {
    this.#sender = sender;
    this.#receiver = receiver;
  }

  /** So far; what is on its way counts as sent. */
  async count(): Promise<Probed> {
    const arrived = await this.#receiver.count();
    return { arrived, sent: await this.#sender.count() };
  }

  /** Ends the flow, and waits for its last datagrams. */
  async end(): Promise<Probed> {
    const sent = await this.#sender.end();
    await until(async () => (await this.#receiver.count()) >= sent, { patience: LAST });
    return { sent, arrived: await this.#receiver.end() };
  }
}

/** Starts a flow; it ends with the test. */
export async function startProbe(
  t: { teardown(end: () => void): void },
  lab: Lab,
  from: string,
  to: string,
  { port, perSecond = 100 }: { readonly port: number; readonly perSecond?: number },
): Promise<Probe> {
  const place = (name: string) => lab.hosts.find((host) => host.name === name)!;
  const { ip, namespace } = place(to);
  const receiver = new ProbeEnd(t, namespace, ["receive", ip, `${port}`]);
  await receiver.count();
  const sender = new ProbeEnd(t, place(from).namespace, ["send", ip, `${port}`, `${perSecond}`]);
  await sender.count();
  return new Probe(sender, receiver);
}

/** One end in its namespace. */
class ProbeEnd {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  constructor(t: { teardown(end: () => void): void }, namespace: string, words: readonly string[]) {
    this.#child = spawn("ip", ["netns", "exec", namespace, process.execPath, program, ...words], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, PATH: searchPath },
    });
    this.#child.stderr.resume();
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    t.teardown(() => void this.#child.kill());
  }

  async count(): Promise<number> {
    this.#child.stdin.write("count\n");
    const { value } = await this.#lines.next();
    return Number(value);
  }

  async end(): Promise<number> {
    this.#child.stdin.end("end\n");
    const { value } = await this.#lines.next();
    await once(this.#child, "close");
    return Number(value);
  }
}

/** Runs one end until it reads `end`. */
function run([role, address, port, rate]: readonly string[]): void {
  let count = 0;
  const socket = createSocket({ type: "udp4", recvBufferSize: 2 ** 21 }).on("error", () => undefined);
  const answer = (): void => {
    createInterface({ input: process.stdin })
      .on("line", (line) => {
        process.stdout.write(`${count}\n`, () => {
          if (line === "end") process.exit();
        });
        if (line === "end") clearInterval(timer);
      })
      .on("close", () => process.exit());
  };
  let timer: NodeJS.Timeout | undefined;
  if (role === "receive") socket.on("message", () => void count++).bind(Number(port), address, answer);
  else
    socket.connect(Number(port), address, () => {
      const begin = performance.now();
      let missed = 0;
      timer = setInterval(() => {
        const owed = Math.floor(((performance.now() - begin) / 1000) * Number(rate)) - missed - count;
        missed += Math.max(0, owed - BURST);
        for (let i = Math.min(owed, BURST); i > 0; i--) {
          count++;
          socket.send(Buffer.alloc(64));
        }
      }, 5);
      answer();
    });
}

if (process.argv[1] === program) run(process.argv.slice(2));
