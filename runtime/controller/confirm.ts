/**
 * Does the switch hold what it was sent? After an atomic bundle every flow-mod has been answered for, and counting what
 * carries our mark is enough (a whole table costs as much to read as to send); after stages, and where it is asked
 * for, all is read back and compared. Entries with a timeout may be gone for good reason.
 */
import { notConfirmed } from "../../compiler/diagnostics/codes/runtime.ts";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { OWNER } from "../../compiler/table/cookie.ts";
import type { Entry, Table } from "../../compiler/table/entry.ts";
import { ALL_TABLES, ANY } from "../openflow/index.ts";
import { RequestRefused, type Session } from "../session/index.ts";
import { difference } from "./difference.ts";
import { byOwner, readFlows } from "./installed.ts";
import type { Applied, ApplyOptions } from "./result.ts";

/** Nothing if all is well. */
export async function confirmEntries(
  session: Session,
  desired: Table,
  options: ApplyOptions & Pick<Applied, "method">,
): Promise<readonly Diagnostic[]> {
  const counting = options.method === "bundle" && options.verify !== "whole" && options.takeOver !== true;
  const amiss =
    (counting ? await byNumber(session, desired) : undefined) ?? (await byContent(session, desired, options));
  return amiss.missing + amiss.excess > 0 ? [notConfirmed({ target: session.target, ...amiss })] : [];
}

interface Amiss {
  readonly missing: number;
  readonly excess: number;
}

const lasting = ({ hardTimeout, idleTimeout }: Entry): boolean => hardTimeout === 0 && idleTimeout === 0;

/** Counts entries with our mark; `undefined` where the switch does not count. */
async function byNumber(session: Session, { entries }: Table): Promise<Amiss | undefined> {
  const mark = { cookie: OWNER << 48n, cookieMask: 0xffffn << 48n };
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

async function byContent(session: Session, desired: Table, options: ApplyOptions): Promise<Amiss> {
  const { ours, foreign } = byOwner(await readFlows(session), desired, options.tables);
  const rest = options.takeOver === true ? foreign : [];
  const mods = difference({ ours, foreign: rest }, desired, options).plan.stages.flat();
  return {
    missing: mods.filter(({ kind, entry }) => kind !== "delete" && lasting(entry)).length,
    excess: mods.filter(({ kind }) => kind === "delete").length,
  };
}
