/** The table of a switch as data. */
import { parseTarget, Session, type SessionOptions, type SwitchTarget } from "../session/index.ts";
import { diagnosticsOf } from "./apply.ts";
import { readFlows, tableOf, type InstalledFlow } from "./installed.ts";
import { fromWireMeter, readMeters } from "./meters.ts";
import type { ReadResult } from "./result.ts";
import { toEntry } from "../openflow/index.ts";

/** Connects, reads all flows, and closes. Never rejects for anything that a switch or a network does. */
export async function readTable(target: SwitchTarget | string, options: SessionOptions = {}): Promise<ReadResult> {
  const where = typeof target === "string" ? parseTarget(target) : target;
  if ("code" in where) return { outcome: "failed", diagnostics: [where] };
  try {
    const session = await Session.connect(where, options);
    try {
      return await readTableFrom(session);
    } finally {
      await session.close();
    }
  } catch (fault) {
    return { outcome: "failed", diagnostics: diagnosticsOf(fault) };
  }
}

/** The same over a session that is open and stays so. */
export async function readTableFrom(session: Session): Promise<ReadResult & { outcome: "read" }> {
  const held = (await readFlows(session)).map((flow): InstalledFlow => {
    const entry = toEntry(flow);
    return entry ? { flow, entry } : { flow };
  });
  const meters = (await readMeters(session)).flatMap((meter) => fromWireMeter(meter) ?? []);
  const table = {
    ...tableOf(held),
    ...(meters.length > 0 && { meters: meters.toSorted((a, b) => a.meter - b.meter) }),
  };
  return { outcome: "read", table, inexpressible: held.filter(({ entry }) => entry === undefined) };
}
