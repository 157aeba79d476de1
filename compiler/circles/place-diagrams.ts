/**
 * The rows of a network → the diagrams of its places and of the ports where packets enter. They are made when they are
 * asked for.
 */
import type { Port } from "../paths/topology.ts";
import type { FieldMatch, Match, MatchField } from "../table/entry.ts";
import { MATCH_FIELDS } from "../table/match.ts";
import type { Alike } from "./alike.ts";
import { AtomRows } from "./atom-rows.ts";
import { Atoms } from "./atoms.ts";
import { Diagrams, type Diagram } from "./diagrams.ts";
import { withPrerequisites } from "./packets.ts";
import type { Places } from "./places.ts";
import type { Row, SwitchRows } from "./rows.ts";

/** A port number that no entry names. */
const UNNAMED = 0xfe_ff;
/** The number of no port. */
const NO_PORT = -1;

export class PlaceDiagrams {
  readonly diagrams: Diagrams;
  readonly atoms: Atoms;
  readonly #rows: ReadonlyMap<string, SwitchRows>;
  readonly #sending: Alike["rows"];
  readonly #wiring: Places;
  readonly #atomRows: AtomRows;
  readonly #ofPlaces = new Map<number, Diagram>();
  /** Rows → how they treat a port → the diagram of such ports. */
  readonly #treated = new Map<readonly Row[], Map<string, Diagram>>();
  readonly #guarded = new Map<number, Diagram>();
  readonly #gates = new Map<string, Diagram>();

  /** `spend` counts the rows and parts of diagrams that are read. */
  constructor(
    rows: ReadonlyMap<string, SwitchRows>,
    { rows: sending, left }: Alike,
    wiring: Places,
    spend: (steps: number) => void,
  ) {
    this.#rows = rows;
    this.#sending = sending;
    this.#wiring = wiring;
    const asked = matchesOf([
      ...[...sending.values()].flatMap((one) => one.sending().flat()),
      ...[...rows.values()].flatMap(({ gates }) => [...gates().values()].flat()),
    ]);
    const kept = wiring.places.flatMap((_, place) => wiring.keptAt(place).flatMap(withPrerequisites));
    this.atoms = new Atoms([...asked, ...kept], left);
    const fields = this.atoms.fields.toSorted((a, b) => rankOf(a) - rankOf(b));
    this.diagrams = new Diagrams(this.atoms, fields, spend);
    this.#atomRows = new AtomRows(this.atoms, fields);
  }

  /** Where packets go that come in at a place, if they pass the entrance. */
  ofPlace(place: number): Diagram {
    let found = this.#ofPlaces.get(place);
    if (found === undefined) this.#ofPlaces.set(place, (found = this.from(this.#wiring.places[place]!, place)));
    return found;
  }

  /** The same, without what the entrance drops of those that a host gives back. */
  guarded(place: number): Diagram {
    if (!this.#wiring.isBox(place)) return this.ofPlace(place);
    let found = this.#guarded.get(place);
    if (found === undefined) {
      found = this.diagrams.guarded(this.gate(this.#wiring.places[place]!), this.ofPlace(place));
      this.#guarded.set(place, found);
    }
    return found;
  }

  /** Where packets go that come in at a port. Those that the host at the place keeps go nowhere. */
  from(at: Port, place?: number): Diagram {
    const kept = (place === undefined ? [] : this.#wiring.keptAt(place)).map((match) =>
      this.#atomRows.closed(withPrerequisites(match)),
    );
    const back = kept.length === 0 ? this.#wiring.behindAlone(at) : undefined;
    return this.#sending
      .get(at.switch)!
      .sending()
      .map((rows) => {
        const treatment = back === undefined ? undefined : this.#atomRows.treatmentOf(rows, at.port);
        return back === undefined || treatment === undefined
          ? this.diagrams.ofRows([...kept, ...this.#atomRows.at(rows, at, this.#outsAt(at))])
          : this.diagrams.without(this.#ofPorts(rows, at, treatment), 1n << BigInt(back));
      })
      .reduce((all, one) => this.diagrams.either(all, one), this.diagrams.leaf(0n));
  }

  /**
   * Where rows lead packets that come in at a port, and at all others that are treated alike, with what would go back to
   * them. So a switch with many ports costs one reading of its rows.
   */
  #ofPorts(rows: readonly Row[], at: Port, treatment: string): Diagram {
    const known = this.#treated.get(rows) ?? new Map<string, Diagram>();
    this.#treated.set(rows, known);
    let found = known.get(treatment);
    if (found === undefined) {
      const outs = this.#outsAt({ switch: at.switch, port: NO_PORT });
      found = this.diagrams.ofRows(this.#atomRows.at(rows, at, outs));
      known.set(treatment, found);
    }
    return found;
  }

  #outsAt(at: Port): (row: Row) => bigint {
    return (row) =>
      row.outs.reduce(
        (all, out) => this.#wiring.behindOutput(at, out).reduce((some, one) => some | (1n << BigInt(one)), all),
        0n,
      );
  }

  /** The packets that pass the entrance of those that come in at a port. Later tables may drop more. */
  gate(at: Port): Diagram {
    const key = `${at.switch}:${at.port}`;
    let found = this.#gates.get(key);
    if (found === undefined) this.#gates.set(key, (found = this.#passing(at, this.#rows.get(at.switch)!.first)));
    return found;
  }

  /** The packets from one table of the entrance on. */
  #passing(at: Port, table: number): Diagram {
    const gates = this.#rows.get(at.switch)!.gates();
    const rows = gates.get(table)!;
    const isGate = ({ goes }: Row): boolean => goes !== undefined && goes > table && gates.has(goes);
    const to = (isMeant: (row: Row) => boolean): Diagram =>
      this.diagrams.ofRows(this.#atomRows.at(rows, at, (row) => (isMeant(row) ? 1n : 0n)));
    const aside = new Set(rows.flatMap((row) => (isGate(row) ? [row.goes!] : [])));
    return [...aside].reduce(
      (all, next) =>
        this.diagrams.either(
          all,
          this.diagrams.guarded(
            to(({ goes }) => goes === next),
            this.#passing(at, next),
          ),
        ),
      to((row) => row.goes !== undefined && !isGate(row)),
    );
  }

  /** The ports where packets enter the network: those that some entry names, and of each switch one more. */
  edge(): readonly Port[] {
    return [...this.#rows].flatMap(([name, { gates, sent }]) => {
      const named = new Set<number>([...sent.keys()].filter((port) => port !== undefined));
      for (const { match } of [...gates().values()].flat())
        for (const { field, value } of match) if (field === "in_port") named.add(Number(value));
      return [...named, UNNAMED]
        .map((port) => ({ switch: name, port }))
        .filter((at) => {
          const place = this.#wiring.numberOf(at);
          return place === undefined || this.#wiring.isBox(place);
        });
    });
  }
}

function* matchesOf(rows: readonly Row[]): Generator<FieldMatch> {
  const told = (match: Match): Match => match.filter(({ field }) => field !== "in_port");
  for (const { match, clauses } of rows) {
    yield* told(match);
    for (const clause of clauses) for (const one of clause) yield* told(one);
  }
}

/** What most other fields depend on comes first, what only tells ordinary forwarding apart comes late. */
const FIRST: readonly MatchField[] = ["eth_type", "ip_proto", "ip_frag"];
const LATE: readonly MatchField[] = ["eth_dst", "ipv4_dst", "ipv6_dst", "arp_tpa"];
const SOURCES: readonly MatchField[] = ["eth_src", "ipv4_src", "ipv6_src", "arp_spa"];

function rankOf(field: MatchField): number {
  for (const [i, some] of [FIRST, SOURCES, LATE].entries())
    if (some.includes(field)) return [0, 200, 300][i]! + some.indexOf(field);
  return 100 + MATCH_FIELDS.indexOf(field);
}
