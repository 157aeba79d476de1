/** Faults of ours, and decisions that cannot be written: one speaker hears of it, and the service goes on for all others. */
import { setImmediate as turn } from "node:timers/promises";
import test, { type ExecutionContext } from "ava";
import { decide } from "#compiler/decide.ts";
import { MemoryStore } from "../log/testing/memory.ts";
import { LARGEST_RECORD } from "../log/record.ts";
import { until } from "../lab/until.ts";
import { replyText } from "./reply.ts";
import { Server } from "./server.ts";
import { Service, SentenceFault } from "./service.ts";
import { startNetwork, type Started } from "./start.ts";
import { MemoryJournal, NOW, RULES } from "./testing/server.ts";

const POLICY = `default allow.
NewShare s for (*) [deny = True, allow = True, requests <= 100000, entries <= 1000000] on rootShare.
@first deny(dstHost=10.0.0.2, dstPort=22, transport=TCP) on s.
`;

interface Running extends Started {
  readonly service: Service;
  readonly faults: unknown[];
  readonly say: (text: string) => Promise<string>;
  readonly decisions: () => number;
}

async function run(t: ExecutionContext, store = new MemoryStore(), policy = POLICY): Promise<Running> {
  const log = store.open();
  t.teardown(() => log.close());
  let decisions = 0;
  const read = async (now: number): ReturnType<Parameters<typeof startNetwork>[0]> => {
    decisions++;
    return {
      decided: decide([{ name: "net.pane", text: policy }], { now, load: () => undefined, rules: RULES }),
      hash: policy,
      rules: RULES,
    };
  };
  const clock = (): number => NOW * 1000;
  const started = await startNetwork(read, log, { target: "ovs" }, clock);
  if ("faults" in started) throw new Error(started.faults.map(({ message }) => message).join());
  const faults: unknown[] = [];
  const service = new Service(started.network, started.journal, {
    clock,
    changed: () => undefined,
    failed: (error) => void faults.push(error),
    rebuild: started.rebuild,
  });
  const say = async (text: string): Promise<string> => replyText(await service.say({ text, by: "root", via: "unix" }));
  return { ...started, service, faults, say, decisions: () => decisions };
}

/** The next decision is carried out, and then throws. */
function breakNext({ network: { admission } }: Running): void {
  const submit = admission.submit.bind(admission);
  admission.submit = (...words) => {
    submit(...words);
    throw new Error("injected");
  };
}

test("an exception in a decision is answered to its speaker, and the service goes on", async (t) => {
  const running = await run(t);
  const { service, say, faults } = running;
  t.regex(await say("@a deny(dstHost=10.0.0.3) on s."), /^True/);
  breakNext(running);
  const heard = await Promise.allSettled([
    say("@bad deny(dstHost=10.0.0.4) on s."),
    say("@b deny(dstHost=10.0.0.5) on s."),
    say("Cancel a."),
  ]);
  t.deepEqual(
    heard.map((one) => (one.status === "fulfilled" ? one.value.split("\n")[0] : one.reason instanceof SentenceFault)),
    [true, "True", "True"],
  );
  t.is(service.fault, undefined);
  t.is(faults.length, 1);
  t.deepEqual(idsOf(await say("ListRequests.")), ["first", "b"]);
  // What follows is decided by the network that was built anew, and written behind what the log holds.
  t.regex(await say("@a deny(dstHost=10.0.0.3) on s."), /^True/);
});

test("an exception behind decisions of the same batch takes none of them back", async (t) => {
  const store = new MemoryStore();
  const running = await run(t, store);
  const { network, say, faults } = running;
  network.makeTables(() => true);
  const become = network.become.bind(network);
  const breakTables = (): void => {
    const { tables } = network;
    const follow = tables.follow.bind(tables);
    tables.follow = (now) => {
      if (network.admission.state.accepted.get("b") !== undefined) throw new Error("injected");
      return follow(now);
    };
  };
  breakTables();
  // Built anew it has the same fault.
  network.become = (other) => {
    become(other);
    breakTables();
  };
  const [first, second] = await Promise.allSettled([
    say("@a deny(dstHost=10.0.0.3) on s."),
    say("@b deny(dstHost=10.0.0.4) on s."),
  ]);
  t.is(first!.status, "fulfilled");
  t.is(second!.status, "rejected");
  t.is(faults.length, 2, "of the batch, and of the sentence once it was decided alone");
  t.deepEqual(idsOf(await say("ListRequests.")), ["first", "a"]);
  store.depose();
  t.deepEqual(idsOf(await (await run(t, store)).say("ListRequests.")), ["first", "a"], "so says the log");
});

test("an exception in what time brings ends nothing, and the tables are made anew", async (t) => {
  const running = await run(t);
  const abouts: string[] = [];
  let builds = 0;
  const server = new Server({
    ...running,
    switches: [],
    clock: () => NOW * 1000 + performance.now(),
    report: () => undefined,
    faulty: () => undefined,
    failed: (_, about) => void abouts.push(about),
    rebuild: async () => {
      builds++;
      await running.rebuild();
    },
  });
  t.teardown(() => server.stop());
  const { network } = running;
  const broken = network.tables;
  broken.advance = () => {
    throw new Error("injected");
  };
  server.start();
  t.true(await until(() => builds > 0, { patience: 60_000 }));
  const heard = await server.service.say({ text: "@a deny(dstHost=10.0.0.3) on s.", by: "root", via: "unix" });
  t.regex(replyText(heard), /^True/);
  t.not(network.tables, broken);
  t.deepEqual(abouts, ["what begins and ends"]);
  t.is(builds, 1);
});

test("where what time brings cannot be built anew either, nothing more is decided", async (t) => {
  const running = await run(t);
  const server = new Server({
    ...running,
    switches: [],
    clock: () => NOW * 1000 + performance.now(),
    report: () => undefined,
    faulty: () => undefined,
    rebuild: () => Promise.reject(new Error("no way")),
  });
  t.teardown(() => server.stop());
  running.network.tables.advance = () => {
    throw new Error("injected");
  };
  server.start();
  await server.over;
  t.is(server.service.fault?.message, "no way");
});

test("a clock that was set back is looked at once a second, as before", async (t) => {
  const running = await run(t);
  let isBack = false;
  const server = new Server({
    ...running,
    switches: [],
    clock: () => (isBack ? (NOW - 3_600) * 1_000 + performance.now() : NOW * 1_000 + 999),
    report: () => undefined,
    faulty: () => undefined,
  });
  t.teardown(() => server.stop());
  server.service.now();
  isBack = true;
  const { tables } = running.network;
  const advance = tables.advance.bind(tables);
  const looks: number[] = [];
  tables.advance = (now) => {
    looks.push(performance.now());
    advance(now);
  };
  server.start();
  // A timer may come a little early, and then the second is looked at twice: twelve looks take five seconds.
  t.true(await until(() => looks.length > 11, { patience: 60_000 }));
  t.true(looks[11]! - looks[0]! > 1_000, looks.join());
});

test("a thousand questions at once leave the process its turns, and are answered in order", async (t) => {
  const { say } = await run(t);
  const order: number[] = [];
  const all = Promise.all(
    Array.from({ length: 1_000 }, async (_, i) => void (await say("ListRequests."), order.push(i))),
  );
  await turn();
  t.true(order.length < 1_000, "the loop turned before all were answered");
  await all;
  t.deepEqual(
    order,
    order.toSorted((a, b) => a - b),
  );
});

test("where the network cannot be built anew, nothing more is decided", async (t) => {
  const running = await run(t);
  const service = new Service(running.network, running.journal, {
    clock: () => NOW * 1000,
    changed: () => undefined,
    rebuild: () => Promise.reject(new Error("no way")),
  });
  breakNext(running);
  await t.throwsAsync(service.say({ text: "@a deny(dstHost=10.0.0.3) on s.", by: "root", via: "unix" }), {
    instanceOf: SentenceFault,
  });
  await service.over;
  t.is(service.fault?.message, "no way");
});

test("after a record that could not be written no other one is", async (t) => {
  const { network } = await run(t);
  const journal = new MemoryJournal();
  const asked: unknown[] = [];
  journal.note = (_, { name }) => {
    asked.push(name);
    return Promise.reject(new Error("no disk"));
  };
  const service = new Service(network, journal, { clock: () => NOW * 1000, changed: () => undefined });
  const gate = Promise.withResolvers<void>();
  journal.gate = gate.promise;
  const begun = Promise.withResolvers<void>();
  const append = journal.append.bind(journal);
  journal.append = (records) => {
    begun.resolve();
    return append(records);
  };
  const said = service.say({ text: "@a deny(dstHost=10.0.0.3) on s.", by: "root", via: "unix" });
  await begun.promise;
  // Both wait behind the sentence, and come together.
  const notes = ["one", "two"].map((name) =>
    t.throwsAsync(service.note({ kind: "token", name }), { message: "no disk" }),
  );
  gate.resolve();
  await said;
  await Promise.all(notes);
  t.deepEqual(asked, ["one"]);
});

test("what is too long for a record is refused before it is in force", async (t) => {
  const { say, service, journal } = await run(t);
  const before = await say("ListRequests.");
  // A sign that JSON writes with six letters; a name stands in what was said and in the answer.
  const next = journal.next;
  const answer = await say(`@"${"\u0001".repeat(60_000)}" deny(dstHost=10.0.0.7) on s.`);
  t.regex(answer, /^False\n error\[E275\]: what is decided of this has \d+ bytes, more than the 524288 /);
  t.true(Number(/has (\d+) bytes/.exec(answer)![1]) > LARGEST_RECORD);
  t.is(journal.next, next);
  t.is(service.fault, undefined);
  t.is(await say("ListRequests."), before);
  t.regex(await say("@after deny(dstHost=10.0.0.9) on s."), /^True/);
});

test("a policy is decided once at each start, and twice where it is another", async (t) => {
  const store = new MemoryStore();
  const first = await run(t, store);
  t.is(first.decisions(), 1);
  await first.say("@a deny(dstHost=10.0.0.3) on s.");
  store.depose();
  const second = await run(t, store);
  t.is(second.decisions(), 1);
  store.depose();
  const changed = await run(t, store, POLICY.replace("@first", "@second"));
  t.is(changed.decisions(), 2);
  t.deepEqual(idsOf(await changed.say("ListRequests.")), ["second", "a"]);
});

test("what fell under a changed policy stays fallen", async (t) => {
  const store = new MemoryStore();
  await (await run(t, store)).say("@a deny(dstHost=10.0.0.3) on s.");
  const without = POLICY.replace("deny = True, ", "").replace("@first deny", "@first allow");
  store.depose();
  const changed = await run(t, store, without);
  t.deepEqual(idsOf(await changed.say("ListRequests.")), ["first"]);
  t.is(changed.fallen.length, 1);
  store.depose();
  const again = await run(t, store, without);
  t.deepEqual(idsOf(await again.say("ListRequests.")), ["first"]);
});

const idsOf = (listed: string): readonly string[] =>
  [...listed.matchAll(/^ (\S+)\t(?:deny|allow)/gm)].map(([, id]) => id!);

test("an answer that is kept for a key is made once, and twice only where it must be measured", async (t) => {
  const { service, journal } = await run(t);
  const made = async (text: string): Promise<number> => {
    let times = 0;
    await service.say({
      text,
      by: "root",
      via: "http",
      once: () => ({ key: `k${journal.next}`, body: "", answer: String(++times) }),
    });
    return times;
  };
  t.is(await made("@k1 deny(dstHost=10.0.0.7) on s."), 1);
  t.is(await made(`@k2 deny(dstHost=10.0.0.8) on s.${" ".repeat(5_000)}`), 2);
});

test("a question between begin and commit is refused with all beside it: it swallows nothing, and is not lost itself", async (t) => {
  const net = await run(t);
  const denies = "deny(dstHost=10.0.0.2, dstPort=80, transport=TCP) on s.";
  for (const text of [
    `begin. ListUsers. ${denies} commit.`,
    `begin. ${denies} ListUsers. commit.`,
    "begin. ListUsers. ListShares. commit.",
  ]) {
    t.regex(await net.say(text), /^False\n error\[E276\]: a question stands alone/, text);
    t.regex(await net.say("ListRequests."), /^1;\n first\t/, text);
  }
  t.regex(await net.say("begin. ListUsers. commit."), /^1;\n root/);
  t.regex(await net.say(`begin. ${denies} commit.`), /^True\n/);
});
