/**
 * The shipped policy denies exactly the frames that switches cannot look into. `runtime/lab/matrix.test.ts` sends real
 * ones.
 */
import test from "ava";
import { readFileSync } from "node:fs";
import type { Flow } from "#compiler/flowgroup/cube.ts";
import { holds } from "#compiler/flowgroup/index.ts";
import { resolve } from "#compiler/resolve/resolve.ts";
import { parse } from "#compiler/syntax/parse.ts";

const text = `default allow.\n${readFileSync(new URL("opaque.fml", import.meta.url), "utf8")}`;
const source = { name: "opaque.fml", text };
const parsed = parse(source);
const { model, diagnostics } = resolve([{ source, file: parsed.file }], { now: 0, load: () => undefined });
const cubes = model.policies.flatMap((p) => p.rules).flatMap((r) => r.cubes.map((c) => c.cube));
const isDenied = (flow: Flow): boolean => holds({ cubes }, flow);

test("opaque.fml resolves without a diagnostic, and denies only frames that hide IP", (t) => {
  t.deepEqual([...parsed.diagnostics, ...diagnostics], []);
  for (const ethType of [0x8100, 0x88a8]) {
    t.true(isDenied({ vlan: 5, ethType }));
    t.true(isDenied({ vlan: 0, ethType }));
    t.true(isDenied({ ethType }));
  }
  for (const ethType of [0x9100, 0x8847, 0x8848, 0x8864, 0x88e7, 0x894f]) t.true(isDenied({ ethType }));
  // Other tags and envelopes: pre-standard tags, MACsec, TRILL, bridged Ethernet, PPP, port tags, redundancy, a mesh.
  const others = [
    0x9200, 0x9300, 0x88e5, 0x22f3, 0x6558, 0x880b, 0x8926, 0x893f, 0x8909, 0x892f, 0x88fb, 0x4305, 0xf1c1,
  ];
  for (const ethType of others) t.true(isDenied({ ethType }), ethType.toString(16));
  for (const ethType of [0x05ff, 0x0800, 0x86dd, 0x0806, 0x8863, 0x88cc]) {
    t.false(isDenied({ ethType }));
    t.false(isDenied({ ethType, vlan: 5 }));
  }
});

test("a host without an address can still request one", (t) => {
  const none = { family: 4, value: 0 } as const;
  const ask = { transport: 17, srcPort: 68, dstPort: 67, ethType: 0x0800 };
  t.false(isDenied({ ...ask, srcHost: none, dstHost: { family: 4, value: 0xffff_ffff } }));
  t.true(isDenied({ ethType: 0x0800, transport: 0, srcHost: none, dstHost: none }));
});
