/** `Available` compared with the reservation itself: yes exactly where it is accepted, and offers that are. */
import test from "ava";
import fc from "fast-check";
import { Conversation, gist, NOW } from "../admission/testing/networks.ts";
import { answer, answerJson, type JsonRow } from "./index.ts";

/** Shares with all that bounds a reservation: drains, a bucket, a number of requests, flows, speakers, a link. */
const SHARES = `
  AddUser Alice. AddUser Bob.
  NewShare all for (*) [reserve <= 8Mb, limit <= 8Mb] on rootShare.
  NewShare alice for (user=Alice) [reserve <= 6Mb, reserve >= 2Mb] on all.
  NewShare web for (dstPort=80) [reserve <= 5Mb, reserveTBFill = 2Mb, reserveTBCapacity = 20Mb, requests <= 2] on all.
  NewShare mute for (*) [] on all.
  Grant alice to Alice. Grant web to Bob. GrantDefault mute.`;

const flows = fc.constantFrom("*", "user=Alice", "dstPort=80", "user=Alice, dstPort=80");
const share = fc.constantFrom("rootShare", "all", "alice", "web", "mute");
const speaker = fc.constantFrom("root", "root", "Alice", "Bob");
const rate = fc.integer({ min: 1, max: 9 });
const seconds = fc.integer({ min: 1, max: 30 });

const statement = fc
  .tuple(fc.constantFrom("reserve", "limit"), flows, rate, fc.constantFrom("all", "alice", "web"), fc.nat(30), seconds)
  .map(
    ([kind, fg, mb, on, start, length]) => `${kind}(${fg}) = ${mb}Mb on ${on} from +${start}s to +${start + length}s.`,
  );

const question = fc.record({ speaker, flows, rate, share, seconds });

test("Available says yes exactly where the reservation is accepted, and offers what is, at the largest rate", (t) => {
  let yes = 0;
  let offers = 0;
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 6 }), fc.nat(20), question, (before, passed, asked) => {
        const net = new Conversation();
        net.say(SHARES);
        for (const one of before) net.say(one);
        net.now += passed;
        net.admission.advance(net.now);
        const row = ask(net, asked);
        const accepts = (bits: number, start: number): boolean => {
          const transaction = net.admission.begin();
          const { speaker: who, flows: fg, share: on, seconds: length } = asked;
          const from = `from @${start} to @${start + length}`;
          const verdict = net.one(`${who}: reserve(${fg}) = ${bits}b on ${on} ${from}.`);
          transaction.rollback();
          return gist(verdict) === "accepted";
        };
        const whole = asked.rate * 1_000_000;
        const isAccepted = accepts(whole, net.now);
        if ((row["available"] === "yes") !== isAccepted) throw new Error(JSON.stringify(row));
        if (isAccepted) {
          yes += 1;
          return;
        }
        const now = row["now"] as number;
        if (now > 0 && (!accepts(now, net.now) || accepts(now + 1, net.now))) throw new Error(`now ${now}`);
        const from = row["from"] as string | null;
        if (from !== null && !accepts(whole, Date.parse(from) / 1000)) throw new Error(`from ${from}`);
        if (now > 0 || from !== null) offers += 1;
      }),
      { seed: 62, numRuns: 500 },
    ),
  );
  t.true(yes > 50 && offers > 20, `${yes} ${offers}`);
});

function ask(net: Conversation, { speaker: who, ...asked }: { readonly speaker: string } & Asked): JsonRow {
  const text = `Available ${asked.rate}Mb for (${asked.flows}) on ${asked.share} lasting ${asked.seconds}s.`;
  const { demand } = net.statements(text)[0]!;
  if (demand.kind !== "query") throw new Error(`expected a query: ${text}`);
  const found = answer(net.admission, demand.asks, net.now, who);
  if (found.kind !== "answer") throw new Error(`no answer: ${found.kind}`);
  return answerJson(found.answer)[0]!;
}

interface Asked {
  readonly flows: string;
  readonly rate: number;
  readonly share: string;
  readonly seconds: number;
}

test("Available says no where the reservation would be rejected, and says why", (t) => {
  const net = new Conversation(NOW);
  net.say(SHARES);
  const why = (who: string, fg: string, on: string): unknown =>
    ask(net, { speaker: who, flows: fg, rate: 3, share: on, seconds: 5 })["short"];
  t.is(why("root", "user=Bob", "alice"), "outside share alice");
  t.is(why("root", "*", "mute"), "no privilege on share mute");
  t.is(why("Alice", "user=Alice", "rootShare"), "Alice does not speak for share rootShare");
  net.now += 60;
  net.say("reserve(dstPort=80) = 1Mb on web to +10s. reserve(dstPort=80) = 1Mb on web from +1h to +2h.");
  t.is(why("root", "dstPort=80", "web"), "too many requests on share web");
});
