/** Which entries are shadowed, compared with the definition, while random entries come and go. */
import test from "ava";
import fc from "fast-check";
import type { FieldMatch, Match } from "../../table/entry.ts";
import { canonicalMatch, matchContains, masked } from "../../table/match.ts";
import { does, type Settled } from "./contribution.ts";
import { Shadows } from "./shadow.ts";

/** Few values under many masks, so that much is shadowed and the fields of a form have more forms than are looked up. */
const field = (name: "in_port" | "tcp_dst" | "ipv4_src" | "vlan_vid", bits: number): fc.Arbitrary<FieldMatch[]> =>
  fc.tuple(fc.nat(bits), fc.nat(3)).map(([length, value]) => {
    const mask = ((1n << BigInt(length)) - 1n) << BigInt(bits - length);
    const one = masked(name, (BigInt(value) << BigInt(bits - 2)) & mask, name === "in_port" ? 0xffff_ffffn : mask);
    return one === undefined ? [] : [one];
  });

const match = fc
  .tuple(
    // Most match the same two fields, which then have many forms.
    fc.oneof(
      { weight: 2, arbitrary: fc.constant(["tcp_dst", "ipv4_src"] as const) },
      { weight: 1, arbitrary: fc.subarray(["in_port", "tcp_dst", "ipv4_src", "vlan_vid"] as const) },
    ),
    field("in_port", 3),
    field("tcp_dst", 16),
    field("ipv4_src", 32),
    field("vlan_vid", 13),
  )
  .map(([names, ...all]): Match =>
    canonicalMatch(all.flat().filter(({ field: name }) => names.some((one) => one === name))),
  );

const settled = fc
  .record({
    stage: fc.constantFrom("Admission" as const, "Forward" as const),
    priority: fc.integer({ min: 1, max: 3 }),
    match,
    statement: fc.constant("a"),
    effect: fc.constantFrom("allow" as const, "deny" as const),
    end: fc.constantFrom(5, 9, Infinity),
  })
  .map((one): Settled => ({ ...one, clauses: [] }));

const shadows = (over: Settled, one: Settled): boolean =>
  over !== one &&
  over.stage === one.stage &&
  over.end >= one.end &&
  matchContains(over.match, one.match) &&
  (over.priority > one.priority || (over.priority === one.priority && does(over) === does(one)));

test("what is shadowed is what some other entry holds, while entries come and go", (t) => {
  let hidden = 0;
  fc.assert(
    fc.property(
      fc.array(fc.array(settled, { minLength: 40, maxLength: 80 }), { minLength: 1, maxLength: 4 }),
      fc.nat(),
      (waves, seed) => {
        const table = new Shadows();
        let here: readonly Settled[] = [];
        let standing = new Set<Settled>();
        for (const [i, wave] of waves.entries()) {
          // Of equal entries one would stand, and which one is open: `settle` leaves none.
          const known = new Set(here.map(nameOf));
          const come = wave.filter((one) => !known.has(nameOf(one)) && known.add(nameOf(one)));
          const gone = here.filter((_, k) => (k * 7 + seed + i) % 3 === 0);
          const { old, next } = table.change(gone, come);
          here = [...here.filter((one) => !gone.includes(one)), ...come];
          standing = new Set([...standing].filter((one) => !old.includes(one)));
          for (const one of next) standing.add(one);
          for (const one of here) {
            const expected = here.some((over) => shadows(over, one));
            if (expected) hidden++;
            if (table.hides(one) !== expected || standing.has(one) === expected) return false;
          }
        }
        return true;
      },
    ),
    { numRuns: 60 },
  );
  t.true(hidden > 1000, `${hidden} were shadowed`);
});

const nameOf = ({ stage, priority, match: some }: Settled): string =>
  `${stage} ${priority} ${some.map(({ field: name, value, mask }) => `${name}=${value}/${mask}`).join()}`;

test("of entries with one match that end in turn, the first to decide first, none is looked at in vain", (t) => {
  const match = canonicalMatch([masked("ipv4_src", 10n << 24n, 0xff00_0000n)!]);
  for (const fields of [match, canonicalMatch([...match, masked("tcp_dst", 80n, 0xffffn)!])]) {
    const table = new Shadows();
    const all = Array.from({ length: 2_000 }, (_, i): Settled => {
      const [statement, effect] = ["a", "allow"] as const;
      return { stage: "Admission", priority: 5_000 - i, match: fields, statement, effect, end: i, clauses: [] };
    });
    const loading = table.load(all);
    while (loading.next().done !== true);
    t.deepEqual(
      all.filter((one) => table.hides(one)),
      [],
    );
    t.true(table.looked <= all.length, String(table.looked));
  }
});
