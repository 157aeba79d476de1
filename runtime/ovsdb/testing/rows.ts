/** The rows for queues of a switch's database, in memory: enough of RFC 7047 to carry our plans out. */
import type { Bridge, BridgePort, QosRow, QueueRow } from "../bridge.ts";
import { readMap, readPairs, readSet, type Operation } from "../value.ts";

type Cells = Record<string, unknown>;

export class FakeRows {
  readonly #tables: Record<string, Map<string, Cells>> = { Port: new Map(), QoS: new Map(), Queue: new Map() };
  readonly #names: ReadonlyMap<string, BridgePort>;
  #serial = 0;

  constructor(ports: readonly BridgePort[]) {
    this.#names = new Map(ports.map((port) => [port.uuid, port]));
    for (const { uuid, qos } of ports) {
      this.#tables["Port"]!.set(uuid, { qos: qos === undefined ? ["set", []] : ["uuid", qos.uuid] });
      if (qos)
        this.#tables["QoS"]!.set(qos.uuid, { type: qos.type, other_config: ["map", Object.entries(qos.config)] });
    }
  }

  get ports(): readonly BridgePort[] {
    return [...this.#tables["Port"]!].map(([uuid, cells]) => {
      const { name, number } = this.#names.get(uuid)!;
      const [ref] = readSet(cells["qos"]);
      const qos = ref === undefined ? undefined : this.#qos((ref as readonly string[])[1]!);
      return { uuid, name, number, ...(qos && { qos }) };
    });
  }

  get counts(): { readonly QoS: number; readonly Queue: number } {
    return { QoS: this.#tables["QoS"]!.size, Queue: this.#tables["Queue"]!.size };
  }

  bridge(of: (ports: readonly BridgePort[]) => Bridge): Bridge {
    return of(this.ports);
  }

  #qos(id: string): QosRow {
    const cells = this.#tables["QoS"]!.get(id)!;
    const queues = readPairs(cells["queues"]).map(([queue, ref]): [number, QueueRow] => {
      const uuid = (ref as readonly string[])[1]!;
      const row = this.#tables["Queue"]!.get(uuid)!;
      return [Number(queue), { uuid, config: readMap(row["other_config"]), ids: readMap(row["external_ids"]) }];
    });
    const ours = readMap(cells["external_ids"])["owner"] === "glazier";
    const config = readMap(cells["other_config"]);
    return {
      uuid: id,
      ours,
      type: String(cells["type"]),
      config,
      queues: new Map(queues.toSorted(([a], [b]) => a - b)),
    };
  }

  /** Carries operations out; returns the identifiers of the rows that were made. */
  transact(operations: readonly Operation[]): readonly (string | undefined)[] {
    const names = new Map<string, string>();
    const resolve = (value: unknown): unknown => {
      if (!Array.isArray(value)) return value;
      if (value[0] === "named-uuid") return ["uuid", names.get(String(value[1]))];
      return value.map(resolve);
    };
    const made = operations.map((operation) => this.#carryOut(operation, names, resolve));
    this.#check();
    return made;
  }

  #carryOut(
    operation: Operation,
    names: Map<string, string>,
    resolve: (value: unknown) => unknown,
  ): string | undefined {
    const { op, table, where } = operation as unknown as {
      op: string;
      table: string;
      where: [[string, string, string[]]];
    };
    const rows = this.#tables[table]!;
    const row = Object.fromEntries(
      Object.entries((operation["row"] ?? {}) as Cells).map(([key, cell]) => [key, resolve(cell)]),
    );
    if (op === "insert") {
      const id = `new${this.#serial++}`;
      names.set(String(operation["uuid-name"]), id);
      rows.set(id, row);
      return id;
    }
    const id = where[0][2][1]!;
    const cells = rows.get(id);
    if (cells === undefined) throw new Error(`${op} of ${table} ${id}, which is not there`);
    if (op === "delete") rows.delete(id);
    else if (op === "update") Object.assign(cells, row);
    else
      for (const [column, mutator, value] of operation["mutations"] as [string, string, unknown][]) {
        const pairs = new Map(readPairs(cells[column]).map(([key, item]) => [key, item]));
        if (mutator === "insert") for (const [key, item] of readPairs(resolve(value))) pairs.set(key, item);
        else for (const key of readSet(value)) pairs.delete(key);
        cells[column] = ["map", [...pairs]];
      }
    return undefined;
  }

  /** As at the end of a transaction in the database: no row refers to one that is not there. */
  #check(): void {
    for (const { qos } of this.ports)
      if (qos && !this.#tables["QoS"]!.has(qos.uuid)) throw new Error("a port without its QoS");
    for (const cells of this.#tables["QoS"]!.values())
      for (const [, ref] of readPairs(cells["queues"]))
        if (!this.#tables["Queue"]!.has((ref as string[])[1]!)) throw new Error("a QoS without its queue");
  }
}
