/** The schedule of a share below others, compared with the least that is left in any share up to the root. */
import test from "ava";
import fc from "fast-check";
import { Timeline } from "./index.ts";

const SECONDS = 60;

interface Charge {
  /** The share that it is made in. It is charged to this share and to those above. */
  readonly share: number;
  readonly start: number;
  readonly length: number;
  readonly rate: number;
  readonly givenBack: boolean;
}

const charge: fc.Arbitrary<Charge> = fc.record({
  share: fc.nat(2),
  start: fc.nat(SECONDS),
  length: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constant(Infinity)),
  rate: fc.integer({ min: 1, max: 4 }),
  givenBack: fc.boolean(),
});

test("at every second what is available is the least that is left in any share up to the root", (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.integer({ min: 5, max: 9 }), fc.constant(Infinity)), { minLength: 3, maxLength: 3 }),
        fc.array(charge, { maxLength: 24 }),
        fc.nat(20),
        fc.nat(30),
        (bounds, charges, now, from) => {
          // With small chunks a few steps do what hundreds would.
          const chain = bounds.map((max) => new Timeline({ max, min: 0 }, 0, 4));
          for (const { share, start, length, rate } of charges)
            for (const one of chain.slice(share)) one.reserve({ start, end: start + length }, rate);
          for (const one of chain) one.prune(now);
          for (const { share, start, length, rate } of charges.filter(({ givenBack }) => givenBack))
            for (const one of chain.slice(share)) one.release({ start, end: start + length }, rate, now);
          const left = (at: number): number =>
            Math.min(...chain.map(({ rates, bounds: { max } }) => max - rates.at(at)));
          const [own, ...above] = chain;
          let at = Math.max(now, from);
          let before = "";
          for (const { from: begin, to, drain, available } of own!.schedule(at, undefined, above)) {
            const gist = `${drain} ${available}`;
            if (begin !== at || gist === before) throw new Error(`${begin} after ${at}: ${gist} after ${before}`);
            for (let s = begin; s < Math.min(to, 2 * SECONDS); s += 1)
              if (own!.rates.at(s) !== drain || left(s) !== available) throw new Error(`at ${s}: ${gist}, ${left(s)}`);
            [at, before] = [to, gist];
          }
          if (at !== Infinity) throw new Error(`it ends at ${at}`);
        },
      ),
      { seed: 61, numRuns: 2000 },
    ),
  );
});
