/** Certificates of waypoints and avoids that leave no path: what blocks, from where to where, what is offered. */
import test from "ava";
import { certificateJson, certificateText } from "../explain/index.ts";
import type { Verdict } from "../certificates/verdict.ts";
import { Conversation, NOW, certificate, compileFile, gist, modelOf } from "./testing/networks.ts";

/** A square s1-s2-s3-s4 with a host at each corner, and an island s9. */
const SQUARE = `
  switch(s1, 1). switch(s2, 2). switch(s3, 3). switch(s4, 4). switch(s9, 9).
  link(s1, 10, s2, 10, 1Gb). link(s2, 11, s3, 10, 1Gb). link(s3, 11, s4, 10, 1Gb). link(s4, 11, s1, 11, 1Gb).
  host_ip(a, 10.0.0.1). host_mac(a, 02:00:00:00:00:01). host_at(a, s1, 1).
  host_ip(b, 10.0.0.2). host_mac(b, 02:00:00:00:00:02). host_at(b, s2, 1).
  host_ip(c, 10.0.0.3). host_mac(c, 02:00:00:00:00:03). host_at(c, s3, 1).
  host_ip(d, 10.0.0.4). host_mac(d, 02:00:00:00:00:04). host_at(d, s4, 1).
  host_ip(far, 10.0.0.9). host_mac(far, 02:00:00:00:00:09). host_at(far, s9, 1).`;

const square = (): Conversation => new Conversation(NOW, modelOf(SQUARE, { trace: false }));

const AC = "srcHost=10.0.0.1, dstHost=10.0.0.3";

const text = (verdict: Verdict): readonly string[] => {
  const { proof: _, ...rest } = certificate(verdict);
  return certificateText(rest).split("\n");
};

test("of two avoids that close both paths the later is rejected, with the earlier as its blocker", (t) => {
  const net = square();
  net.say(`@north avoid(${AC}) = s2 on rootShare.`);
  t.deepEqual(text(net.one(`@south avoid(srcHost=10.0.0.1, dstHost={10.0.0.3, 10.0.0.4}) = s4, s3 on rootShare.`)), [
    "there is no path from `a` at s1:1 to `c` at s3:1 that avoids `s4` and `s3`: it would have to cross `s3` [no-path]",
    "  for example: srcHost=10.0.0.1, dstHost=10.0.0.3, ethType=IPv4 at 2026-12-01T09:00:00Z",
    "  shares walked: rootShare",
    "  nothing near it would be accepted",
  ]);
  t.deepEqual(text(net.one(`@south avoid(srcHost=10.0.0.1, dstHost={10.0.0.2, 10.0.0.3}) = s4 on rootShare.`)), [
    "there is no path from `a` at s1:1 to `c` at s3:1 that avoids `s4` and avoids `s2` as `north` asks: " +
      "every way from `s1` to `s3` crosses `s2` and `s4` [no-path]",
    "  blocked by avoid on rootShare from 2026-12-01T09:00:00Z: north (test.pane:1:1)",
    "  for example: srcHost=10.0.0.1, dstHost=10.0.0.3, ethType=IPv4 at 2026-12-01T09:00:00Z",
    "  shares walked: rootShare",
    "  would be accepted: @south avoid(srcHost=10.0.0.1, dstHost=10.0.0.2) = s4 on rootShare.",
  ]);
});

test("a rejected avoid of two nodes offers another time, or fewer of its nodes", (t) => {
  const net = square();
  net.say(`@north avoid(${AC}) = s2 on rootShare to +1h.`);
  const { nearest, otherwise } = certificate(net.one(`avoid(${AC}) = s9, s4 on rootShare.`));
  t.deepEqual(nearest, [`avoid(${AC}) = s9, s4 on rootShare from 2026-12-01T10:00:00Z.`]);
  t.deepEqual(otherwise, [`avoid(${AC}) = s9 on rootShare.`]);
  for (const [one] of [nearest, otherwise!]) t.is(gist(net.one(one!)), "accepted");
});

test("where the topology alone leaves no path, the reason says which switches are connected", (t) => {
  const { reason, blockers } = certificate(
    square().one("waypoint(srcHost=10.0.0.1, dstHost=10.0.0.9) = b on rootShare."),
  );
  t.is(
    reason,
    "there is no path from `a` at s1:1 to `far` at s9:1: switches `s1` and `s9` are not connected: " +
      "from `s1` one gets to `s1`, `s2`, `s3` and `s4`",
  );
  t.deepEqual(blockers, []);
});

test("the reason for an unreachable waypoint names the leg that has no path", (t) => {
  const { noPath, reason } = certificate(square().one("waypoint(srcHost=10.0.0.1) = b, far on rootShare."));
  t.is(
    reason,
    "there is no path from `a` at s1:1 that passes `b` and `far`: switches `s2` and `s9` are not connected: " +
      "from `s2` one gets to `s1`, `s2`, `s3` and `s4`",
  );
  t.like(noPath, { from: "s1:1", gap: { from: "s2", to: "s9", connected: false } });
});

test("of three avoids that leave no path only together, the latest accepted one is the blocker", (t) => {
  const wider = new Conversation(
    NOW,
    modelOf(`${SQUARE} switch(s5, 5). link(s1, 12, s5, 1, 1Gb). link(s5, 2, s3, 12, 1Gb).`, { trace: false }),
  );
  wider.say(`@north avoid(srcHost=10.0.0.1) = s2 on rootShare. @south avoid(dstHost=10.0.0.3) = s4 on rootShare.`);
  const { blockers, noPath } = certificate(wider.one(`@middle avoid(${AC}) = s5 on rootShare.`));
  t.deepEqual(
    blockers.map(({ id }) => id),
    ["south"],
  );
  t.deepEqual(noPath!.avoids, [{ node: "s5" }, { node: "s2", by: "north" }, { node: "s4", by: "south" }]);
});

test("a policy's rule that leaves no path gets the same certificate as a request", (t) => {
  const { rules } = compileFile(`${SQUARE}
    policy p { @north avoid(s2) <= srcHost = 10.0.0.1, dstHost = 10.0.0.3. @south avoid(s4) <= srcHost = 10.0.0.1, dstHost = 10.0.0.3. }`);
  const refused = rules[1]!.verdict;
  t.like(certificate(refused), { code: "no-path" });
  t.deepEqual(
    certificate(refused).blockers.map(({ id }) => id),
    ["p.north"],
  );
});

test("the JSON gives the places, the request behind each node, and where the path breaks off", (t) => {
  const net = square();
  net.say(`@north avoid(${AC}) = s2 on rootShare.`);
  const json = certificateJson(certificate(net.one(`@south avoid(${AC}) = s4 on rootShare.`))) as { noWay: unknown };
  t.deepEqual(json.noWay, {
    from: "s1:1",
    to: "s3:1",
    passes: [],
    avoids: [{ node: "s2", by: "north" }, { node: "s4" }],
    gap: { from: "s1", to: "s3", connected: true, reached: ["s1", "s2", "s3", "s4"] },
  });
});
