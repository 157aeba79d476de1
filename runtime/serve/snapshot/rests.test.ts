/** What is said has its turn between the parts of a snapshot: the next one is made once there was a rest behind the last. */
import test from "ava";
import { MemoryStore } from "../../log/testing/memory.ts";
import { live, snapshotFolder } from "../testing/lives.ts";
import { DISK, writeSnapshotFile } from "./file.ts";

test("no part of a snapshot is made before the rest behind the one before is over", async (t) => {
  const made: number[] = [];
  const parts = function* (): Generator<Uint8Array, string> {
    for (let i = 1; i <= 3; i++) {
      made.push(i);
      yield Buffer.from("x\n");
    }
    return "mark";
  };
  const rests: PromiseWithResolvers<void>[] = [];
  let come = Promise.withResolvers<void>();
  const rest = (spent: number): Promise<void> => {
    t.true(spent >= 0);
    const one = Promise.withResolvers<void>();
    rests.push(one);
    come.resolve();
    return one.promise;
  };
  let vouched: string | undefined;
  const vouch = async (mark: string): Promise<void> => void (vouched = mark);
  const whole = writeSnapshotFile(snapshotFolder(t), parts(), vouch, DISK, rest);
  for (let i = 1; i <= 3; i++) {
    await come.promise;
    come = Promise.withResolvers();
    for (let turns = 0; turns < 5; turns++) await new Promise(setImmediate);
    t.deepEqual([made.length, vouched], [i, undefined]);
    rests[i - 1]!.resolve();
  }
  await whole;
  t.is(vouched, "mark");
});

test("a snapshot that is being taken when the server ends goes on without rests", async (t) => {
  const store = new MemoryStore();
  const folder = snapshotFolder(t);
  const policy = "NewShare s for (*) [deny = True, requests <= 100000, entries <= 100000] on rootShare.\n";
  const life = await live(t, store, policy, folder);
  for (let i = 1; i <= 200; i++) await life.say(`deny(dstPort=${i}, transport=TCP) on s.`);
  const taken = life.keeper.take();
  await life.keeper.stop();
  await taken;
  t.deepEqual(life.failures, []);
  const again = await live(t, store, policy, folder);
  t.true(again.started.kept > 200, "it is whole");
});
