/**
 * Frames to reserved groups, which are meant for the neighbour on the wire alone, go nowhere (NETWORK, "Forward"). This
 * holds for the switch's own forwarding and for tables that name ports, and `trace` agrees. Real frames on real
 * switches show it.
 */
import { readFileSync } from "node:fs";
import { readRules } from "../../compiler/admission/read-rules.ts";
import { tablesAt } from "../../compiler/compile.ts";
import { decide } from "../../compiler/decide.ts";
import { readPacket } from "../../compiler/trace/read-packet.ts";
import { tracePacket } from "../../compiler/trace/trace.ts";
import { apply } from "../controller/index.ts";
import { ethernet } from "./frames.ts";
import { factsOf, type LabOptions } from "./lab.ts";
import { switchTest } from "./test.ts";

const pane = new URL("../../policies/pane.fml", import.meta.url);
const { rules } = readRules({ name: "pane.fml", text: readFileSync(pane, "utf8") });

/** One address of each reserved block, then neighbours of the blocks. `ofproto/trace` checks all of both. */
const RESERVED = [
  "01:80:c2:00:00:0e",
  "01:00:0c:cc:cc:cd",
  "01:00:0c:cc:cc:c7",
  "01:00:0c:cd:cd:cd",
  "01:00:0c:00:00:00",
  "00:e0:2b:00:00:00",
  "00:e0:2b:00:00:06",
];
const ENDS = ["01:80:c2:00:00:00", "01:80:c2:00:00:0f", "01:00:0c:cc:cc:cc", "01:00:0c:cc:cc:c0", "00:e0:2b:00:00:04"];
const OTHERS = ["01:80:c2:00:00:10", "ff:ff:ff:ff:ff:ff"];
const BESIDE = [
  "01:00:0c:cc:cc:ce",
  "01:00:0c:cc:cc:c8",
  "01:00:0c:cd:cd:ce",
  "00:e0:2b:00:00:05",
  "00:e0:2b:00:00:02",
];

const two: LabOptions = { switches: ["s1", "s2"], links: [["s1", "s2"]] };
const hosts = [
  { name: "alice", ip: "10.0.0.2" },
  { name: "eve", ip: "10.0.0.3" },
  { name: "bob", ip: "10.0.0.4", switch: "s2" },
];

for (const [how, options, more] of [
  ["by the switch's own forwarding", {}, ""],
  ["by tables that name ports", { ...two, hosts }, ""],
  ["led by a waypoint", { ...two, hosts }, "@w waypoint(srcHost=alice) = s2 on rootShare.\n"],
] as const) {
  switchTest(`a frame to a reserved group goes nowhere ${how}, and trace says so`, async (t, start) => {
    const lab = await start(options);
    const text = `default allow.\n${factsOf(lab)}${more}`;
    const decided = decide([{ name: "net.pane", text }], { now: 0, load: () => undefined, rules });
    const { tables } = tablesAt(decided, 0, { target: "ovs" });
    for (const { name, mgmt } of lab.switches) t.is((await apply(mgmt, tables.get(name)!)).outcome, "applied");
    const traced = (dst: string): ReturnType<typeof tracePacket> => {
      const words = `srcAP=s1:1, srcEth=00:00:00:00:00:02, dstEth=${dst}, ethType=0x88cc`;
      const packet = readPacket(words, decided.model);
      if (!packet.ok) throw new Error(JSON.stringify(packet.fault));
      return tracePacket(decided, tables, packet.value, { instant: 0, target: "ovs" });
    };
    const frame = (dst: string): Uint8Array => ethernet({ src: "00:00:00:00:00:02", dst }, 0x88cc, [2, 7, 4]);
    for (const dst of RESERVED) {
      t.deepEqual(await lab.frame("alice", frame(dst)), [], dst);
      const { policyVerdict, tableVerdict, agree, why } = traced(dst);
      t.deepEqual([policyVerdict, tableVerdict, agree], ["allow", "deny", true], dst);
      t.is(why, `dropped: ${dst} is reserved for one link, and no switch forwards it`);
    }
    for (const dst of [...RESERVED, ...ENDS, ...OTHERS, ...BESIDE]) {
      const { actions } = await lab.trace(`in_port=1,dl_src=00:00:00:00:00:02,dl_dst=${dst},dl_type=0x88cc`);
      t.is(actions, [...RESERVED, ...ENDS].includes(dst) ? "drop" : actions, dst);
      t.is(actions !== "drop", traced(dst).tableVerdict === "allow", dst);
    }
    for (const dst of OTHERS) {
      const arrived = await lab.frame("alice", frame(dst));
      t.is(arrived.length > 0, traced(dst).tableVerdict === "allow", dst);
      t.true(traced(dst).agree, dst);
      if (more === "") t.deepEqual(arrived, ["eve", "bob"], dst);
    }
  });
}
