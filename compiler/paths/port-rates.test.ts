/** The rates at which ports send. */
import test from "ava";
import { portRatesOf } from "./port-rates.ts";

test("a port's rate is the least that is stated for it and its cable", (t) => {
  const links = [
    { from: "s1", fromPort: 4, to: "s2", toPort: 1, rate: 100 },
    { from: "s2", fromPort: 2, to: "s1", toPort: 5, rate: 50 },
  ];
  const portRates = [
    { switch: "s1", port: 4, rate: 20 },
    { switch: "s1", port: 5, rate: 80 },
    { switch: "s1", port: 1, rate: 10 },
    { switch: "s2", port: 9, rate: 1 },
  ];
  const sorted = (name: string): unknown => [...portRatesOf({ links, portRates }, name)].toSorted(([a], [b]) => a - b);
  t.deepEqual(sorted("s1"), [
    [1, 10],
    [4, 20],
    [5, 50],
  ]);
  const far: unknown = [
    [1, 20],
    [2, 50],
    [9, 1],
  ];
  t.deepEqual(sorted("s2"), far, "the other end of a cable sends no faster than this one takes");
});
