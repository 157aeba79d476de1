/** Certificates of requests that do not fit: what blocks, what is offered instead, and when nothing is. */
import test from "ava";
import { Conversation, certificate, gist } from "./testing/networks.ts";

/** The offers in place of a statement, after others. Each must be accepted when it is submitted. */
function offered(before: string, asked: string): readonly string[] {
  const net = new Conversation();
  net.say(before);
  const { nearest } = certificate(net.one(asked));
  if (nearest.length > 0) for (const verdict of net.say(nearest.join(" "))) if (gist(verdict) !== "accepted") return [];
  return nearest;
}

test("a rejection is without an offer only where nothing near would be accepted", (t) => {
  const share = "NewShare s for (*) [reserve <= 10Mb, limit <= 10Mb, limit >= 2Mb] on rootShare.";
  t.deepEqual(
    offered(`${share} reserve(*) = 6Mb on s.`, "limit(*) = 1Mb on s."),
    ["limit(*) = 6Mb on s."],
    "below the floor, and then below what is reserved",
  );
  t.deepEqual(
    offered(`${share} reserve(*) = 6Mb on s to +10s.`, "limit(*) = 20Mb on s to +5s."),
    ["limit(*) = 10Mb on s to 2026-12-01T09:00:05Z."],
    "above the cap",
  );
  const capped = "NewShare s for (*) [limit <= 5Mb] on rootShare.";
  t.deepEqual(
    offered(`${capped} reserve(*) = 10Mb on rootShare from +10s to +20s.`, "limit(*) = 4Mb on s."),
    ["limit(*) = 4Mb on s from 2026-12-01T09:00:20Z."],
    "a limit at a later time",
  );
  t.deepEqual(
    offered(
      `${capped} reserve(*) = 10Mb on rootShare to +20s. reserve(*) = 5Mb on rootShare.`,
      "limit(*) = 4Mb on s to +10s.",
    ),
    ["limit(*) = 5Mb on s from 2026-12-01T09:00:20Z to 2026-12-01T09:00:30Z."],
    "a higher limit at a later time",
  );
  t.deepEqual(
    offered(`${share} reserve(*) = 10Mb on s to +10min.`, "reserve(*) = 12Mb on s to +10min."),
    ["reserve(*) = 10Mb on s from 2026-12-01T09:10:00Z to 2026-12-01T09:20:00Z."],
    "a lower rate at a later time",
  );
  t.deepEqual(
    offered("@d deny(*) on rootShare to +1h.", "allow(dstPort=80) on rootShare to +10min."),
    ["allow(dstPort=80) on rootShare from 2026-12-01T10:00:00Z to 2026-12-01T10:10:00Z."],
    "an allow at a later time",
  );
  t.deepEqual(
    offered(
      "@d deny(dstPort=80, vlan=1) on rootShare. @e deny(dstPort=80) on rootShare to +1h.",
      "allow(dstPort=80) on rootShare to +10min.",
    ),
    ["allow((dstPort=80) except (vlan=1)) on rootShare from 2026-12-01T10:00:00Z to 2026-12-01T10:10:00Z."],
    "some of it at a later time",
  );
  t.deepEqual(
    offered(`${share} reserve(*) = 4Mb on s to +1h.`, "reserve(*) = 8Mb on s from @1000 to @1600."),
    ["reserve(*) = 6Mb on s to 2026-12-01T09:10:00Z."],
    "in the past, and too much",
  );
  t.deepEqual(offered("@x allow(vlan=1) on rootShare.", "@x allow(vlan=2) on rootShare."), [
    "allow(vlan=2) on rootShare.",
  ]);
  t.deepEqual(
    offered("@d deny(*) on rootShare.", "allow(dstPort=80) on rootShare to +10min."),
    [],
    "the deny has no end, so nothing near would be accepted",
  );
  t.deepEqual(
    offered(`${share} reserve(*) = 10Mb on s.`, "reserve(*) = 1b on s to +1h."),
    [],
    "the share is full for ever",
  );
});

test("a reservation that a minimum drain needs is not blamed", (t) => {
  const net = new Conversation();
  net.say(`
    NewShare p for (*) [reserve <= 10Mb] on rootShare.
    NewShare a for (*) [reserve <= 8Mb] on p.
    NewShare b for (*) [reserve <= 8Mb, reserve >= 2Mb] on p.
    @r1 reserve(dstPort=1) = 6Mb on a.
    @r2 reserve(dstPort=2) = 4Mb on b.`);
  // Without the latest, r2, too little would be drained from b.
  const { code, blockers } = certificate(net.one("reserve(dstPort=3) = 1Mb on b to +50s."));
  t.is(code, "share-short");
  t.deepEqual(
    blockers.map(({ id }) => id),
    ["r1"],
  );
  net.say("Cancel r1.");
  t.is(gist(net.one("reserve(dstPort=3) = 1Mb on b to +50s.")), "accepted");
});

test("where a limit is too low and a share is full, the reason gives both, and both are blockers", (t) => {
  const net = new Conversation();
  net.say(`
    NewShare aliceBW for (user=Alice) [reserve <= 10Mb, limit <= 10Mb] on rootShare.
    @transfer reserve(user=Alice, dstPort=22) = 8Mb on aliceBW to +20min.`);
  net.say("@slow limit(user=Alice) = 8Mb on aliceBW to +20min.");
  const asked = "reserve(user=Alice) = 9Mb on aliceBW to +10min.";
  const { code, reason, blockers, shortage, nearest, otherwise } = certificate(net.one(asked));
  t.is(code, "over-limit");
  t.is(
    reason,
    "9Mb cannot be reserved for flows that are limited to 8Mb; and share `aliceBW` has no room for 9Mb: 2Mb of 10Mb is left at 2026-12-01T09:00:00Z",
  );
  t.deepEqual(
    blockers.map(({ id }) => id),
    ["slow", "transfer"],
  );
  t.is(shortage?.name, "aliceBW");
  t.deepEqual(nearest, ["reserve(user=Alice) = 2Mb on aliceBW to 2026-12-01T09:10:00Z."]);
  t.deepEqual(otherwise, ["reserve(user=Alice) = 9Mb on aliceBW from 2026-12-01T09:20:00Z to 2026-12-01T09:30:00Z."]);
  net.say("Cancel slow.");
  t.is(gist(net.one(asked)), "share-short");
  net.say("Cancel transfer.");
  t.is(gist(net.one(asked)), "accepted");
});
