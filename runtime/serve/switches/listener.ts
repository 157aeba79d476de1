/**
 * Switches that connect to us. The policy says which are expected: a connection counts for the switch whose datapath id
 * it shows, and any other is refused. Of two connections with one datapath id the older one stays if it answers: a
 * switch that was cut off comes back, and a second one with its id takes nothing from it.
 */
import { once } from "node:events";
import { createServer, type AddressInfo, type Server as Listener, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { connectionRefused } from "#compiler/diagnostics/codes/runtime.ts";
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import { failureReason, Session, SessionFault, type SessionOptions, type TlsKeys } from "../../session/index.ts";
import { ConnectionPlaces } from "../listening/connection-places.ts";
import { Troubles } from "./troubles.ts";

/** A switch that connects to us. */
export interface DiallingSwitch {
  readonly kind: "dials";
  /** Its name in the policy. */
  readonly name: string;
  /** Its next connection; undefined: `signal` has fired before. */
  next(signal: AbortSignal): Promise<Session | undefined>;
}

/** Where switches are awaited. */
export interface SwitchAddress {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Our certificate and key, and the authority that signs those of switches; absent: without TLS. */
  readonly tls?: Pick<TlsKeys, "ca" | "cert" | "key"> | undefined;
}

export interface SwitchListenerOptions {
  /** Datapath id, in sixteen hexadecimal digits → the name of an expected switch. */
  readonly expected: ReadonlyMap<string, string>;
  /** Called with the reason for which a connection is refused, where that is new. */
  readonly refused: (fault: Diagnostic) => void;
  readonly session?: SessionOptions | undefined;
  /** Milliseconds that the older of two connections has to answer. */
  readonly patience?: number;
}

/** The most connections at a time: those of switches, and those that are not known to be one yet. */
const MOST_CONNECTIONS = 1_024;
/** The most of them that are not known to be a switch: the oldest makes room for another. */
const MOST_STRANGERS = 128;
/** Milliseconds for the handshake of TLS. */
const TO_GREET = 5_000;
const PATIENCE = 2_000;
/** The most datapath ids whose refusal is told. */
const MOST_TOLD = 256;

export class SwitchListener {
  readonly #options: SwitchListenerOptions;
  readonly #listeners: Listener[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #places = new ConnectionPlaces({ all: MOST_CONNECTIONS, strangers: MOST_STRANGERS });
  /** The connection of each switch, by its name, while it lasts. */
  readonly #sessions = new Map<string, Session>();
  /** Those of them that were not asked for yet. */
  readonly #unclaimed = new Map<string, Session>();
  readonly #claims = new Map<string, (session: Session) => void>();
  /** What is done about the last connection of each switch: the next one waits for it. */
  readonly #turns = new Map<string, Promise<void>>();
  readonly #refusals = new Troubles<string>();
  readonly #told = new Set<string>();

  constructor(options: SwitchListenerOptions) {
    this.#options = options;
  }

  /** Awaits switches at an address; returns its port. */
  async listen({ host, port, tls }: SwitchAddress): Promise<number> {
    const listener =
      tls === undefined
        ? createServer({ noDelay: true }, (socket) => void this.#meet(socket, "tcp"))
        : createTlsServer(
            {
              ...(tls as Record<"ca" | "cert" | "key", string | Buffer>),
              requestCert: true,
              // What is not trusted is told before it is ended.
              rejectUnauthorized: false,
              noDelay: true,
              minVersion: "TLSv1.2",
              handshakeTimeout: TO_GREET,
            },
            (socket) => {
              if (socket.authorized) void this.#meet(socket, "tls");
              else this.#distrust(socket, String(socket.authorizationError));
            },
          );
    // A handshake of TLS counts from its first byte.
    listener.prependListener("connection", (socket) => this.#enter(socket));
    listener.on("tlsClientError", (error: Error, socket: Socket) => {
      this.#distrust(socket, failureReason(error));
    });
    listener.listen(port, host);
    await once(listener, "listening");
    this.#listeners.push(listener);
    return (listener.address() as AddressInfo).port;
  }

  /** A switch that is expected, by its name. */
  of(name: string): DiallingSwitch {
    return { kind: "dials", name, next: (signal) => this.#next(name, signal) };
  }

  async close(): Promise<void> {
    const closed = this.#listeners.map((one) => new Promise<void>((resolve) => one.close(() => resolve())));
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closed);
  }

  async #next(name: string, signal: AbortSignal): Promise<Session | undefined> {
    const ready = this.#unclaimed.get(name);
    this.#unclaimed.delete(name);
    if (ready?.fault === undefined && ready !== undefined) return ready;
    if (signal.aborted) return undefined;
    const { promise, resolve } = Promise.withResolvers<Session | undefined>();
    const end = (): void => resolve(undefined);
    signal.addEventListener("abort", end, { once: true });
    this.#claims.set(name, resolve);
    try {
      return await promise;
    } finally {
      signal.removeEventListener("abort", end);
      this.#claims.delete(name);
    }
  }

  #enter(socket: Socket): void {
    socket.on("error", () => undefined);
    if (!this.#places.enter(socket, () => socket.destroy())) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
  }

  #distrust(socket: Socket, reason: string): void {
    this.#tell("tls", placeOf(socket, "tls"), reason, NO_KEYS);
    socket.destroy();
  }

  /** Shakes hands with what has connected, and takes it for the switch that it shows itself to be. */
  async #meet(socket: Socket, scheme: "tcp" | "tls"): Promise<void> {
    const where = placeOf(socket, scheme);
    if (socket.destroyed) return;
    let session: Session;
    try {
      session = await Session.accept(socket, where, this.#options.session);
    } catch (fault) {
      if (!(fault instanceof SessionFault)) throw fault;
      const { code, message } = fault.diagnostic;
      this.#tell(code, where, message, NO_SWITCH);
      return;
    }
    const { datapath, auxiliary } = session.features;
    const dpid = datapath.toString(16).padStart(16, "0");
    const name = this.#options.expected.get(dpid);
    if (name === undefined)
      await this.#refuse(session, dpid, `no switch that is awaited has the datapath id ${dpid}`, unknownHelp(dpid));
    else if (auxiliary !== 0)
      await this.#refuse(session, dpid, `it is an auxiliary one of \`${name}\``, HELP_AUXILIARY);
    else {
      this.#places.regard(socket, "used");
      const turn = (this.#turns.get(name) ?? Promise.resolve()).then(() => this.#take(session, name, dpid));
      this.#turns.set(name, turn);
      await turn;
    }
  }

  async #take(session: Session, name: string, dpid: string): Promise<void> {
    const older = this.#sessions.get(name);
    if (older !== undefined && (await older.answers(this.#options.patience ?? PATIENCE))) {
      const reason = `\`${name}\` is connected from \`${older.target}\` already, and answers there`;
      await this.#refuse(session, dpid, reason, HELP_TWICE);
      return;
    }
    await older?.close();
    if (session.fault !== undefined) return;
    this.#sessions.set(name, session);
    void session.over.then(() => {
      if (this.#sessions.get(name) === session) this.#sessions.delete(name);
    });
    const claim = this.#claims.get(name);
    this.#claims.delete(name);
    if (claim === undefined) this.#unclaimed.set(name, session);
    else claim(session);
  }

  async #refuse(session: Session, about: string, reason: string, help: string): Promise<void> {
    this.#tell(about, session.target, reason, help);
    await session.close();
  }

  /** Tells of a refusal once for each datapath id: a switch connects again and again. */
  #tell(about: string, where: string, reason: string, help: string): void {
    if (!this.#told.has(about) && this.#told.size >= MOST_TOLD) return;
    this.#told.add(about);
    const fault = connectionRefused({ target: where, reason }, { help });
    if (this.#refusals.met(about, [fault])) this.#options.refused(fault);
  }
}

/** The address of the peer. Its port says nothing: it is another each time. */
function placeOf({ remoteAddress = "an address that is gone" }: Socket, scheme: "tcp" | "tls"): string {
  const address = remoteAddress.replace(/^::ffff:(?=[\d.]+$)/, "");
  return `${scheme}:${address.includes(":") ? `[${address}]` : address}`;
}

const unknownHelp = (dpid: string): string =>
  `if it belongs to the policy, say switch(NAME, "${dpid}") there, and start the server again; ` +
  "else take our address from its controllers: for Open vSwitch `ovs-vsctl del-controller BRIDGE`";
const HELP_TWICE =
  "each bridge needs a datapath id of its own: `ovs-vsctl set bridge BRIDGE other-config:datapath-id=DIGITS`";
const HELP_AUXILIARY = "the main connection is enough: take the auxiliary ones from the settings of the switch";
const NO_KEYS = "the switch must show a certificate that the authority of --switch-ca has signed";
const NO_SWITCH = "if it is a switch, it must speak OpenFlow 1.3; other programs connect to other ports";
