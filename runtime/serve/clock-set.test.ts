/** The machine's clock is set while a server holds a switch: no end moves away, and what has ended is not waited for. */
import { factsOf } from "../lab/lab.ts";
import { switchTest } from "../lab/test.ts";
import { until } from "../lab/until.ts";
import { serveOn } from "./testing/on-switch.ts";

switchTest(
  "a clock that is set back moves no end, of a deny or of an allow, and one that is set forward leaves none behind",
  async (t, start) => {
    const lab = await start();
    let off = 0;
    const policy = `NewShare out for (dstHost=10.0.0.4) [allow = True] on rootShare. Grant out to Alice.
@closed deny(dstHost=10.0.0.4, transport=TCP) on rootShare.
${factsOf(lab)}`;
    const { say, held } = serveOn(t, lab, {}, () => Date.now() + off, policy);
    t.true(await held());
    /** The entries of these ports with an end: the port's last digit, and whether the switch was told of a long time. */
    const timeouts = async (): Promise<string> =>
      (await lab.dump())
        .split("\n")
        .flatMap((line) => {
          const found = /hard_timeout=(\d+).*tp_dst=7(\d)/.exec(line);
          return found === null ? [] : [`${found[2]}: ${Number(found[1]) > 80 ? "long" : "short"}`];
        })
        .toSorted()
        .join();
    t.regex(await say("@first deny(dstHost=10.0.0.4, transport=UDP, dstPort=71) on alice to +20s."), /^True/);
    t.regex(await say("@open allow(dstHost=10.0.0.4, transport=TCP, dstPort=72) on out to +20s."), /^True/);
    const begun = performance.now();
    t.true(await until(async () => (await timeouts()) === "1: short,2: short"));
    off = -90_000;
    t.regex(await say("@second deny(dstHost=10.0.0.4, transport=UDP, dstPort=73) on alice to +1000s."), /^True/);
    t.regex(await say("@third allow(dstHost=10.0.0.4, transport=TCP, dstPort=74) on out to +5s."), /^True/);
    t.true(await until(async () => /3: long/.test(await timeouts())));
    t.notRegex(await timeouts(), /[124]: long/);
    t.true(await until(async () => (await timeouts()) === "3: long"), "each ends by what has passed");
    t.true(performance.now() - begun > 19_000);
    // An allow leaves the switch up to a second before it ends.
    t.true(await until(async () => (await say("ListRequests.")).startsWith("1;")));
    off = 1_000_000;
    t.true(await until(async () => (await timeouts()) === ""), "what has ended is not waited for");
    t.regex(await say("ListRequests."), /^0;/);
  },
);
