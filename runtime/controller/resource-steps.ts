/** A session and, if there is one, the switch's database → the steps for the meters and queues of a table. */
import type { Table } from "../../compiler/table/entry.ts";
import { dirname, join } from "node:path";
import type { FlowStats } from "../openflow/index.ts";
import { Database, readBridge, type Bridge } from "../ovsdb/index.ts";
import { SessionFault, type Session } from "../session/index.ts";
import type { FlowsByOwner } from "./installed.ts";
import { metering } from "./metering.ts";
import { queueing } from "./queueing.ts";
import type { ApplyOptions } from "./result.ts";
import type { ResourceStep } from "./resource-step.ts";

export interface ResourceSteps {
  readonly bridge?: Bridge | undefined;
  readonly meters: ResourceStep;
  readonly queues: ResourceStep;
  /** Both steps, in the order in which they are carried out. */
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

interface PlanOptions extends ApplyOptions {
  readonly flows: readonly FlowStats[];
  readonly owned: FlowsByOwner;
}

/** Reads the resources of the switch and makes the steps for what the table needs. */
export async function planResources(
  session: Session,
  connection: Database | undefined,
  desired: Table,
  { flows, owned, statements, rates, runFilter, takeOver = false }: PlanOptions,
): Promise<ResourceSteps> {
  const bridge = connection && (await readBridge(connection, session.features.datapath));
  const database = connection && bridge && { connection, bridge };
  // Foreign entries that are taken over are deleted, and their meters with them.
  const going = new Set(takeOver ? owned.foreign.map(({ flow }) => flow) : []);
  const staying = going.size === 0 ? flows : flows.filter((flow) => !going.has(flow));
  const meters = await metering(desired, { session, database, flows: staying, takeOver, statements });
  const held = owned.ours.flatMap(({ entry }) => (entry ? [entry] : []));
  const queues = queueing(desired, { session, held, database, rates, takeOver, runFilter, statements });
  return { bridge, meters, queues, all: [queues, meters] };
}
