/** Random networks of two to six switches for the policies of `bridge-policies.ts`: lines, trees, rings, meshes, parallel links. For tests. */
import type { Ground } from "./bridges.ts";
import { randomly, type Machine } from "./bridge-policies.ts";

/** The network of a number. At least one of its machines is a wire or a router. */
export function randomGround(seed: number): Ground {
  const below = randomly(seed * 31 + 5);
  // One in five has up to six switches, and links across.
  const isWide = seed % 5 === 3;
  const count = 2 + below(isWide ? 5 : 4);
  const shape = (["line", "tree", "ring", "parallel"] as const)[below(4)]!;
  const ends: (readonly [number, number])[] = [];
  for (let i = 1; i < count; i++) ends.push([shape === "tree" ? below(i) : i - 1, i]);
  if ((shape === "ring" || shape === "parallel") && count > 2) ends.push([count - 1, 0]);
  const across = isWide ? 1 + below(3) : below(2);
  for (let more = shape === "parallel" ? 1 + below(2) : across; more > 0; more--) {
    const one = below(2) === 1 ? ends[below(ends.length)]! : ([below(count), below(count)] as const);
    if (one[0] !== one[1]) ends.push(one);
  }
  const nextLink = Array.from({ length: count }, () => 10);
  const plug = (at: number): string => `s${at + 1}:${nextLink[at]!++}`;
  const links = ends.map(([a, b]) => [plug(a), plug(b)] as const);
  const nextHost = Array.from({ length: count }, () => 1);
  const drawn = Array.from({ length: 4 + below(4) }, (_, i): Machine => {
    const home = below(count);
    const box = i < 2 ? undefined : ([undefined, undefined, "wire", "router"] as const)[below(4)];
    return {
      name: `h${i + 1}`,
      at: `s${home + 1}:${nextHost[home]!++}`,
      mac: `02:00:00:00:00:0${i + 1}`,
      v4: `10.0.0.${i + 1}`,
      v6: i + 1,
      ...(box && { box }),
    };
  });
  const hasBox = drawn.some(({ box }) => box !== undefined);
  const last = { ...drawn.at(-1)!, box: below(2) === 1 ? ("wire" as const) : ("router" as const) };
  const place = (port: string): string => port.replace(":", ", ");
  return {
    machines: hasBox ? drawn : [...drawn.slice(0, -1), last],
    wiring: [
      ...Array.from({ length: count }, (_, i) => `switch(s${i + 1}, ${i + 1}).`),
      ...links.map(([a, b]) => `link(${place(a)}, ${place(b)}, 1Gb).`),
    ].join("\n"),
    cables: new Map(links.flatMap(([a, b]) => [[a, b] as const, [b, a] as const])),
  };
}
