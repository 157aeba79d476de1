/**
 * A network that comes back from a snapshot and the records behind it is the one that is carried out from the first record
 * on, and the one that was never stopped: on random histories, by the digest of all its state and by what it answers then.
 */
import test, { type ExecutionContext } from "ava";
import { MemoryStore } from "../../log/testing/memory.ts";
import { replyText } from "../reply.ts";
import { live, snapshotFolder, type Life } from "../testing/lives.ts";
import { HISTORY_POLICY as POLICY, picker, sentence } from "../testing/histories.ts";
import { NOW } from "../testing/server.ts";

/** What a network says to a sentence, which is written nowhere. */
const heard = ({ started: { network } }: Life, number: number, text: string, by: string, now: number): string => {
  // A service would wait for the tables.
  network.makeTables(() => true);
  return replyText(network.hear({ own: number, text, by, now }));
};

async function compare(
  t: ExecutionContext,
  seed: number,
): Promise<{ readonly accepted: number; readonly said: number }> {
  const pick = picker(seed);
  const folder = snapshotFolder(t);
  const store = new MemoryStore();
  const first = await live(t, store, POLICY, folder);
  let accepted = 0;
  const last = pick(20, 40, 60);
  for (let i = 0; i < last; i++) {
    first.now += pick(0, 0, 1, 7, 200);
    const reply = await first.say(sentence(i, pick), pick("root", "Alice", "Alice", "Bob"));
    if (reply.startsWith("True")) accepted++;
    // What goes by between two records is part of the state too.
    if (pick(0, 0, 0, 1) === 1) await first.service.atRest(() => first.started.network.admission.advance(first.now));
    if (pick(...Array.from({ length: 12 }, (_, k) => k)) === 0) await first.keeper.take();
  }
  if (first.started.journal.next < 3) return { accepted, said: 0 };
  await first.keeper.take();
  for (let i = last; i < last + pick(0, 3, 9); i++) await first.say(sentence(i, pick), "Alice");
  t.deepEqual(first.failures, []);
  const { now } = first;
  const back = await live(t, store, POLICY, folder, { now });
  const slow = await live(t, store, POLICY, undefined, { now });
  const name = `seed ${seed}`;
  t.true(back.started.kept > 0, name);
  t.is(slow.started.kept, 0, name);
  t.deepEqual([back.notices, slow.notices], [[], []], name);
  t.is(back.digestAt(now), slow.digestAt(now), name);
  t.is(back.digestAt(now), first.digestAt(now), name);
  for (let i = 0; i < 12; i++) {
    const [text, by, at] = [sentence(1_000 + i, pick), pick("Alice", "Bob"), now + 20 * i];
    const answers = [first, back, slow].map((one) => heard(one, 5_000 + i, text, by, at));
    t.is(answers[1], answers[0], `${name}: ${text}`);
    t.is(answers[2], answers[0], `${name}: ${text}`);
  }
  t.is(back.digestAt(now + 400), first.digestAt(now + 400), name);
  for (const later of [0, 60, 600, 4_000])
    t.deepEqual(tablesOf(back, now + 400 + later), tablesOf(slow, now + 400 + later), `${name}, ${later} s later`);
  return { accepted, said: last };
}

function tablesOf({ started: { network } }: Life, now: number): readonly string[] {
  network.admission.advance(now);
  network.tables.follow(now);
  return [...network.tables.tables(now)].flatMap(([name, { entries }]) =>
    entries
      .map((entry) =>
        JSON.stringify([name, entry], (_, value: unknown) => (typeof value === "bigint" ? `${value}` : value)),
      )
      .toSorted(),
  );
}

const SEEDS = Number(process.env["GLAZIER_SEEDS"] ?? 12);

test("random histories come back as they were", async (t) => {
  t.timeout(600_000);
  let accepted = 0;
  let said = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const one = await compare(t, seed * 7_919 + Number(process.env["GLAZIER_SEED"] ?? 0));
    accepted += one.accepted;
    said += one.said;
  }
  t.true(accepted > said / 4 && accepted < said, `${accepted} of ${said} accepted`);
});

test("a clock that was set back decides nothing before what the snapshot has seen", async (t) => {
  const folder = snapshotFolder(t);
  const store = new MemoryStore();
  const first = await live(t, store, POLICY, folder);
  t.regex(await first.say("@a deny(dstPort=80, transport=TCP) on net to +1h.", "Alice"), /^True/);
  first.now = NOW + 1_000;
  await first.service.atRest(() => first.started.network.admission.advance(first.now));
  await first.keeper.take();
  const back = await live(t, store, POLICY, folder, { now: NOW - 500 });
  t.is(back.started.since, (NOW + 1_000) * 1000);
  t.regex(await back.say("@b deny(dstPort=81, transport=TCP) on net to +10s.", "Alice"), /^True/);
  const again = await live(t, store, POLICY, folder, { now: NOW });
  t.is(again.started.fallen.length, 0);
  t.is(again.digestAt(NOW + 1_005), back.digestAt(NOW + 1_005));
  const slow = await live(t, store, POLICY, undefined, { now: NOW });
  t.is(slow.digestAt(NOW + 1_005), back.digestAt(NOW + 1_005));
});
