/** What tables hear from the engine directly is what the view tells all others, through random lives of networks. */
import test from "ava";
import fc from "fast-check";
import { decide } from "../decide.ts";
import { keyOf } from "../derived/rule-key.ts";
import type { DerivedChange } from "../derived/rule.ts";
import { life } from "../semantics/testing/stories.ts";
import { subscribe } from "./subscribe.ts";
import { Conversation, NOW, RULES } from "./testing/networks.ts";

const FACTS = `default deny.
user_host("Alice", h1). host_ip(h1, 10.0.0.1). user_host("Bob", h2). host_ip(h2, 10.0.0.2).
deny(vlan=5) on rootShare to +7s. allow(user=Bob) on rootShare from +3s to +12s.
`;

const told = ({ added, removed }: DerivedChange) => ({ added: added.map(keyOf), removed: removed.map(keyOf) });

test("listeners of the engine and of the view hear the same changes in the same order", (t) => {
  let heard = 0;
  fc.assert(
    fc.property(life, ([[first, rest], pauses]) => {
      const { admission, model } = decide([{ name: "net.pane", text: FACTS }], {
        now: NOW,
        load: () => undefined,
        rules: RULES,
      });
      const [direct, viewed]: DerivedChange[][] = [[], []];
      admission.derived.listen((change) => void direct!.push(change));
      subscribe(admission, (change) => void viewed!.push(change));
      // What stands at the beginning is told to those alone who ask for it.
      viewed!.length = 0;
      const reader = new Conversation(NOW, model);
      let now = NOW;
      for (const [i, text] of [first, ...rest].entries()) {
        if (i > 0) now += pauses[i - 1]!;
        reader.now = now;
        for (const [k, statement] of reader.statements(text).entries()) {
          const transaction = admission.begin();
          admission.submit(statement, now);
          if (k % 3 === 2) transaction.rollback();
          else transaction.commit();
        }
      }
      admission.advance(now + 30);
      t.deepEqual(direct!.map(told), viewed!.map(told));
      heard += direct!.length;
    }),
    { numRuns: 100, seed: 3 },
  );
  t.true(heard > 100, `${heard} changes`);
});

test("what is decided together is heard at the next move, and comes to what it comes to one after the other", (t) => {
  let heard = 0;
  fc.assert(
    fc.property(life, ([[first, rest], pauses]) => {
      const begin = () => {
        const { admission, model } = decide([{ name: "net.pane", text: FACTS }], {
          now: NOW,
          load: () => undefined,
          rules: RULES,
        });
        const standing = new Set(admission.derived.active(NOW).map(keyOf));
        admission.derived.listen(({ added, removed }) => {
          for (const rule of removed) t.true(standing.delete(keyOf(rule)));
          for (const rule of added) standing.add(keyOf(rule));
          heard++;
        });
        return { admission, reader: new Conversation(NOW, model), standing };
      };
      const [slow, quick] = [begin(), begin()];
      let now = NOW;
      const hear = ({ admission, reader }: typeof slow, text: string): readonly string[] => {
        reader.now = now;
        return reader.statements(text).map((statement, k) => {
          const transaction = admission.begin();
          const verdict = admission.submit(statement, now);
          if (k % 3 === 2) transaction.rollback();
          else transaction.commit();
          return verdict.kind;
        });
      };
      for (const [i, text] of [first, ...rest].entries()) {
        if (i > 0) now += pauses[i - 1]!;
        quick.admission.advance(now);
        const together = quick.admission.together(() => hear(quick, text));
        t.deepEqual(together, hear(slow, text));
        quick.admission.derived.move(now);
        t.deepEqual([...quick.standing].toSorted(), [...slow.standing].toSorted());
        t.deepEqual(quick.admission.derived.now.map(keyOf), slow.admission.derived.now.map(keyOf));
      }
    }),
    { numRuns: 60, seed: 5 },
  );
  t.true(heard > 100, `${heard} changes`);
});

test("where a rule of the network's own asks what is in force, it finds what was decided just before", (t) => {
  const text = `reject(Q, "one at a time") <= request(Q, Who, "allow", _), stands(R, _, _, _), accepted(R, "allow", _, Who).`;
  const { admission, model } = decide([{ name: "net.pane", text }], { now: NOW, load: () => undefined, rules: RULES });
  admission.derived.listen(() => undefined);
  const reader = new Conversation(NOW, model);
  const said = reader.statements("allow(dstPort=80) on rootShare. allow(dstPort=443) on rootShare.");
  const kinds = admission.together(() => said.map((one) => admission.submit(one, NOW).kind));
  t.deepEqual(kinds, ["accepted", "rejected"]);
});
