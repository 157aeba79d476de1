/** A switch → its table as data. */
import { parseTarget, Session, type SessionOptions, type SwitchTarget } from "../session/index.ts";
import { diagnosticsOf } from "./result.ts";
import { readFlows, tableOf, type InstalledFlow } from "./installed.ts";
import { fromWireMeter, readMeters } from "./meters.ts";
import type { ReadResult } from "./result.ts";
import { readBooks } from "./writers/token.ts";
import { toEntry } from "../openflow/index.ts";

/** Connects, reads all flows, and closes. A fault of the switch or the network is an outcome, never a rejection. */
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

/** The same over an open session, which stays open. */
export async function readTableFrom(session: Session): Promise<ReadResult & { outcome: "read" }> {
  const held = readBooks(await readFlows(session)).flows.map((flow): InstalledFlow => {
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
