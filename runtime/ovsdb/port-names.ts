/**
 * The ports that a table names, by number, × the interfaces that have these numbers → which numbers mean another interface
 * than when a table was sent last. Policies know ports by their numbers alone, and a switch gives the number of a port
 * that went to one that comes. So the names are kept in the bridge's own row.
 */
import type { Table } from "../../compiler/table/entry.ts";
import type { Bridge } from "./bridge.ts";
import type { Database } from "./database.ts";
import { map, uuid } from "./value.ts";

/** The key in the bridge's own row. */
const PORTS = "glazier-ports";

/** Port number → name of its interface. */
type PortNames = ReadonlyMap<number, string>;

export interface MovedPort {
  readonly port: number;
  readonly before: string;
  readonly name: string;
}

/** The ports that are another interface by now. */
export function movedPorts(bridge: Bridge, table: Table): readonly MovedPort[] {
  const recorded = recordedPorts(bridge);
  return [...namesNow(bridge, table)].flatMap(([port, name]) => {
    const before = recorded.get(port);
    return before === undefined || before === name ? [] : [{ port, before, name }];
  });
}

/** Records what the ports that a table names are now. One that is away keeps its name. */
export async function recordPorts(database: Database, bridge: Bridge, table: Table): Promise<void> {
  const names = [...namesNow(bridge, table)].toSorted(([a], [b]) => a - b);
  const text = names.map(([port, name]) => `${port}=${name}`).join(" ");
  if (text === (bridge.ids[PORTS] ?? "")) return;
  const where = [["_uuid", "==", uuid(bridge.uuid)]];
  const remove = ["external_ids", "delete", ["set", [PORTS]]];
  const insert = ["external_ids", "insert", map({ [PORTS]: text })];
  await database.transact([
    { op: "mutate", table: "Bridge", where, mutations: text === "" ? [remove] : [remove, insert] },
  ]);
}

function namesNow(bridge: Bridge, table: Table): PortNames {
  const recorded = recordedPorts(bridge);
  return new Map(
    [...numbersIn(table)].flatMap((port) => {
      const name = bridge.interfaces.get(port) ?? recorded.get(port);
      return name === undefined ? [] : [[port, name] as const];
    }),
  );
}

function recordedPorts({ ids }: Bridge): PortNames {
  const pairs = (ids[PORTS] ?? "").split(" ").map((word) => /^(\d+)=(.+)$/.exec(word));
  return new Map(pairs.flatMap((found) => (found === null ? [] : [[Number(found[1]), found[2]!] as const])));
}

/** The numbers of ports that a table names: where frames come in, go out, and have queues. */
export function numbersIn({ entries, queues = [] }: Table): ReadonlySet<number> {
  const numbers = new Set(queues.flatMap(({ port }) => (port === undefined ? [] : [port])));
  for (const { match, instructions } of entries) {
    for (const { field, value, mask } of match)
      if (field === "in_port" && mask === undefined) numbers.add(Number(value));
    for (const one of instructions)
      if (one.kind === "apply")
        for (const action of one.actions)
          if (action.kind === "output" && typeof action.port === "number") numbers.add(action.port);
  }
  return numbers;
}
