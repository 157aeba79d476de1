/** The listener below the routes: bounds on connections, headers and time, and a sentence beyond each. */
import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { ListenKeys } from "../address.ts";
import type { ConnectionPlaces } from "../listening/connection-places.ts";
import { followRevoked, forgetFaults, tlsOptions } from "../client-certificates.ts";
import { HttpRefusal, rawRefusal } from "./refusal.ts";

export interface HttpBounds {
  /** The most connections at a time. */
  readonly connections: number;
  /** Milliseconds until the headers of a request must have come, and until all of it. */
  readonly headers: number;
  readonly request: number;
  /** Milliseconds that a connection may be silent: between requests, and within one. */
  readonly idle: number;
  readonly silent: number;
}

export const HTTP_BOUNDS: HttpBounds = {
  connections: 1_000,
  headers: 5_000,
  request: 10_000,
  idle: 30_000,
  silent: 60_000,
};

/** Milliseconds that a client which is refused has to read why. */
const LAST_READING = 1_000;

/** The most bytes of the headers of a request. */
const MOST_OF_HEADERS = 16_384;

/** @param places Those of its connections: who asks says which are in use. */
export function listenerOf(
  handler: RequestListener,
  bounds: HttpBounds,
  tls: ListenKeys | undefined,
  places: ConnectionPlaces,
): Server {
  const options = {
    maxHeaderSize: MOST_OF_HEADERS,
    headersTimeout: bounds.headers,
    requestTimeout: bounds.request,
    keepAliveTimeout: bounds.idle,
    connectionsCheckingInterval: Math.min(1_000, bounds.headers),
    // Node itself would refuse one without a word.
    requireHostHeader: false,
  };
  const listener: RequestListener = (request, response) => {
    if (!places.has(request.socket)) request.socket.destroy();
    else if (request.httpVersion === "1.1" && request.headers.host === undefined) refuseRead(response, NO_HOST);
    else handler(request, response);
  };
  const server =
    tls === undefined
      ? createServer(options, listener)
      : createTlsServer({ ...options, ...tlsOptions(tls), handshakeTimeout: bounds.headers }, listener);
  if (tls !== undefined) {
    server.prependListener("secureConnection", forgetFaults);
    followRevoked(server as TlsServer, tls);
  }
  server.setTimeout(bounds.silent);
  server.on("checkExpectation", (_, response: ServerResponse) => refuseRead(response, NO_EXPECTATION));
  server.on("connect", (_, socket) => {
    // A peer that is gone is no fault of ours.
    socket.on("error", () => socket.destroy());
    socket.end(rawRefusal(new HttpRefusal("no-method", "this is no proxy")));
    letGo(socket);
  });
  return bounded(server, places, tls === undefined);
}

/** Takes no more connections than there are places. */
function bounded(server: Server, places: ConnectionPlaces, isPlain: boolean): Server {
  const accept = server.listeners("connection");
  server.removeAllListeners("connection");
  server.prependListener("secureConnection", (stream: Socket) => places.speak(stream));
  return server.on("connection", (socket: Socket) => {
    if (!places.enter(socket, (stream) => evict(socket, stream))) {
      refuse(socket, isPlain);
      return;
    }
    if (isPlain) places.speak(socket);
    for (const one of accept) one.call(server, socket);
  });
}

/** Ends a connection that lost its place. What it still sends is not read: it hears that nothing of it was answered. */
function evict(socket: Socket, stream: Socket | undefined): void {
  socket.on("error", () => socket.destroy());
  // Behind what is not read yet no other word would be.
  if (stream !== undefined && !stream.destroyed && stream.writableLength === 0) {
    stream.write(rawRefusal(NO_PLACE));
    stream.destroySoon();
    if (stream.writableLength === 0) return;
  }
  socket.destroy();
}

function refuse(socket: Socket, isPlain: boolean): void {
  // A peer that is gone is no fault of ours.
  socket.on("error", () => socket.destroy());
  if (!isPlain) socket.destroy();
  else {
    socket.end(rawRefusal(ALL_USED));
    letGo(socket);
  }
}

/** A client that has its last answer need not end its half: it has a second to read, and then its place is free. */
function letGo(socket: Duplex): void {
  socket.resume();
  setTimeout(() => socket.destroy(), LAST_READING).unref();
}

/** Answers a request that no route gets to see. */
function refuseRead(response: ServerResponse, refusal: HttpRefusal): void {
  const body = JSON.stringify(refusal.body);
  const headers = {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    connection: "close",
  };
  response.writeHead(refusal.status, headers).end(body);
}

/** Answers a connection on which no request could be read. */
export function refuseUnread(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  socket.on("error", () => socket.destroy());
  socket.end(rawRefusal(UNREAD.get(error.code) ?? NO_HTTP));
  letGo(socket);
}

const UNREAD: ReadonlyMap<string | undefined, HttpRefusal> = new Map([
  [
    "HPE_HEADER_OVERFLOW",
    new HttpRefusal("large-headers", `the headers of a request have at most ${MOST_OF_HEADERS} bytes`),
  ],
  ["ERR_HTTP_REQUEST_TIMEOUT", new HttpRefusal("too-slow", "the request did not come in time")],
]);
const ALL_USED = new HttpRefusal("too-busy", "there are too many connections");
const NO_PLACE = new HttpRefusal(
  "too-busy",
  "there are too many connections, and on this one no whole request had come",
);
const NO_HOST = new HttpRefusal("malformed", "a request names its host");
const NO_EXPECTATION = new HttpRefusal("malformed", "nothing may be expected but `100-continue`");
const NO_HTTP = new HttpRefusal("malformed", "this is not a request of HTTP");
