/** Reservations and limits in shares and on links: verdicts, offers, promises, and the rules that come of them. */
import test from "ava";
import { verdictText } from "../explain/index.ts";
import { Conversation, NOW, admissionFor, certificate, compileFile, fc, gist, modelOf } from "./testing/networks.ts";

/** Alice has 10 Mb, of which a transfer of twenty minutes takes eight. */
function network(): Conversation {
  const net = new Conversation();
  net.say(`
    AddUser Alice.
    NewShare aliceBW for (user=Alice) [reserve <= 10Mb, limit <= 10Mb] on rootShare.
    Grant aliceBW to Alice.
    @transfer reserve(user=Alice, dstPort=22) = 8Mb on aliceBW from now to +20min.`);
  return net;
}

test("Figure 2: a reservation that fits only from time t is offered from t, and the offer is accepted", (t) => {
  const net = network();
  const asked = net.one("Alice: reserve(user=Alice) = 5Mb on aliceBW from now to +10min.");
  const { code, otherwise, shortage, blockers } = certificate(asked);
  t.is(code, "share-short");
  t.like(shortage, { kind: "share", name: "aliceBW", what: "max", at: NOW, excess: 3_000_000 });
  t.deepEqual(
    blockers.map(({ id }) => id),
    ["transfer"],
  );
  t.deepEqual(otherwise, ["reserve(user=Alice) = 5Mb on aliceBW from 2026-12-01T09:20:00Z to 2026-12-01T09:30:00Z."]);
  t.is(gist(net.one(`Alice: ${otherwise![0]!}`)), "accepted");
});

test("section 3, signal bars: good audio now, or good video in twenty minutes", (t) => {
  const net = network();
  const video = certificate(net.one("Alice: reserve(user=Alice) = 5Mb on aliceBW from now to +10min."));
  t.deepEqual(video.nearest, ["reserve(user=Alice) = 2Mb on aliceBW to 2026-12-01T09:10:00Z."]);
  t.is(gist(net.one(`Alice: ${video.nearest[0]!}`)), "accepted", "audio now");
  t.is(gist(net.one(`Alice: ${video.otherwise![0]!}`)), "accepted", "and video later");
});

test("a rejection says what is short, when, which requests fill it, and what would fit", (t) => {
  const lines = verdictText(network().one("Alice: reserve(user=Alice) = 5Mb on aliceBW from now to +10min.")).split(
    "\n",
  );
  t.deepEqual(lines.slice(0, 7), [
    "rejected: share `aliceBW` has no room for 5Mb: 2Mb of 10Mb is left at 2026-12-01T09:00:00Z [share-short]",
    "  blocked by reserve on aliceBW from 2026-12-01T09:00:00Z to 2026-12-01T09:20:00Z: transfer (test.pane:5:5)",
    "  share `aliceBW` is made at test.pane:3:5",
    "  for example: user=Alice at 2026-12-01T09:00:00Z, 13Mb in all",
    "  shares walked: aliceBW → rootShare",
    "  would be accepted: Alice: reserve(user=Alice) = 2Mb on aliceBW to 2026-12-01T09:10:00Z.",
    "  or instead: Alice: reserve(user=Alice) = 5Mb on aliceBW from 2026-12-01T09:20:00Z to 2026-12-01T09:30:00Z.",
  ]);
});

test("a partial reservation lowers its rate, and nothing else", (t) => {
  const net = network();
  const verdict = net.one("Alice: reserve(user=Alice) = 5Mb partial on aliceBW from now to +10min.");
  if (verdict.kind !== "partial") return t.fail();
  t.is(verdict.rate, 2_000_000);
  t.is(verdict.promise, "admitted, not guaranteed");
  t.deepEqual(verdict.pieces[0]!.interval, { start: NOW, end: NOW + 600 });
  t.is(gist(net.one("reserve(user=Alice) = 1b partial on aliceBW.")), "share-short", "nothing is left");
});

test("an endless reservation above the fill is rejected, a short one that the bucket bears is accepted", (t) => {
  const net = new Conversation();
  net.say("NewShare d for (*) [reserve <= 100b, reserveTBFill = 10b, reserveTBCapacity = 100b] on rootShare.");
  net.now += 100;
  t.is(gist(net.one("reserve(*) = 10b on d.")), "accepted", "as fast as it fills");
  t.is(gist(net.one('Cancel "reserve(*) = 10b on d.".')), "accepted");
  const forever = certificate(net.one("reserve(*) = 20b on d."));
  t.like(forever, { code: "share-short", shortage: { name: "d", what: "bucket", excess: Infinity } });
  t.deepEqual(forever.nearest, ["reserve(*) = 10b on d."]);
  t.is(gist(net.one("reserve(*) = 20b on d from now to +10s.")), "accepted", "the bucket has 100 bits");
  t.is(gist(net.one("reserve(*) = 1b on d from now to +10s.")), "share-short", "and now it has none");
});

test("what a reservation has drained stays drained when it is cancelled, removed or revoked", (t) => {
  for (const end of ["Cancel x.", "RemoveShare c cascade.", "Revoke c from root with requests."]) {
    const net = new Conversation();
    net.say(`
      NewShare p for (*) [reserve <= 100b, reserveTBFill = 1b, reserveTBCapacity = 100b] on rootShare.
      NewShare c for (*) [reserve <= 100b] on p.`);
    net.now += 100;
    net.say("@x reserve(*) = 11b on c from now to +10s.");
    t.is(gist(net.one("reserve(*) = 11b on p from +10s to +11s.")), "share-short");
    net.now += 5;
    t.is(gist(net.one(end)), "accepted");
    t.is(
      gist(net.one("reserve(*) = 52b on p from now to +1s.")),
      "share-short",
      `${end}: 50 bits are left, and one flows in`,
    );
    t.is(gist(net.one("reserve(*) = 51b on p from now to +1s.")), "accepted", end);
  }
});

test("a rolled-back reservation leaves no trace in the timelines", (t) => {
  const net = network();
  const transaction = net.admission.begin();
  t.is(gist(net.one("@x reserve(user=Alice) = 2Mb on aliceBW.")), "accepted");
  t.is(gist(net.one("Cancel transfer.")), "accepted");
  transaction.rollback();
  t.is(gist(net.one("reserve(user=Alice) = 3Mb on aliceBW.")), "share-short");
  t.is(gist(net.one("reserve(user=Alice) = 2Mb on aliceBW.")), "accepted");
});

test("a transaction that begins inside another, before that has done anything, does not close it", (t) => {
  for (const end of ["commit", "rollback"] as const) {
    const net = network();
    const outer = net.admission.begin();
    const inner = net.admission.begin();
    t.is(gist(net.one("@x reserve(user=Alice) = 2Mb on aliceBW.")), "accepted");
    inner[end]();
    outer.rollback();
    t.is(gist(net.one("reserve(user=Alice) = 2Mb on aliceBW.")), "accepted", `${end}: nothing of it stands`);
  }
});

test("a reservation is charged to all ancestors, and listed only in its own share", (t) => {
  const net = new Conversation();
  net.say(`
    NewShare p for (*) [reserve <= 10b] on rootShare.
    NewShare a for (*) [reserve <= 8b] on p.
    NewShare b for (*) [reserve <= 8b] on p.
    @mine reserve(*) = 6b on a.`);
  const { shortage, blockers, chain } = certificate(net.one("reserve(*) = 6b on b."));
  t.like(shortage, { name: "p", what: "max", excess: 2 });
  t.deepEqual(chain, ["b", "p", "rootShare"]);
  t.deepEqual(
    blockers.map(({ id, share }) => [id, share]),
    [["mine", "a"]],
  );
  t.deepEqual([...net.admission.state.accepted.inShare(net.admission.state.tree.get("p")!)], []);
});

test("of a limit and a higher reservation of the same flows the later one is rejected", (t) => {
  const net = network();
  const strict = certificate(net.one("limit(user=Alice) = 5Mb on aliceBW."));
  t.is(strict.code, "over-limit");
  t.deepEqual(strict.nearest, ["limit(user=Alice) = 8Mb on aliceBW."]);
  const partial = net.one("limit(user=Alice) = 5Mb partial on aliceBW.");
  t.is(partial.kind === "partial" && partial.rate, 8_000_000, "it takes the other's rate");
  t.is(gist(net.one("limit(user=Alice) = 5Mb on aliceBW from +20min.")), "accepted", "another time");
  const later = certificate(net.one("reserve(user=Alice) = 9Mb on aliceBW from +20min to +30min."));
  t.is(later.code, "over-limit");
  t.deepEqual(later.nearest, [
    "reserve(user=Alice) = 5Mb on aliceBW from 2026-12-01T09:20:00Z to 2026-12-01T09:30:00Z.",
  ]);
});

test("a limit outside the share's cap and floor is rejected with the nearest bound as proposal", (t) => {
  const net = new Conversation();
  net.say("NewShare s for (*) [limit <= 10Mb, limit >= 1Mb] on rootShare.");
  const above = certificate(net.one("limit(*) = 11Mb on s."));
  t.is(above.reason, "share `s` limits to at most 10Mb, not to 11Mb");
  t.deepEqual(above.nearest, ["limit(*) = 10Mb on s."]);
  t.deepEqual(certificate(net.one("limit(*) = 500kb on s.")).nearest, ["limit(*) = 1Mb on s."]);
  t.is(gist(net.one("limit(*) = 1Mb on s.")), "accepted");
});

const WIRED = `
  switch(s1, "1"). switch(s2, "2"). switch(s3, "3").
  link(s1, 9, s2, 8, 20Mb). link(s2, 9, s3, 8, 20Mb).
  host_ip(a, 10.0.0.1). host_at(a, s1, 1). port_rate(s1, 1, 100Mb).
  host_ip(b, 10.0.0.2). host_at(b, s3, 1). port_rate(s3, 1, 100Mb).
  host_ip(ids, 10.0.0.9). host_mac(ids, 02:00:00:00:00:09). host_at(ids, s2, 1). port_rate(s2, 1, 100Mb).`;

/** A network with a topology. */
function wired(): Conversation {
  return new Conversation(NOW, modelOf(WIRED, { trace: false }));
}

test("a reservation on a known path is guaranteed, and a rejection names the link that is short", (t) => {
  const net = wired();
  net.say("NewShare s for (*) [reserve <= 50Mb] on rootShare.");
  const first = net.one("@one reserve(srcHost=10.0.0.1, dstHost=10.0.0.2) = 15Mb on s from now to +1h.");
  t.is(first.kind === "accepted" && first.promise, "guaranteed");
  const { code, reason, shortage, nearest, otherwise, blockers } = certificate(
    net.one("reserve(srcHost=10.0.0.1, dstHost=10.0.0.2, dstPort=80) = 6Mb on s from now to +1h."),
  );
  t.is(code, "link-short");
  t.like(shortage, { kind: "link", name: "s1:9>s2:8", what: "max", excess: 1_000_000 });
  t.is(reason, "link `s1:9>s2:8` has no room for 6Mb: 5Mb of 20Mb is left at 2026-12-01T09:00:00Z");
  t.deepEqual(
    blockers.map(({ id }) => id),
    ["one"],
  );
  for (const offer of [...nearest, ...otherwise!]) t.is(gist(net.one(offer)), "accepted", offer);
  const elsewhere = net.one("reserve(srcHost=10.0.0.1, dstHost=10.0.0.9) = 1Mb on s from +3h to +4h.");
  t.is(gist(elsewhere), "accepted", "the path to another host shares a link only until then");
  net.say("waypoint(srcHost=10.0.0.1, dstPort=22) = ids on rootShare.");
  const steered = net.one("reserve(srcHost=10.0.0.1, dstHost=10.0.0.2) = 1Mb on s from +3h to +4h.");
  t.is(
    steered.kind === "accepted" && steered.promise,
    "guaranteed at the edge",
    "a part of it is steered, and its path is not known",
  );
  const unknown = net.one("reserve(dstPort=80) = 1Mb on s from +3h to +4h.");
  t.is(unknown.kind === "accepted" && unknown.promise, "admitted, not guaranteed");
});

test("waypoint and avoid need nodes that the share grants, and a path that is left", (t) => {
  const net = wired();
  net.say("NewShare s for (*) [waypoint = {ids, s2}, avoid = {s2}] on rootShare.");
  const flows = "(srcHost=10.0.0.1, dstHost=10.0.0.2)";
  t.is(gist(net.one(`@way waypoint${flows} = ids on s.`)), "accepted");
  t.is(certificate(net.one(`avoid${flows} = s3 on s.`)).reason, "share `s` grants no `avoid` of `s3`, only of `s2`");
  const { code, reason } = certificate(net.one(`avoid${flows} = s2 on rootShare.`));
  t.is(code, "no-path");
  t.is(
    reason,
    "there is no path from `a` at s1:1 to `b` at s3:1 that avoids `s2`: every way from `s1` to `s3` crosses `s2`",
  );
  net.say("Cancel way.");
  t.is(gist(net.one("@around avoid(srcHost=10.0.0.1, dstHost=10.0.0.9) = s3 on rootShare.")), "accepted");
  const both = certificate(net.one("waypoint(srcHost=10.0.0.1) = s3 on rootShare."));
  t.is(both.code, "conflict");
  t.deepEqual(
    both.blockers.map(({ id }) => id),
    ["around"],
  );
});

test("limits and reservations become derived rules in their own stages, with their rates", (t) => {
  const net = network();
  net.say("@slow limit(user=Alice) = 9Mb on aliceBW from +1min to +2min.");
  const rulesAt = (at: number) =>
    net.admission.derived
      .active(at)
      .map(({ statement, stage, effect, rate, end }) => [statement, stage, effect, rate, end - NOW]);
  t.deepEqual(rulesAt(NOW), [["transfer", "reserve", "reserve", 8_000_000, 1200]]);
  t.deepEqual(rulesAt(NOW + 60), [
    ["slow", "limit", "limit", 9_000_000, 120],
    ["transfer", "reserve", "reserve", 8_000_000, 1200],
  ]);
  t.deepEqual(rulesAt(NOW + 1200), []);
});

test("the changes to come, in order of time, add up to the rules in force at each instant", (t) => {
  const net = network();
  net.say(`
    @slow limit(user=Alice) = 9Mb on aliceBW from +1min to +20min.
    @open allow(user=Alice) on rootShare from +1min to +2min.
    @gone limit(user=Alice) = 8500kb on aliceBW from +90s to +95s.
    Cancel gone.`);
  const { admission } = net;
  const key = ({ statement, stage, end }: { statement: string; stage: string; end: number }): string =>
    `${statement} ${stage} until +${end - NOW}`;
  const held = new Set(admission.derived.active(NOW).map(key));
  const steps: [number, string[], string[]][] = [];
  for (const { instant, added, removed } of admission.derived.changes(NOW, NOW + 86_400)) {
    steps.push([instant - NOW, added.map(key), removed.map(key)]);
  }
  t.deepEqual(steps, [
    [60, ["open admission until +120", "slow limit until +1200"], []],
    [120, [], ["open admission until +120"]],
    [1200, [], ["slow limit until +1200", "transfer reserve until +1200"]],
  ]);
  for (const [after, added, removed] of steps) {
    for (const one of removed) held.delete(one);
    for (const one of added) held.add(one);
    t.deepEqual(
      [...held].toSorted(),
      admission.derived
        .active(NOW + after)
        .map(key)
        .toSorted(),
    );
  }
});

test("limits and reservations in a policy are admitted like requests", (t) => {
  const { admission, diagnostics } = compileFile(`
    NewShare s for (*) [reserve <= 10Mb, limit <= 10Mb] on rootShare.
    policy p on share s {
      @slow limit(9Mb) <= dstPort in 80.
      @kept reserve(8Mb) <= dstPort in 80.
      @more reserve(8Mb) <= dstPort in 443.
    }
    @little reserve(dstPort=443) = 2Mb on s.`);
  t.deepEqual(
    diagnostics.map(({ code, message }) => [code, message.slice(0, 50)]),
    [
      ["N754", "not guaranteed, because no fact says what switches"],
      ["E741", "share `s` has no room for 8Mb: 2Mb of 10Mb is left"],
    ],
  );
  t.deepEqual(
    admission.derived.active(NOW).map(({ statement, effect, rate }) => [statement, effect, rate]),
    [
      ["little", "reserve", 2_000_000],
      ["p.kept", "reserve", 8_000_000],
      ["p.slow", "limit", 9_000_000],
    ],
  );
});

test("the proposal for a child of a share that may reserve nothing has no bounds on reservations", (t) => {
  const net = new Conversation();
  net.say("NewShare a for (*) [allow = True] on rootShare.");
  const { nearest } = certificate(net.one("NewShare d for (*) [allow = True, reserve <= 6b, reserve >= 2b] on a."));
  t.deepEqual(nearest, ["NewShare d for (*) [allow = True] on a."]);
  t.is(gist(net.one(nearest[0]!)), "accepted");
});

test("every offer of a rejected reservation is accepted when it is submitted", (t) => {
  const booking = fc.record({
    rate: fc.integer({ min: 1, max: 12 }),
    from: fc.integer({ min: 0, max: 40 }),
    lasting: fc.integer({ min: 1, max: 30 }),
    on: fc.constantFrom("p", "c"),
    to: fc.constantFrom("b", "ids"),
  });
  let offered = 0;
  fc.assert(
    fc.property(fc.array(booking, { minLength: 3, maxLength: 15 }), (bookings) => {
      const net = new Conversation(NOW, modelOf(WIRED.replaceAll("20Mb", "9b"), { trace: false }));
      net.say(`
        NewShare p for (*) [reserve <= 10b, reserveTBFill = 5b, reserveTBCapacity = 40b] on rootShare.
        NewShare c for (*) [reserve <= 8b, reserveTBFill = 3b, reserveTBCapacity = 20b] on p.`);
      const addresses = { b: "10.0.0.2", ids: "10.0.0.9" } as const;
      for (const { rate, from, lasting, on, to } of bookings) {
        const flows = `(srcHost=10.0.0.1, dstHost=${addresses[to as "b"]})`;
        const verdict = net.one(`reserve${flows} = ${rate}b on ${on} from +${from}s to +${from + lasting}s.`);
        if (verdict.kind !== "rejected") continue;
        const { nearest, otherwise = [] } = verdict.certificate;
        for (const text of [...nearest, ...otherwise]) {
          offered++;
          const transaction = net.admission.begin();
          t.is(gist(net.one(text)), "accepted", text);
          transaction.rollback();
        }
      }
    }),
    { numRuns: 60, seed: 3 },
  );
  t.true(offered > 100);
});

test("without a topology a reservation is admitted, but not guaranteed", (t) => {
  const admission = admissionFor();
  const [statement] = modelOf("reserve(*) = 1Mb on rootShare.").statements;
  const verdict = admission.submit(statement!, NOW);
  t.is(verdict.kind === "accepted" && verdict.promise, "admitted, not guaranteed");
});

test("where a share has no bound, the shortage is that of counting, and no `0b of unbounded is left`", (t) => {
  const net = network();
  const { reason } = certificate(net.one(`reserve(dstPort=80) = ${Number.MAX_SAFE_INTEGER}b on rootShare.`));
  t.is(
    reason,
    "share `rootShare` has no room for 9007199254740.991kb: its reservations together are counted up to 9007199254740.991kb, and 8Mb are too many at 2026-12-01T09:00:00Z",
  );
});
