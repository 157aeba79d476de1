/**
 * A proxy in front of a switch. It forwards messages, can hold those that a test names until the test releases them,
 * and can answer that the switch has no bundles, or refuses a message. So two applies meet at the worst moment with a real switch behind.
 */
import { connect, type Socket } from "node:net";
import type { ExecutionContext } from "ava";
import { decode, encode, Framer, type Message } from "../../openflow/index.ts";
import { listen, say } from "../../session/testing/peer.ts";

export interface Proxy {
  /** The target for `apply`. */
  readonly target: string;
  /** Settles when the first message that is held has arrived. */
  readonly held: Promise<void>;
  /** Forwards the held message and all that follow. */
  release(): void;
}

export interface ProxyOptions {
  /** True for the first message to hold; all that follow it are held too. Absent: none is held. */
  readonly hold?: (message: Message) => boolean;
  /** False answers messages of bundles as a switch without bundles does. */
  readonly bundles?: boolean;
  /** False answers a request for the changes of others as a switch does that tells none. */
  readonly monitors?: boolean;
  /** Whether held messages are forwarded even after their sender has gone, as a network does. */
  readonly outlives?: boolean;
  /** Returns the type and code of the error with which the switch seems to refuse a message, which it does not get then. */
  readonly refuse?: (message: Message) => readonly [type: number, code: number] | undefined;
  /** Awaited before each message is forwarded to the switch. */
  readonly pause?: (message: Message) => Promise<void>;
}

/** Starts a proxy for the switch at `target` (`unix:PATH`); it stops when the test ends. */
export async function proxy(t: ExecutionContext, target: string, options: ProxyOptions = {}): Promise<Proxy> {
  const { hold, bundles = true, monitors = true, outlives = false, pause, refuse } = options;
  const held = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  let holding = hold !== undefined;
  const behaviour = (client: Socket): void => {
    const server = connect(target.slice("unix:".length));
    t.teardown(() => server.destroy());
    server.on("data", (chunk) => void (client.destroyed || client.write(chunk))).on("error", () => client.destroy());
    if (!outlives) client.on("close", () => server.destroy());
    client.on("error", () => client.destroy());
    const framer = new Framer();
    let waiting: Promise<void> = Promise.resolve();
    client.on("data", (chunk: Uint8Array) => {
      for (const frame of framer.push(chunk)) {
        const message = decode(frame) as Message;
        const isBundle = message.type === "bundle_control" || message.type === "bundle_add";
        const isMonitor = message.type === "multipart_request" && message.part.body.kind === "experimenter";
        if ((!bundles && isBundle) || (!monitors && isMonitor)) {
          // BAD_REQUEST, BAD_EXPERIMENTER.
          say(client, { type: "error", xid: message.xid, errorType: 1, code: 3, data: new Uint8Array(0) });
          continue;
        }
        const error = refuse?.(message);
        if (error !== undefined) {
          const [errorType, code] = error;
          say(client, { type: "error", xid: message.xid, errorType, code, data: new Uint8Array(0) });
          continue;
        }
        if (message.type === "echo_reply") {
          // Echoes are answered even while a test holds a message, because a switch ends a connection that answers none.
          server.write(encode(message));
          continue;
        }
        if (holding && hold!(message)) {
          holding = false;
          waiting = released.promise;
          held.resolve();
        }
        const bytes = encode(message);
        waiting = waiting.then(() => pause?.(message)).then(() => void server.write(bytes));
      }
    });
  };
  return { target: await listen(t, behaviour), held: held.promise, release: () => released.resolve() };
}
