/** Statements decided one after the other: verdicts, certificates, and what they change. */
import test from "ava";
import { render } from "../flowgroup/index.ts";
import { subscribe } from "./subscribe.ts";
import { Conversation, NOW, RULE_DIAGNOSTICS, certificate, gist, modelOf } from "./testing/networks.ts";

/** A network with Alice, who speaks for `net0`, and a share `sub` below it. */
function network(): Conversation {
  const network = new Conversation();
  network.say(`
    AddUser Alice.
    NewShare net0 for (*) [allow = True, deny = True] on rootShare.
    NewShare sub for (*) [allow = True, deny = True] on net0.
    Grant net0 to Alice.`);
  return network;
}

test("the shipped rules parse without a diagnostic", (t) => {
  t.deepEqual(RULE_DIAGNOSTICS, []);
});

test("the seed's example: an allow of ports 1000-2000 conflicts with a denied 1024, and partial cuts it out", (t) => {
  const net = network();
  t.is(gist(net.one("@block deny(transport=TCP, dstPort=1024) on sub.")), "accepted");
  const strict = certificate(net.one("Alice: allow(transport=TCP, dstPort=1000-2000) on net0."));
  t.is(strict.code, "conflict");
  t.deepEqual(
    strict.blockers.map(({ id }) => id),
    ["block"],
  );
  t.is(strict.witness?.flow.dstPort, 1024);
  t.deepEqual(strict.chain, ["net0", "rootShare"]);
  t.deepEqual(strict.nearest, ["allow(transport=TCP, dstPort={1000-1023, 1025-2000}) on net0."]);
  t.is(strict.proof?.kind, "derived");

  const partial = net.one("Alice: allow(transport=TCP, dstPort=1000-2000) partial on net0.");
  t.is(partial.kind, "partial");
  t.deepEqual(partial.kind === "partial" && partial.pieces.map(({ flows }) => render(flows)), [
    "(transport=TCP, dstPort={1000-1023, 1025-2000})",
  ]);
});

test("the seed's rejected requests of section 4.2: the flowgroup must lie inside the share", (t) => {
  const net = new Conversation();
  net.say(`
    AddUser Alice.
    NewShare aliceBW for (user=Alice) [reserve <= 10Mb] on rootShare.
    NewShare aliceAC for (dstHost=10.0.0.2) [deny = True] on rootShare.
    Grant aliceBW to Alice.
    Grant aliceAC to Alice.`);
  const say = (text: string): string => gist(net.one(`Alice: ${text}`));
  t.is(say("deny(dstHost=10.0.0.2, srcHost=10.0.0.3) on aliceAC from now to +5min."), "accepted");
  t.is(say("deny(dstHost=10.0.0.4, srcHost=10.0.0.3) on aliceAC."), "outside-share");
  t.is(say("deny(srcHost=10.0.0.3) on aliceAC."), "outside-share");
  t.is(say("allow(dstHost=10.0.0.2) on aliceAC."), "no-privilege");
  t.is(say("allow(user=Alice) on aliceBW."), "no-privilege");
  t.is(gist(net.one("deny(dstHost=10.0.0.2) on aliceAC.")), "accepted", "the creator is the first speaker");
  t.is(gist(net.one("Bob: deny(dstHost=10.0.0.2) on aliceAC.")), "not-a-speaker");
});

test("only root adds and removes users, each once, and root itself stays", (t) => {
  const net = new Conversation();
  t.is(gist(net.one("AddUser Alice.")), "accepted");
  t.is(gist(net.one("AddUser Alice.")), "user-exists");
  t.is(gist(net.one("AddUser root.")), "user-exists");
  t.is(gist(net.one("Alice: AddUser Bob.")), "not-root");
  t.is(gist(net.one("Alice: RemoveUser Alice.")), "not-root");
  t.is(gist(net.one("RemoveUser Bob.")), "unknown-user");
  t.is(gist(net.one("RemoveUser root.")), "root-stays");
  t.is(gist(net.one("Grant rootShare to Alice.")), "accepted");
  t.is(gist(net.one("Alice: Revoke rootShare from root.")), "root-stays");
  t.is(gist(net.one("RemoveUser Alice.")), "accepted");
  t.is(gist(net.one("Alice: allow(*) on rootShare.")), "not-a-speaker", "a removed user speaks for nothing");
  t.is(gist(net.one("AddUser Alice.")), "accepted");
  t.is(
    gist(net.one("Alice: allow(*) on rootShare.")),
    "not-a-speaker",
    "a user who is added again does not get it back",
  );
});

test("GrantDefault covers users added later, and no name that is not a user", (t) => {
  const net = network();
  t.is(gist(net.one("Alice: GrantDefault net0.")), "accepted");
  t.is(gist(net.one("Bob: allow(dstPort=80) on net0.")), "not-a-speaker");
  net.say("AddUser Bob.");
  t.is(gist(net.one("Bob: allow(dstPort=80) on net0.")), "accepted");
});

test("a speaker of an ancestor does not speak for a descendant, but can remove it and cancel its requests", (t) => {
  const net = new Conversation();
  net.say(`
    AddUser Alice. AddUser Bob. AddUser Eve.
    NewShare a for (*) [deny = True] on rootShare.
    Grant a to Alice.
    Alice: NewShare b for (*) [deny = True] on a.
    Alice: Grant b to Bob.
    Alice: Revoke b from Alice.
    @mine Bob: deny(dstPort=80) on b.`);
  t.is(gist(net.one("Alice: deny(dstPort=81) on b.")), "not-a-speaker");
  t.is(gist(net.one("Eve: Cancel mine.")), "may-not-cancel");
  t.is(gist(net.one("Alice: Cancel mine.")), "accepted");
  t.is(gist(net.one("Alice: Cancel mine.")), "unknown-request");
  t.is(gist(net.one("Bob: RemoveShare b.")), "not-a-speaker", "its own speaker may not remove it");
  t.is(gist(net.one("Alice: RemoveShare b.")), "accepted");
  t.is(gist(net.one("Bob: deny(dstPort=81) on b.")), "unknown-share");
});

test("RemoveShare of a share with content is rejected and lists it, and `cascade` removes it too", (t) => {
  const net = network();
  net.say("@inner deny(dstPort=80) on sub. @own allow(dstPort=81) on net0.");
  const refused = certificate(net.one("RemoveShare net0."));
  t.is(refused.code, "not-empty");
  t.deepEqual(
    refused.blockers.map(({ id, kind }) => [kind, id]),
    [
      ["share", "sub"],
      ["allow", "own"],
    ],
  );
  t.deepEqual(refused.nearest, ["RemoveShare net0 cascade."]);
  t.is(gist(net.one("RemoveShare rootShare cascade.")), "root-stays");
  t.is(gist(net.one("RemoveShare net0 cascade.")), "accepted");
  t.deepEqual(net.admission.derived.active(NOW), []);
  t.is(gist(net.one("NewShare sub for (*) [deny = True] on rootShare.")), "accepted", "the names are free again");
  t.is(gist(net.one("@inner deny(dstPort=80) on sub.")), "accepted");
});

test("Revoke keeps accepted requests, and `with requests` removes them", (t) => {
  const net = network();
  net.say("@one Alice: allow(dstPort=80) on net0. @other allow(dstPort=81) on net0.");
  t.is(gist(net.one("Revoke net0 from Eve.")), "not-granted");
  net.say("Revoke net0 from Alice.");
  t.is(gist(net.one("Alice: allow(dstPort=82) on net0.")), "not-a-speaker");
  t.is(net.admission.derived.active(NOW).length, 2);
  net.say("Grant net0 to Alice. Revoke net0 from Alice with requests.");
  t.deepEqual(
    net.admission.derived.active(NOW).map(({ statement }) => statement),
    ["other"],
  );
});

test("other branches and descendants conflict, ancestors do not, and a deny tightens its own share", (t) => {
  const net = new Conversation();
  net.say(`
    NewShare a for (*) [allow = True, deny = True] on rootShare.
    NewShare b for (*) [allow = True, deny = True] on rootShare.
    NewShare a1 for (*) [allow = True, deny = True] on a.
    @d deny(dstPort=1) on a.`);
  t.is(gist(net.one("allow(dstPort=1) on b.")), "conflict", "another branch");
  t.is(gist(net.one("allow(dstPort=1) on rootShare.")), "conflict", "a share below");
  t.is(gist(net.one("allow(dstPort=1) on a.")), "conflict", "the share itself");
  t.is(gist(net.one("allow(dstPort=1) on a1.")), "accepted", "delegation overrides the share above");
  t.is(gist(net.one("deny(dstPort=1) on a1.")), "accepted", "a deny tightens its own share");
  t.is(gist(net.one("deny(dstPort=1) on b.")), "conflict", "an allow in another branch blocks a deny");
});

test("a strict request conflicts only where the times meet (the prototype ignored time)", (t) => {
  const net = network();
  net.say("deny(dstPort=80) on sub from +1h to +2h.");
  t.is(gist(net.one("allow(dstPort=80) on net0 to +1h.")), "accepted", "[start, end) does not hold its end");
  t.is(gist(net.one("allow(dstPort=80) on net0 from +2h.")), "accepted");
  const refused = certificate(net.one("allow(dstPort=80) on net0 from +30min to +90min."));
  t.is(refused.code, "conflict");
  t.is(refused.witness?.instant, NOW + 3600);
  t.deepEqual(refused.nearest, ["allow(dstPort=80) on net0 from 2026-12-01T09:30:00Z to 2026-12-01T10:00:00Z."]);
});

test("a partial grant is cut only for the time of the conflict, and stays cut when the blocker is cancelled", (t) => {
  const net = network();
  net.say("@d deny(dstPort=80) on sub from +1h to +2h.");
  const granted = net.one("@p allow(dstPort={80, 443}) partial on net0 from now to +3h.");
  t.is(granted.kind, "partial");
  t.deepEqual(
    granted.kind === "partial" && granted.pieces.map(({ interval }) => [interval.start - NOW, interval.end - NOW]),
    [
      [0, 3 * 3600],
      [0, 3600],
      [2 * 3600, 3 * 3600],
    ],
  );
  net.say("Cancel d.");
  const active = net.admission.derived.active(NOW + 5400);
  t.deepEqual(
    active.map(({ statement }) => statement),
    ["p"],
  );
});

test("a request that has ended frees its place, and does not come back when the clock does", (t) => {
  const net = network();
  net.say("@d deny(dstPort=80) on sub to +1h.");
  t.is(gist(net.one("allow(dstPort=80) on net0 to +2h.")), "conflict");
  net.now += 3600;
  t.is(gist(net.one("@a allow(dstPort=80) on net0 to +2h.")), "accepted");
  t.deepEqual(
    net.admission.derived.active(net.now).map(({ statement }) => statement),
    ["a"],
  );
  net.now -= 1800;
  t.is(gist(net.one("Cancel d.")), "unknown-request", "a clock that jumps back revives nothing");
});

test("a request that starts in the past or whose time is empty is rejected", (t) => {
  const net = network();
  const past = certificate(net.one("allow(dstPort=80) on net0 from 2026-12-01T08:00:00Z to +1h."));
  t.is(past.code, "starts-in-the-past");
  t.deepEqual(past.nearest, ["allow(dstPort=80) on net0 to 2026-12-01T10:00:00Z."]);
  t.is(gist(net.one("allow(dstPort=80) on net0 from +2h to +1h.")), "empty-time");
});

test("for a misspelt share or user the proposal names the nearest known one", (t) => {
  const net = network();
  t.deepEqual(certificate(net.one("Alice: allow(dstPort=80) on nte0.")).nearest, ["allow(dstPort=80) on net0."]);
  t.deepEqual(certificate(net.one("Grant net0 to Alcie.")).nearest, ["Grant net0 to Alice."]);
  t.deepEqual(certificate(net.one("Alice: allow(dstPort=80) on somewhere.")).nearest, []);
});

test("bounds on requests and entries count a share with all below it, and a child may not state higher ones", (t) => {
  const net = new Conversation();
  net.say(`
    NewShare a for (*) [allow = True, requests <= 2, entries <= 8] on rootShare.
    NewShare b for (*) [allow = True] on a.
    allow(dstPort=1) on a.`);
  t.is(gist(net.one("allow((dstPort=1) or (srcPort=2) or (srcHost=10.0.0.1)) on b.")), "too-many-entries");
  t.is(gist(net.one("allow(dstPort=2) on b.")), "accepted");
  t.is(gist(net.one("allow(dstPort=3) on b.")), "too-many-requests");
  t.is(gist(net.one("NewShare c for (*) [allow = True, requests <= 3] on a.")), "too-permissive");
});

test("a bound on entries counts what a flowgroup lists: each further range, prefix or name of a cube", (t) => {
  const net = new Conversation();
  net.say("NewShare a for (*) [allow = True, deny = True, entries <= 7] on rootShare.");
  // One cube, of two prefixes, three ports and two transports: 1 + 1 + 2 + 1.
  const listed = "(srcHost={10.0.0.0/24, 10.0.9.0/24}, dstPort={1, 3, 5}, transport={TCP, SCTP})";
  t.is(gist(net.one(`@one deny${listed} on a.`)), "accepted");
  // Without an address they are of both families, and ports alone are those of three transports.
  t.is(gist(net.one("deny(dstPort=7) on a.")), "too-many-entries");
  t.is(gist(net.one("deny(ethType=IPv4, transport=UDP, dstPort={7, 9, 11}) on a.")), "too-many-entries");
  t.is(gist(net.one("deny(ethType=IPv4, transport=UDP, dstPort={7, 9}) on a.")), "accepted");
  t.is(gist(net.one("deny(ethType=IPv4, transport=UDP, dstPort=13) on a.")), "too-many-entries");
  t.is(gist(net.one("Cancel one.")), "accepted");
  t.is(gist(net.one(`deny${listed} on a.`)), "accepted");
});

test("identical requests are all accepted, but a label names one request only", (t) => {
  const net = network();
  t.is(gist(net.one("allow(dstPort=80) on net0.")), "accepted");
  t.is(gist(net.one("allow(dstPort=80) on net0.")), "accepted");
  t.is(net.admission.derived.active(NOW).length, 2);
  t.is(gist(net.one("@web allow(dstPort=80) on net0.")), "accepted");
  t.is(gist(net.one("@web allow(dstPort=443) on net0.")), "label-in-use");
});

test("a network's own rule rejects with its words as the reason, and with a proof", (t) => {
  const rules = `reject(Q, "no requests at night") <= request(Q, _, _, _), starts(Q, T), hour(T, H), H < 6.`;
  const net = new Conversation(NOW, modelOf(rules));
  t.is(gist(net.one("allow(dstPort=80) on rootShare.")), "accepted");
  const refused = certificate(net.one("allow(dstPort=80) on rootShare from +16h."));
  t.is(refused.code, "own-rule");
  t.is(refused.reason, "refused by a rule of this network: no requests at night");
  t.is(refused.proof?.kind, "derived");
});

test("the rules of policies/README.md hold beside user facts that are called like admission's relations", (t) => {
  const model = modelOf(`
    contractor("Eve"). operator("root"). parent(a, b, c). node(c). ends(X) <= parent(_, _, X), node(X). last(X) <= ends(X).
    reject(Q, "contractors ask their manager") <= request(Q, Who, "allow", _), contractor(Who).
    reject(Q, "shares are made by operations") <= new_share(Q, Who, _, _), not operator(Who).`);
  const net = new Conversation(NOW, model);
  net.say("AddUser Eve. Grant rootShare to Eve.");
  const why = (text: string): string | undefined => {
    const verdict = net.one(text);
    return verdict.kind === "rejected" ? verdict.certificate.reason : undefined;
  };
  t.is(why("Eve: allow(dstPort=80) on rootShare."), "refused by a rule of this network: contractors ask their manager");
  t.is(why("Eve: deny(dstPort=80) on rootShare."), undefined);
  t.is(
    why("Eve: NewShare s for (*) [] on rootShare."),
    "refused by a rule of this network: shares are made by operations",
  );
  t.is(why("NewShare s for (*) [] on rootShare."), undefined);
});

test("a rejection changes no fact", (t) => {
  const net = network();
  const before = net.admission.engine.query("accepted", [undefined, undefined, undefined, undefined]);
  for (const text of ["allow(*) on nowhere.", "Eve: allow(*) on net0.", "NewShare net0 for (*) [] on rootShare."]) {
    t.is(net.one(text).kind, "rejected");
  }
  t.deepEqual(net.admission.engine.query("accepted", [undefined, undefined, undefined, undefined]), before);
  t.deepEqual(net.admission.engine.query("request", [undefined, undefined, undefined, undefined]), []);
});

test("a subscriber gets each change of the derived rules when it happens", (t) => {
  const net = network();
  net.say("@one allow(dstPort=80) on net0.");
  const seen: string[] = [];
  const stop = subscribe(net.admission, ({ added, removed }) => {
    seen.push(
      `+${added.map(({ statement }) => statement).join()} -${removed.map(({ statement }) => statement).join()}`,
    );
  });
  net.say("@two allow(dstPort=81) on net0 to +1h. @later allow(dstPort=82) on net0 from +30min.");
  net.now += 1800;
  net.say("Cancel one.");
  net.admission.advance(net.now + 1800);
  stop();
  net.say("@three allow(dstPort=83) on net0 from +2h.");
  t.deepEqual(seen, ["+one -", "+two -", "+later -", "+ -one", "+ -two"]);
});

test("a share granted to everybody cannot be revoked from one user alone, and a note says so after a Revoke", (t) => {
  const net = network();
  net.say("AddUser Al. NewShare s for (*) [allow = True, deny = True] on rootShare. GrantDefault s.");
  const refused = certificate(net.one("Revoke s from Al."));
  t.is(refused.code, "open-to-all");
  t.is(
    refused.reason,
    "share `s` is granted to everybody, so `Al` cannot be taken out alone and goes on speaking for it",
  );
  t.is(gist(net.one("Revoke s from Bo.")), "not-granted");
  net.say("Grant s to Al.");
  const revoked = net.one("Revoke s from Al.");
  t.is(revoked.kind, "accepted");
  t.deepEqual(revoked.kind === "accepted" && revoked.notes?.map(({ code, message }) => `${code} ${message}`), [
    "N711 `Al` goes on speaking for share `s`, because it is granted to everybody",
  ]);
  t.is(gist(net.one("Al: deny(srcPort=1) on s.")), "accepted");
});

test("a rejected NewShare names each bound that its parent lacks", (t) => {
  const net = network();
  net.say("NewShare s for (*) [deny = True] on rootShare.");
  const why = (rights: string): string => certificate(net.one(`NewShare t for (*) [${rights}] on s.`)).reason;
  const lead = "share `t` would hold more than its parent `s`: ";
  t.is(
    why("reserve <= 5Mb, limit <= 3Mb"),
    `${lead}\`reserve <= 5Mb\`, where the parent has none; \`limit <= 3Mb\`, where the parent has none`,
  );
  t.is(why("limit >= 1Mb"), `${lead}\`limit >= 1Mb\`, where the parent has none`);
  t.is(why("allow = True"), `${lead}\`allow\``);
});

test("a rejection names the tighter of a maximum and a bucket, so that a request for what is left is accepted", (t) => {
  const net = network();
  net.say(`NewShare bw for (*) [reserve <= 10Mb, reserveTBCapacity = 600Mb, reserveTBFill = 5Mb] on rootShare.
    reserve(dstPort=80) = 5Mb on bw.`);
  t.is(
    certificate(net.one("reserve(dstPort=81) = 6Mb on bw.")).reason,
    "share `bw` has no room for 6Mb: its bucket fills more slowly than it would be drained for ever",
  );
  net.say("NewShare flat for (*) [reserve <= 10Mb] on rootShare. reserve(dstPort=80) = 5Mb on flat.");
  t.regex(certificate(net.one("reserve(dstPort=81) = 6Mb on flat.")).reason, /5Mb of 10Mb is left/);
  t.is(gist(net.one("reserve(dstPort=81) = 5Mb on flat.")), "accepted");
});
