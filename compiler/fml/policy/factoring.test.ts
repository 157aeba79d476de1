/** How many cubes rules become, and regressions of factoring. */
import test from "ava";
import { resolveText, showDiagnostics, showPolicies } from "../../resolve/testing/show.ts";

const cubes = (text: string): number[] => {
  const { model, diagnostics } = resolveText(text);
  if (diagnostics.some((d) => d.severity === "error")) throw new Error(showDiagnostics(diagnostics).join("\n"));
  return model.policies.flatMap((p) => p.rules.map((r) => r.cubes.length));
};

const numbers = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

test("1,000 hosts in 50 tenants are a cube for each tenant, or for each tenant with a peer", (t) => {
  const text = `default deny.
    ${numbers(1000)
      .map((i) => `host_ip(h${i}, 10.${i >> 8}.${i & 255}.1). tenant(h${i}, t${i % 50}).`)
      .join("\n")}
    ${numbers(10)
      .map((i) => `peering(t${i}, t${49 - i}).`)
      .join(" ")}
    peered(T, S) <= peering(T, S).
    peered(T, S) <= peering(S, T).
    same(A, B) <= tenant(A, T), tenant(B, T).
    foreign(A, B, T, S) <= tenant(A, T), tenant(B, S), T != S.
    policy isolation {
      deny  <= srcHost(A), dstHost(B), foreign(A, B, T, S), not peered(T, S).
      allow <= srcHost(A), dstHost(B), same(A, B).
      allow <= srcHost(A), dstHost(B), foreign(A, B, T, S), peered(T, S).
    }`;
  // The 30 tenants without a peer are kept from all others, the 20 with one from all but that one.
  const [apart, together, peers] = cubes(text);
  t.true(apart! <= 50);
  t.is(together, 50);
  t.is(peers, 20);
});

test("two groups are one cube, however large", (t) => {
  const members = numbers(200).map((i) => `host_ip(h${i}, 10.0.${i}.1). from(h${i}). onto(h${i}).`);
  t.deepEqual(
    cubes(`default deny. ${members.join("\n")} policy p { deny <= srcHost(A), from(A), dstHost(B), onto(B). }`),
    [1],
  );
});

test("a list of pairs costs a cube for each set of partners", (t) => {
  const text = `default deny. ${numbers(4)
    .map((i) => `host_ip(h${i}, 10.0.${i}.1).`)
    .join(" ")}
    contact(h0, h2). contact(h1, h2). contact(h3, h0).
    policy p { deny <= srcHost(A), dstHost(B), contact(A, B). }`;
  t.deepEqual(cubes(text), [2]);
});

test("regression: alternatives of one rule do not share numbers of sets that differ", (t) => {
  const { model } = resolveText(`default deny.
    host_ip(h1, 10.0.0.1). host_ip(h2, 10.0.0.2). edge(h1, h2).
    policy p { @a allow <= srcHost(A), edge(B, A), (dstHost(A) or srcHost(B)). }`);
  t.deepEqual(showPolicies(model), ["p.a", "  (srcHost=10.0.0.2, dstHost=10.0.0.2)  because edge(h1, h2)"]);
});

test("regression: a variable shared by two alternatives is not projected away under `not`", (t) => {
  const { diagnostics } = resolveText(`default deny.
    host_ip(h1, 10.0.0.1). host_ip(h2, 10.0.0.2). edge(h1, h2).
    policy p { allow <= srcHost(A), edge(A, _), not edge(A, B), (transport(tcp) or dstHost(B)). }`);
  t.true(diagnostics.some((d) => d.code === "E302"));
});
