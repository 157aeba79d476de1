/**
 * A real switch behind a relay that refuses bundles as a switch without them does. Each barrier's answer waits for
 * `atBarrier`, so that a test can look at the switch after every stage.
 */
import { connect, type Socket } from "node:net";
import type { ExecutionContext } from "ava";
import { decode, Framer } from "../../openflow/index.ts";
import { listen, say } from "./peer.ts";

/** BAD_REQUEST, BAD_EXPERIMENTER. */
const UNKNOWN = { errorType: 1, code: 3, data: new Uint8Array(0) } as const;

/** Gives the target of a relay to the switch at `target` (`unix:PATH`). */
export function withoutBundles(t: ExecutionContext, target: string, atBarrier: () => Promise<void>): Promise<string> {
  return listen(t, (client) => {
    const device = connect({ path: target.slice("unix:".length) });
    device.on("error", () => client.destroy()).on("close", () => client.end());
    client.on("close", () => device.destroy());
    relay(client, (frame) => {
      const message = decode(frame);
      if (message.type === "bundle_control" || message.type === "bundle_add")
        say(client, { type: "error", xid: message.xid, ...UNKNOWN });
      else device.write(frame);
      return Promise.resolve();
    });
    relay(device, async (frame) => {
      if (decode(frame).type === "barrier_reply") await atBarrier();
      client.write(frame);
    });
  });
}

/** Passes frames on in order: each one waits for the one before. */
function relay(socket: Socket, pass: (frame: Uint8Array) => Promise<void>): void {
  const framer = new Framer();
  let last = Promise.resolve();
  socket.on("data", (chunk: Uint8Array) => {
    for (const frame of framer.push(chunk)) last = last.then(() => pass(frame)).catch(() => void socket.destroy());
  });
}
