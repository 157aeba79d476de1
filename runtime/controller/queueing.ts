/**
 * The step for queues: makes them in the switch's database, confirms them by OpenFlow, undoes them on failure. For the
 * userspace datapath it also sets the filters that put marked packets into queues; they need a runner from the user.
 */
import { queuesAt, type Entry, type Queue, type Table } from "../../compiler/table/entry.ts";
import { cookieOf } from "../../compiler/table/cookie.ts";
import {
  filterFailed,
  filtersNeeded,
  queueMissing,
  queuesChanged,
  queuesCrowded,
  queuesIgnored,
  queuesNeedDatabase,
} from "../../compiler/diagnostics/codes/runtime.ts";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { count } from "../../compiler/diagnostics/text.ts";
import { ANY } from "../openflow/index.ts";
import {
  dscpMarks,
  filterCommands,
  planQueues,
  readBridges,
  waitingFrames,
  type Bridge,
  type BridgePort,
} from "../ovsdb/index.ts";
import type { FilterCommand, Operation, QueueOptions } from "../ovsdb/index.ts";
import { RequestRefused, SessionFault, type Session } from "../session/index.ts";
import type { EntryOrigin } from "./result.ts";
import { MOST_REPORTED } from "./refusal.ts";
import { NO_CHANGES, type BridgeDatabase, type ResourceStep, type Runner } from "./resource-step.ts";

export interface QueueingOptions extends QueueOptions {
  readonly session: Session;
  readonly database?: BridgeDatabase | undefined;
  readonly runFilter?: Runner | undefined;
  readonly wasHeld?: boolean | undefined;
  /** Our entries on the switch before the change. */
  readonly held: readonly Entry[];
  readonly statements?: ReadonlyMap<bigint, EntryOrigin> | undefined;
}

const OTHERS_SET_QOS =
  "apply again; if another program sets the QoS of these ports, end that first, or it will take them back";

/** Every queue of a port (OFPQ_ALL). */
const ALL_QUEUES = 0xffff_ffff;

/** The step for the queues of a table. `desired` is the whole table, as the DSCP marks in it decide the filters. */
export function queueing(desired: Table, options: QueueingOptions): ResourceStep {
  const { session, database } = options;
  const { target } = session;
  if (database === undefined) return withoutDatabase(target, desired.queues ?? [], options);
  const { connection, bridge } = database;
  // Without marks nothing gets into these queues, nor before the commands have run, which a server may have nobody for. What
  // waits in everybody's would be in the way of all other ports.
  const isIgnored = bridge.userspace && (dscpMarks(desired).length === 0 || hasNoRunner(options));
  const queues = isIgnored ? [] : (desired.queues ?? []);
  const plan = planQueues(bridge, target, queues, options);
  const isOthers = ({ qos }: BridgePort): boolean => qos?.ours === false && options.takeOver !== true;
  const shaped: Bridge = { ...bridge, ports: bridge.ports.filter((port) => !isOthers(port)) };
  const filtersOf = (ports: Bridge["ports"]): readonly FilterCommand[] =>
    bridge.userspace ? filterCommands({ ...shaped, ports }, { ...desired, queues }) : [];
  const filters = filtersOf(shaped.ports);
  // The filters before the change, to restore them on failure.
  const earlier = filterCommands(bridge, { entries: options.held, queues: queuesOfBridge(bridge) });
  let undo: readonly Operation[] = [];
  let filtered = false;
  /** Queues of ports that cannot be shaped, where they keep nothing else back. */
  let unshaped: readonly Diagnostic[] = [];
  const unshapedPorts = new Set<number>();
  const confirm = async (): Promise<readonly Diagnostic[]> => {
    unshaped = [];
    const found = await missingQueues();
    if (options.besideForeign !== true) return found;
    unshaped = found;
    return [];
  };
  const missingQueues = async (): Promise<readonly Diagnostic[]> => {
    if (queues.length === 0) return [];
    const there = await queuesOf(session);
    if (there === undefined) return [];
    const help = "reserve where the ports can be shaped (not tunnels, not patches to other bridges)";
    const all = shaped.ports.flatMap(({ number, name, uuid }) =>
      queuesAt(queues, number)
        .filter(({ queue }) => !there.has(`${number} ${queue}`))
        .map((one) => ({ ...one, uuid, number, port: `${number} (${name})` })),
    );
    if (all.length === 0) return [];
    const { now, taken } = await rowsNow();
    if (taken.length > 0) return taken;
    // A port that has gone meanwhile is missed as one that was not there at all.
    const left = now?.ports ?? [];
    const missing = all.filter((one) => left.some(({ uuid }) => uuid === one.uuid));
    for (const { number } of missing) unshapedPorts.add(number);
    return missing.slice(0, MOST_REPORTED).map(({ queue, port, statement }) => {
      const span = options.statements?.get(cookieOf(statement))?.span;
      return queueMissing({ queue, port, statement }, { help, span });
    });
  };
  /** Where the rows are gone, too, another program has taken them away: no port that cannot be shaped, and no command, is at fault. */
  const rowsNow = async (): Promise<{ readonly now: Bridge | undefined; readonly taken: readonly Diagnostic[] }> => {
    const now = await bridgeNow();
    const lost = now && planQueues(now, target, queues, options).first.length;
    return { now, taken: lost ? [changedMeanwhile(lost)] : [] };
  };
  const changedMeanwhile = (wrong: number): Diagnostic =>
    queuesChanged({ target, queues: count(wrong, "queue") }, { help: OTHERS_SET_QOS });
  const bridgeNow = async (): Promise<Bridge | undefined> =>
    (await readBridges(connection, session.features.datapath)).find(({ uuid }) => uuid === bridge.uuid);
  const warnings = [...plan.warnings.slice(0, MOST_REPORTED), ...warningsOf(shaped, desired, filters, options)];
  return {
    changes: { ...NO_CHANGES, queues: plan.changes },
    begun: { ...NO_CHANGES, queues: plan.changes.filter(({ kind }) => kind !== "delete") },
    refused: plan.refused,
    get warnings() {
      return [...warnings, ...unshaped];
    },
    async before() {
      if (plan.first.length > 0) {
        const results = await connection.configure(plan.first.map(({ operation }) => operation));
        undo = plan.first
          .map((step, index) => step.undo(results[index]?.uuid?.[1]))
          .toReversed()
          .flat();
      }
      if (options.runFilter === undefined || filters.length === 0) return { refused: [] };
      const missing = await confirm();
      if (missing.length > 0) return { refused: missing };
      filtered = true;
      const ports = shaped.ports.filter(({ number }) => !unshapedPorts.has(number));
      const faults = await run(filtersOf(ports), options.runFilter);
      const { taken } = faults.length > 0 ? await rowsNow() : { taken: [] };
      return { refused: taken.length > 0 ? taken : faults };
    },
    confirm,
    async after() {
      // The kernel does not remove a class while a filter leads to it. The filters were replaced before.
      if (plan.last.length > 0) await connection.configure(plan.last);
      return { faults: [], changes: this.changes };
    },
    async verify() {
      if (queues.length === 0) return [];
      const now = await bridgeNow();
      const again = now && planQueues(now, target, queues, options);
      const wrong = again === undefined ? queues.length : again.changes.length + again.refused.length;
      if (wrong === 0 && again!.first.length === 0) return confirm();
      return [changedMeanwhile(Math.max(1, wrong))];
    },
    async undo() {
      try {
        const back = [...filters.filter(({ mayFail }) => mayFail), ...earlier];
        const faults = filtered ? await run(back, options.runFilter!) : [];
        if (undo.length > 0) await connection.configure(undo);
        return faults.length === 0;
      } catch (fault) {
        if (fault instanceof SessionFault) return false;
        throw fault;
      }
    },
  };
}

/** Our queues on the bridge. A filter does not depend on their rates, so `minimum` is 1. */
const queuesOfBridge = ({ ports }: Bridge): readonly Queue[] =>
  ports.flatMap(({ number: port, qos }) => {
    const ours = qos?.ours === true ? [...qos.queues.keys()] : [];
    return ours.map((queue) => ({ port, queue, minimum: 1, statement: "" }));
  });

/** The step without a database: every queue is refused, or keeps nothing else back. */
function withoutDatabase(
  target: string,
  queues: readonly Queue[],
  { besideForeign, wasHeld }: Pick<QueueingOptions, "besideForeign" | "wasHeld">,
): ResourceStep {
  const help = "name it with --db unix:PATH";
  const isSpared = besideForeign === true && wasHeld === true;
  const lacking = queues.map(({ statement }) => queuesNeedDatabase({ target, statement }, { help }));
  return {
    changes: NO_CHANGES,
    refused: isSpared ? [] : lacking,
    warnings: isSpared ? lacking.slice(0, MOST_REPORTED) : [],
    begun: NO_CHANGES,
    before: async () => ({ refused: [] }),
    confirm: async () => [],
    after: async () => ({ faults: [], changes: NO_CHANGES }),
    verify: async () => [],
    undo: async () => true,
  };
}

/** Every queue that the switch reports, as `port queue`; `undefined` if it refuses to report queues. */
async function queuesOf(session: Session): Promise<ReadonlySet<string> | undefined> {
  const known = new Set<string>();
  try {
    await session.collect({ kind: "queue", port: ANY, queue: ALL_QUEUES }, (part) => {
      if (part.kind === "queue") for (const { port, queue } of part.queues) known.add(`${port} ${queue}`);
    });
  } catch (fault) {
    if (fault instanceof RequestRefused) return undefined;
    throw fault;
  }
  return known;
}

function warningsOf(
  bridge: Bridge,
  desired: Table,
  filters: readonly FilterCommand[],
  options: QueueingOptions,
): readonly Diagnostic[] {
  if (!bridge.userspace || (desired.queues ?? []).length === 0) return [];
  if (hasNoRunner(options)) return [queuesIgnored({ bridge: bridge.name }, { help: SERVED })];
  if (dscpMarks(desired).length === 0) {
    return [queuesIgnored({ bridge: bridge.name }, { help: "say `--target ovs-userspace`" })];
  }
  const { all, full } = waitingFrames(bridge, desired.queues ?? []);
  const crowded = full < all ? [queuesCrowded({ bridge: bridge.name, count: all, full }, { help: LESS_CROWDED })] : [];
  if (options.runFilter !== undefined) return crowded;
  const commands = filters.filter(({ mayFail }) => !mayFail).map(({ argv }) => argv.join(" "));
  const help = `as root, where the ports are: ${commands.join(" && ")}`;
  return [filtersNeeded({ bridge: bridge.name, count: commands.length }, { help }), ...crowded];
}

/** A server answers before anybody could run commands that it prints: it runs them, or makes no queues. */
const hasNoRunner = ({ besideForeign, runFilter }: QueueingOptions): boolean =>
  besideForeign === true && runFilter === undefined;

const SERVED = "say `--target ovs-userspace --run-filters` where the server runs as root on the switch's machine";

const LESS_CROWDED =
  "each reservation has a queue at each port where its flows may leave: name receivers with `dstHost`, and their places with " +
  "`host_at`, where that is not done; else reserve once, and more, for what several reservations to one port hold";

async function run(filters: readonly FilterCommand[], runner: Runner): Promise<Diagnostic[]> {
  for (const { argv, mayFail } of filters) {
    const complaint = await runner(argv);
    if (complaint !== undefined && !mayFail) return [filterFailed({ reason: `${argv.join(" ")}: ${complaint}` })];
  }
  return [];
}
