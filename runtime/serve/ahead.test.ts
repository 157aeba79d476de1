/** The next batch is decided while the last one is written, and nobody hears of anything that a crash could take back. */
import test from "ava";
import { random } from "../bench/random.ts";
import { until } from "../lab/until.ts";
import { MemoryStore, type MemoryFault, type MemoryLog } from "../log/testing/memory.ts";
import type { SaidRecord } from "./conversation.ts";
import { replyText } from "./reply.ts";
import { Service, ServiceStopped } from "./service.ts";
import { snapshotFolder, live } from "./testing/lives.ts";
import { MemoryJournal, networkOf, NOW } from "./testing/server.ts";

const POLICY = "NewShare s for (*) [deny = True, allow = True, requests <= 100000] on rootShare.\n";

/** A journal of which each append is durable, or fails, when the test says so. */
class SlowJournal extends MemoryJournal {
  readonly appends: PromiseWithResolvers<void>[] = [];
  #isQuick = false;
  #last: Promise<void> = Promise.resolve();

  override append(records: readonly SaidRecord[]): Promise<void> {
    const one = Promise.withResolvers<void>();
    this.appends.push(one);
    if (this.#isQuick) one.resolve();
    const handed = super.append(records);
    this.#last = Promise.all([this.#last, one.promise]).then(() => handed);
    return this.#last;
  }

  /** All is durable now, and what comes is at once. */
  quicken(): void {
    this.#isQuick = true;
    for (const one of this.appends) one.resolve();
  }
}

interface Slow {
  readonly service: Service;
  readonly journal: SlowJournal;
  readonly size: () => number;
  /** What was answered, in order. */
  readonly heard: string[];
  readonly say: (text: string) => Promise<string>;
}

function slow(): Slow {
  const journal = new SlowJournal();
  const network = networkOf(POLICY);
  const service = new Service(network, journal, { clock: () => NOW * 1000, changed: () => undefined });
  const heard: string[] = [];
  const say = async (text: string): Promise<string> => {
    const reply = replyText(await service.say({ text, by: "root", via: "unix" }));
    heard.push(text);
    return reply;
  };
  return { service, journal, size: () => network.admission.state.accepted.size, heard, say };
}

/** As many as are decided while a batch is written. */
const ENOUGH = [...Array(8).keys()].map((i) => `@m${i} deny(dstPort=${10 + i}, transport=TCP) on s.`);

const turns = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await new Promise(setImmediate);
};

test("what comes while the log writes is decided once enough of it waits, and is answered behind what it was decided on", async (t) => {
  const { service, journal, size, heard, say } = slow();
  const first = say("@a deny(dstPort=1, transport=TCP) on s.");
  t.true(await until(() => journal.appends.length === 1));
  const refused = say("@c allow(dstPort=1, transport=TCP) on s.");
  await turns();
  t.is(journal.appends.length, 1, "one more waits for the log");
  const many = ENOUGH.map(say);
  t.true(await until(() => journal.appends.length >= 2), "they are decided while the first is written");
  const asked = say("ListRequests.");
  let read: number | undefined;
  let handed: number | undefined;
  const reading = service.atRest(() => {
    read = size();
    handed = journal.records.filter((one) => one.heard.records.length > 0).length;
  });
  // What comes behind a reader waits for it: the network stands still until all of it is durable.
  const last = say("@d deny(dstPort=4, transport=TCP) on s.");
  for (const one of journal.appends.slice(1)) one.resolve();
  await turns();
  t.deepEqual([heard, read], [[], undefined], "the first is not durable, and they tell of it");
  journal.quicken();
  t.regex(await first, /^True/);
  t.regex(await refused, /^False/);
  await reading;
  t.true(read! >= 1);
  t.is(read, handed);
  for (const one of [...many, last]) t.regex(await one, /^True/);
  t.regex(await asked, /\n a\t/);
});

test("a question is not answered before what it shows is durable", async (t) => {
  const { journal, heard, say } = slow();
  const first = say("@a deny(dstPort=1, transport=TCP) on s.");
  t.true(await until(() => journal.appends.length === 1));
  const asked = say("ListRequests.");
  await turns();
  t.deepEqual(heard, []);
  journal.appends[0]!.resolve();
  t.regex(await asked, /^1;\n a\t/);
  t.regex(await first, /^True/);
});

test("where an append fails, all that was decided behind it is refused, and nothing is read", async (t) => {
  const { service, journal, heard, say } = slow();
  const all = [say("@a deny(dstPort=1, transport=TCP) on s.")];
  t.true(await until(() => journal.appends.length === 1));
  all.push(...ENOUGH.map(say));
  t.true(await until(() => journal.appends.length >= 2));
  all.push(say("ListRequests."));
  const reading = service.atRest(() => "read");
  for (const one of journal.appends.slice(1)) one.resolve();
  journal.appends[0]!.reject(new Error("no disk"));
  for (const one of [...all, reading]) await t.throwsAsync(one, { instanceOf: ServiceStopped, message: "no disk" });
  t.deepEqual(heard, []);
  await t.throwsAsync(say("@c deny(dstPort=3, transport=TCP) on s."), { instanceOf: ServiceStopped });
});

/** A log that answers some turns after it was asked, so that more is asked meanwhile. */
class LateStore extends MemoryStore {
  below: (below: number) => number = () => 0;

  override open(): MemoryLog {
    const log = super.open();
    const append = log.append.bind(log);
    log.append = async (...words) => {
      const [answer] = await Promise.allSettled([append(...words)]);
      for (let turns = this.below(6); turns > 0; turns--) await new Promise(setImmediate);
      if (answer.status === "rejected") throw answer.reason;
    };
    return log;
  }
}

const FAULTS: readonly MemoryFault[] = ["lost answer", "lost request", "late", "twice"];

test("random lives over a log that loses requests and answers: what was answered is in the log, once and in order", async (t) => {
  for (let seed = 1; seed <= 6; seed++) {
    const below = random(seed * 4_099 + Number(process.env["GLAZIER_SEED"] ?? 0));
    const store = new LateStore();
    store.below = below;
    const folder = snapshotFolder(t);
    const life = await live(t, store, POLICY, folder);
    const answers: string[] = [];
    const client = async (name: number): Promise<void> => {
      for (let i = 0; i < 25; i++) {
        if (below(3) === 0) store.fault(FAULTS[below(FAULTS.length)]!);
        const id = `c${name}_${i}`;
        const port = 1 + below(40);
        const verb = below(3) === 0 ? "allow" : "deny";
        const reply = await life.say(`@${id} ${verb}(dstPort=${port}, transport=TCP) on s.`);
        if (reply.startsWith("True")) answers.push(id);
        if (below(4) === 0) await new Promise(setImmediate);
      }
    };
    await Promise.all(Array.from({ length: 8 }, (_, name) => client(name)));
    t.is(life.service.fault, undefined);
    const standing = [...life.started.network.admission.state.accepted].map(({ id }) => id);
    t.deepEqual([...standing].sort(), [...answers].sort(), `seed ${seed}`);
    store.verify();
    const digest = life.digestAt(NOW);
    const again = await live(t, store, POLICY, folder);
    t.is(again.digestAt(NOW), digest, `seed ${seed}: what the log holds is what stood`);
  }
});

const COME_AND_GONE = [
  "@a deny(dstPort=1, transport=TCP) on s from now to +5min.",
  "@later deny(dstPort=2, transport=TCP) on s from +1h to +2h.",
  "Cancel a.",
  "Cancel later.",
  "@a deny(dstPort=3, transport=TCP) on s.",
  "Cancel a.",
];

test("what is accepted and cancelled in one batch leaves nothing to any switch", (t) => {
  const network = networkOf(POLICY);
  const { tables } = network;
  const before = tables.tables(NOW);
  for (const name of before.keys()) tables.take(name, NOW);
  const said = network.together(NOW, () =>
    COME_AND_GONE.map((text, i) => replyText(network.hear({ own: i + 1, text, by: "root", now: NOW })).split("\n")[0]),
  );
  t.deepEqual(
    said?.done,
    COME_AND_GONE.map(() => "True"),
  );
  for (const name of before.keys()) t.deepEqual(tables.take(name, NOW).stages, [], name);
  t.deepEqual(tables.tables(NOW), before);
});

test("what is accepted and cancelled at once stays so over a start", async (t) => {
  const store = new MemoryStore();
  const folder = snapshotFolder(t);
  const life = await live(t, store, POLICY, folder);
  const replies = await Promise.all(COME_AND_GONE.map((text) => life.say(text)));
  t.deepEqual(
    replies.map((one) => one.split("\n")[0]),
    COME_AND_GONE.map(() => "True"),
  );
  const digest = life.digestAt(NOW);
  const again = await live(t, store, POLICY, folder);
  t.is(again.digestAt(NOW), digest);
  t.is(again.started.network.admission.state.accepted.size, 0);
});
