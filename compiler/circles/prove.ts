/**
 * Proves that no packet comes to one place twice (NETWORK, "Forward"). The proof reads only the finished entries and
 * shares nothing with the code that compiled them.
 *
 * The places are the nodes of a graph, and what entries send makes its edges. Only the places on a circle of this graph
 * need a closer look. There the packets are split by the values that entries match, until each part has no circle,
 * cannot come there from outside, or circles as an example frame shows.
 */
import type { Port, Topology } from "../paths/topology.ts";
import type { FieldMatch, MatchField, Table } from "../table/entry.ts";
import { withoutAlikeValues } from "./alike.ts";
import { Gates } from "./gates.ts";
import { circlesOf } from "./graph.ts";
import {
  frameOf,
  holding,
  holdingOf,
  narrowed,
  showing,
  withoutValues,
  type ShownFrame,
  type Holding,
  type PacketSet,
} from "./packets.ts";
import { rowsOf, type Row, type RowOut } from "./rows.ts";
import { circleOf } from "./run.ts";
import { viewOf, type RowView } from "./views.ts";
import { Places, type Box } from "./places.ts";
import { append } from "../net/lists.ts";

/** The result of a proof. `steps`: the rows that were read. */
export type CircleProof =
  | { readonly kind: "proven"; readonly steps: number }
  /**
   * A frame that circles, the port where it enters, and the places of the circle, of which the first and last are
   * equal.
   */
  | { readonly kind: "circles"; readonly frame: ShownFrame; readonly from: Port; readonly circle: readonly Port[] }
  /** A circle was neither found nor excluded. `spent`: whether the budget ran out. */
  | { readonly kind: "open"; readonly spent: boolean; readonly steps: number };

/** Where packets of a set go from one place. */
interface Look {
  /** The places that they may come to next. */
  readonly next: readonly number[];
  /** The values that decide where they go. */
  readonly by: readonly FieldMatch[];
}

const SPENT = new Error("the budget is spent");

/** Proves that no packet circles, or finds one that does. `budget`: the rows that it may read. */
export function proveNoCircles(
  tables: ReadonlyMap<string, Table>,
  topology: Pick<Topology, "trunks">,
  boxes: readonly Box[],
  budget: number,
): CircleProof {
  return new Prover(tables, new Places(topology, boxes), budget).run();
}

class Prover {
  readonly #tables: ReadonlyMap<string, Table>;
  readonly #wiring: Places;
  readonly #rows: ReturnType<typeof rowsOf>;
  readonly #gates: Gates;
  readonly #budget: number;
  #steps = 0;
  #isOpen = false;
  #found: Extract<CircleProof, { kind: "circles" }> | undefined;

  constructor(tables: ReadonlyMap<string, Table>, wiring: Places, budget: number) {
    this.#tables = tables;
    this.#wiring = wiring;
    this.#budget = budget;
    this.#rows = rowsOf(tables);
    this.#gates = new Gates(this.#rows, wiring, (steps) => this.#spend(steps));
  }

  run(): CircleProof {
    const places = circlesOf(this.#wiring.places.keys(), (place) => this.#reachable(place)).flat();
    if (places.length === 0) return { kind: "proven", steps: this.#steps };
    const { rows, left } = withoutAlikeValues(this.#rows, this.#wiring);
    try {
      this.#refine(viewOf(rows), left, places);
    } catch (error) {
      if (error !== SPENT) throw error;
      return { kind: "open", spent: true, steps: this.#steps };
    }
    return this.#found ?? { kind: this.#isOpen ? "open" : "proven", spent: false, steps: this.#steps };
  }

  #spend(steps: number): void {
    this.#steps += steps;
    if (this.#steps > this.#budget) throw SPENT;
  }

  /** The places to which some entry sends any packet from a place. */
  #reachable(place: number): readonly number[] {
    const at = this.#wiring.places[place]!;
    const sent = this.#rows.get(at.switch)?.sent;
    return [...(sent?.get(undefined) ?? []), ...(sent?.get(at.port) ?? [])].flatMap((out) => this.#behind(at, out));
  }

  /** The places behind an output of a packet that came in at `at`. */
  #behind(at: Port, out: RowOut): readonly number[] {
    const outs =
      out === "ALL"
        ? this.#wiring.outsOf(at.switch).filter((port) => port !== at.port)
        : out === "IN_PORT"
          ? [at.port]
          : out === at.port
            ? []
            : [out];
    return outs.flatMap((port) => this.#wiring.behind({ switch: at.switch, port }) ?? []);
  }

  /** Where packets of a set go that come in at a port. */
  #look(view: RowView, set: PacketSet, at: Port): Look {
    const next = new Set<number>();
    const by: FieldMatch[] = [];
    for (const lists of view.rows(at.switch, at.port)) {
      for (const row of inTurn(lists)) {
        this.#spend(1);
        const held = holds(row, set, at.port);
        if (held === "none") continue;
        for (const out of row.outs) for (const place of this.#behind(at, out)) next.add(place);
        if (held === "all") break;
        for (const match of [row.match, ...row.clauses.flat()])
          for (const one of match) if (one.field !== "in_port" && holdingOf(one, set) === "some") by.push(one);
      }
    }
    const left = [...next].filter((place) => {
      if (!this.#wiring.isBox(place)) return true;
      const given = this.#wiring.givesBack(place, set);
      const opening =
        given.back === "none" ? { isOpen: false, by: [] } : this.#gates.opens(this.#wiring.places[place]!, set);
      if (opening.isOpen) append(by, [...given.by.filter((one) => holdingOf(one, set) === "some"), ...opening.by]);
      return opening.isOpen;
    });
    return { next: left, by };
  }

  /** Looks for circles of a set among these places, and splits the set if there are any. */
  #refine(view: RowView, set: PacketSet, among: readonly number[]): void {
    const looks = new Map<number, Look>();
    const look = (place: number): Look => {
      const known = looks.get(place) ?? this.#look(view, set, this.#wiring.places[place]!);
      looks.set(place, known);
      return known;
    };
    // With several sources this search takes long and hardly excludes a place, so it waits until it is needed.
    let entered = this.#gates.sourceOf(set) === undefined ? undefined : this.#entered(view, set, look);
    const isAmong = new Set(entered === undefined ? among : among.filter((place) => entered!.places.has(place)));
    const circles = circlesOf(isAmong, (place) => look(place).next.filter((one) => isAmong.has(one))).flat();
    if (circles.length === 0) return;
    const deciding = circles.flatMap((place) => look(place).by);
    if (deciding.length > 0) return this.#split(view, set, circles, deciding);
    entered ??= this.#entered(view, set, look);
    if (!circles.some((place) => entered!.places.has(place))) return;
    const by = [[...entered.places].flatMap((place) => look(place).by), entered.by].find((some) => some.length > 0);
    if (by === undefined) this.#show(set, entered.from);
    else this.#split(view, set, circles, by);
  }

  /** The places that packets of a set reach from outside, the ports where they enter, and the values that decide it. */
  #entered(
    view: RowView,
    set: PacketSet,
    look: (place: number) => Look,
  ): {
    readonly places: ReadonlySet<number>;
    readonly from: readonly Port[];
    readonly by: readonly FieldMatch[];
  } {
    const from: Port[] = [];
    const by: FieldMatch[] = [];
    const places = new Set<number>();
    for (const switchName of this.#tables.keys()) {
      let isAlikeDone = false;
      for (const port of this.#gates.edgeOf(switchName, set)) {
        const at = { switch: switchName, port };
        // All ports that no sending entry matches are alike, so one of them is enough.
        const isAlike = !this.#gates.isNamed(at);
        if (isAlike && isAlikeDone) continue;
        const opening = this.#gates.opens(at, set);
        if (!opening.isOpen) continue;
        isAlikeDone ||= isAlike;
        from.push(at);
        const first = this.#look(view, set, at);
        append(by, [...first.by, ...opening.by]);
        for (const place of first.next) places.add(place);
      }
    }
    for (const place of places) for (const next of look(place).next) places.add(next);
    return { places, from, by };
  }

  /** Splits a set by the values of one field and looks for circles of each part. */
  #split(view: RowView, set: PacketSet, places: readonly number[], by: readonly FieldMatch[]): void {
    const field = fieldOf(by);
    const values = distinct(by.filter((one) => one.field === field));
    const into = view.split(field, values);
    for (const value of values) {
      const whole = narrowed(set, value);
      if (whole === undefined) continue;
      const inner = values.filter(
        (one) => one !== value && value.mask !== undefined && holdingOf(value, showing([one])) === "all",
      );
      this.#refine(into(value), inner.length === 0 ? whole : withoutValues(whole, field, inner), places);
      if (this.#found !== undefined) return;
    }
    this.#refine(into(undefined), withoutValues(set, field, values), places);
  }

  /** Follows one frame of a set. No entry distinguishes packets of the set, so the frame stands for all of them. */
  #show(set: PacketSet, from: readonly Port[]): void {
    const frame = frameOf(set);
    if (frame === undefined) return;
    const onwards = (at: Port, out: RowOut, left: ShownFrame): readonly Port[] =>
      this.#behind(at, out).flatMap((place) => {
        const shown = showing([...left].map(([field, value]) => ({ field, value })));
        return this.#wiring.givesBack(place, shown).back === "none" ? [] : [this.#wiring.places[place]!];
      });
    for (const port of from) {
      const circle = circleOf(this.#tables, frame, port, onwards);
      if (circle !== undefined) {
        this.#found = { kind: "circles", frame, from: port, circle };
        return;
      }
    }
    this.#isOpen = true;
  }
}

/**
 * The field by which a set is split: the one with the fewest values, so that a field with many values splits only small
 * parts. The Ethernet type comes first, because most other fields depend on it. The destination's MAC comes last,
 * because it only distinguishes ordinary forwarding.
 */
function fieldOf(by: readonly FieldMatch[]): MatchField {
  const counts = new Map<MatchField, Set<bigint>>();
  for (const { field, value } of by) {
    const known = counts.get(field);
    if (known === undefined) counts.set(field, new Set([value]));
    else known.add(value);
  }
  const cost = ([field, values]: readonly [MatchField, ReadonlySet<bigint>]): number =>
    field === "eth_type" ? 0 : field === "eth_dst" ? Infinity : values.size;
  return [...counts].reduce((a, b) => (cost(b) < cost(a) ? b : a))[0];
}

const distinct = (values: readonly FieldMatch[]): readonly FieldMatch[] => [
  ...new Map(values.map((one) => [`${one.value}/${one.mask}`, one])).values(),
];

/** How much of a set that comes in at a port a row holds. */
function holds({ match, clauses, isWhole }: Row, set: PacketSet, port: number): Holding {
  let found = holding(match, set, port);
  if (found === "none") return found;
  for (const clause of clauses) {
    const members = clause.map((one) => holding(one, set, port));
    if (members.every((one) => one === "none")) return "none";
    if (!members.includes("all")) found = "some";
  }
  return isWhole ? found : "some";
}

/** Merges lists of rows, highest priority first. */
function* inTurn(lists: readonly (readonly Row[])[]): Generator<Row> {
  const left = lists.filter(({ length }) => length > 0);
  if (left.length === 1) return yield* left[0]!;
  const at = left.map(() => 0);
  for (;;) {
    let first = -1;
    for (const [i, rows] of left.entries()) {
      const row = rows[at[i]!];
      if (row !== undefined && (first < 0 || row.priority > left[first]![at[first]!]!.priority)) first = i;
    }
    if (first < 0) return;
    yield left[first]![at[first]!++]!;
  }
}
