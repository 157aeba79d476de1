/** Rates, durations, instants and the masks of ranges, read and printed. */
import test from "ava";
import fc from "fast-check";
import {
  blockRange,
  maskOf,
  parseDuration,
  parseInstant,
  parseRate,
  printDuration,
  LAST_SECOND,
  printInstant,
  printRate,
  rangeToPrefixes,
} from "./index.ts";

const runs = { numRuns: 2_000, seed: 3339 };

test("a rate with a unit is read exactly, fractions too, and other texts are refused", (t) => {
  const cases: readonly (readonly [string, number])[] = [
    ["10Mb", 10e6],
    ["2.5Gb", 2.5e9],
    ["300kb", 300e3],
    ["300Kb", 300e3],
    ["64b", 64],
    ["10Mbps", 10e6],
    ["10Mbit/s", 10e6],
    ["10Mb/s", 10e6],
    ["1.5bps", -1],
    ["0.5b", -1],
    ["0.0005kb", -1],
    ["0.0005Mb", 500],
    ["1.000b", 1],
    ["0Mb", 0],
    ["0.1Gb", 100_000_000],
    ["9007.199254740991Tb", 9_007_199_254_740_991],
    ["9007.199254740992Tb", -1],
    ["10", -1],
    ["10MB", -1],
    ["10mb", -1],
    ["-1Mb", -1],
    ["1e3Mb", -1],
    [".5Mb", -1],
    ["Mb", -1],
    ["", -1],
  ];
  for (const [text, bits] of cases) {
    const rate = parseRate(text);
    t.is(rate.ok ? rate.value : -1, bits, text);
  }
  for (const [text, meant] of [
    ["5mb", "5Mb"],
    ["2.5M", "2.5Mb"],
    ["5g", "5Gb"],
    ["10Kbits", "10kb"],
    ["3MBit/s", "3Mb"],
  ] as const) {
    const one = parseRate(text);
    t.is(one.ok ? undefined : one.fix, meant, text);
    t.true(parseRate(meant).ok);
  }
  for (const text of ["5MB", "5q", "5mbytes", "5xb"]) {
    const one = parseRate(text);
    t.deepEqual([one.ok, one.ok ? undefined : one.fix], [false, undefined], text);
  }
  const bare = parseRate("10");
  t.is(bare.ok ? undefined : bare.fix, "10Mb");
});

test("a printed rate is read back as the same rate", (t) => {
  for (const [bits, text] of [
    [0, "0b"],
    [64, "64b"],
    [1_000, "1kb"],
    [1_500, "1.5kb"],
    [1_234_567, "1234.567kb"],
    [10e6, "10Mb"],
    [2.5e9, "2.5Gb"],
    [1e12, "1Tb"],
  ] as const) {
    t.is(printRate(bits), text);
  }
  fc.assert(
    fc.property(fc.maxSafeNat(), (bits) => t.deepEqual(parseRate(printRate(bits)), { ok: true, value: bits })),
    runs,
  );
});

test("a duration has each unit once, the larger first", (t) => {
  const cases: readonly (readonly [string, number])[] = [
    ["20min", 1_200],
    ["1h30min", 5_400],
    ["5s", 5],
    ["2d", 172_800],
    ["1w", 604_800],
    ["1d1s", 86_401],
    ["0s", 0],
    ["30min1h", -1],
    ["1h1h", -1],
    ["5m", -1],
    ["5", -1],
    ["", -1],
    ["1.5h", -1],
    ["-5s", -1],
  ];
  for (const [text, seconds] of cases) {
    const duration = parseDuration(text);
    t.is(duration.ok ? duration.value : -1, seconds, text);
  }
  const minutes = parseDuration("1h5m");
  t.is(minutes.ok ? undefined : minutes.fix, "1h5min");
  t.is(printDuration(5_400), "1h30min");
  t.is(printDuration(0), "0s");
  t.is(printDuration(Number.POSITIVE_INFINITY), "forever");
  fc.assert(
    fc.property(
      fc.nat().map((n) => (n % 2 === 0 ? n : LAST_SECOND - n)),
      (total) => t.deepEqual(parseDuration(printDuration(total)), { ok: true, value: total }),
    ),
    runs,
  );
});

test("an instant may have a zone, and is refused where RFC 3339 refuses it", (t) => {
  const cases: readonly (readonly [string, number])[] = [
    ["1970-01-01T00:00:00Z", 0],
    ["2026-12-01T09:00:00Z", 1_796_115_600],
    ["2026-12-01T10:00:00+01:00", 1_796_115_600],
    ["2026-12-01T03:30:00-05:30", 1_796_115_600],
    ["2026-12-01t09:00:00z", 1_796_115_600],
    ["2026-12-01T09:00:00.000Z", 1_796_115_600],
    ["2000-02-29T00:00:00Z", 951_782_400],
    ["@1764579600", 1_764_579_600],
    ["1900-02-29T00:00:00Z", Number.NaN],
    ["2026-13-01T00:00:00Z", Number.NaN],
    ["2026-00-01T00:00:00Z", Number.NaN],
    ["2026-06-31T00:00:00Z", Number.NaN],
    ["2026-12-01T24:00:00Z", Number.NaN],
    ["2016-12-31T23:59:60Z", Number.NaN],
    ["2026-12-01T09:00:00.5Z", Number.NaN],
    ["2026-12-01T09:00:00", Number.NaN],
    ["2026-12-01T09:00Z", Number.NaN],
    ["2026-12-01 09:00:00Z", Number.NaN],
    ["2026-12-01T09:00:00+24:00", Number.NaN],
    ["2026-12-01", Number.NaN],
    ["@1.5", Number.NaN],
    ["@", Number.NaN],
  ];
  for (const [text, unix] of cases) {
    const instant = parseInstant(text);
    t.is(instant.ok ? instant.value : Number.NaN, unix, text);
  }
  const short = parseInstant("2030-01-04T18:00Z");
  t.is(short.ok ? undefined : short.fix, "2030-01-04T18:00:00Z");
});

test("the calendar agrees with Date, far back and far ahead", (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: -62_167_219_200, max: 253_402_300_799 }),
      fc.integer({ min: -1_439, max: 1_439 }),
      (unix, offset) => {
        const text = new Date(unix * 1_000).toISOString();
        t.is(printInstant(unix), text.replace(".000", ""));
        t.deepEqual(parseInstant(text), { ok: true, value: unix });
        const hours = String(Math.floor(Math.abs(offset) / 60)).padStart(2, "0");
        const minutes = String(Math.abs(offset) % 60).padStart(2, "0");
        const zoned = text.replace("Z", `${offset < 0 ? "-" : "+"}${hours}:${minutes}`);
        t.deepEqual(parseInstant(zoned), { ok: true, value: unix - offset * 60 });
      },
    ),
    runs,
  );
  t.is(printInstant(Number.POSITIVE_INFINITY), "forever");
  t.is(printInstant(300_000_000_000), "@300000000000");
});

test("the known examples of ranges cost the known numbers of masks", (t) => {
  t.is(rangeToPrefixes(1_000, 2_000, 16).length, 8);
  t.is(rangeToPrefixes(1, 65_534, 16).length, 30);
  t.is(rangeToPrefixes(1_024, 65_535, 16).length, 6);
  t.is(rangeToPrefixes(0, 65_535, 16).length, 1);
  t.is(rangeToPrefixes(7, 7, 16).length, 1);
  t.is(rangeToPrefixes(1n, (1n << 128n) - 2n, 128).length, 254);
  t.is(rangeToPrefixes(1, 2 ** 48 - 2, 48).length, 94);
  t.is(maskOf(8, 32), 0xff000000n);
  t.is(maskOf(0, 32), 0n);
});

/** The fewest blocks for a range, by splitting the domain in halves until a half lies inside or outside. */
function halves(low: number, high: number, from: number, to: number): number {
  if (high < from || to < low) return 0;
  if (low <= from && to <= high) return 1;
  const middle = (from + to - 1) / 2;
  return halves(low, high, from, middle) + halves(low, high, middle + 1, to);
}

test("the cover of a range is exact and smallest, for numbers and for 128 bits alike", (t) => {
  fc.assert(
    fc.property(fc.nat(65_535), fc.nat(65_535), fc.nat(112), (a, b, shift) => {
      const [low, high] = [Math.min(a, b), Math.max(a, b)];
      const blocks = rangeToPrefixes(low, high, 16);
      t.is(blocks.length, halves(low, high, 0, 65_535));
      let next = low;
      for (const block of blocks) {
        const [from, to] = blockRange(block, 16);
        t.is(from, next);
        t.is(from % (to - from + 1), 0);
        next = to + 1;
      }
      t.is(next, high + 1);
      const by = BigInt(shift);
      const big = rangeToPrefixes(BigInt(low) << by, ((BigInt(high) + 1n) << by) - 1n, 128);
      t.deepEqual(
        big.map(({ value, length }) => ({ value: Number(value >> by), length: length - 112 + shift })),
        blocks,
      );
    }),
    { numRuns: 1_000, seed: 16 },
  );
});
