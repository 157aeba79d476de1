/**
 * One end of a measured stream, run inside a host's namespace: `send udp|tcp ADDRESS PORT BIT/S SECONDS BYTES` or
 * `receive udp|tcp ADDRESS PORT`. The receiver counts payload in slices of the clock, which both ends share, and prints
 * the slices when its standard input ends.
 */
import { createSocket } from "node:dgram";
import { connect, createServer } from "node:net";
import { SLICE, type Slices } from "./slices.ts";

/** Milliseconds between two bursts of a paced sender. */
const PACE = 2;
/** The most datagrams at once: a sender that was not scheduled for long does not send all that it missed. */
const BURST = 100;

const [role, protocol, address = "", port = "", rate = "", seconds = "", size = ""] = process.argv.slice(2);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

function receive(): void {
  const slices: Record<number, number> = {};
  const count = (bytes: number): void => {
    const slice = Math.floor(Date.now() / SLICE);
    slices[slice] = (slices[slice] ?? 0) + bytes;
  };
  if (protocol === "udp") {
    const socket = createSocket({ type: "udp4", recvBufferSize: 2 ** 21 });
    socket.on("message", ({ length }) => count(length));
    socket.bind(Number(port), address, () => say("listening"));
  } else {
    const server = createServer((socket) => {
      socket.on("data", ({ length }) => count(length)).on("error", () => undefined);
    });
    server.listen(Number(port), address, () => say("listening"));
  }
  process.stdin.resume().on("end", () => {
    say(JSON.stringify(slices satisfies Slices));
    process.stdout.end(() => process.exit());
  });
}

/** Sends datagrams at the rate. */
function sendDatagrams(): void {
  const socket = createSocket("udp4");
  const payload = Buffer.alloc(Number(size));
  socket.on("error", () => undefined);
  socket.connect(Number(port), address, () => {
    const start = performance.now();
    let sent = 0;
    say(`started ${Date.now()}`);
    setInterval(() => {
      const owed = Math.floor((((performance.now() - start) / 1000) * Number(rate)) / (8 * payload.length));
      for (sent = Math.max(sent, owed - BURST); sent < owed; sent++) socket.send(payload);
    }, PACE);
  });
}

/** Sends as fast as the connection takes it. */
function sendBytes(): void {
  const payload = Buffer.alloc(2 ** 16);
  const socket = connect(Number(port), address);
  const fill = (): void => {
    while (socket.write(payload));
  };
  socket.on("connect", fill).on("drain", fill);
  // A connection that cannot be made is a stream of nothing.
  socket.on("error", () => undefined);
  say(`started ${Date.now()}`);
}

if (role === "receive") receive();
else {
  if (protocol === "udp") sendDatagrams();
  else sendBytes();
  setTimeout(() => process.exit(), Number(seconds) * 1000);
}
