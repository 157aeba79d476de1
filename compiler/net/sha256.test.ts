/** The digest of the compiler, compared with Node's. */
import { createHash } from "node:crypto";
import test from "ava";
import fc from "fast-check";
import { sha256 } from "./sha256.ts";

test("the digest is SHA-256, at every length around a block", (t) => {
  for (let length = 0; length < 200; length++) {
    const text = "aß".repeat(length).slice(0, length);
    t.is(sha256(text), createHash("sha256").update(text).digest("hex"));
  }
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 300 }), (text) => {
      t.is(sha256(text), createHash("sha256").update(text).digest("hex"));
    }),
  );
});
