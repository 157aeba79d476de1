/**
 * The queues of a table × a bridge → the changes of the database. Each port has one QoS (linux-htb), each reservation
 * one queue with its minimum rate, and queue 0 is for all other traffic. Our rows carry our mark; other rows stay.
 * Pure.
 */
import { queuesAt, type Queue } from "../../compiler/table/entry.ts";
import { by } from "../../compiler/net/order.ts";
import type { ResourceChange } from "../../compiler/plan/index.ts";
import { foreignQos, noSuchPort } from "../../compiler/diagnostics/codes/runtime.ts";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { ROW_OWNER, type Bridge, type BridgePort, type QosRow, type QueueRow } from "./bridge.ts";
import { map, named, set, uuid, type Operation, type RowId } from "./value.ts";
import { append } from "#compiler/net/lists.ts";

export interface QueueOptions {
  /** Port number → its rate in bit/s, which its queues share. Absent: the link's own speed. */
  readonly rates?: ReadonlyMap<number, number> | undefined;
  /** Whether to replace foreign queues on ports that need ours. */
  readonly takeOver?: boolean | undefined;
  /** Whether a port that others have given queues keeps no queue of another port back: it is reported. */
  readonly besideForeign?: boolean | undefined;
}

/** One operation, and the operations that undo it, given the identifier of the row that it made. */
export interface QueueStep {
  readonly operation: Operation;
  readonly undo: (made: string | undefined) => readonly Operation[];
}

export interface QueuePlan {
  /** Carried out before the entries that use the queues are sent. */
  readonly first: readonly QueueStep[];
  /** Carried out after the entries that used the queues are gone. */
  readonly last: readonly Operation[];
  readonly refused: readonly Diagnostic[];
  /** Queues of ports that are not there, or not free. All others are made. */
  readonly warnings: readonly Diagnostic[];
  /** The changes of queues, in order of port and number; queue 0 is left out. */
  readonly changes: readonly ResourceChange<Queue>[];
}

type Config = Readonly<Record<string, string>>;

/** A queue as it should be. */
interface Wanted {
  readonly queue: number;
  readonly config: Config;
  readonly ids: Config;
}

const at = (id: string): readonly unknown[] => [["_uuid", "==", uuid(id)]];
const update = (table: string, id: string, row: object): Operation => ({ op: "update", table, where: at(id), row });
const remove = (table: string, id: string): Operation => ({ op: "delete", table, where: at(id) });

/** Whether two maps of strings are the same. The database may give keys in another order. */
const same = (a: Config, b: Config): boolean => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
const sorted = (config: Config): unknown => Object.entries(config).toSorted(by(([key]) => key));

/** Collects the plan. */
class Draft {
  readonly first: QueueStep[] = [];
  readonly last: Operation[] = [];
  readonly refused: Diagnostic[] = [];
  readonly warnings: Diagnostic[] = [];
  readonly changed: ResourceChange<Queue>[] = [];
  /** How many ports have given up a QoS. */
  readonly #left = new Map<string, number>();
  #names = 0;

  get changes(): readonly ResourceChange<Queue>[] {
    const place = ({ port = 0, queue }: Queue): readonly [number, number] => [port, queue];
    return this.changed.toSorted((a, b) => {
      const [left, right] = [place(a.one), place(b.one)];
      return left[0] - right[0] || left[1] - right[1];
    });
  }

  /** Reports a queue that is deleted; queue 0 belongs to no statement. */
  loses(queue: number, row: QueueRow, port: number | undefined): void {
    if (queue !== 0) this.changed.push({ kind: "delete", one: queueOf(queue, row, port) });
  }

  /** Notes that a port gives up a QoS of ours; returns whether no port has it then. */
  leaves({ uuid: id, users = 1 }: QosRow): boolean {
    const left = (this.#left.get(id) ?? 0) + 1;
    this.#left.set(id, left);
    return left >= users;
  }

  insert(table: string, row: object): RowId {
    const name = `row${this.#names++}`;
    const undo = (made: string | undefined): readonly Operation[] => (made === undefined ? [] : [remove(table, made)]);
    this.first.push({ operation: { op: "insert", table, row, "uuid-name": name }, undo });
    return named(name);
  }

  change(table: string, id: string, row: object, before: object): void {
    this.first.push({ operation: update(table, id, row), undo: () => [update(table, id, before)] });
  }
}

const UNPLUGGED =
  "what it reserves is not kept there; once there is such a port, apply again (`serve` does it by itself); if that port has " +
  "another number by now, change the facts";

/** The changes after which the bridge has exactly these queues of ours, at the ports that it has. */
export function planQueues(
  bridge: Bridge,
  target: string,
  queues: readonly Queue[],
  options: QueueOptions = {},
): QueuePlan {
  const draft = new Draft();
  const known = new Set(bridge.ports.map(({ number }) => number));
  const anywhere = new Set(queues.filter(({ port }) => port === undefined).map(({ queue }) => queue));
  for (const { port, queue, statement } of queues)
    if (port !== undefined && !known.has(port) && !anywhere.has(queue))
      draft.warnings.push(noSuchPort({ target, port, statement }, { help: UNPLUGGED }));
  for (const port of bridge.ports) {
    const own = queuesAt(queues, port.number);
    if (own.length > 0) give(draft, bridge, port, own, options);
    else if (port.qos?.ours === true) withdraw(draft, port, port.qos);
  }
  // A device that comes back finds the queues that are still asked for.
  const asked = new Set(queues.map(({ statement }) => statement));
  for (const { uuid: id, qos } of bridge.idle)
    if (![...qos.queues.values()].some(({ ids }) => asked.has(ids["statement"] ?? "")))
      withdraw(draft, { uuid: id }, qos);
  for (const qos of bridge.stray) discard(draft, qos);
  append(
    draft.last,
    bridge.strayQueues.map((id) => remove("Queue", id)),
  );
  return draft;
}

/** The queues of a port. Queue 0 gets what the reservations leave of the port's rate in bit/s. */
function wantedQueues(own: readonly Queue[], rate: number | undefined): readonly Wanted[] {
  const sum = own.reduce((total, { minimum }) => total + minimum, 0);
  const rest: Config = rate !== undefined && rate > sum ? { "min-rate": String(rate - sum) } : {};
  return [
    { queue: 0, config: rest, ids: ROW_OWNER },
    ...own.map(({ queue, minimum, statement }): Wanted => ({
      queue,
      config: { "min-rate": String(minimum) },
      ids: { ...ROW_OWNER, statement },
    })),
  ];
}

function give(draft: Draft, bridge: Bridge, port: BridgePort, own: readonly Queue[], options: QueueOptions): void {
  const { qos } = port;
  if (qos !== undefined && !qos.ours && options.takeOver !== true) {
    const beside = options.besideForeign === true;
    const help = `with --take-over our queues replace it; ${beside ? "all other queues are made" : "nothing was changed"}`;
    for (const { statement } of own)
      (beside ? draft.warnings : draft.refused).push(foreignQos({ port: port.name, statement }, { help }));
    return;
  }
  const rate = options.rates?.get(port.number);
  const config: Config = rate === undefined ? {} : { "max-rate": String(rate) };
  const wanted = wantedQueues(own, rate);
  if (qos?.ours === true && isOf(qos, port)) {
    if (!same(qos.config, config) || qos.type !== "linux-htb")
      draft.change(
        "QoS",
        qos.uuid,
        { type: "linux-htb", other_config: map(config) },
        { type: qos.type, other_config: map(qos.config) },
      );
    reconcile(draft, qos, wanted, port.number);
    return;
  }
  const members = wanted.map((one) => [one.queue, draft.insert("Queue", queueRow(one))] as const);
  const row = {
    type: "linux-htb",
    other_config: map(config),
    external_ids: map({ ...ROW_OWNER, bridge: bridge.datapath, port: port.name }),
    queues: ["map", members],
  };
  const made = draft.insert("QoS", row);
  draft.change("Port", port.uuid, { qos: made }, { qos: qos === undefined ? set([]) : uuid(qos.uuid) });
  if (qos?.ours === true && draft.leaves(qos)) discard(draft, qos, port.number);
  append(
    draft.changed,
    own.map((one) => ({ kind: "add", one: { ...one, port: port.number } }) as const),
  );
}

/** Whether a QoS of ours is the port's own: others may have given it to further ports. */
const isOf = (qos: QosRow, { name }: BridgePort): boolean =>
  (qos.users ?? 1) === 1 || qos.port === undefined || qos.port === name;

/** Changes a QoS of ours. Queues keep their ids and rows; only differences are written. */
function reconcile(draft: Draft, qos: QosRow, wanted: readonly Wanted[], port: number): void {
  const mutate = (mutator: "insert" | "delete", value: unknown): Operation => ({
    op: "mutate",
    table: "QoS",
    where: at(qos.uuid),
    mutations: [["queues", mutator, value]],
  });
  for (const one of wanted) {
    const row = qos.queues.get(one.queue);
    if (row === undefined) {
      const made = draft.insert("Queue", queueRow(one));
      const undo = (): readonly Operation[] => [mutate("delete", ["set", [one.queue]])];
      draft.first.push({ operation: mutate("insert", ["map", [[one.queue, made]]]), undo });
      if (one.queue !== 0) draft.changed.push({ kind: "add", one: queueOf(one.queue, one, port) });
    } else if (!same(row.config, one.config) || !same(row.ids, one.ids)) {
      const { other_config, external_ids } = queueRow(one);
      draft.change(
        "Queue",
        row.uuid,
        { other_config, external_ids },
        queueRow({ queue: one.queue, config: row.config, ids: row.ids }),
      );
      if (one.queue !== 0 && !same(row.config, one.config)) {
        const old = queueOf(one.queue, row, port);
        draft.changed.push({ kind: "replace", one: queueOf(one.queue, one, port), old });
      }
    }
  }
  const kept = new Set(wanted.map(({ queue }) => queue));
  for (const [queue, row] of qos.queues) {
    if (kept.has(queue)) continue;
    append(draft.last, [mutate("delete", ["set", [queue]]), ...removeQueue(row)]);
    draft.loses(queue, row, port);
  }
}

function withdraw(draft: Draft, port: Pick<BridgePort, "uuid"> & { readonly number?: number }, qos: QosRow): void {
  draft.last.push(update("Port", port.uuid, { qos: set([]) }));
  if (draft.leaves(qos)) discard(draft, qos, port.number);
}

function discard(draft: Draft, qos: QosRow, port?: number): void {
  append(draft.last, [remove("QoS", qos.uuid), ...[...qos.queues.values()].flatMap(removeQueue)]);
  for (const [queue, row] of qos.queues) draft.loses(queue, row, port);
}

/** A row as a queue; it has no port if the port is gone. */
const queueOf = (
  queue: number,
  { config, ids }: Pick<QueueRow, "config" | "ids">,
  port: number | undefined,
): Queue => ({
  ...(port !== undefined && { port }),
  queue,
  minimum: Number(config["min-rate"] ?? 0),
  statement: ids["statement"] ?? "",
});

/** Deletes a queue's row, unless others added it to our QoS, or to theirs. */
const removeQueue = ({ uuid: id, ids, shared }: QueueRow): Operation[] =>
  ids["owner"] === ROW_OWNER.owner && shared !== true ? [remove("Queue", id)] : [];

const queueRow = ({ config, ids }: Wanted): { readonly other_config: unknown; readonly external_ids: unknown } => ({
  other_config: map(config),
  external_ids: map(ids),
});
