/** What an apply says of the other switches of its policy. */
import test from "ava";
import { othersText } from "./applied.ts";

test("of several switches the others are named, and that a broadcast may go round until all have the policy", (t) => {
  t.is(othersText("s1", ["s1"]), "");
  t.is(
    othersText("s1", ["s1", "s2", "s3", "s4", "s5"]),
    "# s1 is one of 5 switches, and what enters at another is decided there: apply to it, too (--as s2, --as s3, --as s4 and 1 more); " +
      "until all have this policy a broadcast may go round between them, see --help\n",
  );
});
