/** Random networks: switches in a tree, now and then with a cable more, which makes a ring of them. */

export interface DrawnNetwork {
  readonly below: (most: number) => number;
  readonly pick: <T>(all: readonly T[]) => T;
  /** Switches by name. */
  readonly names: readonly string[];
  readonly cables: readonly (readonly [string, string])[];
  /** The next free port of a switch, counted from a number on, as `s1:10`. */
  readonly port: (name: string, first: number) => string;
}

/** The same seed gives the same network, and the same numbers behind it. */
export function drawnNetwork(seed: number): DrawnNetwork {
  let state = seed;
  const below = (most: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
  const pick = <T>(all: readonly T[]): T => all[below(all.length)]!;
  const names = Array.from({ length: 2 + below(4) }, (_, i) => `s${i + 1}`);
  const used = new Map<string, number>();
  const port = (name: string, first: number): string => {
    const next = used.get(`${name} ${first}`) ?? first;
    used.set(`${name} ${first}`, next + 1);
    return `${name}:${next}`;
  };
  const cables = names.slice(1).map((name, i) => [port(pick(names.slice(0, i + 1)), 10), port(name, 10)] as const);
  if (names.length > 2 && below(2) === 0) cables.push([port(names[0]!, 10), port(names.at(-1)!, 10)]);
  return { below, pick, names, cables, port };
}
