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

export class Places {
  /** The ports of all places; a place's number is its index. */
  readonly places: readonly Port[];
  readonly #numbers: ReadonlyMap<string, number>;
  /** Key of the port where a packet leaves → the number of the place where it comes in next. */
  readonly #behind = new Map<string, number>();
  /** Switches with the places behind their ports; and those of them where several ports lead to one place. */
  readonly #led = new Set<string>();
  readonly #shared = new Set<string>();
  readonly #boxes: ReadonlyMap<number, Box>;
  readonly #outs = new Map<string, number[]>();

  constructor({ trunks }: Pick<Topology, "trunks">, boxes: readonly Box[]) {
    const all = new Map<string, Port>();
    const links = [...trunks.values()].flat();
    for (const { to } of links) all.set(portKey(to), to);
    for (const { at } of boxes) all.set(portKey(at), at);
    this.places = [...all.values()];
    this.#numbers = new Map(this.places.map((port, i) => [portKey(port), i]));
    for (const { from, to } of links) this.#plug(from, to);
    for (const { at } of boxes) this.#plug(at, at);
    this.#boxes = new Map(boxes.map((box) => [this.#numbers.get(portKey(box.at))!, box]));
  }

  #plug(from: Port, to: Port): void {
    if (this.#behind.has(portKey(from))) return;
    const place = this.#numbers.get(portKey(to))!;
    const key = `${from.switch} ${place}`;
    if (this.#led.has(key)) this.#shared.add(key);
    this.#led.add(key);
    this.#behind.set(portKey(from), place);
    this.#outs.set(from.switch, [...(this.#outs.get(from.switch) ?? []), from.port]);
  }

  /** The place behind a port; undefined if a packet that leaves there does not come back. */
  behind(port: Port): number | undefined {
    return this.#behind.get(portKey(port));
  }

  /** The place behind a port, if no other port of its switch leads there. */
  behindAlone(port: Port): number | undefined {
    const place = this.behind(port);
    return place === undefined || this.#shared.has(`${port.switch} ${place}`) ? undefined : place;
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
    return outs.flatMap((port) => this.behind({ switch: at.switch, port }) ?? []);
  }
}
