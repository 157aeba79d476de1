/** Reservations that a target cannot keep are reported at their statement: texts in, codes out. */
import test from "ava";
import { decide, tablesAt } from "../../compile.ts";
import { RULES } from "../../admission/testing/networks.ts";

const NET = "default allow. switch(s1, 1). port_rate(s1, 3, 10Mb).";

/** The codes of lowering, each with its statement, and the statements that have queues. */
function lowered(text: string, target: "ovs" | "ovs-userspace"): readonly (readonly string[])[] {
  const decided = decide([{ name: "a.pane", text: `${NET} ${text}` }], {
    now: 0,
    load: () => undefined,
    rules: RULES,
  });
  const { diagnostics, tables } = tablesAt(decided, 0, { target });
  return [
    diagnostics.map(({ code, message }) => `${code} ${/`(\w+)`/.exec(message)?.[1] ?? ""}`),
    (tables.get("s1")!.queues ?? []).map(({ statement }) => statement),
  ];
}

test("where marks stand for queues, a reservation of frames without IP is reported, since it gets none", (t) => {
  for (const flows of ["ethType=ARP", "ethType=0x88b5", "ethType=0x8100, vlan=5", "ethType={ARP, 0x8847}"]) {
    const text = `@r reserve(${flows}) = 1Mb on rootShare.`;
    t.deepEqual(lowered(text, "ovs-userspace"), [["W832 r"], []], flows);
    t.deepEqual(lowered(text, "ovs"), [[], ["r"]], flows);
  }
  const some = "@r reserve((ethType=ARP) or (transport=UDP)) = 1Mb on rootShare.";
  t.deepEqual(lowered(some, "ovs-userspace"), [["W832 r"], ["r"]]);
  // What a MAC or a tag sends holds ARP, too, so that part of it is without a queue.
  for (const flows of ["*", "ethType={ARP, IPv4}", "srcEth=00:00:00:00:00:02", "vlan=5"])
    t.deepEqual(lowered(`@r reserve(${flows}) = 1Mb on rootShare.`, "ovs-userspace"), [["W832 r"], ["r"]], flows);
  for (const flows of [
    "dstPort=80",
    "ethType=IPv4, srcEth=00:00:00:00:00:02",
    "srcHost=10.0.0.1",
    "ethType={IPv4, IPv6}",
  ])
    t.deepEqual(lowered(`@r reserve(${flows}) = 1Mb on rootShare.`, "ovs-userspace")[0], [], flows);
});
