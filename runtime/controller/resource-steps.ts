/** A session and, if there is one, the switch's database → the steps for the meters and queues of a table. */
import type { Plan } from "../../compiler/plan/plan.ts";
import type { Action, Table } from "../../compiler/table/entry.ts";
import { notPurged, portMoved } from "../../compiler/diagnostics/codes/runtime.ts";
import { dirname, join } from "node:path";
import type { FlowStats } from "../openflow/index.ts";
import { Database, movedPorts, purgeFlows, readBridges, recordPorts, type Bridge } from "../ovsdb/index.ts";
import { SessionFault, type Session } from "../session/index.ts";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { bridgeOf } from "./bridge-checks.ts";
import type { FlowsByOwner } from "./installed.ts";
import { metering } from "./metering.ts";
import { idleIn, readMeterUses, type WireMeter } from "./meters.ts";
import { queueing } from "./queueing.ts";
import type { ApplyOptions } from "./result.ts";
import { NO_CHANGES, type BridgeDatabase, type ResourceStep } from "./resource-step.ts";
import { lockSwitch, type Lock } from "./writers/lock.ts";
import { unsettledMeters } from "./writers/settled.ts";
import type { Books } from "./writers/token.ts";

export interface ResourceSteps {
  /** Why the database cannot be used. */
  readonly refused: readonly Diagnostic[];
  readonly bridge?: Bridge | undefined;
  readonly meters: ResourceStep;
  readonly queues: ResourceStep;
  /** All steps, in the order in which they are carried out. */
  readonly all: readonly ResourceStep[];
}

/**
 * The database that the user names, else the one beside a management socket, else `undefined`. Throws a `SessionFault`
 * if a named one cannot be reached.
 */
export async function findDatabase(target: string, named: string | undefined): Promise<Database | undefined> {
  if (named !== undefined) return Database.connect(named);
  if (!target.startsWith("unix:")) return undefined;
  try {
    return await Database.connect({ kind: "unix", path: join(dirname(target.slice("unix:".length)), "db.sock") });
  } catch (fault) {
    if (fault instanceof SessionFault) return undefined;
    throw fault;
  }
}

/** The switch's database, and what was locked there for this apply. */
export interface ReachedDatabase {
  readonly database: Database | undefined;
  readonly lock: Lock;
  /** Why there is no database, although there should be one. */
  readonly unreached: readonly Diagnostic[];
}

/** Finds the database and takes the switch's lock there. Throws as `findDatabase` does, unless it may be lacking. */
export async function reachDatabase(session: Session, options: ApplyOptions): Promise<ReachedDatabase> {
  let database: Database | undefined;
  try {
    database = await findDatabase(session.target, options.database);
    const lock = options.dryRun === true ? "none" : await lockSwitch(database, session, options.patience);
    return { database, lock, unreached: [] };
  } catch (fault) {
    await database?.close();
    if (!(fault instanceof SessionFault) || options.wasHeld !== true) throw fault;
    return { database: undefined, lock: "none", unreached: [fault.diagnostic] };
  }
}

/**
 * Empties the cache of the switch's datapath. Returns a warning if that fails. The control socket lies beside the
 * database, or beside the management socket. Where something that was sent to a port by its number is no more after this `plan`
 * (absent: it is not known), the bridge forgets the MACs that it has learned, too: where connections are tracked, Open vSwitch
 * learned the MACs of what a waypoint gave back at the waypoint's port while the tables changed (`purge.test.ts`).
 */
export async function purge(
  target: string,
  database: string | undefined,
  bridge?: string,
  plan?: Plan,
): Promise<readonly Diagnostic[]> {
  const learned = plan === undefined || takesSending(plan) ? bridge : undefined;
  const near = database ?? target;
  const forgets = learned === undefined ? "" : `, then \`ovs-appctl fdb/flush ${learned}\``;
  const help = `on the switch's machine: \`ovs-appctl revalidator/purge\`${forgets}`;
  if (!near.startsWith("unix:")) return [notPurged({ target, reason: "it is on another machine" }, { help })];
  const reason = await purgeFlows(dirname(near.slice("unix:".length)), learned);
  return reason === undefined ? [] : [notPurged({ target, reason }, { help })];
}

/** Whether some of what was sent to a port by its number is no more. */
const takesSending = ({ stages }: Plan): boolean =>
  stages.flat().some((mod) => {
    const gone = mod.kind === "add" ? undefined : mod.kind === "delete" ? mod.entry : mod.old;
    return gone?.instructions.some((one) => one.kind === "apply" && one.actions.some(isSending)) === true;
  });

const isSending = (action: Action): boolean => action.kind === "output" && action.port !== "NORMAL";

interface PlanOptions extends ApplyOptions {
  readonly flows: readonly FlowStats[];
  readonly owned: FlowsByOwner;
  readonly heldMeters: readonly WireMeter[];
  /** Meters that must be left alone (`writers/settled.ts`). */
  readonly unsettled: ReadonlySet<number>;
}

/** Reads the resources of the switch and makes the steps for what the table needs. */
export async function planResources(
  session: Session,
  connection: Database | undefined,
  desired: Table,
  { flows, owned, heldMeters, unsettled, takeOver = false, ...options }: PlanOptions,
): Promise<ResourceSteps> {
  const { bridge, refused } = await bridgeOf(
    connection === undefined ? [] : await readBridges(connection, session.features.datapath),
    session,
  );
  const database = connection && bridge && { connection, bridge };
  // Foreign entries that are taken over are deleted, and their meters with them.
  const going = new Set(takeOver ? owned.foreign.map(({ flow }) => flow) : []);
  const staying = going.size === 0 ? flows : flows.filter((flow) => !going.has(flow));
  const meters = metering(desired, {
    session,
    database,
    flows: staying,
    held: heldMeters,
    takeOver,
    unsettled,
    statements: options.statements,
  });
  const held = owned.ours.flatMap(({ entry }) => (entry ? [entry] : []));
  const queues = queueing(desired, { ...options, session, held, database, takeOver });
  const names = database === undefined ? [] : [portNaming(session.target, database, desired)];
  return { bridge, refused, meters, queues, all: [queues, meters, ...names] };
}

/** Warns of ports that are another interface than when a table was sent last, and keeps what they are now. */
function portNaming(target: string, { connection, bridge }: BridgeDatabase, desired: Table): ResourceStep {
  const helpOf = ({ port, name, before }: { readonly [K in "port" | "name" | "before"]: string | number }): string =>
    `what the policy says of port ${port} is about \`${name}\` from now on; if that is not meant, change its facts, or ` +
    `give the number back to \`${before}\` (\`ofport_request\`)`;
  return {
    changes: NO_CHANGES,
    begun: NO_CHANGES,
    refused: [],
    warnings: movedPorts(bridge, desired).map((one) => portMoved({ target, ...one }, { help: helpOf(one) })),
    before: async () => ({ refused: [] }),
    confirm: async () => [],
    async after() {
      await recordPorts(connection, bridge, desired);
      return { faults: [], changes: NO_CHANGES };
    },
    verify: async () => [],
    undo: async () => true,
  };
}

/** The meters without users that must be left alone, by the counts of the switch. */
export async function unsettledIn(
  session: Session,
  { flows, tokens, heldMeters }: Pick<Books, "flows" | "tokens"> & { readonly heldMeters: readonly WireMeter[] },
): Promise<ReadonlySet<number>> {
  const idle = idleIn(heldMeters, flows);
  return idle.size === 0 ? idle : unsettledMeters(idle, tokens, await readMeterUses(session));
}
