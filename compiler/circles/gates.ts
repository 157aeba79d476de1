/**
 * The first table as a gate: whether it lets packets of a set on that come in at a port. It knows which host stands where, so
 * most sets come in at few ports. Tables behind it may drop more; that is not asked here.
 */
import type { FieldMatch, MatchField } from "../table/entry.ts";
import type { Port } from "../paths/topology.ts";
import { holding, holdingOf, type Holding, type PacketSet } from "./packets.ts";
import type { Row, SwitchRows } from "./rows.ts";
import type { Wiring } from "./wiring.ts";

const SOURCES: readonly MatchField[] = ["eth_src", "ipv4_src", "ipv6_src", "arp_spa"];

interface Gate {
  readonly at: ReadonlyMap<number, readonly Row[]>;
  /** Those of any port, by the source that they ask for. */
  readonly bySource: ReadonlyMap<string, readonly Row[]>;
  readonly others: readonly Row[];
  /** Ports without a link behind them that some row names, and one that no row names. */
  readonly edge: readonly number[];
}

/** A port number that no entry names. */
const UNNAMED = 0xfe_ff;

export interface Opening {
  readonly isOpen: boolean;
  /** Values that tell which packets get through. */
  readonly by: readonly FieldMatch[];
}

export class Gates {
  readonly #rows: ReadonlyMap<string, SwitchRows>;
  readonly #wiring: Wiring;
  readonly #gates = new Map<string, Gate>();
  #spend: (steps: number) => void;

  constructor(rows: ReadonlyMap<string, SwitchRows>, wiring: Wiring, spend: (steps: number) => void) {
    this.#rows = rows;
    this.#wiring = wiring;
    this.#spend = spend;
  }

  /** The ports of a switch where packets may come into the network. */
  edgeOf(switchName: string): readonly number[] {
    return this.#gate(switchName).edge;
  }

  /** Whether packets of a set get past the first table of a switch. */
  opens({ switch: switchName, port }: Port, set: PacketSet): Opening {
    const { at, bySource, others } = this.#gate(switchName);
    const own = SOURCES.flatMap((field) => {
      const known = set.get(field);
      if (known === undefined || holdingOf({ field, value: known.value }, set) !== "all") return [];
      return bySource.get(keyOf({ field, value: known.value })) ?? [];
    });
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
        by.push(...row.match.filter((one) => one.field !== "in_port" && holdingOf(one, set) === "some"));
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
      if (port !== undefined) at.set(Number(port.value), [...(at.get(Number(port.value)) ?? []), row]);
      else if (source !== undefined) bySource.set(keyOf(source), [...(bySource.get(keyOf(source)) ?? []), row]);
      else others.push(row);
    }
    const named = new Set(at.keys());
    for (const row of sending.flat())
      for (const { field, value } of row.match) if (field === "in_port") named.add(Number(value));
    const isEdge = (port: number): boolean => {
      const place = this.#wiring.numberOf({ switch: switchName, port });
      return place === undefined || this.#wiring.isBox(place);
    };
    const gate = { at, bySource, others, edge: [...[...named].filter(isEdge), UNNAMED] };
    this.#gates.set(switchName, gate);
    return gate;
  }
}

const keyOf = ({ field, value }: FieldMatch): string => `${field}=${value}`;
