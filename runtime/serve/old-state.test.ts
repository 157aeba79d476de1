/**
 * A state directory of a version in which all speakers had one namespace: it starts, means the same, and goes on with names that
 * are each speaker's own. `testing/old-state` was written by that version, and so were the digests and lists here.
 */
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { readRecord, recordHash } from "../log/record.ts";
import { MemoryStore } from "../log/testing/memory.ts";
import { live, snapshotFolder, type Life } from "./testing/lives.ts";

const OLD = new URL("testing/old-state/", import.meta.url);
const textOf = (name: string): string => readFileSync(new URL(name, OLD), "utf8");
const POLICY = textOf("policy.pane");
/** When that version was asked. */
const THEN = 1_796_115_614;

interface OldState {
  readonly records: string;
  readonly kept?: string;
  readonly digest: string;
  /** The names that each was given by `ListRequests`. */
  readonly names: Readonly<Record<"root" | "Alice" | "Eve", string>>;
}

const WHOLE: OldState = {
  records: "records.jsonl",
  digest: "58788655afc232c505eea4c1b36fbab1ba93a3f4bb16541fcd68f051d0a6e008",
  names: {
    root: "files one r3 three two r9_2 r12 r11 r13 ways",
    Alice: "files one r3 three r12 r11 r13 ways",
    Eve: "two r9_2",
  },
};
const SHORTENED: OldState = {
  records: "shortened.jsonl",
  kept: "shortened.snapshot",
  digest: "e287631777188d2977133578a18753c33cee39f5d4f5cc6133d19920c2cf0702",
  names: {
    root: "files one r3 three two r10 r10_2 r12 r14 r15 ways",
    Alice: "files one r3 three r12 r14 r15 ways",
    Eve: "two r10 r10_2",
  },
};

/** A log that holds what the files hold. */
async function storeOf({ records, kept }: OldState): Promise<MemoryStore> {
  const store = new MemoryStore();
  const log = store.open();
  const { term } = await log.lead(new AbortController().signal);
  const lines = textOf(records).trimEnd().split("\n");
  await log.append(
    0,
    term,
    lines.map((line) => Buffer.from(line)),
  );
  if (kept !== undefined) {
    const bytes = Buffer.from(textOf(kept));
    const { at } = JSON.parse(bytes.toString("utf8", 0, bytes.indexOf("\n"))) as { at: number };
    const before = readRecord(Buffer.from(lines[at - 1]!), at - 1);
    await log.keep({ at, term: before.term, time: before.at, hash: recordHash(lines[at - 1]!), bytes });
  }
  await log.close();
  return store;
}

/** The requests that stand, by the names that a speaker reads. */
async function namesFor(life: Life, by: string): Promise<string> {
  const reply = await life.say("ListRequests.", by);
  return reply
    .split("\n")
    .slice(1)
    .flatMap((line) => line.trim().split("\t")[0] || [])
    .join(" ");
}

async function begins(t: ExecutionContext, life: Life, { digest, names }: OldState): Promise<void> {
  t.deepEqual(life.notices, []);
  t.deepEqual(life.started.fallen, []);
  t.is(life.digestAt(THEN), digest);
  for (const by of ["root", "Alice", "Eve"] as const) t.is(await namesFor(life, by), names[by], by);
}

/** What is said to it from now on. */
async function goesOn(t: ExecutionContext, life: Life): Promise<void> {
  const accepted = async (text: string, by: string): Promise<string> => {
    const reply = await life.say(text, by);
    t.regex(reply, /^True/, text);
    return /id: (.*)/.exec(reply)?.[1] ?? "";
  };
  t.is(await accepted("@one deny(srcHost=10.1.0.50, dstPort=1, transport=TCP) on eve.", "Eve"), "one");
  // Her own stands under that name, though it has no speaker in its identity.
  t.regex(await life.say("@one deny(srcHost=10.0.0.50, dstPort=1, transport=TCP) on lab.", "Alice"), /label-in-use/);
  t.regex(await life.say("Cancel three.", "Eve"), /no standing request `three`/);
  // A number of hers is none that she had before.
  const auto = await accepted("deny(srcHost=10.0.0.50, dstPort=2, transport=TCP) on lab.", "Alice");
  t.false((await namesFor(life, "Eve")).includes(auto));
  t.regex(await namesFor(life, "root"), new RegExp(`Alice:${auto}\\b`));
  await accepted("Cancel one.", "Alice");
  t.is(await accepted("@one deny(srcHost=10.0.0.50, dstPort=1, transport=TCP) on lab.", "Alice"), "one");
  await accepted('Cancel "Eve:two".', "root");
  await accepted("Cancel r3.", "root");
  t.regex(await namesFor(life, "root"), /\bEve:one\b.*\bAlice:one\b/);
}

const OTHER = POLICY.replace("@files ", "@papers ");

for (const [what, state] of Object.entries({ "a whole log": WHOLE, "a shortened log": SHORTENED })) {
  test(`${what} of the version before starts, means the same, and goes on`, async (t) => {
    const store = await storeOf(state);
    const first = await live(t, store, POLICY, undefined, { now: THEN });
    await begins(t, first, state);
    await goesOn(t, first);
    const [digest, names] = [first.digestAt(THEN), await namesFor(first, "root")];
    const again = await live(t, store, POLICY, undefined, { now: THEN });
    t.is(again.digestAt(THEN), digest);
    t.is(await namesFor(again, "root"), names);
    // Under another policy all of it is decided once more, from what was said.
    const other = await live(t, store, OTHER, undefined, { now: THEN });
    t.deepEqual(other.started.fallen, []);
    t.is(await namesFor(other, "root"), names.replace("files", "papers"));
  });
}

test("so does a snapshot of the version before, with the records behind it", async (t) => {
  const store = await storeOf(WHOLE);
  const folder = snapshotFolder(t);
  copyFileSync(new URL("snapshot", OLD), join(folder, "snapshot"));
  const first = await live(t, store, POLICY, folder, { now: THEN });
  t.is(first.started.kept, 12);
  await begins(t, first, WHOLE);
  await goesOn(t, first);
  await first.keeper.take();
  t.deepEqual(first.failures, []);
  await first.say("@behind deny(srcHost=10.1.0.50, dstPort=9, transport=TCP) on eve.", "Eve");
  const digest = first.digestAt(THEN);
  const again = await live(t, store, POLICY, folder, { now: THEN });
  t.true(again.started.kept > 12);
  t.is(again.digestAt(THEN), digest);
  const next = /id: (r\d+)/.exec(await again.say("deny(srcHost=10.1.0.51, dstPort=9, transport=TCP) on eve.", "Eve"));
  const records = await live(t, store, POLICY, undefined, { now: THEN });
  t.regex(await namesFor(records, "Eve"), new RegExp(`${next![1]!}$`));
});
