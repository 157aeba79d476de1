/** A network that carries out the records of another decides from then on as the other does. */
import test from "ava";
import { recordOf, type Recorded } from "../admission/recorded.ts";
import { admissionFor, Conversation, fc, NOW } from "../admission/testing/networks.ts";
import { shown } from "./testing/shown.ts";
import { life } from "./testing/stories.ts";

test("records carried out give the network that decided them, bucket levels too", (t) => {
  let carried = 0;
  let rejected = 0;
  fc.assert(
    fc.property(life, ([[first, rest], pauses]) => {
      const live = new Conversation();
      const records: Recorded[] = [];
      const say = (text: string): void => {
        for (const statement of live.statements(text)) {
          live.admission.advance(live.now);
          const id = live.admission.identity(statement);
          const record = recordOf(statement, id, live.now, live.admission.submit(statement, live.now));
          if (record === undefined) rejected++;
          else records.push(record);
        }
      };
      say(first);
      for (const [i, text] of rest.entries()) {
        live.now += pauses[i]!;
        say(text);
      }
      const follower = admissionFor(undefined, NOW);
      for (const record of records) t.is(follower.apply(record), undefined, record.statement.text);
      follower.advance(live.now);
      carried += records.length;
      t.deepEqual(shown(follower), shown(live.admission));
      for (const text of rest) {
        for (const statement of live.statements(text)) {
          t.deepEqual(follower.submit(statement, live.now), live.admission.submit(statement, live.now), text);
        }
      }
    }),
    { numRuns: 150, seed: 31 },
  );
  t.true(carried > 500 && rejected > 200, `${carried} records, ${rejected} rejections`);
});

test("a record of another past is refused with what is missing", (t) => {
  const live = new Conversation();
  live.say("NewShare s for (*) [deny = True] on rootShare. @x deny(vlan=1) on s to +10s.");
  const record = (text: string, at = live.now): string | undefined => {
    const [statement] = live.statements(text);
    const { demand, id } = statement!;
    const pieces = demand.kind === "request" ? [{ flows: demand.flows, interval: demand.interval }] : [];
    return live.admission.apply({ statement: statement!, id, at, grant: { pieces } });
  };
  t.deepEqual(
    [
      record("deny(vlan=2) on nowhere."),
      record("NewShare t for (*) [] on nowhere."),
      record("NewShare s for (*) [] on rootShare."),
      record("Grant nowhere to Alice."),
      record("@x deny(vlan=2) on s."),
      record("Cancel y."),
      record("@y deny(vlan=2) on s.", NOW - 1),
    ],
    [
      "there is no share `nowhere`",
      "there is no share `nowhere`",
      "share `s` is there already",
      "there is no share `nowhere`",
      "request `x` is there already",
      "there is no request `y`",
      `it was decided at ${NOW - 1}, and the clock stands at ${NOW}`,
    ],
  );
  t.is(record("@x deny(vlan=2) on s.", NOW + 10), undefined, "the first `x` has ended by then");
});
