/**
 * Whatever befalls a snapshot, the network is the one that its log tells of: killed at any step of writing, power lost, a
 * full disk, flipped bits, cut off, altered with a right sum, of another log, of another policy.
 */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { must } from "../../process/command.ts";
import { recordHash } from "../../log/record.ts";
import { MemoryStore } from "../../log/testing/memory.ts";
import { live, snapshotFolder, type Life } from "../testing/lives.ts";
import { NOW } from "../testing/server.ts";
import { DISK, type SnapshotDisk } from "./file.ts";
import { readServerSnapshot } from "./form.ts";

const POLICY = `default allow.
NewShare s for (*) [deny = True, reserve <= 100Mb, reserveTBFill = 10Mb, reserveTBCapacity = 900Mb, requests <= 100] on rootShare.
`;

const deny = (port: number): string => `@p${port} deny(dstPort=${port}, transport=TCP) on s.`;

/** A log with some records and a snapshot in the folder, if it is not to be the first one. */
async function begun(
  t: ExecutionContext,
  folder: string,
  isFirst = false,
): Promise<{ store: MemoryStore; life: Life }> {
  const store = new MemoryStore();
  const life = await live(t, store, POLICY, folder);
  for (const port of [1, 2, 3]) t.regex(await life.say(deny(port)), /^True/);
  t.regex(await life.say("reserve(dstPort=9, transport=TCP) = 5Mb on s to +20s."), /^True/);
  if (!isFirst) await life.keeper.take();
  life.now += 30;
  for (const port of [4, 5]) t.regex(await life.say(deny(port)), /^True/);
  t.regex(await life.say("Cancel p2."), /^True/);
  return { store, life };
}

/** Starts again with the snapshots and without; both are what the log tells. */
async function same(t: ExecutionContext, store: MemoryStore, folder: string, what: string): Promise<Life> {
  const now = NOW + 40;
  const back = await live(t, store, POLICY, folder, { now });
  const slow = await live(t, store, POLICY, undefined, { now });
  t.is(back.digestAt(now), slow.digestAt(now), what);
  return back;
}

/**
 * A disk that dies at a step: no later step happens, and whoever waits for one waits for ever. `half`: of a write there is
 * half. `synced`: the power is lost, so that of each file there is no more than what was synced.
 */
function dying(
  at: number,
  how: { readonly half?: boolean; readonly synced?: boolean },
): SnapshotDisk & { readonly dead: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  let steps = 0;
  const files = new Map<string, number>();
  const open = new Set<() => Promise<void>>();
  const step = async <T>(job: () => Promise<T>, half?: () => Promise<unknown>): Promise<T> => {
    if (steps++ < at) return job();
    if (how.half === true) await half?.();
    for (const close of open) await close();
    if (how.synced === true) for (const [path, size] of files) if (existsSync(path)) truncateSync(path, size);
    resolve();
    return new Promise<T>(() => undefined);
  };
  return {
    dead: promise,
    free: (folder) => DISK.free(folder),
    create: (path) =>
      step(async () => {
        const file = await DISK.create(path);
        files.set(path, 0);
        const close = async (): Promise<void> => {
          if (open.delete(close)) await file.close();
        };
        open.add(close);
        return {
          write: (bytes) =>
            step(
              () => file.write(bytes),
              () => file.write(bytes.subarray(0, bytes.length >> 1)),
            ),
          sync: () =>
            step(async () => {
              await file.sync();
              files.set(path, statSync(path).size);
            }),
          close,
        };
      }),
    rename: (from, to) =>
      step(async () => {
        await DISK.rename(from, to);
        files.set(to, files.get(from)!);
        files.delete(from);
      }),
    syncFolder: (folder) => step(() => DISK.syncFolder(folder)),
    remove: (path) => step(() => DISK.remove(path)),
  };
}

for (const [name, how] of [
  ["killed", {}],
  ["killed in the midst of a write", { half: true }],
  ["without power", { synced: true }],
] as const)
  for (const isFirst of [true, false])
    test(`${name} at each step of ${isFirst ? "the first" : "another"} snapshot`, async (t) => {
      t.timeout(120_000);
      let step = 0;
      for (let isOver = false; !isOver; step++) {
        const folder = snapshotFolder(t);
        const { store } = await begun(t, folder, isFirst);
        const disk = dying(step, how);
        const life = await live(t, store, POLICY, folder, { disk, now: NOW + 30 });
        const records = life.started.journal.next;
        isOver = await Promise.race([life.keeper.take().then(() => true), disk.dead.then(() => false)]);
        t.deepEqual(life.failures, []);
        const what = `${name} at step ${step}`;
        const back = await same(t, store, folder, what);
        // A record vouches for the new one from the moment on in which it is whole.
        const isVouched = life.started.journal.next > records;
        if (isVouched || !isFirst) t.true(back.started.kept > 0, what);
        if (isVouched) t.is(back.started.kept, records, what);
        t.true(readdirSync(folder).every((file) => /^snapshot(?:\.new|\.old)?$/.test(file)));
      }
      t.true(step > 5, `${step} steps`);
    });

test("a full disk costs the snapshot and nothing else, and it is written once there is room", async (t) => {
  const folder = snapshotFolder(t);
  const { store, life: before } = await begun(t, folder);
  const kept = readFileSync(join(folder, "snapshot"));
  t.is(before.started.kept, 0);
  let room = 300;
  const disk: SnapshotDisk = {
    ...DISK,
    async create(path) {
      const file = await DISK.create(path);
      return {
        ...file,
        async write(bytes) {
          room -= bytes.length;
          if (room < 0) throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
          await file.write(bytes);
        },
      };
    },
  };
  const life = await live(t, store, POLICY, folder, { disk, every: 2, now: NOW + 30 });
  t.true(life.keeper.isDue);
  await life.keeper.take();
  t.deepEqual(life.failures, ["ENOSPC: no space left on device, write"]);
  t.false(life.keeper.isDue, "it is not tried again at once");
  t.deepEqual(readFileSync(join(folder, "snapshot")), kept, "the one before stays");
  t.deepEqual(readdirSync(folder), ["snapshot", "snapshot.old"]);
  t.regex(await life.say(deny(6)), /^True/);
  t.regex(await life.say(deny(7)), /^True/);
  t.true(life.keeper.isDue);
  await life.keeper.take();
  t.is(life.failures.length, 1, "the same reason is told once");
  room = 1e9;
  await life.keeper.take();
  const end = life.started.journal.next;
  t.is((await same(t, store, folder, "with room again")).started.kept, end - 1);
  const full = await live(t, store, POLICY, folder, { disk: { ...DISK, free: () => Promise.resolve(1_000) } });
  await full.keeper.take();
  t.deepEqual(full.failures, ["the disk has no room for it beside the log"]);
});

test("a flipped bit or a missing end is never read as something else, and is told", async (t) => {
  t.timeout(120_000);
  const folder = snapshotFolder(t);
  const { store } = await begun(t, folder);
  const path = join(folder, "snapshot");
  const bytes = readFileSync(path);
  const slow = await live(t, store, POLICY, undefined, { now: NOW + 40 });
  const wanted = slow.digestAt(NOW + 40);
  const damages: (readonly [string, Buffer])[] = [];
  for (let i = 0; i < 24; i++) {
    const flipped = Buffer.from(bytes);
    const at = Math.floor((bytes.length * i) / 24);
    flipped[at]! ^= 1 << (i % 8);
    damages.push([`bit ${i % 8} of byte ${at}`, flipped]);
  }
  for (const length of [0, 1, 100, bytes.length >> 1, bytes.length - 1])
    damages.push([`${length} bytes`, bytes.subarray(0, length)]);
  for (const [what, damaged] of damages) {
    writeFileSync(path, damaged);
    const back = await live(t, store, POLICY, folder, { now: NOW + 40 });
    t.is(back.started.kept, 0, what);
    t.is(back.digestAt(NOW + 40), wanted, what);
    t.deepEqual(
      back.notices,
      [`${path} is not used: it is cut off or damaged: its bytes do not have the sum that it ends with`],
      what,
    );
  }
});

test("one that was altered and has a right sum is not the one that the log vouches for", async (t) => {
  const folder = snapshotFolder(t);
  const { store } = await begun(t, folder);
  const path = join(folder, "snapshot");
  const lines = readFileSync(path, "utf8").trimEnd().split("\n").slice(0, -1);
  const token = lines.findIndex((line) => line.includes('"is":"token"'));
  lines[token] = lines[token]!.replace(/"digest":"[0-9a-f]+"/, `"digest":"${"5".repeat(64)}"`);
  const text = `${lines.join("\n")}\n`;
  writeFileSync(path, `${text}{"is":"sum","sum":"${recordHash(text)}"}\n`);
  const back = await same(t, store, folder, "altered");
  t.is(back.started.kept, 0);
  t.deepEqual(back.notices, [`${path} is not used: it is not the one that the log vouches for`]);
  t.false(back.started.books.tokens.has("5".repeat(64)));
});

test("the snapshot of another log, or of one that is longer, is left aside", async (t) => {
  const [folder, other] = [snapshotFolder(t), snapshotFolder(t)];
  const { store } = await begun(t, folder);
  const longer = await begun(t, other);
  for (const port of [11, 12, 13, 14]) await longer.life.say(deny(port));
  const path = join(folder, "snapshot");
  for (let i = 0; i < 2; i++) {
    copyFileSync(join(other, "snapshot"), path);
    const back = await same(t, store, folder, "of another log");
    t.is(back.started.kept, 0);
    t.deepEqual(back.notices, [`${path} is not used: it is of another log, or of a longer one`]);
    await longer.life.keeper.take();
  }
});

test("under another policy all is decided again, and back under the first one too", async (t) => {
  const folder = snapshotFolder(t);
  const { store } = await begun(t, folder);
  const narrow = POLICY.replace("requests <= 100", "requests <= 2");
  const now = NOW + 60;
  const changed = await live(t, store, narrow, folder, { now });
  t.is(changed.started.kept, 0);
  // What has ended fits no policy and falls under none; p1 and p2 fit, and once p2 is cancelled nothing else was said.
  t.deepEqual(
    changed.started.fallen.map(({ text }) => text),
    [3, 4, 5].map(deny),
  );
  t.regex(await changed.say("ListRequests."), /^1;\n p1\t/);
  t.deepEqual(changed.notices, []);
  await changed.keeper.take();
  const next = await live(t, store, narrow, folder, { now });
  t.true(next.started.kept > 0);
  t.deepEqual(
    next.started.fallen.map(({ number, by, text }) => ({ number, by, text })),
    changed.started.fallen.map(({ number, by, text }) => ({ number, by, text })),
  );
  t.is(next.digestAt(now), changed.digestAt(now));
  const first = await live(t, store, POLICY, folder, { now });
  t.is(first.started.kept, 0, "the first policy's snapshot is older than the change");
  const slow = await live(t, store, POLICY, undefined, { now });
  t.is(first.digestAt(now), slow.digestAt(now));
});

test("a log without its first records starts from the snapshot that it keeps, and else says what to do", async (t) => {
  const folder = snapshotFolder(t);
  const { store, life } = await begun(t, folder);
  const whole = await live(t, store, POLICY, undefined, { now: NOW + 40 });
  const wanted = whole.digestAt(NOW + 40);
  const bytes = readFileSync(join(folder, "snapshot"));
  const read = readServerSnapshot(bytes);
  if (typeof read === "string") return t.fail(read);
  const log = store.open();
  await whole.end();
  await log.lead(new AbortController().signal);
  await log.keep({ ...read.snapshot.end, bytes });
  await log.close();
  t.is(life.started.kept, 0);
  for (const where of [folder, snapshotFolder(t), undefined]) {
    const back = await live(t, store, POLICY, where, { now: NOW + 40 });
    t.deepEqual(back.notices, []);
    t.is(back.started.kept, read.snapshot.end.at);
    t.is(back.digestAt(NOW + 40), wanted);
    t.deepEqual([...back.started.books.tokens], [...whole.started.books.tokens]);
  }
  const gone = "the first records of the log are gone, and ";
  await t.throwsAsync(live(t, store, `${POLICY}AddUser Alice.\n`, folder), {
    message: `${gone}under another policy all of them would be decided again`,
  });
  // Bits of the snapshot that the log keeps: an engine refuses them itself; here nothing else stands in their place.
  store.kept = { ...store.kept!, bytes: store.kept!.bytes.with(200, store.kept!.bytes[200]! ^ 1) };
  t.is((await live(t, store, POLICY, folder, { now: NOW + 40 })).digestAt(NOW + 40), wanted, "the file stands for it");
  await t.throwsAsync(live(t, store, POLICY, undefined), {
    message:
      `${gone}no snapshot stands for them; the snapshot of the log is not used: it is cut off or damaged: its bytes do ` +
      "not have the sum that it ends with",
  });
});

test("a pipe, a folder or a circle of links in the place of a snapshot holds nothing up, and the next one is written", async (t) => {
  const kinds: readonly ((path: string) => unknown)[] = [
    (path) => must(["mkfifo", path]),
    (path) => symlinkSync(path, path),
  ];
  for (const make of kinds) {
    const folder = snapshotFolder(t);
    const { store } = await begun(t, folder);
    for (const name of ["snapshot", "snapshot.new", "snapshot.old"]) {
      rmSync(join(folder, name), { force: true });
      await make(join(folder, name));
    }
    await same(t, store, folder, "what is no file is left aside");
    const life = await live(t, store, POLICY, folder, { now: NOW + 40 });
    t.regex(life.notices.join("\n"), /snapshot is not used: it(?: is a named pipe|s symbolic links lead)/);
    await life.keeper.take();
    t.true(statSync(join(folder, "snapshot")).isFile());
  }
  const folder = snapshotFolder(t);
  const { store } = await begun(t, folder, true);
  mkdirSync(join(folder, "snapshot"));
  const life = await same(t, store, folder, "a folder");
  t.regex(life.notices.join("\n"), /snapshot is not used: it is a folder/);
});
