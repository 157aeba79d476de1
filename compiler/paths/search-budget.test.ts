/**
 * The search for paths is bounded, for one question and for all together, however many orders and pairs of ends there
 * are.
 */
import test from "ava";
import { compileFile, NOW } from "../admission/testing/networks.ts";
import { lower } from "../lowering/index.ts";
import { route } from "./route.ts";
import { SearchBudget } from "./search.ts";
import { draw, factsOf, port, type Cable, type Drawing } from "./testing/networks.ts";

/** Two meshes of five switches each and one cable between them, which no path crosses twice in one direction. */
function twoMeshes(hosts: number): Drawing {
  const names = ["a", "b"].flatMap((side) => [1, 2, 3, 4, 5].map((i) => `${side}${i}`));
  const next = new Map(names.map((name) => [name, 1]));
  const plug = (name: string): string => {
    const number = next.get(name)!;
    next.set(name, number + 1);
    return `${name}:${number}`;
  };
  const pairs = names.flatMap((one, i) => names.slice(i + 1).map((other) => [one, other] as const));
  const cables = pairs
    .filter(([one, other]) => one[0] === other[0] || (one === "a1" && other === "b1"))
    .map(([one, other]): Cable => [plug(one), plug(other)]);
  return {
    switches: names,
    cables,
    hosts: Object.fromEntries(
      Array.from({ length: hosts }, (_, i) => [`h${i + 1}`, `${names[i % names.length]}:${20 + i}`]),
    ),
  };
}

/** Lists that lead to and fro over the cable, so that no order has a path. */
const LISTS = [
  ["a2", "b2", "a3"],
  ["b3", "a4", "b4"],
  ["a5", "b5", "a1"],
  ["b1", "a5", "b5"],
];

test("120 orders without a path share one budget, and the result says that it ran out", (t) => {
  const budget = new SearchBudget(2_000);
  const net = draw(twoMeshes(4));
  t.is(route(net, { from: port("a1:20"), to: port("a3:22"), lists: LISTS }, budget), undefined);
  t.true(budget.isSpent);
  t.is(budget.left, 0);
});

test("an order with a path is found after long searches for orders without one", (t) => {
  const net = draw(twoMeshes(4));
  const lists = [["a2", "b2"], ["b3", "b4"], ["a4"], ["b5"]];
  t.truthy(route(net, { from: port("a1:20"), to: port("a3:22"), lists }));
});

test("statements for many pairs of ends are decided in bounded steps, and the refusal says that the search was given up", (t) => {
  const statements = LISTS.map(
    (list, i) => `@q${i} waypoint(srcHost={h1,h2,h3,h4,h5}, dstHost={h1,h2,h3,h4,h5}) = ${list.join()} on rootShare.`,
  );
  const { outcomes } = compileFile(["default allow.", factsOf(twoMeshes(12)), ...statements].join("\n"));
  const [first, second] = outcomes.map(({ verdict }) => verdict);
  t.is(first!.kind, "accepted");
  t.like(second!, { kind: "rejected", certificate: { code: "no-path", noPath: { isGivenUp: true } } });
});

test("beyond the pairs that admission looks at, flows whose search was given up are dropped, with a warning", (t) => {
  const hosts = `{${Array.from({ length: 33 }, (_, i) => `h${i + 1}`).join()}}`;
  const statements = LISTS.slice(0, 2).map(
    (list, i) => `@q${i} waypoint(srcHost=${hosts}, dstHost=${hosts}) = ${list.join()} on rootShare.`,
  );
  const { model, admission } = compileFile(["default allow.", factsOf(twoMeshes(33)), ...statements].join("\n"));
  const { directory, defaults } = model;
  const { diagnostics } = lower([...admission.derived.active(NOW)], { directory, defaults, target: "ovs", now: NOW });
  t.deepEqual(
    diagnostics.map(({ code }) => code).filter((code) => code === "W835"),
    ["W835", "W835"],
  );
});
