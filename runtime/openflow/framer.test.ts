/** Frames out of a stream of bytes, wherever the stream is cut. */
import test from "ava";
import fc from "fast-check";
import { decode, encode, Framer } from "./index.ts";
import { message } from "./testing/arbitrary.ts";

/** Cuts bytes at the given places. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end));
}

test("the same frames come out of a stream, however it is cut", (t) => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 6 }), fc.array(fc.nat(), { maxLength: 12 }), (messages, places) => {
      const framer = new Framer();
      const stream = Uint8Array.from(Buffer.concat(messages.map(encode)));
      const frames = cut(stream, places).flatMap((chunk) => [...framer.push(chunk)]);
      t.deepEqual(frames.map(decode), messages);
      t.is(framer.held, 0);
    }),
    { numRuns: 300, seed: 5 },
  );
});

test("a stream that comes byte by byte gives the same frame", (t) => {
  const framer = new Framer();
  const bytes = encode({ type: "echo_request", xid: 1, data: new Uint8Array(3000) });
  const frames = cut(bytes, [...bytes.keys()]).flatMap((chunk) => [...framer.push(chunk)]);
  t.deepEqual(frames, [bytes]);
});

test("a length below 8 ends the stream, wherever the cut is", (t) => {
  const good = encode({ type: "barrier_request", xid: 1 });
  const bad = Uint8Array.from([4, 20, 0, 7, 0, 0, 0, 2]);
  for (let place = 0; place < 24; place++) {
    const framer = new Framer();
    const frames = cut(Uint8Array.from([...good, ...bad, ...good]), [place]).flatMap((chunk) => [
      ...framer.push(chunk),
    ]);
    t.deepEqual(frames, [good]);
    t.is(framer.fault, "a message claims a length of 7 bytes, less than its header has");
    t.deepEqual([...framer.push(good)], []);
  }
});

test("the framer never holds more than one message", (t) => {
  const framer = new Framer();
  const huge = Uint8Array.from([4, 2, 0xff, 0xff, 0, 0, 0, 1]);
  for (let i = 0; i < 200; i++) {
    for (const frame of framer.push(i === 0 ? huge : new Uint8Array(1000))) t.is(frame.length, 65_535);
    t.true(framer.held < 65_535);
    if (framer.fault !== undefined) break;
  }
});
