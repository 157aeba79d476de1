/** Matches of two bits a field, so that random ones meet; and what all such entries have. For tests. */
import fc from "fast-check";
import type { FieldMatch, Match, MatchField } from "../../table/entry.ts";
import { canonicalMatch } from "../../table/match.ts";

const bits = (field: MatchField): fc.Arbitrary<FieldMatch | undefined> =>
  fc.option(
    fc
      .tuple(fc.bigInt(0n, 3n), fc.bigInt(1n, 3n))
      .map(([value, mask]): FieldMatch => ({ field, value: value & mask, mask })),
    { nil: undefined },
  );

/** A match of some of these fields. */
export const smallMatches = (...fields: readonly MatchField[]): fc.Arbitrary<Match> =>
  fc.tuple(...fields.map(bits)).map((all) => canonicalMatch(all.filter((one) => one !== undefined)));

export const WITHOUT_END = { cookie: 0n, hardTimeout: 0, idleTimeout: 0 } as const;
