/** A network with policies, links and times that were kept comes back with its policy, and with no other. */
import test from "ava";
import type { Decided } from "../decided.ts";
import { decide } from "../../decide.ts";
import { tablesAt } from "../../compile.ts";
import type { KeptTimes } from "../../model/times.ts";
import { toOvs } from "../../table/text.ts";
import { openAdmission } from "../network-rules.ts";
import { gist, modelOf, NOW, RULES } from "../testing/networks.ts";
import { bytesOf, sha256 } from "../testing/snapshots.ts";
import { readSnapshot } from "./read.ts";
import type { NetworkSnapshot } from "./snapshot.ts";

const TEXT = `default deny.
switch(s1, 1). switch(s2, 2). link(s1, 1, s2, 1, 100Mb).
host_ip(a, 10.0.0.1). host_at(a, s1, 3). host_ip(b, 10.0.0.2). host_at(b, s2, 3).
AddUser Alice.
NewShare net for (*) [allow = True, deny = True, reserve <= 100Mb, reserveTBFill = 50Mb, reserveTBCapacity = 500Mb, limit <= 100Mb,
  waypoint = {s1, s2}] on rootShare.
Grant net to Alice.
policy stop as guard { deny <= dstPort = 23. deny <= dstPort = 24. }
policy first on share net { deny <= dstPort = 25. pass <= dstPort = 26. allow <= dstPort = 26 or dstPort = 80. }
policy list on share net ordered { allow <= srcHost = 10.0.0.1, dstPort = 25. deny <= srcHost = 10.0.0.1. }
policy rates on share net { reserve(5Mb) <= srcHost = 10.0.0.1, dstHost = 10.0.0.2. }
cascade rates > first > requests > list.
reject(Q, "no Telnet") <= request(Q, _, "allow", _), ends(Q, T), T > ${NOW + 1_000_000}.
@soon allow(dstPort=81, transport=TCP) on net to +2h.
@later reserve(srcHost=10.0.0.1, dstHost=10.0.0.2) = 20Mb on net from +10min to +2h.
`;

const LATER = NOW + 1_800;

/** The policy as it is read at a clock. */
const read = (now: number, kept?: KeptTimes, text = TEXT, name = "net.pane"): Decided =>
  decide([{ name, text }], { now, kept, load: () => undefined, rules: RULES });

/** Brings a snapshot back with a policy; the network, or why not. */
function back(snapshot: NetworkSnapshot, policy: Decided, hash = "p"): Decided | string {
  const { admission } = openAdmission(policy.model, { rules: RULES, now: snapshot.policy.now, suspends: true });
  const fault = admission.restore(snapshot, { hash, model: policy.model });
  return fault ?? { ...policy, admission };
}

const tablesOf = (of: Decided): unknown =>
  [0, 60, 6_000, 10_000].map((later) =>
    [...tablesAt(of, LATER + later, { target: "ovs" }).tables].map(([name, table]) => [name, toOvs(table)]),
  );

const SAID = `@x deny(dstPort=81, transport=TCP) partial on net. Alice: allow(dstPort=90, transport=TCP) on net to +1h.
  allow(dstPort=25, transport=TCP) on net to +1h. reserve(srcHost=10.0.0.1, dstHost=10.0.0.2) = 90Mb on net from +1h to +90min.
  reserve(srcHost=10.0.0.1, dstHost=10.0.0.2) = 30Mb on net to +5s. allow(dstPort=91, transport=TCP) on net.
  Cancel soon. deny(dstPort=81, transport=TCP) on net.`;

test("rules, guards, levels, links and kept times come back", (t) => {
  const first = read(NOW);
  t.deepEqual(
    first.diagnostics.filter(({ severity }) => severity === "error").map(({ message }) => message),
    [],
  );
  // Half an hour later the files are read anew, and times that count from the clock are kept.
  const kept = new Map(first.admission.snapshot({ hash: "p", model: first.model }).kept);
  t.is(kept.size, 2);
  const live = read(LATER, kept);
  const policy = { hash: "p", model: live.model };
  live.admission.submit(modelOf("deny(dstPort=99, transport=TCP) on net.", { now: LATER }).statements[0]!, LATER + 20);
  const bytes = bytesOf(live.admission, policy);
  const found = readSnapshot(bytes, sha256);
  if (typeof found === "string") return t.fail(found);
  const { snapshot } = found;
  t.deepEqual([snapshot.guards.length, snapshot.requests.filter((one) => one.of === "rule").length > 4], [2, true]);
  const restored = back(snapshot, read(snapshot.policy.now, snapshot.kept));
  if (typeof restored === "string") return t.fail(restored);
  t.deepEqual(bytesOf(restored.admission, { hash: "p", model: restored.model }), bytes);
  t.deepEqual(tablesOf(restored), tablesOf(live));
  // The same file by another path is the same policy, and places are in it.
  const named = back(snapshot, read(snapshot.policy.now, snapshot.kept, TEXT, "/etc/net.pane"));
  if (typeof named === "string") return t.fail(named);
  t.is(named.admission.state.tree.get("net")!.span!.source.name, "/etc/net.pane");
  t.deepEqual(tablesOf(named), tablesOf(live));
  const { statements } = modelOf(`AddUser Alice. ${SAID}`, { now: LATER + 30 });
  const verdicts = statements.slice(1).map((statement) => live.admission.submit(statement, LATER + 30));
  t.deepEqual(
    statements.slice(1).map((statement) => restored.admission.submit(statement, LATER + 30)),
    verdicts,
  );
  t.true(new Set(verdicts.map(gist)).size > 2, verdicts.map(gist).join());
  t.deepEqual(tablesOf(restored), tablesOf(live));
  t.deepEqual(
    [
      back(snapshot, read(LATER, new Map())),
      back(snapshot, read(NOW, kept)),
      back(snapshot, read(LATER, kept), "q"),
      back(snapshot, read(LATER, kept, TEXT.replaceAll("rates", "other"))),
      back(snapshot, read(LATER, kept, TEXT.replace("dstPort = 24", "dstPort = 22"))),
      back(snapshot, read(LATER, kept, TEXT.replace("100Mb).", "100Mb). //").replace("link(", "// link("))),
    ].map((one) => (typeof one === "string" ? one : "restored")),
    [
      "its policy was read with other kept times",
      `its policy was read at ${LATER}, and here at ${NOW}`,
      "it is of another policy",
      "the policy has no rule `rates.reserve(5Mb) <= srcHost = 10.0.0.1, dstHost = 10.0.0.2.`",
      "the policy has no guard's rule `stop.deny <= dstPort = 24.`",
      "request `rates.reserve(5Mb) <= srcHost = 10.0.0.1, dstHost = 10.0.0.2.` is charged to the link `s1:1>s2:1`, which is not there",
    ],
  );
});
