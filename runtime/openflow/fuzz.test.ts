/** Decoding is total: broken frames neither throw nor hang nor leave memory behind. GLAZIER_FUZZ sets their number. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import test from "ava";
import fc from "fast-check";
import { decode, encode, Framer, type Message } from "./index.ts";
import { byType } from "./testing/arbitrary.ts";
import { mutate, Random } from "./testing/mutate.ts";

const count = Number(process.env["GLAZIER_FUZZ"] ?? 50_000);
const corpus = Object.values(byType).flatMap((one) =>
  fc.sample(one as fc.Arbitrary<Message>, { numRuns: 20, seed: 7 }).map(encode),
);

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Bytes of live objects and of the memory of byte arrays. */
function live(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

test(`each of ${count} broken frames is decoded as a message that comes back the same, or has a reason`, (t) => {
  const random = new Random(2012);
  const outcomes = { message: 0, malformed: 0 };
  let before = 0;
  for (let i = 0; i < count; i++) {
    if (i === Math.floor(count / 5)) before = live();
    const decoded = decode(mutate(corpus, random));
    if (decoded.type === "malformed") {
      outcomes.malformed++;
      if (decoded.reason === "") t.fail("a fault without reason");
      if (/-\d/.test(decoded.reason)) t.fail(`nothing is less than nothing: ${decoded.reason}`);
    } else {
      outcomes.message++;
      const bytes = encode(decoded);
      const again = decode(bytes);
      if (again.type === "malformed" || Buffer.compare(encode(again), bytes) !== 0) {
        t.deepEqual(again, decoded, Buffer.from(bytes).toString("hex"));
      }
    }
  }
  t.log(outcomes);
  t.true(outcomes.message > count / 100 && outcomes.malformed > count / 100, "both kinds are exercised");
  t.true(live() - before < 2 ** 23, "memory does not grow");
});

test("a stream of broken frames in odd chunks ends in frames or in a fault", (t) => {
  const random = new Random(1981);
  let faults = 0;
  for (let i = 0; i < count / 100; i++) {
    const framer = new Framer();
    const stream = Buffer.concat(Array.from({ length: 1 + random.below(8) }, () => mutate(corpus, random)));
    for (let at = 0; at < stream.length && framer.fault === undefined;) {
      const size = 1 + random.below(200);
      for (const frame of framer.push(stream.subarray(at, at + size))) t.truthy(decode(frame).type);
      at += size;
      if (framer.held > 65_535) t.fail("more than one message is held");
    }
    if (framer.fault !== undefined) faults++;
  }
  t.true(faults > 0);
});
