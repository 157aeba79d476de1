/**
 * A network that comes back from its snapshot decides from then on as the one that went on (SEMANTICS, "Snapshots"), and
 * one that is rebuilt from what stands alone does not.
 */
import test from "ava";
import type { Admission } from "../admission/admission.ts";
import { recordOf, type Recorded } from "../admission/recorded.ts";
import { admissionFor, Conversation, fc, gist, NOW } from "../admission/testing/networks.ts";
import { bytesOf, digestNow, restored } from "../admission/testing/snapshots.ts";
import { shown } from "./testing/shown.ts";
import { life } from "./testing/stories.ts";

/** Sentences of a life, some of them as transactions of two: those are taken back where one of them is refused. */
const transactions = fc.array(fc.boolean(), { minLength: 14, maxLength: 14 });

test("a random life goes on after a snapshot as it would have without", (t) => {
  const met = { levels: 0, requests: 0, rejected: 0, accepted: 0, takenBack: 0 };
  fc.assert(
    fc.property(life, transactions, fc.nat(13), ([[first, rest], pauses], joins, cut) => {
      const live = new Conversation();
      live.say(first);
      const say = (admissions: readonly Admission[], i: number): void => {
        live.now += pauses[i]!;
        const texts = joins[i] && i + 1 < rest.length ? [rest[i]!, rest[i + 1]!] : [rest[i]!];
        const statements = texts.flatMap((text) => live.statements(text));
        const verdicts = admissions.map((admission) => {
          const transaction = admission.begin();
          const found = statements.map((statement) => admission.submit(statement, live.now));
          if (found.every(({ kind }) => kind !== "rejected")) transaction.commit();
          else transaction.rollback();
          return found;
        });
        if (admissions.length === 1) return;
        t.deepEqual(verdicts[1], verdicts[0], texts.join(" "));
        const refused = verdicts[0]!.filter(({ kind }) => kind === "rejected").length;
        met.rejected += refused;
        met.accepted += verdicts[0]!.length - refused;
        if (refused === 1 && verdicts[0]!.length === 2) met.takenBack++;
      };
      const at = Math.min(cut, rest.length);
      for (let i = 0; i < at; i++) say([live.admission], i);
      const bytes = bytesOf(live.admission);
      const back = restored(bytes);
      t.deepEqual(bytesOf(back), bytes);
      t.deepEqual(shown(back), shown(live.admission));
      met.requests += live.admission.state.accepted.size;
      met.levels += [...bytes.toString().matchAll(/"level":[1-9]\d*,"name"/g)].length;
      for (let i = at; i < rest.length; i++) {
        say([live.admission, back], i);
        t.is(digestNow(back), digestNow(live.admission));
      }
      for (const one of [back, live.admission]) one.advance(live.now + 7);
      t.deepEqual(shown(back), shown(live.admission));
      t.deepEqual(bytesOf(back), bytesOf(live.admission));
    }),
    { numRuns: 100, seed: 53 },
  );
  for (const [what, times] of Object.entries(met)) t.true(times > 30, `${what}: ${times}`);
});

test("a restart that rebuilds only what stands decides wrongly both ways", (t) => {
  const live = new Conversation();
  const records: Recorded[] = [];
  const say = (text: string): void => {
    for (const statement of live.statements(text)) {
      const id = live.admission.identity(statement);
      records.push(recordOf(statement, id, live.now, live.admission.submit(statement, live.now))!);
    }
  };
  say("NewShare s for (*) [reserve <= 10b, reserveTBFill = 2b, reserveTBCapacity = 20b] on rootShare.");
  live.now += 10;
  say("reserve(vlan=1) = 10b on s to +2s. @x reserve(vlan=2) = 1b on s from +60s to +70s.");
  live.now += 2;
  live.admission.advance(live.now);
  // The bucket was full after 10 s; in 2 s 20 bits have left it and 4 have come.
  const bytes = bytesOf(live.admission);
  const standing = records.filter(({ statement: { demand }, id }) => demand.kind !== "request" || id === "x");
  const rebuilt = (at: (record: Recorded) => number): Admission => {
    const admission = admissionFor(undefined, NOW);
    for (const record of standing) t.is(admission.apply({ ...record, at: at(record) }), undefined);
    return admission;
  };
  const verdicts = (text: string): readonly string[] =>
    [live.admission, restored(bytes), rebuilt(({ at }) => at), rebuilt(() => live.now)].map((admission) => {
      const transaction = admission.begin();
      const verdict = admission.submit(live.statements(text)[0]!, live.now);
      transaction.rollback();
      return gist(verdict);
    });
  t.deepEqual(
    [verdicts("reserve(vlan=3) = 10b on s to +2s."), verdicts("reserve(vlan=3) = 4b on s to +2s.")],
    [
      // Statements at their own times forget what has been drained.
      ["share-short", "share-short", "accepted", "share-short"],
      // Statements at the time of the restart forget what has flowed in.
      ["accepted", "accepted", "accepted", "share-short"],
    ],
  );
});

test("one state has one digest, however it came about", (t) => {
  const after = (...texts: readonly string[]): string => {
    const net = new Conversation();
    for (const text of texts) for (const verdict of net.say(text)) t.not(verdict.kind, "rejected", text);
    return digestNow(net.admission);
  };
  const share = "NewShare s for (*) [allow = True, deny = True] on rootShare.";
  const other = "NewShare r for (*) [allow = True, deny = True] on rootShare.";
  const [x, y] = ["@x deny(vlan=1) on s.", "@y deny(vlan=2) on s."] as const;
  const one = after("AddUser Alice. AddUser Bob.", share, other, "Grant s to Alice. Grant s to Bob.", x, y);
  t.is(after("AddUser Bob. AddUser Alice.", other, share, "Grant s to Bob. Grant s to Alice.", x, y), one);
  t.is(after(`AddUser Bob. AddUser Alice. ${other} ${share} Grant s to Bob. Grant s to Alice. ${x} ${y}`), one);
  const users = "AddUser Alice. AddUser Bob. ";
  t.is(after(users, share, other, "@z allow(vlan=3) on r. Grant s to Alice. Grant s to Bob.", x, y, "Cancel z."), one);
  const others = [
    after(users, share, other, "Grant s to Alice. Grant s to Bob.", y, x),
    after(users, share, other, "Grant s to Alice.", x, y),
    after(users, share, other, "Grant s to Alice. Grant s to Bob.", x),
    after(users, share, other, "Grant s to Alice. Grant s to Bob.", "@x deny(vlan=3) on s.", y),
    after(users, share, other, "Grant s to Alice. Grant s to Bob. GrantDefault s.", x, y),
  ];
  t.is(new Set([one, ...others]).size, 6);
});

test("what a transaction took back left no trace in the order", (t) => {
  const net = new Conversation();
  net.say("NewShare s for (*) [deny = True] on rootShare. @x deny(vlan=1) on s. @y deny(vlan=2) on s.");
  const before = bytesOf(net.admission);
  const transaction = net.admission.begin();
  net.say("Cancel x. @z deny(vlan=3) on s. RemoveShare s cascade.");
  transaction.rollback();
  t.deepEqual(bytesOf(net.admission), before);
  t.deepEqual(
    [...net.admission.state.accepted].map(({ id }) => id),
    ["x", "y"],
  );
});
