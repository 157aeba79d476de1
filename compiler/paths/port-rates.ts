/** The links and port rates of the directory → the rate of each port of one switch. */
import type { Directory } from "../model/model.ts";
import { least } from "../net/lists.ts";

/** Port number → bit/s. A cable has the slowest rate that is stated for it, as in `topology`. */
export function portRatesOf(
  { links, portRates }: Pick<Directory, "links" | "portRates">,
  name: string,
): Map<number, number> {
  const rates = new Map<number, number>();
  const bound = (at: string, port: number, rate: number): void => {
    if (at === name && rate > 0) rates.set(port, Math.min(rate, rates.get(port) ?? rate));
  };
  const stated = new Map(portRates.filter(({ rate }) => rate > 0).map((r) => [`${r.switch}:${r.port}`, r.rate]));
  for (const { switch: at, port, rate } of portRates) bound(at, port, rate);
  for (const { from, fromPort, to, toPort, rate } of links) {
    const ends = [stated.get(`${from}:${fromPort}`) ?? rate, stated.get(`${to}:${toPort}`) ?? rate];
    const slowest = least(ends, rate);
    bound(from, fromPort, slowest);
    bound(to, toPort, slowest);
  }
  return rates;
}
