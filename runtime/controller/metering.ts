/**
 * The step for meters: sends meter-mods with a barrier, records ours in the switch's database, undoes both on failure.
 */
import { append } from "#compiler/net/lists.ts";
import { cookieOf } from "../../compiler/table/cookie.ts";
import type { Table } from "../../compiler/table/entry.ts";
import { changeRefused, meterMissing, statementRefused } from "../../compiler/diagnostics/codes/runtime.ts";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { errorName, type ErrorMessage, type MessageOf } from "../openflow/index.ts";
import { recordedMeters, recordMeters } from "../ovsdb/index.ts";
import type { Session } from "../session/index.ts";
import { readFlows } from "./installed.ts";
import {
  idleIn,
  meterChanges,
  planMeters,
  readMeters,
  readMeterUses,
  sameMeter,
  toWireMeter,
  type MeterChange,
  type MeterView,
  type WireMeter,
} from "./meters.ts";
import { isMeterGone, MOST_REPORTED, reasonWords } from "./refusal.ts";
import type { EntryOrigin } from "./result.ts";
import { APPLY_AGAIN } from "./writers/progress.ts";
import { NO_CHANGES, type BridgeDatabase, type ResourceStep } from "./resource-step.ts";

/** What the step needs to know of a switch. */
export interface MeteringOptions {
  readonly session: Session;
  /** The database that records the numbers of our meters, if we can reach one. */
  readonly database?: BridgeDatabase | undefined;
  readonly flows: MeterView["flows"];
  /** The meters that the switch holds. */
  readonly held: readonly WireMeter[];
  readonly takeOver: boolean;
  /** Meters that must be left alone (`writers/settled.ts`). */
  readonly unsettled: ReadonlySet<number>;
  readonly statements?: ReadonlyMap<bigint, EntryOrigin> | undefined;
}

/** The step for the meters of a table. */
export function metering(desired: Table, options: MeteringOptions): ResourceStep {
  const { session, database, flows, held, takeOver, unsettled } = options;
  const { target } = session;
  const recorded = recordedMeters(database?.bridge);
  const plan = planMeters({ target, held, flows, recorded, takeOver, unsettled }, desired);
  const own = (desired.meters ?? []).map(({ meter }) => meter);
  const record = async (meters: readonly number[]): Promise<void> => {
    if (database) await recordMeters(database.connection, database.bridge, meters);
  };
  const send = (changes: readonly MeterChange[]): Promise<Failure[]> => sendMeters(session, changes);
  let made: readonly MeterChange[] = [];
  const isRecorded = own.length === recorded.size && own.every((meter) => recorded.has(meter));
  const report = (failures: readonly Failure[]): readonly Diagnostic[] =>
    failures.slice(0, MOST_REPORTED).map((failure) => refused(target, failure, options.statements));
  const deviating = async (wanted: readonly WireMeter[]): Promise<readonly WireMeter[]> => {
    if (wanted.length === 0) return [];
    const now = new Map((await readMeters(session)).map((meter) => [meter.meter, meter]));
    return wanted.filter((one) => {
      const there = now.get(one.meter);
      return there === undefined || !sameMeter(there, one);
    });
  };
  const missing = (wanted: readonly WireMeter[]): readonly Diagnostic[] =>
    wanted.slice(0, MOST_REPORTED).map(({ meter }) => {
      const statement = desired.meters?.find((one) => one.meter === meter)?.statement ?? "";
      return meterMissing({ target, meter, statement: nameOf(statement, options) }, { help: APPLY_AGAIN });
    });
  return {
    changes: { ...NO_CHANGES, meters: meterChanges(plan) },
    begun: { ...NO_CHANGES, meters: meterChanges({ first: plan.first, last: [] }) },
    refused: plan.refused,
    warnings: plan.warnings,
    async before() {
      // Recorded before they are sent: if anything fails later, they are still known to be ours.
      if (!own.every((meter) => recorded.has(meter))) await record([...recorded, ...own]);
      const failures = await send(plan.first);
      const failed = new Set(failures.map(({ change }) => change));
      made = plan.first.filter((change) => !failed.has(change));
      if (failures.some(isRace)) return { refused: report(failures), overtaken: true };
      const meters = new Map(
        failures.flatMap((failure) =>
          nextOf(failure.change).map(({ meter }) => [meter, refused(target, failure, options.statements)]),
        ),
      );
      return { refused: report(failures), meters };
    },
    confirm: async () => missing(await deviating(plan.first.flatMap(nextOf))),
    async after(isOurs) {
      const raises = plan.last.filter(({ command }) => command !== "delete");
      const faults: Diagnostic[] = [];
      const last: MeterChange[] = [];
      // A later apply was planned with the present rates and raises them itself.
      if (raises.length > 0 && !(await isOurs())) return { faults, changes: this.begun, superseded: true };
      const failures = await send(raises);
      if (raises.length > 0 && !(await isOurs())) {
        await putBack(session, raises);
        return { faults, changes: this.begun, superseded: true };
      }
      const failed = new Set(failures.map(({ change }) => change));
      append(
        last,
        raises.filter((change) => !failed.has(change)),
      );
      const unused = await removable(session, plan.last);
      append(failures, await send(unused));
      append(last, unused);
      append(faults, report(failures));
      if (faults.length === 0 && !isRecorded && last.length === plan.last.length) await record(own);
      return { faults, changes: { ...NO_CHANGES, meters: meterChanges({ first: plan.first, last }) } };
    },
    verify: async () => missing(await deviating((desired.meters ?? []).map(toWireMeter))),
    async undo() {
      const whole = await putBack(session, made);
      if (!isRecorded) await record([...recorded]);
      return whole;
    },
  };
}

const nextOf = (change: MeterChange): readonly WireMeter[] => (change.command === "delete" ? [] : [change.next]);

/** Whether the switch refuses a change because a meter was added or removed since it was read. */
function isRace({ change, error }: Failure): boolean {
  if (change.command === "add") return errorName(error) === "OFPMMFC_METER_EXISTS";
  return isMeterGone(error);
}

/** The removals of meters that no entry uses now. A switch removes the entries that use a meter together with it. */
async function removable(session: Session, changes: readonly MeterChange[]): Promise<readonly MeterChange[]> {
  const all = changes.filter((one) => one.command === "delete");
  if (all.length === 0) return all;
  const uses = await readMeterUses(session);
  const idle =
    uses === undefined
      ? idleIn(
          all.map(({ old }) => old),
          await readFlows(session),
        )
      : undefined;
  return all.filter(({ old: { meter } }) => idle?.has(meter) ?? (uses?.get(meter)?.users ?? 0) === 0);
}

/**
 * Undoes changes. A meter that another apply has changed since is left alone, and so is a new meter that entries use by
 * now. Returns whether nothing of these changes is left on the switch.
 */
async function putBack(session: Session, changes: readonly MeterChange[]): Promise<boolean> {
  if (changes.length === 0) return true;
  const now = new Map((await readMeters(session)).map((meter) => [meter.meter, meter]));
  const mine = changes.filter((change) =>
    nextOf(change).every((next) => {
      const there = now.get(next.meter);
      return there !== undefined && sameMeter(there, next);
    }),
  );
  const back = inverse(mine);
  const kept = back.filter(({ command }) => command !== "delete");
  const gone = await removable(session, back);
  const failures = await sendMeters(session, [...kept, ...gone]);
  return failures.length === 0 && kept.length + gone.length === back.length;
}

interface Failure {
  readonly change: MeterChange;
  readonly error: ErrorMessage;
}

/** The changes that undo these, the last first. */
function inverse(changes: readonly MeterChange[]): readonly MeterChange[] {
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
async function sendMeters(session: Session, changes: readonly MeterChange[]): Promise<Failure[]> {
  const failures: Failure[] = [];
  if (changes.length === 0) return failures;
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
