/**
 * Bandwidth at admission: reservations with distinct windows three shares deep, requests of all kinds mixed, and what a
 * schedule, the question when there is room, and a refusal cost when many reservations stand.
 */
import { readFileSync } from "node:fs";
import { addresses, ALL, cube, flowgroup, type Flowgroup } from "#compiler/flowgroup/index.ts";
import type { Demand, Query, RequestDemand, Statement } from "#compiler/model/model.ts";
import { Admission } from "#compiler/admission/admission.ts";
import { readRules } from "#compiler/admission/read-rules.ts";
import { answer } from "#compiler/queries/index.ts";
import { measure, medianStep } from "./measure.ts";
import type { Report } from "./report.ts";

export const name = "bandwidth";

const { rules } = readRules({
  name: "pane.fml",
  text: readFileSync(new URL("../../policies/pane.fml", import.meta.url), "utf8"),
});
const span = { source: { name: "bench", text: "" }, start: 0, end: 0 };
const Mb = 1_000_000;
/** Bounds that do not bind. */
const MANY = 1e9;

const statement = (id: string, demand: Demand): Statement => ({ id, text: id, speaker: "root", demand, span });

const host = (i: number): Flowgroup => flowgroup([cube({ srcHost: addresses({ family: 4, value: 0x0a000000 + i }) })]);

/** Three shares, one below the other. */
function shares(bucket: boolean): Statement[] {
  const held = { allow: true, deny: true, reserveMax: 1_000 * Mb, limitCap: 1_000 * Mb, requests: MANY, entries: MANY };
  const privileges = bucket ? { ...held, fill: 500 * Mb, capacity: 1e12 } : held;
  return [
    ["a", "rootShare"],
    ["b", "a"],
    ["c", "b"],
  ].map(([share, parent]) =>
    statement(`NewShare ${share}`, { kind: "NewShare", share: share!, flows: ALL, privileges, parent: parent! }),
  );
}

/** The i-th of n requests: windows are distinct and begin in no order. */
function request(i: number, n: number, action: RequestDemand["action"], flows: Flowgroup): Statement {
  const start = 10 + ((i * 7919) % n) * 10;
  const interval = { start, end: start + 15 + (i % 7) };
  const rate = action === "reserve" ? 1000 + (i % 1000) : action === "limit" ? 500 * Mb + i : undefined;
  const asked = { kind: "request", action, flows, mode: "strict", share: "c", interval } as const;
  return statement(`r${i}`, rate === undefined ? asked : { ...asked, rate });
}

const times = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i));

const DISTINCT = "reservations of distinct flows";
const KINDS = ["reserve", "allow", "reserve", "limit", "deny"] as const;

const loads: Readonly<Record<string, (n: number) => Statement[]>> = {
  [DISTINCT]: (n) => times(n, (i) => request(i, n, "reserve", host(i))),
  "reservations of one flow": (n) => times(n, (i) => request(i, n, "reserve", host(0))),
  "requests of all kinds": (n) => times(n, (i) => request(i, n, KINDS[i % KINDS.length]!, host(i % 997))),
};

function admit(statements: readonly Statement[]): Admission {
  const admission = new Admission({ rules, now: 0 });
  for (const one of statements) admission.submit(one, 0);
  return admission;
}

export async function run(report: Report): Promise<void> {
  for (const [what, load] of Object.entries(loads)) {
    for (const bucket of what === DISTINCT ? [false, true] : [false]) {
      for (const n of [1_000, 10_000, 100_000]) {
        const statements = [...shares(bucket), ...load(n)];
        const runs = n > 10_000 ? 1 : 3;
        const empty = await measure(() => admit(shares(bucket)), { runs });
        let grown: Admission | undefined;
        const grow = (): void => {
          grown = undefined;
          grown = admit(statements);
        };
        const whole = await measure(grow, { runs, warm: n > 10_000 ? 0 : 1 });
        const figure = n / ((whole.cpu - empty.cpu) / 1000);
        // The 2012 prototype: 600 a second at 10,000, measured on a machine of this kind.
        const peer = n === 10_000 && what.startsWith("reservations") ? { name: "PANE 2012", figure: 600 } : undefined;
        const title = `${what}, 3 levels${bucket ? " of buckets" : ""}`;
        const aim = n === 100_000 ? { bound: 20_000 } : {};
        const row = { case: title, n, figure, unit: "requests/s", ...aim, growth: 1.15 };
        report({ ...row, ...(peer && { peer }) });
        if (what === DISTINCT) one(grown!, n, bucket, report);
      }
    }
  }
}

/** What one question and one refusal cost when n reservations of distinct flows stand. */
function one(admission: Admission, n: number, bucket: boolean, report: Report): void {
  const where = bucket ? " of buckets" : "";
  const ask = (query: Query, most = Infinity): number =>
    medianStep(20, () => {
      const found = answer(admission, query, 0, "root");
      if (found.kind !== "answer") return;
      let rows = 0;
      for (const _ of found.answer.rows) if ((rows += 1) === most) return;
    });
  const page = ask({ kind: "GetSchedule", share: "c" }, 1_000);
  report({ case: `GetSchedule, its first 1,000 lines, 3 levels${where}`, n, figure: page, unit: "ms", bound: 5 });
  const schedule = ask({ kind: "GetSchedule", share: "c" });
  report({ case: `GetSchedule, all of it, 3 levels${where}`, n, figure: schedule, unit: "ms", bound: 5 });
  // As much as never fits before the last of them is over.
  const available = ask({ kind: "Available", rate: 1_000 * Mb, flows: host(1), share: "c", seconds: 600 });
  const bound = bucket ? 200 : 5;
  report({ case: `earliest start after all others, 3 levels${where}`, n, figure: available, unit: "ms", bound });
  const refused = medianStep(20, (i) => {
    const { demand, ...rest } = request(n + i, n, "reserve", host(1));
    admission.submit({ ...rest, demand: { ...(demand as RequestDemand), rate: 1_000 * Mb } }, 0);
  });
  report({ case: `a reservation refused with its certificate, 3 levels${where}`, n, figure: refused, unit: "ms" });
}
