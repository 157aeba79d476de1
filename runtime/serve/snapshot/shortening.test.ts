/**
 * A log that was shortened: the network is the one that it was, wherever it is killed; under another policy what stands is
 * decided again as from all records; what is gone is said so.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import type { OpenLog } from "../../log/log.ts";
import { readRecord } from "../../log/record.ts";
import { MemoryStore } from "../../log/testing/memory.ts";
import { live, snapshotFolder, type Life } from "../testing/lives.ts";
import { DISK, type SnapshotDisk } from "./file.ts";
import { KeptSentences, sentenceOf } from "./sentences.ts";

const POLICY = `default allow.
NewShare s for (*) [deny = True, reserve <= 100Mb, reserveTBFill = 10Mb, reserveTBCapacity = 900Mb, requests <= 100] on rootShare.
@p deny(dstPort=1000, transport=TCP) on s.
AddUser Alice.
Grant s to Alice.
`;

const RETENTION = { records: 6, seconds: 0 };
const deny = (port: number): string => `@d${port} deny(dstPort=${port}, transport=TCP) on s.`;

/** What is said before and behind the snapshot to which the log is shortened. */
const BEFORE = [
  deny(1),
  "NewShare t for (dstPort=7000) [deny = True] on s.",
  "Grant t to Alice.",
  deny(2),
  "Cancel d2.",
  deny(2),
  "@short deny(dstPort=3, transport=TCP) on s to +10s.",
  "reserve(dstPort=9, transport=TCP) = 5Mb on s to +20s.",
  "Cancel p.",
  `begin. ${deny(4)} ${deny(5)} commit.`,
  "Cancel d4.",
  deny(6),
  "Cancel d6.",
];
const BEHIND = [
  deny(11),
  deny(12),
  "Cancel d1.",
  deny(13),
  "reserve(dstPort=19, transport=TCP) = 5Mb on s to +20s.",
  deny(14),
];

/** What is asked of a life: the test's retention, unless another is given. */
type More = Parameters<typeof live>[4];

interface Ripe {
  readonly store: MemoryStore;
  readonly folder: string;
  readonly life: Life;
}

/** A snapshot that waits, and enough records behind it. Two of them are the same but for what is random in tokens. */
async function ripe(t: ExecutionContext, more: More = {}): Promise<Ripe> {
  const [store, folder] = [new MemoryStore(), snapshotFolder(t)];
  const life = await live(t, store, POLICY, folder, { retention: RETENTION, ...more });
  for (const text of BEFORE) {
    t.regex(await life.say(text), /^True/, text);
    life.now += 2;
  }
  await life.keeper.take();
  t.true(existsSync(join(folder, "snapshot.old")));
  for (const text of BEHIND) t.regex(await life.say(text), /^True/, text);
  t.deepEqual(life.failures, []);
  t.is(store.first, 0);
  return { store, folder, life };
}

const ALL = { retention: { records: Infinity, seconds: 0 } };

/** The number of the first record behind the snapshot: the policy, root's token, and what was said before. */
const FIRST = 2 + BEFORE.length;

test("what it keeps are the sentences that another policy would decide again", async (t) => {
  const { store } = await ripe(t);
  const kept = new KeptSentences();
  for (const { n, bytes } of store.entries(0)) {
    const one = sentenceOf(readRecord(bytes, n));
    if (one !== undefined) kept.add(one);
  }
  const ended = ["short", "r8"];
  t.deepEqual(
    [...kept.standing(({ id }) => !ended.includes(id!))].map(({ text }) => text),
    [
      BEFORE[1]!,
      BEFORE[2]!,
      deny(2),
      "Cancel p.",
      BEFORE[9]!,
      "Cancel d4.",
      ...BEHIND.filter((text) => !/d1\b/.test(text)),
    ],
  );
});

/** The policies of the next start: the same, one that takes all of it, and one that does not. */
const NEXT = [POLICY, `${POLICY}AddUser Carol.\n`, POLICY.replace("requests <= 100", "requests <= 4")];

for (const [i, next] of NEXT.entries())
  test(`shortened, it is the same network under ${["its policy", "another policy", "a narrow policy"][i]}`, async (t) => {
    const [short, whole] = [await ripe(t), await ripe(t, ALL)];
    const now = short.life.now + 5;
    for (const { life } of [short, whole]) {
      await life.keeper.take();
      t.deepEqual(life.failures, []);
    }
    t.is(short.store.first, FIRST);
    t.is(whole.store.first, 0);
    const wanted = await live(t, whole.store, next, undefined, { now, ...ALL });
    for (const place of [short.folder, snapshotFolder(t), undefined]) {
      const back = await live(t, short.store, next, place, { now });
      t.deepEqual(back.notices, []);
      t.is(back.digestAt(now), wanted.digestAt(now));
      if (i === 2) t.true(back.started.fallen.length > 0);
      t.deepEqual(
        back.started.fallen
          .map(({ text }) => text)
          .filter((text) => !BEFORE.includes(text) || !/short|d6|d1\b/.test(text)),
        wanted.started.fallen.map(({ text }) => text).filter((text) => !/short|d6|d1\b/.test(text)),
      );
      t.regex(await back.say("ListRequests on t."), /^0;/);
    }
    if (i === 0) {
      // The log has its own, which is used.
      const path = join(short.folder, "snapshot");
      const bytes = readFileSync(path);
      writeFileSync(path, bytes.subarray(0, bytes.length - 9));
      const back = await live(t, short.store, next, short.folder, { now });
      t.deepEqual(
        back.notices.map((one) => one.replace(/:.*/, "")),
        [`${path} is not used`],
      );
      t.is(back.digestAt(now), wanted.digestAt(now));
      writeFileSync(path, bytes);
    }
    // And once more, to the policy of before and to a shorter log.
    const again = await live(t, short.store, POLICY, short.folder, { now, retention: RETENTION });
    const same = await live(t, whole.store, POLICY, whole.folder, { now, ...ALL });
    t.is(again.digestAt(now), same.digestAt(now));
    for (const life of [again, same]) {
      // What waits from before the policies is of no use.
      for (const tens of [30, 40, 50]) {
        for (const port of [1, 2, 3, 4, 5, 6, 7]) t.regex(await life.say(deny(tens + port)), /^True/);
        await life.keeper.take();
      }
      t.deepEqual(life.failures, []);
    }
    t.true(short.store.first > FIRST, `${short.store.first}`);
    t.is(again.digestAt(now + 1), same.digestAt(now + 1));
    for (const policy of [POLICY, NEXT[1]!]) {
      const [one, other] = [
        await live(t, short.store, policy, undefined, { now: now + 1 }),
        await live(t, whole.store, policy, undefined, { now: now + 1, ...ALL }),
      ];
      t.is(one.digestAt(now + 1), other.digestAt(now + 1));
    }
  });

const ROOM = `default allow.
NewShare s for (*) [allow = True, deny = True, reserve <= 10Mb] on rootShare.
`;

/** Each beside something that is gone by the time when all is decided again. */
const BESIDE: Readonly<Record<string, readonly string[]>> = {
  "one that is cancelled together with what came in its place": [
    deny(1),
    deny(2),
    `begin. Cancel d1. /* d9 */ ${deny(3)} commit.`,
    "/* over */ Cancel d2.",
  ],
  "one that was cancelled with others, and would have ended since": [
    "@x deny(dstPort=7, transport=TCP) on s to +8s.",
    deny(1),
    `begin. Cancel x. ${deny(3)} commit.`,
    'Cancel "d1".',
    deny(4),
  ],
  "a part of a reservation, what stood then is cancelled": [
    "@x reserve(dstHost=10.0.0.1) = 6Mb on s.",
    "@part reserve(dstHost=10.0.0.2) = 8Mb partial on s.",
    "Cancel x.",
    "@later reserve(dstHost=10.0.0.3) = 6Mb on s.",
  ],
  "a part of a reservation beside one that has ended": [
    "@x reserve(dstHost=10.0.0.1) = 6Mb on s to +3s.",
    "@part reserve(dstHost=10.0.0.2) = 8Mb partial on s.",
    deny(1),
    "@later reserve(dstHost=10.0.0.3) = 6Mb on s.",
  ],
  "a part of an allow beside a deny that is cancelled": [
    "@x deny(dstHost=10.0.0.1) on s.",
    "@part allow(dstHost=10.0.0.0/24) partial on s.",
    "Cancel x.",
    "@later deny(dstHost=10.0.0.1, dstPort=7) on s.",
  ],
  "a part of what was granted in part itself": [
    "@x reserve(dstHost=10.0.0.1) = 6Mb on s.",
    "@first reserve(dstHost=10.0.0.2) = 8Mb partial on s.",
    "Cancel x.",
    "@second reserve(dstHost=10.0.0.3) = 9Mb partial on s.",
    "Cancel first.",
    "@later reserve(dstHost=10.0.0.4) = 4Mb on s.",
  ],
};

for (const [name, said] of Object.entries(BESIDE))
  test(`shortened, another policy takes nothing that was answered: ${name}`, async (t) => {
    const [short, whole] = [new MemoryStore(), new MemoryStore()];
    let now = 0;
    for (const [store, retention] of [
      [short, RETENTION],
      [whole, ALL.retention],
    ] as const) {
      const life = await live(t, store, ROOM, snapshotFolder(t), { retention });
      for (const text of said) {
        t.regex(await life.say(text), /^True/, text);
        life.now += 2;
      }
      await life.keeper.take();
      for (let i = 20; i < 30; i++) t.regex(await life.say(deny(i)), /^True/);
      await life.keeper.take();
      t.deepEqual(life.failures, []);
      now = life.now + 5;
    }
    t.true(short.first > said.length);
    const next = `${ROOM}AddUser Carol.\n`;
    const [one, wanted] = [
      await live(t, short, next, undefined, { now }),
      await live(t, whole, next, undefined, { now }),
    ];
    t.deepEqual([one.started.fallen, wanted.started.fallen], [[], []]);
    t.is(one.digestAt(now), wanted.digestAt(now));
  });

/** A life that is killed at a step of shortening: no later step happens. */
function dying(at: number): { more: More; dead: Promise<void>; log: (log: OpenLog) => OpenLog } {
  const { promise: dead, resolve } = Promise.withResolvers<void>();
  let steps = 0;
  const step = async <T>(job: () => Promise<T>): Promise<T> => {
    if (steps++ < at) return job();
    resolve();
    return new Promise<T>(() => undefined);
  };
  const disk: SnapshotDisk = {
    ...DISK,
    rename: (from, to) => step(() => DISK.rename(from, to)),
    remove: (path) => step(() => DISK.remove(path)),
    free: (folder) => step(() => DISK.free(folder)),
  };
  const log = (one: OpenLog): OpenLog => {
    const [keep, append] = [one.keep.bind(one), one.append.bind(one)];
    one.keep = (snapshot) => step(() => keep(snapshot)).then(() => step(() => Promise.resolve()));
    one.append = (...words) => step(() => append(...words)).then(() => step(() => Promise.resolve()));
    return one;
  };
  return { more: { disk, retention: RETENTION }, dead, log };
}

test("killed at each step of it, the network is the one that it was, and it is shortened the next time", async (t) => {
  t.timeout(240_000);
  let step = 0;
  const firsts = new Set<number>();
  for (let isOver = false; !isOver; step++) {
    const { store, folder, life: before } = await ripe(t);
    const now = before.now + 5;
    const wanted = before.digestAt(now);
    const death = dying(step);
    const life = await live(t, store, POLICY, folder, { now, ...death.more });
    death.log(life.log);
    isOver = await Promise.race([life.keeper.take().then(() => true), death.dead.then(() => false)]);
    firsts.add(store.first);
    for (const place of [folder, undefined]) {
      const back = await live(t, store, POLICY, place, { now });
      t.is(back.digestAt(now), wanted, `step ${step}`);
      t.deepEqual(back.notices, []);
    }
    const next = await live(t, store, POLICY, folder, { now, retention: RETENTION });
    await next.keeper.take();
    t.deepEqual(next.failures, []);
    t.true(store.first >= FIRST, `step ${step}`);
    t.is((await live(t, store, NEXT[1]!, undefined, { now })).digestAt(now).length, 64);
  }
  t.true(step > 6, `${step} steps`);
  t.deepEqual([...firsts], [0, FIRST]);
});

test("a full disk, a torn or altered copy, or the copy of another log shortens nothing", async (t) => {
  const other = await ripe(t);
  t.regex(await other.life.say(deny(99)), /^True/);
  for (const [what, bytes] of [
    ["torn", (all: Buffer) => all.subarray(0, all.length >> 1)],
    ["a bit", (all: Buffer) => all.with(all.length >> 1, all[all.length >> 1]! ^ 1)],
    ["of another log", () => readFileSync(join(other.folder, "snapshot.old"))],
    ["nothing", () => Buffer.alloc(0)],
  ] as const) {
    const { store, folder, life } = await ripe(t);
    const path = join(folder, "snapshot.old");
    writeFileSync(path, bytes(readFileSync(path)));
    const next = await live(t, store, POLICY, folder, { now: life.now, retention: RETENTION });
    await next.keeper.take();
    t.deepEqual(next.failures, [], what);
    t.is(store.first, 0, what);
    t.is(
      (await live(t, store, POLICY, undefined, { now: life.now + 5 })).digestAt(life.now + 5),
      life.digestAt(life.now + 5),
    );
  }
  const { store, folder, life } = await ripe(t);
  let calls = 0;
  // There is room for the snapshot beside the log, and none for it in the log.
  const disk = { ...DISK, free: () => Promise.resolve(calls++ === 0 ? 1e9 : 1_000) };
  const full = await live(t, store, POLICY, folder, { now: life.now, retention: RETENTION, disk });
  await full.keeper.take();
  t.deepEqual(full.failures, ["the disk has no room to shorten the log"]);
  t.is(store.first, 0);
});

test("damage to what a shortened log keeps refuses the start, and says what to do", async (t) => {
  const { store, life } = await ripe(t);
  await life.keeper.take();
  const kept = store.kept!;
  store.kept = { ...kept, bytes: kept.bytes.with(300, kept.bytes[300]! ^ 1) };
  await t.throwsAsync(live(t, store, NEXT[1]!, undefined, { now: life.now }), {
    message:
      "the first records of the log are gone, and no snapshot stands for them; the snapshot of the log is not used: it is cut off or damaged: its bytes do not have the sum that it ends with",
  });
});
