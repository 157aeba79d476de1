/** Entries of tables on the wire: both directions, and the flows that are no entry of ours. */
import test from "ava";
import fc from "fast-check";
import { fullMask, MATCH_FIELDS } from "../../compiler/table/match.ts";
import {
  decode,
  encode,
  formatOf,
  fromStats,
  toEntry,
  toFlowMod,
  type FlowModMessage,
  type FlowStats,
} from "./index.ts";
import { exactMask } from "./oxm.ts";
import { entry } from "./testing/entry.ts";

/** The flow that a switch would report after a flow-mod. */
function reported(mod: FlowModMessage): FlowStats {
  const { table, priority, idleTimeout, hardTimeout, flags, cookie, match, instructions } = mod;
  const counters = { seconds: 1, nanoseconds: 2, packets: 3n, bytes: 4n };
  return { table, priority, idleTimeout, hardTimeout, flags, cookie, match, instructions, ...counters };
}

test("an entry comes back from the wire as it was sent", (t) => {
  fc.assert(
    fc.property(entry, (one) => {
      const mod = decode(encode(toFlowMod("add", one, 1)));
      if (mod.type !== "flow_mod") return t.fail(mod.type);
      t.deepEqual(toEntry(reported(mod)), one);
    }),
    { numRuns: 500, seed: 3 },
  );
});

test("fields have the widths that tables give them", (t) => {
  for (const field of MATCH_FIELDS) t.is(exactMask(formatOf(field)), fullMask(field), field);
});

const plain = { table: 1, priority: 2, instructions: [], cookie: 3n, hardTimeout: 0, idleTimeout: 0 } as const;

test("an empty mask drops its field, and a full mask is not sent", (t) => {
  const match = [
    { field: "eth_src", value: 0n, mask: 0n },
    { field: "eth_type", value: 0x800n },
    { field: "ip_frag", value: 1n, mask: 3n },
  ] as const;
  const mod = toFlowMod("add", { ...plain, match }, 1);
  t.deepEqual(mod.match, [match[1], { field: "ip_frag", value: 1n }]);
});

test("the switch's order of fields does not change what is read", (t) => {
  const mod = toFlowMod("add", { ...plain, match: [] }, 1);
  const match = [
    { field: "tcp_dst", value: 80n },
    { field: "ip_proto", value: 6n },
    { field: "eth_type", value: 0x800n },
  ] as const;
  t.deepEqual(
    toEntry(reported({ ...mod, match }))?.match.map(({ field }) => field),
    ["eth_type", "ip_proto", "tcp_dst"],
  );
});

test("a flow that our tables cannot express is no entry, but can be deleted and put back exactly", (t) => {
  const mod = toFlowMod("add", { ...plain, match: [] }, 1);
  const pushing = reported({ ...mod, instructions: [{ kind: "write_actions", actions: [{ kind: "pop_vlan" }] }] });
  const strange = reported({ ...mod, match: [{ field: "unknown", header: 0x7abc_0401, data: Uint8Array.of(7) }] });
  for (const flow of [pushing, strange]) {
    t.is(toEntry(flow), undefined);
    t.deepEqual(fromStats("delete_strict", flow, 9), {
      ...mod,
      xid: 9,
      command: "delete_strict",
      match: flow.match,
      instructions: [],
    });
    t.deepEqual(fromStats("add", flow, 9).instructions, flow.instructions);
  }
});
