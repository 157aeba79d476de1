/** The machine's clock is set while a server holds a switch: what stands is on the switch, and what has ended is not. */
import { switchTest } from "../lab/test.ts";
import { until } from "../lab/until.ts";
import { serveOn } from "./testing/on-switch.ts";

switchTest(
  "a clock that is set back shortens no deny, and one that is set forward leaves none behind",
  async (t, start) => {
    const lab = await start();
    let off = 0;
    const { say, held } = serveOn(t, lab, {}, () => Date.now() + off);
    t.true(await held());
    /** The timeouts of the denies of these ports, by the switch. */
    const timeouts = async (): Promise<readonly string[]> =>
      (await lab.dump()).split("\n").flatMap((line) => {
        const found = /hard_timeout=(\d+).*tp_dst=7(\d)/.exec(line);
        return found === null ? [] : [`${found[2]}: ${Number(found[1]) > 80 ? "long" : "short"}`];
      });
    t.regex(await say("@first deny(dstHost=10.0.0.4, transport=TCP, dstPort=71) on alice to +20s."), /^True/);
    t.true(await until(async () => (await timeouts()).join() === "1: short"));
    off = -90_000;
    t.regex(await say("@second deny(dstHost=10.0.0.4, transport=TCP, dstPort=72) on alice to +5s."), /^True/);
    t.true(
      await until(async () => (await timeouts()).toSorted().join() === "1: long,2: long"),
      "both stand until the clock is there",
    );
    t.regex(await say("ListRequests."), /^2;/);
    off = 90_000;
    t.true(await until(async () => (await timeouts()).length === 0), "what has ended is not waited for");
    t.regex(await say("ListRequests."), /^0;/);
  },
);
