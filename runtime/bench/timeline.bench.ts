/**
 * Reservations over time: how many with distinct windows are admitted a second in a share three levels deep, and what
 * its schedule, an earliest start, a largest rate and a certificate's blockers cost when many stand. And the table over
 * time: all its changes to come, where n statements end one after the other.
 */
import { decide } from "#compiler/decide.ts";
import { tableTimeline } from "#compiler/report/timeline.ts";
import {
  blockers,
  earliestStart,
  fits,
  largestRate,
  Timeline,
  type Bounds,
  type ChargedReservation,
} from "#compiler/shares/timeline/index.ts";
import { measure, medianStep } from "./measure.ts";
import { random } from "./random.ts";
import type { Report } from "./report.ts";
import { rules } from "./requests.ts";

export const name = "timeline";

/** The instant at which everything happens. */
const NOW = 1_764_579_600;
const Mb = 1_000_000;

/** Share, parent, root: as much as all reservations need, and as much as many need. */
const plain: readonly Bounds[] = [
  { max: 1_000 * Mb, min: 0 },
  { max: 2_000 * Mb, min: 0 },
  { max: Infinity, min: 0 },
];
const buckets: readonly Bounds[] = [
  { max: 1_000 * Mb, min: 0, bucket: { fill: 300 * Mb, capacity: 600_000 * Mb } },
  { max: 2_000 * Mb, min: 0, bucket: { fill: 500 * Mb, capacity: 900_000 * Mb } },
  { max: Infinity, min: 0 },
];

/** Reservations of 1 to 10 Mb for up to a quarter of an hour, spread so that about 50 hold at any instant. */
function wishes(n: number): { readonly start: number; readonly end: number; readonly rate: number }[] {
  const below = random(n);
  return Array.from({ length: n }, () => {
    const start = NOW + below(n * 10);
    return { start, end: start + 60 + below(900), rate: (1 + below(10)) * Mb };
  });
}

interface Filled {
  readonly chain: readonly Timeline[];
  readonly standing: ChargedReservation[];
}

function fill(bounds: readonly Bounds[], n: number): Filled {
  const chain = bounds.map((one) => new Timeline(one, NOW));
  const standing: ChargedReservation[] = [];
  for (const { start, end, rate } of wishes(n)) {
    const interval = { start, end };
    if (fits(chain, interval, rate)) continue;
    for (const one of chain) one.reserve(interval, rate);
    standing.push({ interval, rate, charged: chain });
  }
  return { chain, standing };
}

/** Statements of all kinds that stand from the start and end one after the other. */
function endings(n: number): string {
  const kinds = ["deny", "allow", "limit", "reserve"];
  const share =
    "NewShare s for (*) [allow=True, deny=True, limit <= 1Tb, reserve <= 90Tb, requests <= 1000000, entries <= 1000000] on rootShare.\n";
  const lines = Array.from({ length: n }, (_, i) => {
    const kind = kinds[i % kinds.length]!;
    const rate = kind === "limit" || kind === "reserve" ? ` = ${1 + (i % 100)}Mb` : "";
    const host = `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`;
    return `${kind}(srcHost=${host})${rate} on s from now to +${i + 1}s.\n`;
  });
  return share + lines.join("");
}

/** `compile --timeline`, all but its printing. */
async function changes(n: number, report: Report): Promise<void> {
  const source = { name: "endings.pane", text: endings(n) };
  const decided = decide([source], { now: NOW, load: () => undefined, rules });
  if (!decided.good) throw new Error(decided.diagnostics[0]?.message);
  const { cpu } = await measure(() => tableTimeline(decided, NOW, { target: "ovs" }), { runs: n > 1_000 ? 1 : 3 });
  report({ case: "every change of the table to come, all kinds", n, figure: cpu, unit: "ms CPU", growth: 1.3 });
}

export async function run(report: Report): Promise<void> {
  for (const n of [1_000, 10_000]) await changes(n, report);
  for (const [what, bounds] of [
    ["no bucket", plain],
    ["buckets", buckets],
  ] as const) {
    for (const n of [1_000, 10_000, 100_000]) {
      const { cpu } = await measure(() => fill(bounds, n), { runs: 3, warm: n > 10_000 ? 0 : 2 });
      // The 2012 prototype, measured on a machine of this kind.
      const peer = n === 10_000 ? { name: "PANE 2012", figure: 600 } : undefined;
      const row = {
        case: `reservations three levels deep, ${what}`,
        n,
        figure: n / (cpu / 1000),
        unit: "reservations/s",
      };
      report({ ...row, bound: 20_000, growth: 1.2, ...(peer && { peer }) });
    }
    for (const n of [1_000, 10_000, 100_000]) {
      const { chain, standing } = fill(bounds, n);
      const step = (job: string, steps: number, run: (i: number) => unknown, bound?: number): void => {
        const figure = medianStep(steps, (i) => void run(i));
        report({ case: `${job}, ${what}`, n, figure, unit: "ms", ...(bound !== undefined && { bound }) });
      };
      const half = { start: NOW + n * 5, end: NOW + n * 5 + 3_600 };
      const day = 86_400;
      const read = (): number => {
        let most = 0;
        for (const [drain] of chain[0]!.schedule(NOW, (_, to, drain, left) => [drain, left, to]))
          most = Math.max(most, drain!);
        return most;
      };
      step("schedule", 20, read, 5);
      step("largest rate", 50, (i) => largestRate(chain, { ...half, end: half.end + i }, 2_000 * Mb));
      // Each after a change, so that nothing is remembered.
      const change = (i: number): void => {
        for (const one of chain) one.reserve({ start: NOW + i, end: NOW + i + 1 }, 1);
      };
      const earliest = (job: string, duration: number, rate: number): void =>
        step(
          `earliest start, ${job}`,
          10,
          (i) => (change(i), earliestStart(chain, duration, rate, NOW + i)),
          bounds === plain ? 5 : 200,
        );
      earliest("a small one", 300, 5 * Mb);
      earliest("a large one for an hour", 3_600, 900 * Mb);
      earliest("a large one for a day", day, 850 * Mb);
      // Free at about half of all instants, but never for so long: every run is looked at.
      earliest("one that never fits", 3_600, 725 * Mb);
      earliest("one that a bucket never bears", day, 60 * Mb);
      earliest("for ever, over the fill", Infinity, 999 * Mb);
      step("blockers", 5, (i) => blockers(chain, standing, { ...half, end: half.end + i }, 999 * Mb));
      let now = NOW;
      step("pruning an hour", 10, () => {
        now += 3_600;
        for (const one of chain) one.prune(now);
      });
    }
  }
}
