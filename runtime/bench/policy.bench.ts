/**
 * FML evaluation: a rule over a group of n sources and a group of m destinations costs n + m, and tenants are walked by
 * tenant, not by pair of hosts. A statement to a running network costs the same beside few hosts and many.
 */
import { parse } from "#compiler/syntax/parse.ts";
import { resolve } from "#compiler/resolve/resolve.ts";
import type { Model } from "#compiler/model/model.ts";
import { Interpreter } from "#compiler/resolve/interpreter.ts";
import { measure, medianStep } from "./measure.ts";
import type { Report } from "./report.ts";

export const name = "policy";

const address = (i: number): string => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`;
const numbers = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Two groups of n hosts and one rule from the one to the other. */
const groups = (n: number): string => `default deny.
${numbers(n)
  .map((i) => `host_ip(a${i}, ${address(i)}). from(a${i}). host_ip(b${i}, ${address(i + 0x800000)}). onto(b${i}).`)
  .join("\n")}
policy p { deny <= srcHost(A), from(A), dstHost(B), onto(B). }`;

/** n hosts in n/20 tenants, some of which peer. */
const tenants = (n: number): string => `default deny.
${numbers(n)
  .map((i) => `host_ip(h${i}, ${address(i)}). tenant(h${i}, t${i % (n / 20)}).`)
  .join("\n")}
${numbers(n / 100)
  .map((i) => `peering(t${5 * i}, t${5 * i + 1}).`)
  .join("\n")}
peered(T, S) <= peering(T, S) or peering(S, T).
foreign(A, B, T, S) <= tenant(A, T), tenant(B, S), T != S.
policy p { deny <= srcHost(A), dstHost(B), foreign(A, B, T, S), not peered(T, S). }`;

export async function run(report: Report): Promise<void> {
  const one = async (what: string, n: number, text: string, cubes: number, growth: number): Promise<void> => {
    const source = { name: "bench.fml", text };
    const { file } = parse(source);
    let model: Model | undefined;
    const { cpu } = await measure(() => {
      ({ model } = resolve([{ source, file }], { now: 0, load: () => undefined }));
    });
    report({ case: what, n, figure: cpu, unit: "ms CPU", bound: 2_000, growth });
    const figure = model!.policies[0]!.rules[0]!.cubes.length;
    report({ case: `${what}: cubes`, n, figure, unit: "cubes", bound: cubes });
  };
  for (const n of [100, 1_000, 10_000]) await one("n sources to n destinations", n, groups(n), 1, 1.15);
  // Each of the n/20 cubes lists the hosts of all the others.
  for (const n of [200, 1_000, 2_000]) await one("n hosts in n/20 tenants, apart", n, tenants(n), n / 20, 2);
  for (const n of [100, 1_000, 10_000]) readStatement(n, report);
}

/** One statement as it comes in: text → model, against a policy of n hosts that is loaded. */
function readStatement(n: number, report: Report): void {
  const facts = numbers(n).map((i) => `host_ip(h${i}, ${address(i)}).`);
  const source = {
    name: "bench.fml",
    text: `default deny.\n${facts.join("\n")}\nflowgroup web = (dstPort={80, 443}).`,
  };
  const { model } = resolve([{ source, ...parse(source) }], { now: 0, load: () => undefined });
  const interpreter = new Interpreter(model, new Set(["root"]));
  const read = (i: number): void => {
    const text = `deny(srcHost=h${i % n}, web) on net from +1min to +2h.`;
    const { statements } = interpreter.read({ source: { name: "said", text }, by: "root", now: 0 });
    if (statements.length !== 1) throw new Error("the statement was refused");
  };
  for (let i = 0; i < 2_000; i++) read(i);
  const figure = medianStep(1_000, read);
  report({ case: "a statement read beside n hosts, median", n, figure, unit: "ms", bound: 0.5, growth: 0.2 });
}
