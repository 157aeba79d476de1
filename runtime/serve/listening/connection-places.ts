/**
 * The places of connections that a listener has. Who is not known yet keeps nobody out: the oldest such connection makes
 * room for a new one, of the address that has most of them; where all are known, one that nothing is done for.
 */
import type { Socket } from "node:net";

/** What a connection is: of nobody known, of somebody for whom nothing is done at present, or in use. */
export type Regard = "stranger" | "idle" | "used";

/** Who loses a place first. A connection in use keeps its own. */
const FIRST_TO_GO = ["stranger", "idle"] as const;

export interface PlaceBounds {
  /** The most connections at a time. */
  readonly all: number;
  /** The most strangers, of all and of one address; absent: as many as there are places. */
  readonly strangers?: number;
  readonly ofPeer?: number;
}

interface ConnectionPlace {
  readonly name: string | Socket;
  readonly peer: string;
  regard: Regard;
  /** Where words are exchanged; undefined: of TLS, before its handshake is over. */
  stream: Socket | undefined;
  readonly end: (stream: Socket | undefined) => void;
}

/** The same for a connection and for what is spoken inside of its TLS. */
const nameOf = (socket: Socket): string | Socket =>
  socket.remotePort === undefined ? socket : `${socket.localPort} ${socket.remoteAddress} ${socket.remotePort}`;

export class ConnectionPlaces {
  readonly #bounds: PlaceBounds;
  /** Who has been regarded as now for longest comes first. */
  readonly #places = new Map<string | Socket, ConnectionPlace>();
  /** Places by what was asked with before: to name a connection takes a call of the system. */
  readonly #known = new WeakMap<Socket, ConnectionPlace>();

  constructor(bounds: PlaceBounds) {
    this.#bounds = bounds;
  }

  /**
   * Gives a stranger a place until it ends.
   *
   * @param socket As it was taken from the system.
   * @param end Called where it loses its place to another, to end it with a word where it can be read.
   * @returns Whether there was one.
   */
  enter(socket: Socket, end: (stream: Socket | undefined) => void): boolean {
    const { all, strangers = all, ofPeer = all } = this.#bounds;
    const peer = socket.remoteAddress ?? "";
    const unknown = [...this.#places.values()].filter(({ regard }) => regard === "stranger");
    const own = unknown.filter((one) => one.peer === peer);
    if (own.length >= ofPeer) this.#evict(own[0]!);
    else if (unknown.length >= strangers) this.#evict(ofMost(unknown)!);
    if (this.#places.size >= all) {
      const last = this.#lastOf();
      if (last === undefined) return false;
      this.#evict(last);
    }
    const name = nameOf(socket);
    const place: ConnectionPlace = { name, peer, regard: "stranger", stream: undefined, end };
    this.#places.set(name, place);
    this.#known.set(socket, place);
    socket.once("close", () => this.#leave(place));
    return true;
  }

  /** Words are exchanged on this from now on: the connection itself, or what is inside of its TLS. */
  speak(stream: Socket): void {
    const place = this.#placeOf(stream);
    if (place !== undefined) place.stream = stream;
  }

  /** Regards a connection otherwise, by what `speak` was told. */
  regard(stream: Socket, regard: Regard): void {
    const place = this.#placeOf(stream);
    if (place === undefined) return;
    place.regard = regard;
    this.#places.delete(place.name);
    this.#places.set(place.name, place);
  }

  /** Whether a connection has its place. One that lost it is not to be heard any more. */
  has(stream: Socket): boolean {
    return this.#placeOf(stream) !== undefined;
  }

  #placeOf(stream: Socket): ConnectionPlace | undefined {
    const place = this.#known.get(stream) ?? this.#places.get(nameOf(stream));
    if (place === undefined || this.#places.get(place.name) !== place) return undefined;
    this.#known.set(stream, place);
    return place;
  }

  #lastOf(): ConnectionPlace | undefined {
    const all = [...this.#places.values()];
    for (const first of FIRST_TO_GO) {
      const last = ofMost(all.filter(({ regard }) => regard === first));
      if (last !== undefined) return last;
    }
    return undefined;
  }

  /** Its place is free at once, whenever it reads why. */
  #evict(place: ConnectionPlace): void {
    this.#leave(place);
    place.end(place.stream);
  }

  #leave(place: ConnectionPlace): void {
    if (this.#places.get(place.name) === place) this.#places.delete(place.name);
  }
}

/** The oldest of the address that has most; undefined: there is none. */
function ofMost(places: readonly ConnectionPlace[]): ConnectionPlace | undefined {
  const byPeer = new Map<string, ConnectionPlace[]>();
  for (const place of places) {
    const mine = byPeer.get(place.peer);
    if (mine === undefined) byPeer.set(place.peer, [place]);
    else mine.push(place);
  }
  let most: ConnectionPlace[] = [];
  for (const mine of byPeer.values()) if (mine.length > most.length) most = mine;
  return most[0];
}
