/** Random entries that a switch accepts: they match prerequisites too, and go to higher tables only. */
import fc from "fast-check";
import type { Action, Entry, FieldMatch, Instruction, MatchField } from "../../../compiler/table/entry.ts";
import { canonicalMatch, masked, MATCH_FIELDS } from "../../../compiler/table/match.ts";
import { formatOf, type OxmField } from "../oxm.ts";

const bits = (count: number): fc.Arbitrary<bigint> => fc.bigInt({ min: 0n, max: (1n << BigInt(count)) - 1n });
const of = (max: number): fc.Arbitrary<number> => fc.integer({ min: 0, max });

/** The values that Open vSwitch accepts, for fields that do not accept every number. */
const VALUES: Partial<Record<OxmField, fc.Arbitrary<bigint>>> = {
  in_port: fc.bigInt({ min: 1n, max: 0xfeffn }),
  vlan_vid: fc.bigInt({ min: 0x1000n, max: 0x1fffn }),
  arp_op: fc.constantFrom(1n, 2n),
  ip_frag: fc.constantFrom(0n, 1n, 3n),
  ct_state: fc.constantFrom(0n),
  // No Ethernet length, and no tag: a tag needs further fields.
  eth_type: fc.constantFrom(0x0800n, 0x0806n, 0x86ddn, 0x88ccn),
};

/** Fields that are matched whole here, because Open vSwitch accepts only some of their masks. */
const WHOLE: ReadonlySet<MatchField> = new Set(["vlan_vid", "ip_frag", "ct_state"]);

function fieldMatch(field: MatchField): fc.Arbitrary<FieldMatch | undefined> {
  const { bits: width, maskable } = formatOf(field);
  const value = VALUES[field] ?? bits(width);
  const exact = value.map((one): FieldMatch => ({ field, value: one }));
  if (!maskable || WHOLE.has(field)) return exact;
  return fc.oneof(
    exact,
    fc.tuple(value, bits(width)).map(([one, mask]) => masked(field, one, mask)),
  );
}

/** A field with its prerequisites. */
const match: fc.Arbitrary<readonly FieldMatch[]> = fc
  .constantFrom(...MATCH_FIELDS.filter((field) => field !== "ct_state"))
  .chain((field) => {
    const needed = formatOf(field).prerequisites.map(([name, values]) =>
      fc.constantFrom(...values).map((value): FieldMatch => ({ field: name as MatchField, value })),
    );
    return fc.tuple(fieldMatch(field), ...needed);
  })
  .map((fields) => canonicalMatch(fields.filter((one) => one !== undefined)));

const port = fc.oneof(
  fc.integer({ min: 1, max: 0xfeff }),
  fc.constantFrom("NORMAL", "FLOOD", "CONTROLLER", "IN_PORT", "LOCAL", "ALL"),
);

/** Actions on one packet, without those that need a group or a meter on the switch. */
const actions: fc.Arbitrary<readonly Action[]> = fc.oneof(
  fc.array(
    fc.oneof(
      port.map((one): Action => ({ kind: "output", port: one as Extract<Action, { kind: "output" }>["port"] })),
      of(7).map((queue): Action => ({ kind: "set_queue", queue })),
      bits(32).map((value): Action => ({ kind: "set_field", field: "reg0", value })),
      bits(48).map((value): Action => ({ kind: "set_field", field: "eth_dst", value })),
    ),
    { minLength: 1, maxLength: 3 },
  ),
  fc
    .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 2, max: 4 }), of(3))
    .map(([id, clauses, clause]): Action[] => [{ kind: "conjunction", id, clause: (clause % clauses) + 1, clauses }]),
  fc
    .tuple(fc.boolean(), of(200), of(0xffff))
    .map(([commit, table, zone]): Action[] => [{ kind: "ct", commit, table, ...(zone > 0 && { zone }) }]),
);

const instructions = (table: number): fc.Arbitrary<readonly Instruction[]> =>
  fc.oneof(
    fc.constant([]),
    actions.map((list): Instruction[] => [{ kind: "apply", actions: list }]),
    fc.integer({ min: table + 1, max: 200 }).map((to): Instruction[] => [{ kind: "goto", table: to }]),
    fc.tuple(bits(64), bits(64)).map(([value, mask]): Instruction[] => [
      { kind: "write_metadata", value: value & mask, mask },
      { kind: "goto", table: table + 1 },
    ]),
  );

/** An entry with a cookie of 64 bits. */
export const entry: fc.Arbitrary<Entry> = of(5).chain((table) =>
  fc.record({
    table: fc.constant(table),
    priority: of(0xffff),
    match,
    instructions: instructions(table),
    cookie: bits(64),
    hardTimeout: of(0xffff),
    idleTimeout: of(0xffff),
  }),
);
