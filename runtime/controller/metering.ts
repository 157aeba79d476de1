/**
 * The step for meters: sends meter-mods with a barrier, records ours in the switch's database, undoes both on failure.
 */
import { cookieOf } from "../../compiler/table/cookie.ts";
import type { Table } from "../../compiler/table/entry.ts";
import { changeRefused, meterMissing, statementRefused } from "../../compiler/diagnostics/codes/runtime.ts";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import type { ErrorMessage, MessageOf } from "../openflow/index.ts";
import { recordedMeters, recordMeters } from "../ovsdb/index.ts";
import type { Session } from "../session/index.ts";
import {
  meterChanges,
  planMeters,
  readMeters,
  sameMeter,
  type MeterChange,
  type MeterView,
  type WireMeter,
} from "./meters.ts";
import { MOST_REPORTED, reasonWords } from "./refusal.ts";
import type { EntryOrigin } from "./result.ts";
import { NO_CHANGES, type BridgeDatabase, type ResourceStep } from "./resource-step.ts";

export interface MeteringOptions {
  readonly session: Session;
  /** The database that records the numbers of our meters, if we can reach one. */
  readonly database?: BridgeDatabase | undefined;
  readonly flows: MeterView["flows"];
  /** The meters that the switch holds. */
  readonly held: readonly WireMeter[];
  readonly takeOver: boolean;
  readonly statements?: ReadonlyMap<bigint, EntryOrigin> | undefined;
}

/** The step for the meters of a table. */
export function metering(desired: Table, options: MeteringOptions): ResourceStep {
  const { session, database, flows, held, takeOver } = options;
  const { target } = session;
  const recorded = recordedMeters(database?.bridge);
  const plan = planMeters({ target, held, flows, recorded, takeOver }, desired);
  const own = (desired.meters ?? []).map(({ meter }) => meter);
  const record = async (meters: readonly number[]): Promise<void> => {
    if (database) await recordMeters(database.connection, database.bridge, meters);
  };
  const send = (changes: readonly MeterChange[]): Promise<readonly Failure[]> => sendMeters(session, changes);
  let made: readonly MeterChange[] = [];
  const isRecorded = own.length === recorded.size && own.every((meter) => recorded.has(meter));
  return {
    changes: { ...NO_CHANGES, meters: meterChanges(plan) },
    refused: plan.refused,
    warnings: plan.warnings,
    async before() {
      // Recorded before they are sent: if anything fails later, they are still known to be ours.
      if (!own.every((meter) => recorded.has(meter))) await record([...recorded, ...own]);
      const failures = await send(plan.first);
      const failed = new Set(failures.map(({ change }) => change));
      made = plan.first.filter((change) => !failed.has(change));
      return failures.slice(0, MOST_REPORTED).map((failure) => refused(target, failure, options.statements));
    },
    async confirm() {
      if (plan.first.length === 0) return [];
      const now = new Map((await readMeters(session)).map((meter) => [meter.meter, meter]));
      return plan.first
        .flatMap((change) => (change.command === "delete" ? [] : [change]))
        .filter(({ next }) => {
          const there = now.get(next.meter);
          return there === undefined || !sameMeter(there, next);
        })
        .slice(0, MOST_REPORTED)
        .map(({ next: { meter }, statement = "" }) => {
          return meterMissing({ target, meter, statement: nameOf(statement, options) });
        });
    },
    async after() {
      const failures = await send(plan.last);
      if (failures.length === 0 && !isRecorded) await record(own);
      return failures.slice(0, MOST_REPORTED).map((failure) => refused(target, failure, options.statements));
    },
    async undo() {
      const failures = await send(inverse(made));
      if (!isRecorded) await record([...recorded]);
      return failures.length === 0;
    },
  };
}

interface Failure {
  readonly change: MeterChange;
  readonly error: ErrorMessage;
}

/** The changes that undo these, the last first. */
export function inverse(changes: readonly MeterChange[]): readonly MeterChange[] {
  return changes.toReversed().map((change): MeterChange => {
    switch (change.command) {
      case "add":
        return { command: "delete", old: change.next };
      case "delete":
        return { command: "add", next: change.old };
      case "modify":
        return { command: "modify", next: change.old, old: change.next };
    }
  });
}

/** Sends meter-mods, waits until all are carried out, and returns those that failed. */
async function sendMeters(session: Session, changes: readonly MeterChange[]): Promise<readonly Failure[]> {
  if (changes.length === 0) return [];
  const failures: Failure[] = [];
  const first = session.xids(changes.length);
  const stopListening = session.listen((message) => {
    const change = changes[message.xid - first];
    if (change && (message.type === "error" || message.type === "experimenter_error"))
      failures.push({ change, error: message });
  });
  try {
    await session.send(changes.map((change, index) => toMeterMod(change, first + index)));
    await session.barrier();
  } finally {
    stopListening();
  }
  return failures;
}

function toMeterMod(change: MeterChange, xid: number): MessageOf<"meter_mod"> {
  const { command } = change;
  const { flags, meter, bands } = command === "delete" ? change.old : change.next;
  return { type: "meter_mod", xid, command, flags, meter, bands: command === "delete" ? [] : bands };
}

const nameOf = (statement: string, { statements }: Pick<MeteringOptions, "statements">): string =>
  statements?.get(cookieOf(statement))?.name ?? statement;

function refused(target: string, { change, error }: Failure, statements: MeteringOptions["statements"]): Diagnostic {
  const reason = reasonWords(error);
  if (change.statement === undefined) return changeRefused({ target, reason });
  const span = statements?.get(cookieOf(change.statement))?.span;
  return statementRefused({ target, statement: nameOf(change.statement, { statements }), reason }, { span });
}
