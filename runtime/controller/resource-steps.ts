/** A session and, where there is one, a database → the meters and queues around a change of entries. */
import type { Table } from "../../compiler/table/entry.ts";
import { dirname, join } from "node:path";
import type { FlowStats } from "../openflow/index.ts";
import { Database, readBridge, type Bridge } from "../ovsdb/index.ts";
import { SessionFault, type Session } from "../session/index.ts";
import type { Owned } from "./installed.ts";
import { metering } from "./metering.ts";
import { queueing } from "./queueing.ts";
import type { ApplyOptions } from "./result.ts";
import type { Surround } from "./resource-step.ts";

export interface Surroundings {
  readonly bridge?: Bridge | undefined;
  readonly meters: Surround;
  readonly queues: Surround;
  /** In the order in which they are made. */
  readonly surrounds: readonly Surround[];
}

/** The database that the user names, or the one beside a management socket; that one may be missing or not ours to open. */
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

interface Circumstances extends ApplyOptions {
  readonly flows: readonly FlowStats[];
  readonly owned: Owned;
}

/** Reads what there is and plans what is needed. */
export async function surroundings(
  session: Session,
  database: Database | undefined,
  desired: Table,
  { flows, owned, statements, rates, runFilter, takeOver = false }: Circumstances,
): Promise<Surroundings> {
  const bridge = database && (await readBridge(database, session.features.datapath));
  const switchboard = database && bridge && { database, bridge };
  // What is taken over goes, and its meters with it.
  const going = new Set(takeOver ? owned.foreign.map(({ flow }) => flow) : []);
  const staying = going.size === 0 ? flows : flows.filter((flow) => !going.has(flow));
  const meters = await metering(desired, { session, ledger: switchboard, flows: staying, takeOver, statements });
  const held = owned.ours.flatMap(({ entry }) => (entry ? [entry] : []));
  const queues = queueing(desired, { session, held, switchboard, rates, takeOver, runFilter, statements });
  return { bridge, meters, queues, surrounds: [queues, meters] };
}
