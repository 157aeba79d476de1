/** Limits beside many denies: which of them the note looks at. */
import test from "ava";
import { decide } from "../../decide.ts";
import { NOW, RULES } from "../testing/networks.ts";

/** The notes that all flows of a limit are denied. */
const denied = (text: string): readonly string[] =>
  decide([{ name: "test.pane", text: `default allow.\n${text}` }], { now: NOW, load: () => undefined, rules: RULES })
    .diagnostics.filter(({ code }) => code === "N713")
    .map(({ message }) => message.replace(/^.*: /, ""));

/** Denies of TCP from one block each, which share flows with every limit of what is sent to a block. */
const blocks = (many: number): string =>
  Array.from(
    { length: many },
    (_, i) => `deny(srcHost=10.${i >> 8}.${i & 255}.0/24, transport=TCP) on rootShare.\n`,
  ).join("");
const limit = "limit(dstHost=11.0.0.0/24) = 2Mb on rootShare.\n";

test("N713: beside four hundred denies that hold some of its flows, a limit is told the one that holds all", (t) => {
  const all = "@all deny(dstHost=11.0.0.0/16) on rootShare.\n";
  t.deepEqual(denied(`${blocks(400)}${all}${limit}`), ["`all`"]);
  t.deepEqual(denied(`${limit}${all}${blocks(400)}`), ["`all`"], "wherever it stands");
  t.deepEqual(denied(`${blocks(400)}${limit}`), []);
});

test("N713: not where an allow below the deny, or in an earlier level of its share, lets some of the flows through", (t) => {
  const below = "NewShare web for (*) [allow = True] on rootShare. @a allow(dstHost=11.0.0.0/25) on web.\n";
  t.deepEqual(denied(`${below}deny(dstHost=11.0.0.0/16) on rootShare.\n${limit}`), []);
  const beside = "@a allow(dstHost=11.0.0.0/25) on rootShare.\n@d deny(dstHost=11.0.0.0/16) on rootShare.\n";
  t.deepEqual(denied(`${beside}${limit}`), ["`d`"], "of one level deny overrides");
  const levels =
    "policy p on share rootShare ordered {\n @a allow <= dstHost in 11.0.0.0/25.\n @d deny <= dstHost in 11.0.0.0/16.\n}\n";
  t.deepEqual(denied(`${levels}${limit}`), []);
  const turned =
    "policy p on share rootShare ordered {\n @d deny <= dstHost in 11.0.0.0/16.\n @a allow <= dstHost in 11.0.0.0/25.\n}\n";
  t.deepEqual(denied(`${turned}${limit}`), ["`p.d`"]);
});
