/** The text of what a share grants. */
import test from "ava";
import { Conversation } from "../admission/testing/networks.ts";
import { granted } from "./privileges.ts";
import { privilegeText } from "../certificates/text.ts";

/** What share c grants, as it is shown. */
function shown(text: string): string {
  const net = new Conversation();
  net.say(text);
  const { stated, privileges } = net.admission.state.tree.get("c")!;
  return privilegeText(granted(stated, privileges));
}

test("a share shows the bounds in force, its own and those from above", (t) => {
  const below = (above: string, own: string): string =>
    shown(`NewShare p for (*) [${above}] on rootShare. NewShare c for (*) [${own}] on p.`);
  t.is(below("limit <= 10Mb", "limit >= 2Mb"), "limit <= 10Mb, limit >= 2Mb");
  t.is(below("limit >= 2Mb", "limit >= 3Mb"), "limit >= 3Mb");
  t.is(below("limit <= 10Mb, limit >= 2Mb", "limit <= 8Mb"), "limit <= 8Mb, limit >= 2Mb");
  t.is(below("reserve <= 9Mb, reserve >= 1Mb", "reserve <= 5Mb"), "reserve <= 5Mb, reserve >= 1Mb");
  t.is(
    below("reserve <= 9Mb", "reserve <= 5Mb, reserveTBFill = 2Mb"),
    "reserve <= 5Mb, reserveTBCapacity = 5Mb, reserveTBFill = 2Mb",
  );
});

test("a bound that grants nothing is not shown", (t) => {
  t.is(shown("NewShare c for (*) [allow = True, reserve <= 0b, limit <= 0b] on rootShare."), "allow = True");
  t.is(shown("NewShare c for (*) [reserve >= 3Mb] on rootShare."), "");
  t.is(shown("NewShare c for (*) [limit >= 0b] on rootShare."), "limit >= 0b");
});
