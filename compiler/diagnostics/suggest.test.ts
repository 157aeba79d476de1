/** "Did you mean" names a near word, and none where none is near. */
import test from "ava";
import fc from "fast-check";
import { distance, suggest } from "./suggest.ts";

const heads = ["AddUser", "allow", "deny", "Grant", "GrantDefault", "reserve", "limit", "ListShares"];

test("a near word is suggested", (t) => {
  t.is(suggest("AdUser", heads), "AddUser");
  t.is(suggest("Alow", heads), "allow");
  t.is(suggest("grant", heads), "Grant");
  t.is(suggest("dney", heads), "deny");
  t.is(suggest("form", ["for", "from"]), "from");
  t.is(suggest("listshares", heads), "ListShares");
  t.is(suggest("Alicia", ["Alice", "Bob"]), "Alice");
});

test("no word is suggested where none is near", (t) => {
  t.is(suggest("frobnicate", heads), undefined);
  t.is(suggest("x", ["y", "z"]), undefined);
  t.is(suggest("web", ["deny", "db"]), undefined);
  t.is(suggest("allow", ["allow"]), undefined, "a word is not its own correction");
});

test("distance is symmetric, zero only for equals, and never more than the longer word", (t) => {
  fc.assert(
    fc.property(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), (a, b) => {
      t.is(distance(a, b), distance(b, a));
      t.is(distance(a, b) === 0, a === b);
      t.true(distance(a, b) <= Math.max(a.length, b.length));
    }),
    { numRuns: 500, seed: 9 },
  );
});
