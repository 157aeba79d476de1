/**
 * Proves that no packet comes to one place twice (NETWORK, "Forward"). The proof reads only the finished entries and
 * shares nothing with the code that compiled them.
 *
 * The places are the nodes of a graph, and what entries send makes its edges. Only the places on a circle of this graph
 * need a closer look. Of these, decision diagrams say where packets go. All diagrams are walked together, field by
 * field, and only the places that are still on a circle are kept, until none is left, no such packet enters, or one
 * circles as an example frame shows.
 */
import type { Port, Topology } from "../paths/topology.ts";
import type { Table } from "../table/entry.ts";
import { withoutAlikeValues } from "./alike.ts";
import { branches, type Diagram } from "./diagrams.ts";
import { circlesOf } from "./graph.ts";
import { frameOf, narrowed, showing, type PacketSet, type ShownFrame } from "./packets.ts";
import { onCircles } from "./on-circles.ts";
import { PlaceDiagrams } from "./place-diagrams.ts";
import { Places, type Box, type Wired } from "./places.ts";
import { rowsOf, type RowOut } from "./rows.ts";
import { circleOf } from "./run.ts";

/** The result of a proof. `steps`: the rows and parts of diagrams that were read. */
export type CircleProof =
  | { readonly kind: "proven"; readonly steps: number }
  /**
   * A frame that circles, the port where it enters, and the places of the circle, of which the first and last are
   * equal.
   */
  | {
      readonly kind: "circles";
      readonly frame: ShownFrame;
      readonly from: Port;
      readonly circle: readonly Port[];
    }
  /** A circle was neither found nor excluded. `spent`: whether the budget ran out. */
  | { readonly kind: "open"; readonly spent: boolean; readonly steps: number };

const SPENT = new Error("the budget is spent");

/** Proves that no packet circles, or finds one that does. `budget`: the rows that it may read. */
export function proveNoCircles(
  tables: ReadonlyMap<string, Table>,
  { trunks }: Pick<Topology, "trunks">,
  boxes: readonly Box[],
  budget: number,
): CircleProof {
  return new Prover(tables, { trunks, boxes }, budget).run();
}

/** What was chosen of a field: one of some atoms, or, of the rest, none of these. */
interface Choice {
  readonly level: number;
  readonly atoms: readonly number[];
  readonly isRest: boolean;
}

class Prover {
  readonly #tables: ReadonlyMap<string, Table>;
  readonly #wiring: Places;
  readonly #budget: number;
  #steps = 0;
  #isOpen = false;
  #found: Extract<CircleProof, { kind: "circles" }> | undefined;
  /** The packets that are looked at. */
  #every!: PacketSet;
  #network!: PlaceDiagrams;
  /** Diagrams that lead no packet round. */
  readonly #done = new Set<string>();

  constructor(tables: ReadonlyMap<string, Table>, wired: Wired, budget: number) {
    this.#tables = tables;
    this.#wiring = new Places(wired);
    this.#budget = budget;
  }

  run(): CircleProof {
    const rows = rowsOf(this.#tables);
    const reachable = (place: number): readonly number[] => {
      const at = this.#wiring.places[place]!;
      const sent = rows.get(at.switch)?.sent;
      const outs: readonly RowOut[] = [...(sent?.get(undefined) ?? []), ...(sent?.get(at.port) ?? [])];
      return outs.flatMap((out) => this.#wiring.behindOutput(at, out));
    };
    const places = circlesOf(this.#wiring.places.keys(), reachable)
      .flat()
      .sort((a, b) => a - b);
    if (places.length === 0) return { kind: "proven", steps: this.#steps };
    const alike = withoutAlikeValues(rows, this.#wiring);
    this.#every = alike.left;
    try {
      const network = new PlaceDiagrams(rows, alike, this.#wiring, (steps) => this.#spend(steps));
      this.#network = network;
      const all = places.map((place) => network.ofPlace(place));
      // Which packets enter, and which a host may give back, is asked only if some circle at all.
      if (this.#circles(places, [network.diagrams.leaf(1n), ...all], undefined)) {
        this.#done.clear();
        const entering = network
          .edge()
          .reduce((some, at) => network.diagrams.either(some, network.gate(at)), network.diagrams.leaf(0n));
        this.#circles(places, [entering, ...places.map((place) => network.guarded(place))], []);
      }
    } catch (error) {
      if (error !== SPENT) throw error;
      return this.#found ?? { kind: "open", spent: true, steps: this.#steps };
    }
    return this.#found ?? { kind: this.#isOpen ? "open" : "proven", spent: false, steps: this.#steps };
  }

  #spend(steps: number): void {
    this.#steps += steps;
    if (this.#steps > this.#budget) throw SPENT;
  }

  /**
   * Whether packets circle among these places. `diagrams`: which packets enter, then where they go from each place.
   * `chosen`: what is known of the packets; undefined: no frame is looked for, and the first circle is the answer.
   */
  #circles(
    among: readonly number[],
    [entering, ...all]: readonly Diagram[],
    chosen: readonly Choice[] | undefined,
  ): boolean {
    if (entering!.union === 0n) return false;
    const kept = onCircles(
      among,
      all.map(({ union }) => union),
    );
    if (kept.length === 0) return false;
    const places = kept.map((i) => among[i]!);
    const left = [entering!, ...kept.map((i) => all[i]!)];
    if (left.slice(1).every(({ level }) => level === Infinity)) {
      if (chosen !== undefined) this.#enter(places, chosen);
      return true;
    }
    const key = `${places.join()} ${idsOf(left)}`;
    if (this.#done.has(key)) return false;
    let isFound = false;
    for (const { diagrams, choice } of this.#parts(left)) {
      if (!this.#circles(places, diagrams, chosen && [...chosen, choice])) continue;
      isFound = true;
      if (chosen === undefined || this.#found !== undefined) return true;
    }
    if (!isFound) this.#done.add(key);
    return isFound;
  }

  /** What diagrams come to by the first field that decides in any. */
  *#parts(
    all: readonly Diagram[],
    allowed?: (level: number) => Choice | undefined,
  ): Generator<{ readonly diagrams: readonly Diagram[]; readonly choice: Choice }> {
    const level = all.reduce((least, one) => Math.min(least, one.level), Infinity);
    const count = this.#network.diagrams.count(level);
    const { atoms, rest } = branches(all, level, count);
    this.#spend(all.length + atoms.size);
    const limits = allowed?.(level);
    const isAllowed = (atom: number): boolean => limits === undefined || limits.atoms.includes(atom) !== limits.isRest;
    const groups = new Map<string, { readonly diagrams: readonly Diagram[]; readonly atoms: number[] }>();
    for (const [atom, diagrams] of atoms) {
      if (!isAllowed(atom)) continue;
      const key = idsOf(diagrams);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { diagrams, atoms: [atom] });
      else group.atoms.push(atom);
    }
    for (const { diagrams, atoms: some } of groups.values())
      yield { diagrams, choice: { level, atoms: some, isRest: false } };
    if (rest === undefined) return;
    const others = Array.from({ length: count }, (_, atom) => atom).filter((one) => !atoms.has(one) && isAllowed(one));
    if (others.length > 0) yield { diagrams: rest, choice: { level, atoms: others, isRest: false } };
  }

  /** Looks for a port where packets enter that circle among places, and follows one of them. */
  #enter(places: readonly number[], chosen: readonly Choice[]): void {
    const network = this.#network;
    const all = this.#wiring.places.map((_, place) => place);
    const target = places.reduce((some, place) => some | (1n << BigInt(place)), 0n);
    const known = new Map(chosen.map((one) => [one.level, one]));
    for (const at of network.edge()) {
      const seen = new Set<string>();
      const search = (diagrams: readonly Diagram[], more: readonly Choice[]): boolean => {
        const [gate, first, ...onwards] = diagrams;
        if (gate!.union === 0n) return false;
        let reached = first!.union;
        for (let before = 0n; before !== reached;) {
          before = reached;
          for (const place of all) if ((reached >> BigInt(place)) & 1n) reached |= onwards[place]!.union;
        }
        if ((reached & target) === 0n) return false;
        // What no packet comes to decides nothing.
        const asked = [gate!, first!, ...all.map((i) => ((reached >> BigInt(i)) & 1n ? onwards[i]! : NOWHERE))];
        if (asked.every(({ level }) => level === Infinity)) return this.#show(at, [...chosen, ...more]);
        const key = idsOf(asked);
        if (seen.has(key)) return false;
        seen.add(key);
        for (const part of this.#parts(asked, (level) => known.get(level)))
          if (search(part.diagrams, [...more, part.choice])) return true;
        return false;
      };
      if (search([network.gate(at), network.from(at), ...all.map((place) => network.guarded(place))], [])) return;
    }
  }

  /** Follows a frame of the packets that were chosen. No row distinguishes them, so the frame stands for all. */
  #show(from: Port, chosen: readonly Choice[]): boolean {
    let set: PacketSet | undefined = this.#every;
    const { diagrams, atoms } = this.#network;
    for (const { level, atoms: some } of new Map(chosen.map((one) => [one.level, one])).values()) {
      const field = diagrams.fields[level]!;
      const before: PacketSet = set;
      const shown = some.map((atom) => atoms.shown(field, atom)).filter((value) => value !== undefined);
      set = shown.map((value) => narrowed(before, { field, value })).find((one) => one !== undefined);
      if (set === undefined) break;
    }
    const frame = set && frameOf(set);
    const onwards = (at: Port, out: RowOut, left: ShownFrame): readonly Port[] =>
      this.#wiring.behindOutput(at, out).flatMap((place) => {
        const shown = showing([...left].map(([field, value]) => ({ field, value })));
        return this.#wiring.givesBack(place, shown) ? [this.#wiring.places[place]!] : [];
      });
    const circle = frame && circleOf(this.#tables, frame, from, onwards);
    if (circle === undefined) this.#isOpen = true;
    else this.#found = { kind: "circles", frame: frame!, from, circle };
    return circle !== undefined;
  }
}

const NOWHERE: Diagram = { id: -1, level: Infinity, atoms: new Map(), rest: undefined, union: 0n };

const idsOf = (diagrams: readonly Diagram[]): string => diagrams.map(({ id }) => id).join();
