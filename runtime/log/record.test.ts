/** The bytes of records, said by hand. */
import { createHash } from "node:crypto";
import test from "ava";
import fc from "fast-check";
import { canonicalJson, EMPTY_LOG, linked, seal, type JsonValue } from "./record.ts";

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const sha256 = (value: string): string => createHash("sha256").update(value).digest("hex");

test("a record is one JSON object with sorted keys, and names the hash of the one before", (t) => {
  const first = seal(EMPTY_LOG, 3n, 1_700_000_000_123.9, { kind: "say", text: "größer", by: "alice", key: undefined });
  const zeros = "0".repeat(64);
  const bytes = `{"at":1700000000123,"by":"alice","kind":"say","n":0,"prev":"${zeros}","term":3,"text":"größer","v":2}`;
  t.is(text(first.bytes), bytes);
  const second = seal(first.end, 3n, 1_700_000_000_124, {
    kind: "link",
    v: 9,
    n: 9,
    nested: { b: [1, { d: 2, c: 3 }], a: null },
  });
  t.is(
    text(second.bytes),
    `{"at":1700000000124,"kind":"link","n":1,"nested":{"a":null,"b":[1,{"c":3,"d":2}]},"prev":"${sha256(bytes)}","term":3,"v":2}`,
  );
  t.deepEqual(linked(linked(EMPTY_LOG, first.bytes), second.bytes), second.end);
});

test("a clock that is set back makes the log's time stand still, and that is told", (t) => {
  const first = seal(EMPTY_LOG, 1n, 5000, { kind: "say" });
  t.is(first.behind, 0);
  const second = seal(first.end, 1n, 3000, { kind: "say" });
  t.deepEqual([second.at, second.behind], [5000, 2000]);
  t.is(seal(second.end, 1n, 5001, { kind: "say" }).at, 5001);
});

test("one value has one text, which says the value; what JSON cannot say is an error", (t) => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const written = canonicalJson(value as JsonValue);
      t.deepEqual(JSON.parse(written), JSON.parse(JSON.stringify(value)));
      t.is(canonicalJson(JSON.parse(written) as JsonValue), written);
    }),
  );
  t.is(canonicalJson({ b: 1, a: 2, "10": 3, "9": 4 }), '{"10":3,"9":4,"a":2,"b":1}');
  t.throws(() => canonicalJson(Number.NaN), { instanceOf: RangeError });
});
