/** Snapshots as bytes: one state has one text, and whatever else is read is refused in a sentence, as a whole. */
import { createHash } from "node:crypto";
import test, { type ExecutionContext } from "ava";
import type { Admission } from "../admission.ts";
import { admissionFor, Conversation, modelOf, NOW } from "../testing/networks.ts";
import { bytesOf, NO_POLICY, restored, sha256 } from "../testing/snapshots.ts";
import { readSnapshot } from "./read.ts";
import { snapshotParts, writeSnapshot, type RunningSha256 } from "./write.ts";

/** A small network with something of everything that a statement can bring about. */
function network(): Admission {
  const net = new Conversation();
  const verdicts = net.say(`AddUser Alice. AddUser Bob.
    NewShare s for ((srcHost=10.0.0.0/8) or (srcHost=2001:db8::/32) or (user=Alice)) [allow = True, deny = True, reserve <= 9b,
      reserveTBFill = 2b, reserveTBCapacity = 20b, limit <= 9b, requests <= 50] on rootShare.
    NewShare t for (srcHost=10.1.0.0/16) [deny = True] on s.
    Grant s to Alice. GrantDefault t.
    @x deny(srcHost=10.1.0.1, dstPort!=80, transport=TCP) on t to +1h.
    @y Alice: allow(srcHost=10.1.0.0/16) partial on s. reserve(user=Alice) = 2b on s from +10s to +20s.
    limit(user=Alice, vlan=1-3) = 3b on s.`);
  if (verdicts.some(({ kind }) => kind === "rejected")) throw new Error("a statement was rejected");
  net.admission.advance(NOW + 5);
  return net.admission;
}

/** Reads and restores into an empty network, of which nothing may be changed if that is refused. */
function outcome(t: ExecutionContext, bytes: Uint8Array, what: string): string | Admission {
  const read = readSnapshot(bytes, sha256);
  if (typeof read === "string") return read;
  const admission = admissionFor(undefined, NOW);
  const untouched = bytesOf(admission);
  const fault = admission.restore(read.snapshot, NO_POLICY);
  if (fault === undefined) return admission;
  t.deepEqual(bytesOf(admission), untouched, what);
  return fault;
}

/** The same lines with another text in place of one, and with digests that are right for it. */
function forged(bytes: Buffer, from: string | RegExp, into: string): Buffer {
  const text = bytes.toString();
  const changed = text.replace(from, into);
  if (changed === text) throw new Error(`nothing is ${String(from)}`);
  const lines = changed.split("\n").slice(0, -2);
  const state = lines.filter((line) => !/"is":"(?:text|place)"/.test(line));
  const hash = (some: readonly string[]): string => sha256(Buffer.from(some.map((line) => `${line}\n`).join("")));
  const end = JSON.stringify({ digest: hash(state), is: "end", sum: hash(lines) });
  return Buffer.from([...lines, end, ""].join("\n"));
}

test("keys stand in order, and one text is written whatever was read", (t) => {
  const bytes = bytesOf(network());
  const sorted = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(sorted);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, one]) => [key, sorted(one)]),
    );
  };
  for (const line of bytes.toString().trimEnd().split("\n")) t.is(JSON.stringify(sorted(JSON.parse(line))), line);
  t.deepEqual(bytesOf(restored(bytes)), bytes);
  t.deepEqual(forged(bytes, "Alice", "Alicf").length, bytes.length);
});

test("parts of any size are the same bytes and have the same digest", (t) => {
  const snapshot = network().snapshot(NO_POLICY);
  const whole = writeSnapshot(snapshot, sha256);
  if (typeof whole === "string") return t.fail(whole);
  for (const size of [1, 100, 1_000, 1 << 20]) {
    const all = createHash("sha256");
    const running: RunningSha256 = {
      update: (bytes) => void all.update(bytes),
      digest: () => all.copy().digest("hex"),
    };
    const parts = snapshotParts(snapshot, running, size);
    const taken: Uint8Array[] = [];
    let next = parts.next();
    for (; next.done !== true; next = parts.next()) taken.push(next.value);
    t.deepEqual(Buffer.concat(taken), Buffer.from(whole.bytes), `parts of ${size}`);
    t.is(next.value, whole.digest);
    t.true(size > 1_000 || taken.length > 3);
  }
});

test("what is walked says what stood when it was taken, whatever is decided meanwhile", (t) => {
  const later = NOW + 6;
  const said = `Cancel x. Cancel y. allow(srcHost=10.2.0.9) on s. AddUser Carol. Grant t to Carol.
    NewShare u for (srcHost=10.1.2.0/24) [deny = True] on t. deny(srcHost=10.1.2.3) on u. reserve(user=Alice) = 1b on s to +30s.`;
  for (let after = 0; after < 8; after++) {
    const admission = network();
    const before = bytesOf(admission).toString();
    const lines = snapshotParts(admission.snapshot(NO_POLICY), { update: () => undefined, digest: () => "" }, 1);
    const walked: Uint8Array[] = [];
    for (let i = 0; i < after; i++) walked.push(lines.next().value as Uint8Array);
    for (const statement of modelOf(said, { now: later }).statements)
      t.is(admission.submit(statement, later).kind, "accepted");
    // The reservation of the network has begun and ended.
    admission.advance(NOW + 25);
    for (const line of lines) walked.push(line);
    const whole = Buffer.concat(walked).toString();
    t.is(whole.slice(0, whole.indexOf('{"digest"')), before.slice(0, before.indexOf('{"digest"')));
  }
});

test("a byte that flips is never read as something else", (t) => {
  const bytes = bytesOf(network());
  for (let at = 0; at < bytes.length; at++) {
    for (const flip of [1, 1 << (at % 8), 128]) {
      const damaged = Buffer.from(bytes);
      damaged[at]! ^= flip;
      t.is(typeof outcome(t, damaged, ""), "string", `byte ${at} with ${flip}`);
    }
  }
  for (let length = 0; length < bytes.length; length += 97)
    t.is(typeof readSnapshot(bytes.subarray(0, length), sha256), "string", `${length} bytes`);
});

test("what is damaged, cut off, foreign or too long is refused in a sentence", (t) => {
  const bytes = bytesOf(network());
  const half = bytes.subarray(0, bytes.length >> 1);
  const flipped = Buffer.from(bytes);
  flipped[bytes.indexOf("Alice")]! ^= 1;
  const read = (some: Uint8Array, most?: number): unknown => readSnapshot(some, sha256, most);
  t.deepEqual(
    [
      read(Buffer.from("")),
      read(Buffer.from('{"some":"json"}\n')),
      read(Buffer.from(bytes.toString().replace('"v":1', '"v":2'))),
      read(half),
      read(flipped),
      read(Buffer.concat([bytes, bytes])),
      read(bytes, 1_000),
      writeSnapshot(network().snapshot(NO_POLICY), sha256, 1_000),
    ],
    [
      "it is no snapshot of glazier",
      "it is no snapshot of glazier",
      "it is of version 2, and this program reads version 1",
      "it is cut off or damaged: it does not end as a snapshot does",
      "it is damaged: its bytes do not have the sum that it ends with",
      "it is damaged: its bytes do not have the sum that it ends with",
      "it is longer than 1000 bytes",
      "it would be longer than 1000 bytes",
    ],
  );
});

test("a snapshot with right digests and wrong content is refused as a whole, with what is wrong", (t) => {
  const bytes = bytesOf(network());
  const faults: readonly (readonly [from: string | RegExp, into: string])[] = [
    ['"hash":"none"', '"hash":"other"'],
    [/"now":\d+,"policy"/, '"now":1,"policy"'],
    [/"now":\d+\},"v"/, '"now":1},"v"'],
    ['"is":"user","name":"Bob"', '"is":"user","name":"Alice"'],
    ['"is":"user","name":"root"', '"is":"user","name":"Carol"'],
    ['"parent":"s"', '"parent":"t"'],
    ['"name":"t","open"', '"name":"s","open"'],
    ['"level":10,"name"', '"level":21,"name"'],
    ['"level":10,"name"', '"name"'],
    ['"level":10,"name"', '"level":-1,"name"'],
    ['"share":"t"', '"share":"u"'],
    ['"id":"y"', '"id":"x"'],
    ['"kind":"limit"', '"kind":"waypoint"'],
    ['"kind":"limit"', '"kind":"hint"'],
    ['"links":[]', '"links":["s1:1>s2:1"]'],
    ['"vlan":{"in":[1,3]}', '"vlan":{"in":[3,1]}'],
    ['"vlan":{"in":[1,3]}', '"vlan":{"in":[1,4096]}'],
    ['"vlan":{"in":[1,3]}', '"vlan":{"in":[]}'],
    ['"vlan":{"in":[1,3]}', '"vlan":{"absent":true,"in":[0,4095]}'],
    ['"vlan":{"in":[1,3]}', '"vlam":{"in":[1,3]}'],
    ['"vlan":{"in":[1,3]}', '"vlan":{"in":[1,3],"out":[]}'],
    [/"v6":\["\d+"/, '"v6":["-1"'],
    ['"requests":50', '"requests":"50"'],
    ['"requests":50', '"request":50'],
    ['{"is":"user","name":"Bob"}', '["user"]'],
    ['{"is":"user","name":"Bob"}', '{"is":"nobody"}'],
    [/\{"is":"user","name":"Bob"\}\n([^]*?)(?=\{"is":"text")/, '$1{"is":"user","name":"Bob"}\n'],
    [/\{"at":\[0,\d+,/, '{"at":[1,0,'],
    [/\{"at":\[0,(\d+),\d+/, '{"at":[0,$1,99999'],
    [/\{"at":.*\n/, ""],
    [/"time":\[\d+\]/, '"time":[20,10]'],
    [/"time":\[\d+,\d+\]/, '"time":[1,2]'],
  ];
  const found = faults.map(([from, into]) => outcome(t, forged(bytes, from, into), into));
  t.deepEqual(found, [
    "it is of another policy",
    `it is of 1, and the clock stands at ${NOW}`,
    `its policy was read at 1, and here at ${NOW}`,
    "a user stands in it twice",
    "it is without the user `root`",
    "share `t` has the parent `t`, which is not there",
    "share `s` stands in it twice",
    "the bucket of share `s` holds more than its capacity",
    "share `s` has no level",
    "line 6: `level` of the line is below zero",
    "share `u` of request `x` is not there",
    "request `x` stands in it twice",
    "line 11: of a waypoint there is a `rate`",
    "line 11: `kind` of the line is none of allow, deny, reserve, limit, waypoint, avoid",
    "request `reserve(user=Alice) = 2b on s from +10s to +20s.` is charged to the link `s1:1>s2:1`, which is not there",
    "line 11: the ranges of `vlan` of a cube of `flows` of an item of `pieces` of the line are not in order",
    "line 11: the ranges of `vlan` of a cube of `flows` of an item of `pieces` of the line are not in order",
    "line 11: `vlan` of a cube of `flows` of an item of `pieces` of the line holds nothing",
    "line 11: `vlan` of a cube of `flows` of an item of `pieces` of the line holds everything",
    "line 11: there is no field `vlam`",
    "line 11: `vlan` of a cube of `flows` of an item of `pieces` of the line has a field that this program does not know",
    "line 6: an item of `v6` of `srcHost` of a cube of `flows` of the line is no integer",
    "line 6: `requests` of `stated` of the line is no integer",
    "line 6: `stated` of the line has a field that this program does not know",
    "line 3: the line is no object",
    "line 3: `is` of the line is none of kept, user, share, guard, request, rule, text, place",
    "line 11: a user stands too late",
    "line 13: `at` of the line is in a text that is not there",
    "line 13: `at` of the line is beyond the end of its text",
    "6 statements have 5 places",
    "line 9: `time` of an item of `pieces` of the line ends before it begins",
    "request `x` has ended",
  ]);
});

test("only an empty network takes a snapshot", (t) => {
  const bytes = bytesOf(network());
  const read = readSnapshot(bytes, sha256);
  if (typeof read === "string") return t.fail(read);
  const full = network();
  t.is(full.restore(read.snapshot, NO_POLICY), "the network is not empty");
  t.deepEqual(bytesOf(full), bytes);
  const open = new Conversation();
  const transaction = open.admission.begin();
  t.throws(() => open.admission.snapshot(NO_POLICY), { message: "a snapshot inside a transaction" });
  transaction.commit();
});
