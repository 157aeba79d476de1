/** Other controllers of one switch, in each role: what they keep from `apply`, and what `apply` keeps from them. With real frames. */
import { decide, tablesAt } from "../../compiler/compile.ts";
import { RULES } from "../../compiler/admission/testing/networks.ts";
import { fromOvs } from "../../compiler/table/text.ts";
import { ethernet, ipv4, udp } from "../lab/frames.ts";
import type { Lab } from "../lab/lab.ts";
import { switchTest } from "../lab/test.ts";
import { parseTarget, Session, type SwitchTarget } from "../session/index.ts";
import { toMessage } from "./flow-mods.ts";
import { apply } from "./index.ts";

const put = async (lab: Lab, port: number): Promise<readonly string[]> => {
  const text = `default allow.\ndeny(transport=UDP, dstPort=${port}) on rootShare.`;
  const decided = decide([{ name: "roles.pane", text }], { now: 0, rules: RULES, load: () => undefined });
  const [table] = tablesAt(decided, 0, { target: "ovs" }).tables.values();
  const { outcome, diagnostics } = await apply(lab.mgmt, table!, { takeOver: port === 1, database: lab.db });
  return [outcome, ...diagnostics.map(({ code }) => code)];
};

const hears = async (lab: Lab, port: number): Promise<boolean> => {
  const packet = ipv4("10.0.0.103", "10.0.0.104", 17, udp(7, port));
  const heard = await lab.frame(
    "eve",
    ethernet({ src: "00:00:00:00:00:03", dst: "00:00:00:00:00:04" }, 0x0800, packet),
  );
  return heard.includes("bob");
};

/** What a controller writes that lets all on. */
const OPENING = fromOvs("priority=9 actions=NORMAL");

switchTest(
  "controllers in other roles keep no apply from the switch, and what they write is seen",
  async (t, start) => {
    const lab = await start();
    t.deepEqual(await put(lab, 1), ["applied"]);
    const other = await Session.connect(parseTarget(lab.mgmt) as SwitchTarget);
    t.teardown(() => other.close());
    if ("errors" in OPENING) throw new Error("unreadable");
    const [opening] = OPENING.entries;
    /** Whether the switch takes an entry of the other controller. */
    const writes = async (): Promise<boolean> => {
      await other.send([toMessage({ command: "add", entry: opening! }, other.xids())]);
      await other.barrier();
      return /priority=9[ ,]/.test(await lab.dump());
    };
    let generation = 7n;
    let port = 2;
    for (const role of ["equal", "master", "slave", "master", "equal"] as const) {
      await other.request({ type: "role_request", xid: other.xids(), role, generation: generation++ }, "the answer");
      t.deepEqual(await put(lab, port), ["applied"], role);
      t.false(await hears(lab, port), role);
      t.true(await hears(lab, port - 1), role);
      t.is(await writes(), role !== "slave", role);
      if (role !== "slave") {
        t.true(await hears(lab, port), "what the other controller has opened");
        t.deepEqual(await put(lab, port), ["failed", "E994"], role);
        await lab.ofctl("del-flows", ["--strict", "priority=9"]);
      }
      port++;
    }
  },
);
