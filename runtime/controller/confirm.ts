/**
 * Does the switch hold the entries that it was sent? After an atomic bundle every flow-mod is known to be accepted, and
 * counting the entries with our owner mark is enough (a whole table costs as much to read as to send). After stages,
 * and on request, all entries are read back and compared. Entries with a timeout may have expired.
 */
import { notConfirmed } from "../../compiler/diagnostics/codes/runtime.ts";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { COOKIE_OWNER } from "../../compiler/table/cookie.ts";
import type { Entry, Table } from "../../compiler/table/entry.ts";
import { ALL_TABLES, ANY } from "../openflow/index.ts";
import { RequestRefused, type Session } from "../session/index.ts";
import { tableDifference } from "./difference.ts";
import { byOwner, readFlows } from "./installed.ts";
import type { Applied, ApplyOptions } from "./result.ts";

/** E959 where entries are missing or too many. */
export async function confirmEntries(
  session: Session,
  desired: Table,
  options: ApplyOptions & Pick<Applied, "method">,
): Promise<readonly Diagnostic[]> {
  const counting = options.method === "bundle" && options.verify !== "whole" && options.takeOver !== true;
  const deviation =
    (counting ? await byNumber(session, desired) : undefined) ?? (await byContent(session, desired, options));
  return deviation.missing + deviation.excess > 0 ? [notConfirmed({ target: session.target, ...deviation })] : [];
}

interface Deviation {
  readonly missing: number;
  readonly excess: number;
}

const lasting = ({ hardTimeout, idleTimeout }: Entry): boolean => hardTimeout === 0 && idleTimeout === 0;

/** Counts entries with our owner mark; `undefined` where the switch does not count. */
async function byNumber(session: Session, { entries }: Table): Promise<Deviation | undefined> {
  const mark = { cookie: COOKIE_OWNER << 48n, cookieMask: 0xffffn << 48n };
  let held = 0;
  try {
    await session.collect(
      { kind: "aggregate", table: ALL_TABLES, outPort: ANY, outGroup: ANY, ...mark, match: [] },
      (part) => {
        if (part.kind === "aggregate") held += part.flows;
      },
    );
  } catch (fault) {
    if (fault instanceof RequestRefused) return undefined;
    throw fault;
  }
  const least = entries.filter(lasting).length;
  return { missing: Math.max(0, least - held), excess: Math.max(0, held - entries.length) };
}

async function byContent(session: Session, desired: Table, options: ApplyOptions): Promise<Deviation> {
  const { ours, foreign } = byOwner(await readFlows(session), desired, options.tables);
  const rest = options.takeOver === true ? foreign : [];
  const mods = tableDifference({ ours, foreign: rest }, desired, options).plan.stages.flat();
  return {
    missing: mods.filter(({ kind, entry }) => kind !== "delete" && lasting(entry)).length,
    excess: mods.filter(({ kind }) => kind === "delete").length,
  };
}
