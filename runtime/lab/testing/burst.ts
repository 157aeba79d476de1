/**
 * Sends many raw frames at once. One program with a socket on each host's interface sends them, each with its number in
 * its last bytes, and reports which hosts received which. It does not wait for a fixed time. After every few frames it
 * sends a marker, which an entry of its own always passes. A frame that has not arrived before two markers was dropped.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { LabHost } from "../topology.ts";

/** A frame and the host that sends it. */
export interface SentFrame {
  readonly from: string;
  readonly bytes: readonly number[];
}

/** Passes markers to all hosts, above all other entries. */
export const MARKER_ENTRY = "table=0,priority=65535,dl_src=02:00:00:00:00:fe,dl_type=0x88b6 actions=ALL";

/**
 * The program that sends and receives. All its sockets are in one process on one processor, so that frames keep their
 * order. The number of a frame follows the letters `glazier#`. A marker follows each sixteen frames, which never fill
 * the buffers of the switch's sockets.
 */
const PROGRAM = `
import ctypes, json, os, select, socket, struct, sys, time
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
libc, sockets = ctypes.CDLL(None, use_errno=True), []
for name in sys.argv[1:]:
    space = os.open("/var/run/netns/" + name, os.O_RDONLY)
    if libc.setns(space, 0x40000000) != 0:
        raise OSError(ctypes.get_errno(), "setns")
    one = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    one.setsockopt(socket.SOL_SOCKET, 33, 1 << 24)
    one.bind(("eth0", 0))
    one.setblocking(False)
    sockets.append(one)
HEAD = bytes.fromhex("ffffffffffff0200000000fe88b6") + bytes(34)
marks = 0
def read(host, seen):
    while True:
        try:
            data, address = sockets[host].recvfrom(4096)
        except BlockingIOError:
            return
        if address[2] != 4 and data[-12:-4] == b"glazier#":
            seen.setdefault(struct.unpack(">I", data[-4:])[0], []).append(host)
def mark(sender, seen):
    global marks
    marks += 1
    number = 0x80000000 + marks
    sockets[sender].send(HEAD + b"glazier#" + struct.pack(">I", number))
    end = time.monotonic() + 20
    while len(seen.get(number, [])) < len(sockets) - 1:
        if time.monotonic() > end:
            sys.exit("a marker of %s did not come back" % sys.argv[1 + sender])
        select.select([one for one in sockets], [], [], 1)
        for host in range(len(sockets)):
            read(host, seen)
for line in sys.stdin:
    frames, seen, last = json.loads(line), {}, None
    for number, (sender, data) in enumerate(frames):
        if last is not None and (sender != last or number % 16 == 0):
            mark(last, seen)
        last = sender
        sockets[sender].send(bytes.fromhex(data) + b"glazier#" + struct.pack(">I", number))
    if last is not None:
        mark(last, seen)
        mark(last, seen)
    print(json.dumps([sorted(seen.get(number, [])) for number in range(len(frames))]), flush=True)
`;

const SHORTEST = 60;
const MARK = 12;

/** The running program, with a socket on the interface of each host. */
export class Burst {
  readonly #hosts: readonly LabHost[];
  readonly #process: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  #complaint = "";

  constructor(hosts: readonly LabHost[]) {
    this.#hosts = hosts;
    this.#process = spawn("python3", ["-c", PROGRAM, ...hosts.map(({ namespace }) => namespace)]);
    this.#answers = createInterface({ input: this.#process.stdout! })[Symbol.asyncIterator]();
    this.#process.stderr!.setEncoding("utf8").on("data", (text: string) => (this.#complaint += text));
    this.#process.stdin!.on("error", () => undefined);
  }

  /** Sends frames. Returns for each the names of the hosts that received it, a host once for each copy. */
  async send(frames: readonly SentFrame[]): Promise<readonly (readonly string[])[]> {
    const lines = frames.map(({ from, bytes }) => {
      const padded = [...bytes, ...Array<number>(Math.max(0, SHORTEST - MARK - bytes.length)).fill(0)];
      return [this.#hosts.findIndex(({ name }) => name === from), Buffer.from(padded).toString("hex")];
    });
    this.#process.stdin!.write(`${JSON.stringify(lines)}\n`);
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error(`the sender of frames has ended: ${this.#complaint}`);
    return (JSON.parse(value) as number[][]).map((heard) => heard.map((host) => this.#hosts[host]!.name));
  }

  close(): void {
    this.#process.stdin!.end();
  }
}
