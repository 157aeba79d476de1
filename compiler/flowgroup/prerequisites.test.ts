/** The fields that a constraint needs beside it, constraints that no packet meets, and mirrored flows. */
import test from "ava";
import fc from "fast-check";
import {
  addresses,
  constraintsOf,
  cube,
  equal,
  flowgroup,
  mirror,
  names,
  normalise,
  numbers,
  type Constraints,
  type Field,
  type FieldSet,
  type Flowgroup,
} from "./index.ts";
import { parseIp } from "../net/index.ts";
import { arbitraryCube, block } from "./testing.ts";

const read = (constraints: Constraints): Flowgroup => {
  const result = normalise(constraints);
  if (result.kind !== "cubes") throw new Error(`${result.fields.join(" against ")}`);
  return flowgroup(result.cubes);
};
const same = (a: Flowgroup, b: readonly Constraints[]): boolean | "undecided" => equal(a, flowgroup(b.map(cube)));
const anyIp = numbers("ethType", 0x0800, 0x86dd);
const [v4, v6] = [numbers("ethType", 0x0800), numbers("ethType", 0x86dd)];

test("a port means TCP, UDP or SCTP over IP", (t) => {
  const dstPort = numbers("dstPort", 80);
  t.true(same(read({ dstPort }), [{ ethType: anyIp, transport: numbers("transport", 6, 17, 132), dstPort }]));
  const transport = numbers("transport", 6);
  t.true(same(read({ dstPort, transport }), [{ ethType: anyIp, transport, dstPort }]));
});

test("an address means its family; both families make a cube each", (t) => {
  const srcHost = addresses(block("10.0.0.0/8"));
  const six = addresses(block("2001:db8::/32"));
  t.true(same(read({ srcHost }), [{ srcHost, ethType: v4 }]));
  const both = read({ srcHost: addresses(block("10.0.0.0/8"), block("2001:db8::/32")) });
  t.true(
    same(both, [
      { srcHost, ethType: v4 },
      { srcHost: six, ethType: v6 },
    ]),
  );
  t.is(both.cubes.length, 2);
  const mixed = read({ srcHost: addresses(block("10.0.0.0/8"), block("2001:db8::/32")), dstHost: six });
  t.true(same(mixed, [{ srcHost: six, dstHost: six, ethType: v6 }]));
});

test("an access point means its switch and port, a cube for each switch; a port with a name is no number", (t) => {
  const at = (name: string, ...ports: number[]): Constraints => ({
    switch: names(name),
    ...(ports[0] !== undefined && { inPort: numbers("inPort", ports[0], ...ports.slice(1)) }),
  });
  t.true(same(read({ srcAP: names("s2:3") }), [{ srcAP: names("s2:3"), ...at("s2", 3) }]));
  const several = read({ srcAP: names("s1:1", "s1:2", "s2:3", "s2:eth0") });
  t.true(
    same(several, [
      { srcAP: names("s1:1", "s1:2"), ...at("s1", 1, 2) },
      { srcAP: names("s2:3"), ...at("s2", 3) },
      { srcAP: names("s2:eth0"), ...at("s2") },
    ]),
  );
  t.true(same(read({ srcAP: names("s1:1", "s2:3"), switch: names("s1") }), [{ srcAP: names("s1:1"), ...at("s1", 1) }]));
  t.true(
    same(read({ srcAP: names("s1:1", "s1:2"), inPort: numbers("inPort", 2) }), [
      { srcAP: names("s1:2"), ...at("s1", 2) },
    ]),
  );
  t.deepEqual(normalise({ srcAP: names("s2:3"), switch: names("s1") }), {
    kind: "contradiction",
    fields: ["srcAP", "switch"],
  });
  t.deepEqual(normalise({ srcAP: names("s2:3"), inPort: numbers("inPort", 4) }), {
    kind: "contradiction",
    fields: ["srcAP", "inPort"],
  });
  const anywhereElse = { ...names("s1:1"), not: true } as FieldSet;
  t.true(same(read({ srcAP: anywhereElse }), [{ srcAP: anywhereElse }]));
});

test("the mirror of flows that enter at an access point leaves there", (t) => {
  const there = read({ srcAP: names("s1:1"), dstAP: names("s2:3") });
  const back = read({ srcAP: names("s2:3"), dstAP: names("s1:1") });
  const turned = mirror(there);
  t.true(turned.ok && equal(turned.flows, back) === true);
  const placed = { srcAP: names("s1:eth0"), switch: names("s1"), inPort: numbers("inPort", 3) };
  t.deepEqual(mirror(read(placed)), { ok: false, field: "switch" });
});

test("a contradiction names the two fields that no packet combines", (t) => {
  const clash = (constraints: Constraints): readonly Field[] | "possible" => {
    const result = normalise(constraints);
    return result.kind === "cubes" ? "possible" : result.fields;
  };
  const four = addresses(block("10.0.0.0/8"));
  const six = addresses(block("2001:db8::/32"));
  t.deepEqual(clash({ transport: numbers("transport", 1), dstPort: numbers("dstPort", 80) }), ["transport", "dstPort"]);
  t.deepEqual(clash({ transport: numbers("transport", 6), icmpType: numbers("icmpType", 8) }), [
    "transport",
    "icmpType",
  ]);
  t.deepEqual(clash({ srcPort: numbers("srcPort", 80), icmpType: numbers("icmpType", 8) }), ["srcPort", "icmpType"]);
  t.deepEqual(clash({ ethType: numbers("ethType", 0x0806), dstPort: numbers("dstPort", 80) }), ["ethType", "dstPort"]);
  t.deepEqual(clash({ ethType: numbers("ethType", 0x0806), dscp: numbers("dscp", 46) }), ["ethType", "dscp"]);
  t.deepEqual(clash({ ethType: numbers("ethType", 0x0806), direction: numbers("direction", 0) }), [
    "ethType",
    "direction",
  ]);
  t.deepEqual(clash({ ethType: v6, srcHost: four }), ["ethType", "srcHost"]);
  t.deepEqual(clash({ ethType: v4, srcHost: six }), ["ethType", "srcHost"]);
  t.deepEqual(clash({ srcHost: four, dstHost: six }), ["srcHost", "dstHost"]);
  t.deepEqual(clash({ srcHost: six, dstHost: four }), ["srcHost", "dstHost"]);
  t.is(clash({ srcHost: four, transport: numbers("transport", 6) }), "possible");
});

test("normalising twice is normalising once, and never adds a flow", (t) => {
  const fields = ["srcHost", "ethType", "transport", "dstPort", "icmpType", "dscp", "direction"] as const;
  fc.assert(
    fc.property(arbitraryCube(fields), (one) => {
      const once = normalise(constraintsOf(one));
      if (once.kind !== "cubes") return;
      const [a, whole] = [flowgroup(once.cubes), flowgroup([one])];
      const twice = once.cubes.map((each) => normalise(constraintsOf(each)));
      t.true(twice.every((each) => each.kind === "cubes"));
      t.deepEqual(flowgroup(twice.flatMap((each) => (each.kind === "cubes" ? each.cubes : []))), a);
      t.deepEqual(flowgroup([...a.cubes, ...whole.cubes]), whole);
    }),
    { numRuns: 500, seed: 3 },
  );
});

test("a mirror swaps source and destination, and is refused for a field that an answer cannot have", (t) => {
  const host = parseIp("10.0.0.1");
  t.true(host.ok);
  if (!host.ok) return;
  const there = read({
    srcHost: addresses(host.value),
    dstPort: numbers("dstPort", 80),
    direction: numbers("direction", 0),
  });
  const back = read({
    dstHost: addresses(host.value),
    srcPort: numbers("srcPort", 80),
    direction: numbers("direction", 1),
  });
  const turned = mirror(there);
  t.true(turned.ok && equal(turned.flows, back) === true);
  const again = turned.ok ? mirror(turned.flows) : turned;
  t.true(again.ok && equal(again.flows, there) === true);
  t.deepEqual(mirror(flowgroup([cube({ inPort: numbers("inPort", 3) })])), { ok: false, field: "inPort" });
});
