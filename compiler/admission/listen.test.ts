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
