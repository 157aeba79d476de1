/** Labels that hash to one cookie (NETWORK, "Cookies"): both are accepted, each with a cookie of its own. */
import test from "ava";
import { RULES } from "../admission/testing/networks.ts";
import { decide, tablesAt } from "../compile.ts";
import type { Lowered } from "./index.ts";
import { cookieOf } from "../table/cookie.ts";
import { TOKEN } from "../table/bookkeeping.ts";
import { Identities } from "./identities.ts";

const ONE = "@xvaxy deny(dstHost=10.0.0.2) on rootShare.\n";
const OTHER = "@xartry deny(dstHost=10.0.0.3) on rootShare.\n";

function lowered(text: string): Lowered {
  const decided = decide([{ name: "test.pane", text: `default allow.\n${text}` }], {
    now: 0,
    load: () => undefined,
    rules: RULES,
  });
  return tablesAt(decided, 0, { target: "ovs" });
}

/** The cookies of the denies, by the last number of the address. */
const cookiesIn = ({ tables }: Lowered): Readonly<Record<string, bigint>> =>
  Object.fromEntries(
    tables
      .get("")!
      .entries.flatMap(({ match, cookie }) =>
        match.flatMap(({ field, value }) => (field === "ipv4_dst" ? [[`${value & 0xffn}`, cookie]] : [])),
      ),
  );

test("two labels with one hash get cookies of their own, in any order", (t) => {
  t.is(cookieOf("xvaxy"), cookieOf("xartry"));
  const both = lowered(ONE + OTHER);
  const cookies = cookiesIn(both);
  t.is(new Set([cookies["2"], cookies["3"], cookieOf("xvaxy")]).size, 3);
  t.deepEqual(cookiesIn(lowered(OTHER + ONE)), cookies);
  t.is(both.cookies.get(cookies["2"]!), "xvaxy");
  t.is(both.cookies.get(cookies["3"]!), "xartry");
  const [note, ...more] = both.diagnostics;
  t.deepEqual([note!.code, note!.severity, more], ["W904", "warning", []]);
  for (const one of ["2", "3"]) t.true(note!.message.includes(cookies[one]!.toString(16)), note!.message);
});

test("the cookie that a label has alone is given to neither label in a clash", (t) => {
  const alone = cookiesIn(lowered(ONE))["2"];
  t.is(alone, cookieOf("xvaxy"));
  t.false(Object.values(cookiesIn(lowered(ONE + OTHER))).includes(alone!));
  t.deepEqual(lowered(ONE).diagnostics, []);
});

test("after a clash a label has its own cookie again, and a third statement never gets one of the two", (t) => {
  const identities = new Identities();
  for (const one of ["xvaxy", "xartry", "z"]) identities.enter(one);
  const given = ["xvaxy", "xartry", "z"].map(identities.cookie);
  t.is(new Set(given).size, 3);
  t.is(given[2], cookieOf("z"));
  identities.leave("xartry");
  t.is(identities.cookie("xvaxy"), cookieOf("xvaxy"));
  t.not(identities.cookie("z"), TOKEN.cookie);
});
