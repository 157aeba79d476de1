/**
 * Programs that are not ours change a real switch between reading and sending. An apply that has sent its change tells
 * what then differs from the policy. Hosts' own frames show that it does.
 */
import type { Lab } from "../lab/lab.ts";
import { switchTest } from "../lab/test.ts";
import { fromOvs } from "../../compiler/table/text.ts";
import { cookieOf } from "../../compiler/table/cookie.ts";
import type { Table } from "../../compiler/table/entry.ts";
import { apply } from "./index.ts";
import { proxy } from "./testing/proxy.ts";

function table(...lines: readonly string[]): Table {
  const read = fromOvs(lines.join("\n"));
  if ("errors" in read) throw new Error(JSON.stringify(read.errors));
  return { entries: read.entries.map((entry, i) => ({ ...entry, cookie: cookieOf(`${i} ${entry.priority}`) })) };
}

const BOB = "priority=3,ip,nw_dst=10.0.0.4 actions=drop";
const OTHER = "priority=3,ip,nw_dst=10.9.9.9 actions=drop";
const PASS = "priority=0 actions=NORMAL";

for (const [what, command, words, codes, opens] of [
  ["changes a deny", "mod-flows", ["ip,nw_dst=10.0.0.4,actions=NORMAL"], ["E959"], true],
  [
    "gives a deny an end",
    "add-flow",
    ["COOKIE,priority=3,hard_timeout=60,ip,nw_dst=10.0.0.4,actions=drop"],
    ["E959"],
    false,
  ],
  ["lets pass what is denied", "add-flow", ["priority=9,icmp,actions=NORMAL"], ["E994"], true],
  ["removes a deny", "del-flows", ["ip,nw_dst=10.0.0.4"], ["E959"], true],
  ["only drops", "add-flow", ["priority=9,udp,actions=drop"], [], false],
] as const)
  for (const end of ["", "hard_timeout=600,"])
    switchTest(`another program that ${what}${end && " that ends"} before an apply commits`, async (t, start) => {
      const lab = await start();
      const deny = end + BOB;
      const first = await apply(lab.mgmt, table(PASS, deny), { takeOver: true });
      t.is(first.outcome, "applied");
      t.false(await reachesBob(lab));
      const cookie = /cookie=0x[0-9a-f]+(?=[^\n]*10\.0\.0\.4)/.exec(await lab.dump())![0];
      let done = false;
      const slow = await proxy(t, lab.mgmt, {
        pause: async (message) => {
          if (done || message.type !== "bundle_control" || message.control !== "open_request") return;
          done = true;
          await lab.ofctl(
            command,
            words.map((word) => word.replace("COOKIE", cookie)),
          );
        },
      });
      const result = await apply(slow.target, table(PASS, deny, OTHER));
      t.true(done);
      // A deny with an end may get another one: which is right is told by the clock alone, at the next apply.
      const expected = end !== "" && what.startsWith("gives") ? [] : codes;
      t.deepEqual(
        result.diagnostics.map(({ code }) => code).filter((code) => code.startsWith("E")),
        expected,
      );
      if (expected.length > 0) t.like(result, { outcome: "failed", state: "changed" });
      t.is(await reachesBob(lab), opens);
    });

const reachesBob = (lab: Lab): Promise<boolean> => lab.ping("alice", "bob", { timeout: 500 });
