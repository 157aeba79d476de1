/** JSON messages out of a stream of text, wherever the stream is cut. */
import test from "ava";
import fc from "fast-check";
import { JsonFramer } from "./framer.ts";

test("messages come out whole, wherever the stream was cut", (t) => {
  const texts = fc.array(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })), { maxLength: 6 });
  const spaces = fc.constantFrom("", " ", "\n", "\t ");
  fc.assert(
    fc.property(texts, spaces, fc.infiniteStream(fc.integer({ min: 1, max: 9 })), (values, space, sizes) => {
      const sent = values.map((value) => JSON.stringify(value));
      const stream = sent.map((text) => `${text}${space}`).join("");
      const framer = new JsonFramer();
      const out: string[] = [];
      for (let at = 0; at < stream.length;) {
        const size = sizes.next().value as number;
        out.push(...framer.push(stream.slice(at, at + size)));
        at += size;
      }
      t.deepEqual(out, sent);
      t.is(framer.fault, undefined);
    }),
    { numRuns: 300, seed: 5 },
  );
});

const faults = {
  "a list is a fault": ["[1]", "a message that is no object"],
  "a word outside of messages is a fault": ["hello {}", "text outside of messages"],
  "a message that is nested too deep is a fault": [`{"a":${"[".repeat(70)}`, "brackets 64 deep and more"],
  "a message that is too long is a fault": [`{"a":"${"x".repeat(200)}`, "a message of more than 100 characters"],
} as const;

for (const [what, [stream, fault]] of Object.entries(faults)) {
  test(what, (t) => {
    const framer = new JsonFramer({ length: 100 });
    t.deepEqual(framer.push(stream), []);
    t.is(framer.fault, fault);
    t.deepEqual(framer.push("{}"), [], "nothing is read afterwards");
  });
}

test("a message that is complete before a fault still comes out", (t) => {
  const framer = new JsonFramer();
  t.deepEqual(framer.push('{"a":1} nonsense'), ['{"a":1}']);
  t.is(framer.fault, "text outside of messages");
});
