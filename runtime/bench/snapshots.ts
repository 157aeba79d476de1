/** What a snapshot of a network costs, out and in: requests of several kinds, each said in a text of its own. */
import { createHash } from "node:crypto";
import { ALL } from "#compiler/flowgroup/index.ts";
import type { Statement } from "#compiler/model/model.ts";
import { Admission } from "#compiler/admission/admission.ts";
import { readSnapshot } from "#compiler/admission/snapshot/read.ts";
import type { LoadedPolicy } from "#compiler/admission/snapshot/snapshot.ts";
import { writeSnapshot } from "#compiler/admission/snapshot/write.ts";
import { measure } from "./measure.ts";
import type { Report } from "./report.ts";
import { admit, from, newShare, request, rules, times } from "./requests.ts";

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const POLICY: LoadedPolicy = { hash: "bench", model: { now: 0, statements: [], policies: [], cascades: [] } };

const Mb = 1_000_000;
const BUCKET = { reserveMax: 1_000 * Mb, fill: 500 * Mb, capacity: 1e12 };

/** Ten shares with buckets. */
const shares: readonly Statement[] = times(10, (s) => {
  const made = newShare(`s${s}`, ALL);
  const { demand } = made;
  if (demand.kind !== "NewShare") throw new Error("not a share");
  return { ...made, demand: { ...demand, privileges: { ...demand.privileges, ...BUCKET } } };
});

/** The i-th request: an allow, a deny, or a reservation for a while. */
function said(i: number): Statement {
  const one = request(i, i % 2 === 0 ? "allow" : "deny", `s${i % 10}`, from(i));
  const { demand } = one;
  if (demand.kind !== "request") throw new Error("not a request");
  const start = 10 + i * 10;
  const interval = { start, end: start + 15 + (i % 7) };
  const asked = i % 3 === 0 ? { ...demand, action: "reserve" as const, rate: 1_000 + (i % 1_000), interval } : demand;
  const text = `${asked.action}(srcHost=10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}) on s${i % 10}.`;
  const span = { source: { name: "said", text }, start: 0, end: text.length };
  return { ...one, id: text, text, demand: asked, span };
}

/** Reports what writing and restoring the snapshot of n requests cost. */
export async function snapshots(n: number, report: Report): Promise<void> {
  const network = admit([...shares, ...times(n, said)]);
  if (network.state.accepted.size !== n) throw new Error(`${network.state.accepted.size} of ${n} accepted`);
  const runs = n > 10_000 ? 1 : 3;
  let bytes: Uint8Array = new Uint8Array();
  const out = await measure(
    () => {
      const written = writeSnapshot(network.snapshot(POLICY), sha256);
      if (typeof written === "string") throw new Error(written);
      ({ bytes } = written);
    },
    { runs },
  );
  const back = await measure(
    () => {
      const read = readSnapshot(bytes, sha256);
      if (typeof read === "string") throw new Error(read);
      const admission = new Admission({ rules, now: 0 });
      if (admission.restore(read.snapshot, POLICY) !== undefined) throw new Error("the snapshot does not fit");
      if (admission.state.accepted.size !== n) throw new Error("requests are lost");
    },
    { runs, warm: n > 10_000 ? 0 : 1 },
  );
  report({ case: "a snapshot of n requests written", n, figure: out.cpu, unit: "ms CPU", bound: 5_000, growth: 1.15 });
  const title = "the same read and restored";
  report({ case: title, n, figure: back.cpu, unit: "ms CPU", bound: 5_000, growth: 1.15 });
  report({ case: "the same, bytes a request", n, figure: bytes.length / n, unit: "bytes", bound: 500 });
}
