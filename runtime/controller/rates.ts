/** What the directory says of cables and ports → how much each port of one switch can send. */
import type { Directory } from "../../compiler/model/model.ts";

/** bit/s by port number: the smaller where both a port and its cable are known. */
export function ratesOf(
  { links, portRates }: Pick<Directory, "links" | "portRates">,
  name: string,
): Map<number, number> {
  const rates = new Map<number, number>();
  const bound = (at: string, port: number, rate: number): void => {
    if (at === name && rate > 0) rates.set(port, Math.min(rate, rates.get(port) ?? rate));
  };
  for (const { switch: at, port, rate } of portRates) bound(at, port, rate);
  for (const { from, fromPort, to, toPort, rate } of links) {
    bound(from, fromPort, rate);
    bound(to, toPort, rate);
  }
  return rates;
}
