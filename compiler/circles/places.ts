/**
 * The places through which every circle leads: ports where packets come in by a link, and ports of hosts that give
 * packets back. Each place has a number. A packet circles iff it comes to one place twice.
 */
import { portKey, type Port, type Topology } from "../paths/topology.ts";
import type { FieldMatch, Match } from "../table/entry.ts";
import { holding, type PacketSet } from "./packets.ts";
import type { RowOut } from "./rows.ts";

/** A host that gives back every packet except those that a match of `keeps` holds. */
export interface Box {
  readonly at: Port;
  readonly keeps: readonly Match[];
}

/** What `Places` asks of a network. */
export interface Wired {
  readonly trunks: Topology["trunks"];
  readonly boxes: readonly Box[];
}

export class Places {
  /** The ports of all places; a place's number is its index. */
  readonly places: readonly Port[];
  readonly #numbers: ReadonlyMap<string, number>;
  /** Key of the port where a packet leaves → the numbers of the places where it comes in next. */
  readonly #behind = new Map<string, number[]>();
  /** Several places behind one port → their number. */
  readonly #ways = new Map<string, number>();
  /** Switches with the places behind their ports; and those of them where several ports lead to one place. */
  readonly #led = new Set<string>();
  readonly #shared = new Set<string>();
  readonly #boxes: ReadonlyMap<number, Box>;
  readonly #outs = new Map<string, number[]>();

  constructor({ trunks, boxes }: Wired) {
    const all = new Map<string, Port>();
    const links = [...trunks.values()].flat();
    for (const { to } of links) all.set(portKey(to), to);
    for (const { at } of boxes) all.set(portKey(at), at);
    this.places = [...all.values()];
    this.#numbers = new Map(this.places.map((port, i) => [portKey(port), i]));
    this.#boxes = new Map(boxes.map((box) => [this.#numbers.get(portKey(box.at))!, box]));
    for (const { from, to } of links) this.#plug(from, to);
    for (const { at } of boxes) this.#plug(at, at);
  }

  #plug(from: Port, to: Port): void {
    const known = this.#behind.get(portKey(from));
    const place = this.#numbers.get(portKey(to))!;
    if (known !== undefined) {
      // Of two links at one port the first counts; only a box may give back in several ways.
      if (known.every((one) => this.#boxes.has(one)) && !known.includes(place)) known.push(place);
      return;
    }
    const key = `${from.switch} ${place}`;
    if (this.#led.has(key)) this.#shared.add(key);
    this.#led.add(key);
    this.#behind.set(portKey(from), [place]);
    this.#outs.set(from.switch, [...(this.#outs.get(from.switch) ?? []), from.port]);
  }

  /** The places behind a port; none if a packet that leaves there does not come back. */
  behind(port: Port): readonly number[] {
    return this.#behind.get(portKey(port)) ?? [];
  }

  /** A number for what is behind a port: the same for the same places, -1 for none. */
  wayOut(port: Port): number {
    const places = this.behind(port);
    if (places.length < 2) return places[0] ?? -1;
    const key = places.join();
    const known = this.#ways.get(key) ?? this.places.length + this.#ways.size;
    this.#ways.set(key, known);
    return known;
  }

  /** The place behind a port, if it is the only one and no other port of its switch leads there. */
  behindAlone(port: Port): number | undefined {
    const [place, another] = this.behind(port);
    const isAlone = place !== undefined && another === undefined && !this.#shared.has(`${port.switch} ${place}`);
    return isAlone ? place : undefined;
  }

  /** The number of the place at a port; undefined if the port is no place. */
  numberOf(port: Port): number | undefined {
    return this.#numbers.get(portKey(port));
  }

  /** The ports of a switch with a place behind them. */
  outsOf(switchName: string): readonly number[] {
    return this.#outs.get(switchName) ?? [];
  }

  /** The values that decide which packets the hosts keep. */
  get kept(): readonly FieldMatch[] {
    return [...this.#boxes.values()].flatMap(({ keeps }) => keeps.flat());
  }

  /** Whether the place is the port of a host that gives packets back. */
  isBox(place: number): boolean {
    return this.#boxes.has(place);
  }

  /** Whether the host at this place gives back the packets of a set, which are all alike. */
  givesBack(place: number, set: PacketSet): boolean {
    return this.keptAt(place).every((match) => holding(match, set, -1) !== "all");
  }

  /** The packets that the host at a place keeps. */
  keptAt(place: number): readonly Match[] {
    return this.#boxes.get(place)?.keeps ?? [];
  }

  /** The places behind an output of a packet that came in at `at`. */
  behindOutput(at: Port, out: RowOut): readonly number[] {
    const outs =
      out === "ALL"
        ? this.outsOf(at.switch).filter((port) => port !== at.port)
        : out === "IN_PORT"
          ? [at.port]
          : out === at.port
            ? []
            : [out];
    return outs.flatMap((port) => this.behind({ switch: at.switch, port }));
  }
}
