/** Small networks for the tests of this folder, written by hand and random. */
import fc from "fast-check";
import type { Directory, Host } from "../../model/model.ts";
import { parseIp } from "../../net/index.ts";
import { topology, type Port, type Topology } from "../topology.ts";

/** A link between two ports such as `s1:1` and `s2:1`, with a rate in bit/s; 10 Mb/s if absent. */
export type Cable = readonly [from: string, to: string, rate?: number];

export const port = (text: string): Port => {
  const [name, number] = text.split(":");
  return { switch: name!, port: Number(number) };
};

export interface Drawing {
  readonly switches: readonly string[];
  readonly cables?: readonly Cable[];
  /** `h1` at `s1:3`; the n-th host has the address 10.0.0.n. */
  readonly hosts?: Readonly<Record<string, string>>;
  readonly rates?: Readonly<Record<string, number>>;
  readonly users?: Readonly<Record<string, readonly string[]>>;
}

export function directoryOf({ switches, cables = [], hosts = {}, rates = {}, users = {} }: Drawing): Directory {
  const host = ([name, at]: [string, string], i: number): [string, Host] => {
    const ip = parseIp(`10.0.0.${i + 1}`);
    if (!ip.ok) throw new Error(ip.fault);
    return [name, { name, addresses: [ip.value], macs: [i + 1], at: port(at) }];
  };
  return {
    users: Object.keys(users),
    userHosts: Object.entries(users).flatMap(([user, at]) => at.map((name) => ({ user, host: name }))),
    hosts: new Map(Object.entries(hosts).map(host)),
    switches: new Map(switches.map((name, i) => [name, { name, dpid: String(i + 1).padStart(16, "0") }])),
    links: cables.map(([from, to, rate = 10_000_000]) => ({
      from: port(from).switch,
      fromPort: port(from).port,
      to: port(to).switch,
      toPort: port(to).port,
      rate,
    })),
    portRates: Object.entries(rates).map(([at, rate]) => ({ ...port(at), rate })),
  };
}

export const draw = (drawing: Drawing): Topology => topology(directoryOf(drawing));

/** Three switches in a triangle, one host each, and an intrusion detection system behind s3. */
export const TRIANGLE: Drawing = {
  switches: ["s1", "s2", "s3"],
  cables: [
    ["s1:1", "s2:1"],
    ["s2:2", "s3:1"],
    ["s3:2", "s1:2"],
  ],
  hosts: { h1: "s1:3", h2: "s2:3", h3: "s3:3", ids: "s3:4" },
  rates: { "s1:3": 100_000_000, "s2:3": 100_000_000, "s3:3": 100_000_000, "s3:4": 100_000_000 },
};

/** Up to five switches, up to six cables (parallel ones too), and a host at most switches. */
export const networks: fc.Arbitrary<Drawing> = fc
  .integer({ min: 1, max: 5 })
  .chain((n) =>
    fc.record({
      n: fc.constant(n),
      ends: fc.array(fc.tuple(fc.nat(n - 1), fc.nat(n - 1)), { maxLength: 6 }),
      homes: fc.array(fc.nat(n - 1), { minLength: 2, maxLength: 5 }),
    }),
  )
  .map(({ n, ends, homes }) => {
    const next = Array.from({ length: n }, () => 1);
    const plug = (i: number): string => `s${i + 1}:${next[i]!++}`;
    const cables = ends.filter(([a, b]) => a !== b).map(([a, b]): Cable => [plug(a), plug(b)]);
    return {
      switches: Array.from({ length: n }, (_, i) => `s${i + 1}`),
      cables,
      hosts: Object.fromEntries(homes.map((home, i) => [`h${i + 1}`, plug(home)])),
    };
  });

/** A drawing as the facts of a policy; its links have 1 Gb/s. */
export function factsOf({ switches, cables = [], hosts = {} }: Drawing): string {
  const at = (port: string): string => port.replace(":", ", ");
  return [
    ...switches.map((name, i) => `switch(${name}, ${i + 1}).`),
    ...cables.map(([from, to]) => `link(${at(from)}, ${at(to)}, 1Gb).`),
    ...Object.entries(hosts).flatMap(([name, port], i) => [
      `host_ip(${name}, 10.0.0.${i + 1}). host_at(${name}, ${at(port)}).`,
    ]),
  ].join("\n");
}
