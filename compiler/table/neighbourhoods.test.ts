import test from "ava";
import { fc } from "../admission/testing/networks.ts";
import type { Match } from "./entry.ts";
import { canonicalMatch, exact, fullMask, masked, matchesOverlap } from "./match.ts";
import { neighbourhoods } from "./neighbourhoods.ts";

const FIELDS = ["in_port", "eth_type", "ip_proto", "ipv4_src", "ipv4_dst", "ip_dscp"] as const;

const anyMatch: fc.Arbitrary<Match> = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...FIELDS), fc.integer({ min: 0, max: 63 }), fc.integer({ min: 0, max: 63 })), {
    selector: ([field]) => field,
  })
  .map((all) =>
    canonicalMatch(
      all.flatMap(([field, value, open]) => {
        const mask = fullMask(field) ^ (open % 3 === 0 ? 0n : BigInt(open));
        return masked(field, BigInt(value) & mask, mask) ?? [];
      }),
    ),
  );

test("any two matches that overlap are together in a group, whatever their masks", (t) => {
  fc.assert(
    fc.property(fc.array(anyMatch, { maxLength: 60 }), (matches) => {
      const groups = neighbourhoods(matches, (one) => one).map((group) => new Set(group));
      for (const one of matches) {
        for (const other of matches) {
          if (matchesOverlap(one, other)) t.true(groups.some((group) => group.has(one) && group.has(other)));
        }
      }
    }),
    { numRuns: 300 },
  );
});

test("prefixes that leave out addresses of each family are apart, and what matches any address is near all", (t) => {
  const besides = (address: bigint): readonly Match[] =>
    Array.from({ length: 128 }, (_, at) => {
      const bit = 1n << BigInt(at);
      const mask = fullMask("ipv6_dst") ^ (bit - 1n);
      return [exact("eth_type", 0x86dd), masked("ipv6_dst", (address ^ bit) & mask, mask)!];
    });
  const prefixes = [...besides(0x20010db8n << 96n), ...besides(7n)];
  const groups = neighbourhoods(prefixes, (one) => one);
  t.true(groups.reduce((sum, group) => sum + group.length, 0) < 2 * prefixes.length);
  t.true(groups.every((group) => group.length < 12));
  const any = exact("eth_type", 0x86dd);
  t.true(neighbourhoods([...prefixes, [any]], (one) => one).some((group) => group.some((one) => one.length === 1)));
});
