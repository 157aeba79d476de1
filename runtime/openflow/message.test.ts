/** Messages on the wire: every type comes back as it was sent, and broken ones are faults with a reason. */
import test from "ava";
import fc from "fast-check";
import { decode, encode, type Message } from "./index.ts";
import { byType } from "./testing/arbitrary.ts";

for (const [type, arbitrary] of Object.entries(byType) as [string, fc.Arbitrary<Message>][]) {
  test(`${type} comes back as it was sent`, (t) => {
    fc.assert(
      fc.property(arbitrary, (message) => {
        const bytes = encode(message);
        const back = decode(bytes);
        t.deepEqual(back, message);
        t.deepEqual(encode(back as Message), bytes);
      }),
      { numRuns: 100, seed: 13 },
    );
  });
}

const frame = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ""), "hex"));
const reason = (hex: string): string => {
  const decoded = decode(frame(hex));
  return decoded.type === "malformed" ? decoded.reason : `no fault: ${decoded.type}`;
};

test("a frame shorter than a header is malformed", (t) => {
  t.is(reason("04 00 00"), "2 bytes expected, 1 left at byte 2");
  t.is(reason(""), "1 bytes expected, 0 left at byte 0");
});

test("a header must say the length of its frame", (t) => {
  t.is(reason("04 14 0010 00000001"), "the header says 16 bytes, the frame has 8 at byte 8");
});

test("bytes after a message are a fault", (t) => {
  t.is(reason("04 14 000c 00000001 00000000"), "4 bytes too many at byte 8");
});

test("another version is a fault, except in hello and error", (t) => {
  t.is(reason("01 14 0008 00000001"), "version 1 where 4 was agreed at byte 8");
  t.deepEqual(decode(frame("06 00 0008 00000001")), { type: "hello", xid: 1, version: 6, elements: [] });
  t.is(decode(frame("01 01 000c 00000001 0000 0000")).type, "error");
});

test("an element of length zero is a fault", (t) => {
  t.regex(reason("04 00 0010 00000001 0001 0000 00000000"), /^an element of length 0/);
});

test("a match of another type than OXM is a fault", (t) => {
  const head = "04 12 0038 00000001 0001 0000 00000000 ff000000 ffffffff ffffffff 00000000";
  t.regex(reason(`${head} ${"00".repeat(16)} 0000 0004 00000000`), /^a match of type 0/);
});

test("a value with bits outside its mask is a fault", (t) => {
  const head = "04 12 0040 00000001 0001 0000 00000000 ff000000 ffffffff ffffffff 00000000";
  t.regex(reason(`${head} ${"00".repeat(16)} 0001 0010 8000 1708 0a000001 ff000000`), /^ipv4_src with bits outside/);
});

test("a bundle inside a bundle is a fault, however deep", (t) => {
  const head = (length: number) =>
    `0404${length.toString(16).padStart(4, "0")}00000001 4f4e4600 000008fd 00000001 0000 0003`;
  t.regex(reason(`${head(56)} ${head(32)} 0414 0008 00000001`), /^a bundle inside a bundle/);
  const depth = 2000;
  const deep = Array.from({ length: depth }, (_, i) => head(24 * (depth - i) + 8)).join("");
  t.regex(reason(`${deep} 0414 0008 00000001`), /^a bundle inside a bundle/);
});

test("a value that the wire cannot carry is refused, not cut short", (t) => {
  const config = { type: "set_config", xid: 1, flags: 0, missSendLength: 70_000 } as const;
  t.throws(() => encode(config), { instanceOf: RangeError, message: "set_config: 70000 is not within 0-65535" });
  t.throws(() => encode({ type: "echo_request", xid: 1, data: new Uint8Array(65_528) }), { instanceOf: RangeError });
  t.is(encode({ type: "echo_request", xid: 1, data: new Uint8Array(65_527) }).length, 65_535);
  t.throws(() => encode({ ...config, xid: 0.5 }), { instanceOf: RangeError });
});
