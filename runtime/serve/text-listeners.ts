/**
 * Where the text protocol is spoken: a unix socket, TCP, and TLS. All connections share the same bounds, on whatever
 * transport they come in.
 */
import { chmodSync, lchownSync, statSync } from "node:fs";
import { createServer, type AddressInfo, type Server as Listener, type Socket } from "node:net";
import { dirname } from "node:path";
import { setImmediate as turn, setTimeout as pause } from "node:timers/promises";
import { createServer as createTlsServer, type Server as TlsListener } from "node:tls";
import type { ListenAddress } from "./address.ts";
import {
  followRevoked,
  forgetFaults,
  shownOn,
  tlsOptions,
  whenRevoked,
  type ClientNames,
} from "./client-certificates.ts";
import type { Spoken } from "./conversation.ts";
import { ConnectionPlaces } from "./listening/connection-places.ts";
import type { UnixUser } from "./listening/unix-users.ts";
import { SpeakerGone } from "./service.ts";
import { printable } from "#compiler/diagnostics/text.ts";
import { failureReason } from "../session/index.ts";
import { clearSocket, ELSEWHERE, NoListening } from "./socket-path.ts";
import { converse, TEXT_BOUNDS, type TextBounds, type TextHost } from "./text-connection.ts";

export interface TextListenersHost extends Pick<TextHost, "login"> {
  /** Whether it is a user's name. */
  readonly isUser: (name: string) => boolean;
  /** Calls back once a user is removed; what is returned is called where the connection is over before. */
  readonly whenUserRemoved: (name: string, end: () => void) => () => void;
  /** Calls back once a token is taken away; what is returned is called where the connection is over before. */
  readonly whenRemoved: (token: string, end: () => void) => () => void;
  readonly say: (spoken: Spoken) => ReturnType<TextHost["say"]>;
}

export interface CrowdBounds {
  /** The most connections at a time, of all and of one speaker. */
  readonly connections: number;
  readonly ofSpeaker: number;
  /** The most connections of one address that are not logged in. */
  readonly ofPeer: number;
}

const CROWD: CrowdBounds = { connections: 1_000, ofSpeaker: 64, ofPeer: 64 };

const TOO_MANY = "there are too many connections";
const NOT_LOGGED_IN = `${TOO_MANY}, and this one was not logged in`;

/** Milliseconds that clients have to read the last answers of a server that ends. */
const TO_READ = 1_000;

export class TextListeners {
  readonly #host: TextListenersHost;
  readonly #bounds: TextBounds & CrowdBounds;
  readonly #listeners: Listener[] = [];
  readonly #sockets = new Set<Socket>();
  /** Where words are exchanged: of TLS not the connection, but what is read and written inside of it. */
  readonly #streams = new Set<Socket>();
  readonly #places: ConnectionPlaces;
  /** Connections that are logged in, by speaker. */
  readonly #speakers = new Map<string, number>();

  constructor(host: TextListenersHost, bounds: Partial<TextBounds & CrowdBounds> = {}) {
    this.#host = host;
    this.#bounds = { ...TEXT_BOUNDS, ...CROWD, ...bounds };
    const { connections: all, ofPeer } = this.#bounds;
    this.#places = new ConnectionPlaces({ all, ofPeer });
  }

  /**
   * Listens on a socket of this machine.
   *
   * @throws {NoListening} Another process listens there, or the path is of something else.
   * @param mode Who may open it: 0o660 is its owner and its group.
   * @param owner Whose it is: that user of this machine opens it, and speaks without a token. Absent: everybody has one.
   */
  async listenAt(path: string, mode: number, owner?: UnixUser): Promise<void> {
    await clearSocket(path);
    const listener = createServer({ allowHalfOpen: true }, (socket) => {
      if (this.#enter(socket, false)) this.#converse(socket, "unix", undefined, owner?.user);
    });
    // Until the mode is set its owner alone may open it.
    const before = process.umask(0o177);
    try {
      await this.#listen(listener, { path });
    } catch (error) {
      // Node says of a folder that is missing that access is denied.
      const isFolder = statSync(dirname(path), { throwIfNoEntry: false })?.isDirectory() ?? false;
      const reason = isFolder ? failureReason(error as Error) : `there is no folder ${dirname(path)}`;
      throw new NoListening(`no socket can be made at ${path}: ${reason}`, ELSEWHERE);
    } finally {
      process.umask(before);
    }
    if (owner === undefined) chmodSync(path, mode);
    else give(path, owner);
  }

  /** Listens on a port, which it returns. */
  async listenOn({ host, port, tls }: ListenAddress): Promise<number> {
    const listener =
      tls === undefined
        ? createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
            if (this.#enter(socket, false)) this.#converse(socket, "tcp");
          })
        : createTlsServer({
            ...tlsOptions(tls),
            allowHalfOpen: true,
            noDelay: true,
            minVersion: "TLSv1.2",
            handshakeTimeout: this.#bounds.login,
          });
    if (tls !== undefined) {
      // Connections count from their first byte: a handshake costs more than what follows.
      listener.prependListener("connection", (socket) => void this.#enter(socket, true));
      listener.on("secureConnection", forgetFaults);
      listener.on("secureConnection", (socket: Socket) => this.#converse(socket, "tls", tls.clients));
      followRevoked(listener as TlsListener, tls);
      // A handshake that fails is no fault of ours.
      listener.on("tlsClientError", (_: Error, socket: Socket) => void socket.destroy());
    }
    await this.#listen(listener, { host, port });
    return (listener.address() as AddressInfo).port;
  }

  /** Takes no connection any more. */
  close(): void {
    for (const one of this.#listeners) one.close();
  }

  /** Ends all connections once nothing is decided any more. Clients have a second to read their last answers. */
  async end(reason = "the server was stopped"): Promise<void> {
    // The replies to what was decided are written first.
    await turn();
    const gone = [...this.#streams].map(
      (stream) => new Promise<void>((resolve) => stream.once("close", () => resolve())),
    );
    for (const stream of this.#streams) if (!stream.writableEnded) stream.end(`error: ${printable(reason)}\n`);
    await Promise.race([Promise.all(gone), pause(TO_READ, undefined, { ref: false })]);
  }

  async stop(): Promise<void> {
    const closed = this.#listeners.map((one) => new Promise<void>((resolve) => one.close(() => resolve())));
    for (const socket of this.#sockets) socket.destroy();
    // Those that lost their place are still given a second to read why.
    for (const stream of this.#streams) stream.destroy();
    await Promise.all(closed);
  }

  async #listen(listener: Listener, where: { path: string } | { host: string; port: number }): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      // Also later: a connection that the system cannot hand over is no reason to end.
      listener.on("error", reject).listen(where, resolve);
    });
    this.#listeners.push(listener);
  }

  /** Gives a connection a place until it is logged in; false, and its end, if all are of speakers. */
  #enter(socket: Socket, isTls: boolean): boolean {
    const end = (stream: Socket | undefined): void => {
      this.#sockets.delete(socket);
      if (stream === undefined) socket.destroy();
      else refuse(stream, NOT_LOGGED_IN);
    };
    if (!this.#places.enter(socket, end)) {
      refuse(socket, isTls ? undefined : TOO_MANY);
      return false;
    }
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    return true;
  }

  #converse(socket: Socket, via: string, clients?: ClientNames, owner?: string): void {
    const user = (): string | undefined => userOn(socket, clients);
    this.#streams.add(socket);
    socket.once("close", () => this.#streams.delete(socket));
    this.#places.speak(socket);
    /** Whether a certificate, or whose socket it is, says who speaks. */
    let isShown = false;
    void converse(socket, {
      login: (name, token) => {
        // Its place was given away, and what it still says is not heard.
        if (!this.#places.has(socket)) throw new Error(NOT_LOGGED_IN);
        const shown = token === undefined ? (owner ?? user()) : undefined;
        isShown = shown === name;
        const speaker = isShown ? name : this.#host.login(name, token);
        if (speaker === undefined && shown !== undefined)
          throw new Error(`without a token you are ${printable(shown)} here, and not ${printable(name)}`);
        if (speaker === undefined) return undefined;
        if (!this.#host.isUser(speaker)) throw new Error(`there is no user ${printable(speaker)} any more`);
        this.#count(speaker, socket);
        this.#places.regard(socket, "used");
        socket.once(
          "close",
          this.#host.whenUserRemoved(speaker, () => cutOff(socket, "the user was removed")),
        );
        if (token !== undefined)
          socket.once(
            "close",
            this.#host.whenRemoved(token, () => cutOff(socket, "the token was taken away")),
          );
        if (isShown) whenRevoked(socket, clients, (why) => cutOff(socket, refusedFor(why)));
        return speaker;
      },
      say: (said) => {
        // A certificate may expire while it is spoken.
        try {
          if (isShown) user();
        } catch (error) {
          cutOff(socket, (error as Error).message);
          return Promise.reject(new SpeakerGone("it is gone"));
        }
        return this.#host.say({ ...said, via });
      },
      bounds: this.#bounds,
    });
  }

  /** Counts a speaker's connection until it ends; throws, for the client to read, if there are too many. */
  #count(speaker: string, socket: Socket): void {
    const open = this.#speakers.get(speaker) ?? 0;
    const { ofSpeaker } = this.#bounds;
    if (open >= ofSpeaker) throw new Error(`one speaker has at most ${ofSpeaker} connections`);
    this.#speakers.set(speaker, open + 1);
    socket.once("close", () => {
      const left = this.#speakers.get(speaker)! - 1;
      if (left === 0) this.#speakers.delete(speaker);
      else this.#speakers.set(speaker, left);
    });
  }
}

/** Gives a socket, which nobody else may open, to a user of this machine. */
function give(path: string, { name, uid }: UnixUser): void {
  if (uid === process.getuid?.()) return;
  try {
    // A link that somebody has put there is not followed.
    lchownSync(path, uid, -1);
  } catch (error) {
    throw new NoListening(
      `${path} cannot be given to ${name}: ${failureReason(error as Error)}`,
      "start the server as root, who may give files away, or leave --unix-user out",
    );
  }
}

/** One line, if there is any to say, and the end. Half of a connection is one too many as well. */
function refuse(socket: Socket, reason: string | undefined): void {
  socket.on("error", () => socket.destroy());
  if (reason === undefined) {
    socket.destroy();
    return;
  }
  socket.end(`error: ${reason}\n`);
  socket.resume();
  setTimeout(() => socket.destroy(), 1_000).unref();
}

/** The user whom a certificate names. Throws, for the client to read, where it is not in order. */
function userOn(socket: Socket, clients: ClientNames | undefined): string | undefined {
  const shown = shownOn(socket, clients);
  if (shown !== undefined && "refused" in shown) throw new Error(refusedFor(shown.refused));
  return shown?.user;
}

const refusedFor = (why: string): string => `your certificate is refused: ${why}`;

/** A speaker who is not admitted any more says nothing. The connection is not ended in peace: its other half could go on. */
function cutOff(socket: Socket, why: string): void {
  if (!socket.writableEnded && !socket.destroyed) socket.write(`error: ${why}\n`);
  socket.destroy();
}
