/** A waypoint that is the source of its flows and stands behind another has no path: that is known without a search. */
import test from "ava";
import { NOW, RULES } from "../admission/testing/networks.ts";
import { decide } from "../decide.ts";

test("a waypoint behind another that is the source is refused for its port, and not because a search was given up", (t) => {
  const text = `default allow. switch(s1, 1). switch(s2, 2). switch(s3, 3).
    link(s1, 20, s2, 21, 1Gb). link(s2, 20, s3, 21, 1Gb).
    host_ip(a, 10.0.0.1). host_mac(a, 02:00:00:00:00:01). host_at(a, s1, 1).
    host_ip(b, 10.0.0.2). host_mac(b, 02:00:00:00:00:02). host_at(b, s2, 1).
    host_ip(c, 10.0.0.3). host_mac(c, 02:00:00:00:00:03). host_at(c, s3, 1).`;
  for (const flows of ["srcHost=c, dstHost=a", "srcHost=c"]) {
    const statement = `@q waypoint(${flows}) = s2, c on rootShare.`;
    const decided = decide([{ name: "n.pane", text: `${text} ${statement}` }], {
      now: NOW,
      rules: RULES,
      load: () => undefined,
    });
    const [found] = decided.diagnostics.filter(({ code }) => code === "E749");
    t.regex(found?.message ?? "", /that would come into a switch twice by one port/, flows);
  }
});
