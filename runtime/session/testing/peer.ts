/** A peer on its own socket that behaves as a test wants: as a switch does, or in any other way. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import type { ExecutionContext } from "ava";
import { decode, encode, Framer, type MalformedFrame, type Message } from "../../openflow/index.ts";
import { ownHello } from "../hello.ts";

/** What the peer does when a client connects. */
export type Behaviour = (socket: Socket) => void;

/** Listens until the test ends, and gives the target. */
export async function listen(t: ExecutionContext, behaviour: Behaviour): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "glazier-peer-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "switch.sock");
  await serve(t, createServer(), behaviour, path);
  return `unix:${path}`;
}

/** The same over TLS on a free port of this host. */
export async function listenTls(t: ExecutionContext, options: TlsOptions, behaviour: Behaviour): Promise<string> {
  const server = createTlsServer(options);
  await serve(t, server, behaviour, 0);
  const address = server.address();
  return `tls:127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
}

async function serve(t: ExecutionContext, server: Server, behaviour: Behaviour, at: string | number): Promise<void> {
  const sockets = new Set<Socket>();
  server.on(at === 0 ? "secureConnection" : "connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    behaviour(socket);
  });
  server.on("tlsClientError", () => undefined);
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise<void>((resolve) => {
    if (typeof at === "string") server.listen(at, resolve);
    else server.listen(at, "127.0.0.1", resolve);
  });
}

/** Sends a message. */
export const say = (socket: Socket, message: Message): void => void socket.write(encode(message));

/** The features of our test switches. */
export const FEATURES = {
  datapath: 7n,
  buffers: 0,
  tables: 254,
  auxiliary: 0,
  capabilities: 0x4f,
  reserved: 0,
} as const;

/** A peer that shakes hands as a switch does, then answers with `answer`. */
export function behave(answer: (message: Message | MalformedFrame, socket: Socket) => void): Behaviour {
  return (socket) => {
    const framer = new Framer();
    say(socket, ownHello(1));
    socket.on("data", (chunk: Uint8Array) => {
      for (const frame of framer.push(chunk)) {
        const message = decode(frame);
        if (message.type === "hello") continue;
        if (message.type === "features_request") say(socket, { type: "features_reply", xid: message.xid, ...FEATURES });
        else answer(message, socket);
      }
    });
  };
}
