/**
 * The first table of a switch as a gate: whether it passes packets of a set that come in at a port. The table knows
 * where each host stands, so most sets pass at few ports. Later tables may drop more, and the gate ignores them.
 */
import type { FieldMatch, MatchField } from "../table/entry.ts";
import type { Port } from "../paths/topology.ts";
import { holding, holdingOf, type Holding, type PacketSet } from "./packets.ts";
import type { Row, SwitchRows } from "./rows.ts";
import type { Places } from "./places.ts";
import { append } from "../net/lists.ts";

const SOURCES: readonly MatchField[] = ["eth_src", "ipv4_src", "ipv6_src", "arp_spa"];

/** The rows of one first table, indexed. */
interface Gate {
  /** The rows that match a port, by port. */
  readonly at: ReadonlyMap<number, readonly Row[]>;
  /** The rows for any port that match a source, by source. */
  readonly bySource: ReadonlyMap<string, readonly Row[]>;
  readonly others: readonly Row[];
  /** The ports that some row names and that have no link behind them, and one port that no row names. */
  readonly edge: readonly number[];
  /** The ports that some sending entry matches. */
  readonly sent: ReadonlySet<number>;
  /** The rows that pass packets coming in at one of the `edge` ports. */
  readonly open: readonly { readonly row: Row; readonly port: number; readonly sources: readonly FieldMatch[] }[];
}

/** A port number that no entry names. */
const UNNAMED = 0xfe_ff;

/** Whether a gate passes packets of a set. */
export interface Opening {
  /** Whether it may pass some of them. */
  readonly isOpen: boolean;
  /** The values that decide which packets pass; empty if it is closed. */
  readonly by: readonly FieldMatch[];
}

export class Gates {
  readonly #rows: ReadonlyMap<string, SwitchRows>;
  readonly #wiring: Places;
  readonly #gates = new Map<string, Gate>();
  #spend: (steps: number) => void;

  constructor(rows: ReadonlyMap<string, SwitchRows>, wiring: Places, spend: (steps: number) => void) {
    this.#rows = rows;
    this.#wiring = wiring;
    this.#spend = spend;
  }

  /** The source that all packets of a set share; undefined if they may have several. */
  sourceOf(set: PacketSet): FieldMatch | undefined {
    return sourcesOf(set)[0];
  }

  /** The ports of a switch where packets of a set may enter the network. A known source leaves only its own ports. */
  edgeOf(switchName: string, set: PacketSet): readonly number[] {
    const { edge, bySource, open } = this.#gate(switchName);
    const source = this.sourceOf(set);
    const closed = source && bySource.get(keyOf(source))?.find((row) => !row.isOpen && isSourceAlone(row));
    if (source === undefined || closed === undefined) return edge;
    const named = open.filter(({ row, sources }) => {
      if (row.priority < closed.priority) return false;
      const own = sources.find(({ field }) => field === source.field);
      return own === undefined || own.value === source.value;
    });
    const ports = new Set(named.map(({ port }) => port));
    return edge.filter((port) => ports.has(port));
  }

  /** Whether some sending entry matches a port. */
  isNamed({ switch: switchName, port }: Port): boolean {
    return this.#gate(switchName).sent.has(port);
  }

  /** Whether packets of a set that come in at a port may pass the first table of its switch. */
  opens({ switch: switchName, port }: Port, set: PacketSet): Opening {
    const { at, bySource, others } = this.#gate(switchName);
    const own = sourcesOf(set).flatMap((source) => bySource.get(keyOf(source)) ?? []);
    const rows = [...(at.get(port) ?? []), ...own, ...others].sort((a, b) => b.priority - a.priority);
    this.#spend(rows.length);
    const by: FieldMatch[] = [];
    let isOpen = false;
    for (const row of rows) {
      const held: Holding = holding(row.match, set, port);
      if (held === "none") continue;
      isOpen ||= row.isOpen;
      if (held === "all" && row.isWhole) break;
      if (row.match.some(({ field }) => field === "in_port"))
        append(
          by,
          row.match.filter((one) => one.field !== "in_port" && holdingOf(one, set) === "some"),
        );
    }
    return { isOpen, by: isOpen ? by : [] };
  }

  #gate(switchName: string): Gate {
    const known = this.#gates.get(switchName);
    if (known !== undefined) return known;
    const at = new Map<number, Row[]>();
    const bySource = new Map<string, Row[]>();
    const others: Row[] = [];
    const { first, sending } = this.#rows.get(switchName)!;
    for (const row of first()) {
      const port = row.match.find(({ field }) => field === "in_port");
      const source = row.match.find(({ field, mask }) => SOURCES.includes(field) && mask === undefined);
      if (port !== undefined) push(at, Number(port.value), row);
      else if (source !== undefined) push(bySource, keyOf(source), row);
      else others.push(row);
    }
    const sent = new Set<number>();
    for (const row of sending().flat())
      for (const { field, value } of row.match) if (field === "in_port") sent.add(Number(value));
    const named = new Set([...at.keys(), ...sent]);
    const isEdge = (port: number): boolean => {
      const place = this.#wiring.numberOf({ switch: switchName, port });
      return place === undefined || this.#wiring.isBox(place);
    };
    const edge = [...[...named].filter(isEdge), UNNAMED];
    const open = edge.flatMap((port) =>
      (at.get(port) ?? [])
        .filter(({ isOpen }) => isOpen)
        .map((row) => ({
          row,
          port,
          sources: row.match.filter(({ field, mask }) => SOURCES.includes(field) && !mask),
        })),
    );
    const gate = { at, bySource, others, edge, open, sent };
    this.#gates.set(switchName, gate);
    return gate;
  }
}

/** Whether a row matches one source and, beside it, at most the Ethernet type. */
const isSourceAlone = ({ match, clauses, isWhole }: Row): boolean =>
  isWhole && clauses.length === 0 && match.filter(({ field }) => field !== "eth_type").length === 1;

/** The source fields whose value all packets of a set share. */
const sourcesOf = (set: PacketSet): readonly FieldMatch[] =>
  SOURCES.flatMap((field) => {
    const known = set.get(field);
    const one = known && { field, value: known.value };
    return one && holdingOf(one, set) === "all" ? [one] : [];
  });

const keyOf = ({ field, value }: FieldMatch): string => `${field}=${value}`;

function push<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const known = lists.get(key);
  if (known === undefined) lists.set(key, [value]);
  else known.push(value);
}
