/** Reservations of flows that are steered: the links that they are charged to, and what may be promised of them. */
import test from "ava";
import { verdictJson, verdictText } from "../../explain/index.ts";
import {
  Conversation,
  NOW,
  codesOf,
  compileFile,
  gist,
  modelOf,
  promise,
  standingPromise,
} from "../testing/networks.ts";

/** The direct link from a to c has 5 Mb, the path through s2, where ids is, 20 Mb. */
const TRIANGLE = `
  switch(s1, 1). switch(s2, 2). switch(s3, 3).
  link(s1, 10, s2, 10, 20Mb). link(s2, 11, s3, 11, 20Mb). link(s1, 12, s3, 12, 5Mb).
  port_rate(s1, 1, 100Mb). port_rate(s2, 1, 100Mb). port_rate(s3, 1, 100Mb). port_rate(s2, 2, 100Mb).
  host_ip(a, 10.0.0.1). host_at(a, s1, 1).
  host_ip(b, 10.0.0.2). host_mac(b, 02:00:00:00:00:02). host_at(b, s2, 1).
  host_ip(c, 10.0.0.3). host_at(c, s3, 1).
  host_ip(ids, 10.0.0.4). host_mac(ids, 02:00:00:00:00:04). host_at(ids, s2, 2).`;

const AC = "srcHost=10.0.0.1, dstHost=10.0.0.3";

const triangle = (): Conversation => new Conversation(NOW, modelOf(TRIANGLE, { trace: false }));

const linksOf = (net: Conversation, id: string): readonly string[] =>
  net.admission.state.accepted.get(id)!.charge!.places.flatMap(({ kind, name }) => (kind === "link" ? [name] : []));

test("a reservation of steered flows is charged to the links of their path", (t) => {
  const net = triangle();
  t.is(promise(net.one(`reserve(${AC}) = 6Mb on rootShare.`)), "link-short", "directly there are 5 Mb");
  net.say(`@w waypoint(${AC}) = ids on rootShare.`);
  t.is(promise(net.one(`@r reserve(${AC}) = 6Mb on rootShare.`)), "guaranteed");
  t.true(linksOf(net, "r").includes("s1:10>s2:10"));
  t.true(linksOf(net, "r").includes("s2:11>s3:11"));
  t.false(linksOf(net, "r").includes("s1:12>s3:12"));
  const more = net.one(`reserve(${AC}, transport=TCP) = 15Mb on rootShare.`);
  t.is(gist(more), "link-short");
  t.is(more.kind === "rejected" && more.certificate.shortage!.name, "s1:10>s2:10");
});

test("a reservation of flows with an avoid is charged to the path around it", (t) => {
  const net = triangle();
  net.say("avoid(srcHost=10.0.0.1, dstHost=10.0.0.2) = s3 on rootShare.");
  t.is(promise(net.one("@r reserve(srcHost=10.0.0.1, dstHost=10.0.0.2) = 6Mb on rootShare.")), "guaranteed");
});

test("a reservation of flows that are steered for a part of its time is not guaranteed", (t) => {
  for (const way of [
    `waypoint(${AC}) = ids on rootShare from now to +1h.`,
    `waypoint(${AC}) = ids on rootShare from +1h to +2h.`,
  ]) {
    const net = triangle();
    t.is(gist(net.one(way)), "accepted");
    t.is(promise(net.one(`reserve(${AC}) = 4Mb on rootShare.`)), "admitted, not guaranteed", way);
  }
  const net = triangle();
  net.say(`waypoint(${AC}) = ids on rootShare from now to +1h.`);
  t.is(promise(net.one(`reserve(${AC}) = 6Mb on rootShare from now to +1h.`)), "guaranteed", "all of its time");
  t.is(promise(net.one(`reserve(${AC}) = 5Mb on rootShare from +1h to +2h.`)), "guaranteed", "and after it");
});

test("a reservation whose flows take different paths is charged to all of them", (t) => {
  const net = triangle();
  net.say(`@w waypoint(${AC}, dstPort=80) = ids on rootShare.`);
  t.is(promise(net.one(`@r reserve(${AC}) = 4Mb on rootShare.`)), "guaranteed");
  t.deepEqual(linksOf(net, "r").slice(1, -1), [">s2:2", "s1:10>s2:10", "s1:12>s3:12", "s2:11>s3:11", "s2:2>"]);
  t.is(promise(net.one(`reserve(${AC}, transport=UDP) = 6Mb on rootShare.`)), "link-short", "directly there are 5 Mb");
  t.deepEqual(codesOf(net.one("Cancel w.")), ["W703"]);
  const both = triangle();
  const parts = `@t waypoint(${AC}, transport=TCP) = ids on rootShare. @u waypoint(${AC}, transport=UDP) = b on rootShare.`;
  both.say(parts);
  t.is(promise(both.one(`@r reserve(${AC}, transport={TCP, UDP}) = 6Mb on rootShare.`)), "guaranteed");
  t.false(linksOf(both, "r").includes("s1:12>s3:12"));
  t.deepEqual(codesOf(both.one("Cancel u.")), ["W703"], "now only some are steered");
});

test("a reservation of fragments that pass several waypoints is not guaranteed", (t) => {
  const net = triangle();
  net.say(`waypoint(${AC}, dstPort=80) = ids on rootShare. waypoint(${AC}, dstPort=22) = b on rootShare.`);
  t.is(promise(net.one(`reserve(${AC}) = 1Mb on rootShare.`)), "admitted, not guaranteed");
  t.is(
    promise(net.one(`reserve(${AC}, dstPort={80, 22}) = 6Mb on rootShare.`)),
    "guaranteed",
    "flows with a port hold no fragments",
  );
});

test("a reservation inside a larger one is not guaranteed, because they share a queue", (t) => {
  const net = triangle();
  t.is(promise(net.one("@any reserve(srcHost=10.0.0.1) = 3Mb on rootShare.")), "guaranteed at the edge");
  t.is(
    promise(net.one(`@r reserve(${AC}) = 2Mb on rootShare.`)),
    "admitted, not guaranteed",
    "its flows are in the larger one's queue",
  );
  t.is(
    promise(net.one("reserve(srcHost=10.0.0.1, dstPort=80) = 1Mb on rootShare.")),
    "admitted, not guaranteed",
    "and others of its flows wait in the same queue",
  );
  t.is(promise(net.one(`@l reserve(${AC}, transport=UDP) = 3.5Mb on rootShare.`)), "link-short");
  net.say("Cancel any.");
  t.is(standingPromise(net, "r"), "guaranteed");
  t.deepEqual(codesOf(net.one("@less reserve(srcHost=10.0.0.1) = 1Mb on rootShare.")), [], "smaller");
  const later = net.one("@more reserve(srcHost=10.0.0.1, transport=TCP) = 4Mb on rootShare.");
  t.deepEqual(codesOf(later), ["W705"]);
  t.regex(verdictText(later), /no longer guaranteed, because this holds flows of theirs.*: `r`/);
  t.is(standingPromise(net, "r"), "admitted, not guaranteed");
  t.deepEqual(codesOf(net.one(`reserve(${AC}, transport=TCP) = 2.5Mb on rootShare.`)), ["N704"]);
});

test("flows steered to any destination are guaranteed at the edge: after the waypoint they go as all others", (t) => {
  const net = triangle();
  net.say("waypoint(srcHost=10.0.0.1) = ids on rootShare.");
  t.is(promise(net.one(`reserve(${AC}) = 6Mb on rootShare.`)), "guaranteed at the edge");
});

test("a later waypoint ends the guarantee of the reservation whose flows it steers, and names it", (t) => {
  const net = triangle();
  t.is(promise(net.one(`@r reserve(${AC}) = 4Mb on rootShare.`)), "guaranteed");
  t.deepEqual(codesOf(net.one("waypoint(srcHost=10.0.0.2) = s3 on rootShare.")), [], "other flows");
  t.deepEqual(codesOf(net.one(`avoid(${AC}) = s2 on rootShare.`)), [], "they do not cross it");
  t.is(standingPromise(net, "r"), "guaranteed");
  net.say(`Cancel "avoid(${AC}) = s2 on rootShare.".`);
  const later = net.one(`@w waypoint(${AC}, dstPort=80) = ids on rootShare.`);
  t.deepEqual(codesOf(later), ["W703"]);
  t.is(verdictText(later), "accepted\n  no longer guaranteed, because flows are led another way now: `r`");
  t.deepEqual(
    (verdictJson(later) as { notes: { code: string }[] }).notes.map(({ code }) => code),
    ["W703"],
  );
  t.is(standingPromise(net, "r"), "admitted, not guaranteed");
  t.deepEqual(codesOf(net.one(`waypoint(${AC}) = ids on rootShare.`)), [], "it ended before");
  net.say(`Cancel "waypoint(${AC}) = ids on rootShare.".`);
  net.say("Cancel w.");
  t.is(standingPromise(net, "r"), "guaranteed", "they are back on the links they are charged to");
});

test("the end of a waypoint ends the guarantee of the reservation whose flows it steered", (t) => {
  const net = triangle();
  net.say(`@w waypoint(${AC}) = ids on rootShare. @r reserve(${AC}) = 6Mb on rootShare.`);
  t.deepEqual(codesOf(net.one("Cancel w.")), ["W703"]);
  t.is(standingPromise(net, "r"), "admitted, not guaranteed");
});

test("the promises of a file hold beside all its statements", (t) => {
  const { outcomes, diagnostics } = compileFile(
    `${TRIANGLE} @r reserve(${AC}) = 4Mb on rootShare. @w waypoint(${AC}) = ids on rootShare.`,
  );
  t.deepEqual(
    outcomes.map(({ verdict }) => promise(verdict)),
    ["admitted, not guaranteed", undefined],
  );
  t.deepEqual(
    diagnostics.map(({ code }) => code),
    ["W703"],
  );
});

test("a reservation inside another of at least its rate gets a note that it adds nothing", (t) => {
  const net = triangle();
  net.say(`@r reserve(${AC}) = 2Mb on rootShare from now to +1h.`);
  const codesWithin = (text: string): readonly string[] => codesOf(net.one(`${text} on rootShare from now to +30min.`));
  t.deepEqual(codesWithin(`reserve(${AC}) = 2Mb`), ["N704"], "equal");
  t.deepEqual(codesWithin(`reserve(${AC}, transport=TCP) = 1Mb`), ["N704"], "smaller and inside");
  t.deepEqual(codesOf(net.one(`reserve(${AC}, transport=UDP) = 100kb on rootShare.`)), [], "longer");
  net.say("Cancel r.");
  const [last] = net.say(`reserve(${AC}, dstPort=80, transport=UDP) = 200kb on rootShare.`);
  t.false(codesOf(last!).includes("N704"), "larger");
});
