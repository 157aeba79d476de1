/** A repeated request gets the first answer, whatever happens in between. */
import test from "ava";
import { OnceKeys, type KeyedAnswer, type KeyUse } from "./once.ts";

const DAY = 24 * 3600 * 1000;
const answer = (key: string, n: number, at: number, by = "alice"): KeyedAnswer => ({
  by,
  key,
  body: `body of ${key}`,
  n,
  at,
  answer: `answer ${n}`,
});
const use = (keys: OnceKeys, key: string, now: number, by = "alice"): KeyUse =>
  keys.use(by, key, `body of ${key}`, now);

test("the first use decides, the next ones hear its answer; another body is refused; speakers do not meet", async (t) => {
  const keys = new OnceKeys();
  t.deepEqual(use(keys, "k", 0), { kind: "mine" });
  const waiting = use(keys, "k", 0);
  t.is(waiting.kind, "waits");
  t.is(keys.use("alice", "k", "another", 0).kind, "other");
  t.is(use(keys, "k", 0, "bob").kind, "mine");
  keys.remember(answer("k", 7, 1000));
  if (waiting.kind === "waits") t.deepEqual(await waiting.answer, answer("k", 7, 1000));
  t.deepEqual(use(keys, "k", 2000), { kind: "answered", answer: answer("k", 7, 1000) });
  t.is(keys.use("alice", "k", "another", 2000).kind, "other");
});

test("a request without a record is decided anew, and those that waited hear why", async (t) => {
  const keys = new OnceKeys();
  use(keys, "k", 0);
  const waiting = use(keys, "k", 0);
  keys.fail("alice", "k", new Error("the disk is full"));
  if (waiting.kind === "waits") await t.throwsAsync(waiting.answer, { message: "the disk is full" });
  t.is(use(keys, "k", 0).kind, "mine");
});

test("answers are kept for a day of the log's time, 10,000 of a speaker, and so they are in a snapshot", (t) => {
  const keys = new OnceKeys();
  for (let n = 0; n < 10_001; n += 1) keys.remember(answer(`k${n}`, n, n));
  keys.remember(answer("other", 20_000, 5, "bob"));
  t.is(use(keys, "k0", 20_000).kind, "mine", "the oldest of too many");
  t.is(use(keys, "k1", 20_000).kind, "answered");
  t.is(use(keys, "k1", DAY).kind, "answered");
  t.is(use(keys, "k1", DAY + 1).kind, "mine");
  t.is(use(keys, "k2", DAY + 1).kind, "answered");
  const kept = keys.kept(DAY + 1);
  t.is(kept.length, 10_000);
  t.deepEqual(kept.at(0), answer("k2", 2, 2));
  t.deepEqual(kept.at(-1), answer("other", 20_000, 5, "bob"));
  const restored = new OnceKeys(kept);
  t.deepEqual(restored.kept(DAY + 1), kept);
  t.is(use(restored, "k9999", DAY + 1).kind, "answered");
  t.deepEqual(restored.kept(3 * DAY), []);
});
