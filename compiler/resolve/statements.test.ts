/** Statements: what is refused, what is noted, and what each becomes. */
import test from "ava";
import { goldens } from "./testing/goldens.ts";

goldens(test, {
  "`hint` and `assert` cannot be compiled yet": {
    text: `default deny.
AddUser A.
hint(user=A) duration = 1h on rootShare.
assert deny (user=A).`,
    finds: [
      "E690 3:1 `hint` cannot be compiled yet | take it out: it would decide no packet",
      "E690 4:1 `assert` cannot be compiled yet | take it out: it would decide no packet",
    ],
  },
  "rates become bit/s and times seconds, and a request that has ended is noted": {
    text: `default deny.
host_ip(h, 10.0.0.1). user_host("A", h).
@call A: reserve(user=A) = 2.5Mb partial on rootShare from +10s to +70s.
@cap limit(user=A) = 10Mbps on rootShare to @4000.
@old reserve(user=A) = 64kb on rootShare from @500 to @2000.
@gone limit(user=A) = 1kb on rootShare from @500 to @600.
@past deny(*) on rootShare to @700.
@none deny(*) on rootShare to now.`,
    finds: [
      "N242 5:47 the start lies in the past; taken from now",
      "N243 6:53 this has ended; it has no effect",
      "N243 7:31 this has ended; it has no effect",
    ],
    statements: [
      "call — A: request (user=A) = 2.5Mb [1010, 1070)",
      "cap — root: request (user=A) = 10Mb [1000, 4000)",
      "old — root: request (user=A) = 64kb [1000, 2000) started before",
      "none — root: request (*) [1000, 1000)",
    ],
  },
  "a rate of zero or without a unit is an error": {
    text: `default deny.
reserve(*) = 0Mb on rootShare.
limit(*) = 0Mb on rootShare.
reserve(*) = 10 on rootShare.
policy p {
  reserve(0b) <= true.
  limit(0b) <= true.
}`,
    finds: [
      "E132 3:12 a limit of zero lets nothing through | write `deny` if that is meant",
      "E130 4:14 the rate `10` has no unit | write `10b`, `10kb`, `10Mb` or `10Gb`",
      "E132 7:9 a limit of zero lets nothing through | write `deny` if that is meant",
      "E248 2:14 a reservation of zero keeps nothing free | the least rate is `1b`",
      "E248 6:3 a reservation of zero keeps nothing free | the least rate is `1b`",
    ],
  },
  "rules may limit, reserve, waypoint and avoid, and those of a guard may only deny": {
    text: `default deny.
host_ip(h, 10.0.0.1). user_host("A", h).
switch(s1, 1).
host_at(ids, s1, 3).
policy p {
  @slow limit(1Mb) <= srcUser("A").
  @fast reserve(5Mb) <= srcUser("A").
  @seen waypoint(ids, s1) <= srcUser("A").
  @away avoid(s1) <= srcUser("A").
}
policy g as guard { limit(1Mb) <= true. deny <= true. }`,
    finds: [
      "E245 11:21 a guard can only deny | a rule that does anything else stands in a policy on a share | also 11:8",
    ],
    policies: [
      "p.slow → limit 1Mb",
      "  (user=A)",
      "p.fast → reserve 5Mb",
      "  (user=A)",
      "p.seen → waypoint ids, s1",
      "  (user=A)",
      "p.away → avoid s1",
      "  (user=A)",
      "g.deny <= true.",
      "  (*)",
    ],
  },
  "a node that is ambiguous, repeated or a variable is an error, and an unknown one is awaited": {
    text: `default deny.
switch(s1, 1). switch(s2, 2). switch(both, 3).
host_at(ids, s1, 3). host_ip(away, 10.0.0.9). host_at(both, s1, 4).
@good waypoint(*) = ids, s2 on rootShare.
waypoint(*) = idss on rootShare.
avoid(*) = S2 on rootShare.
waypoint(*) = ids, s1, ids on rootShare.
waypoint(*) = away on rootShare.
@off avoid(*) = away on rootShare.
avoid(*) = both on rootShare.
NewShare s for (*) [waypoint = {ids, x}, avoid = {away}] on rootShare.
policy p {
  waypoint(fw) <= true.
  avoid(Node) <= true.
}`,
    finds: [
      "W266 5:15 `idss` is a host that no fact names now | did you mean `ids`? it is taken for a host that is away until `host_at` says where it is",
      "E222 6:12 `S2` is neither a known host nor a known switch | did you mean `s2`?",
      "E228 7:24 `ids` stands twice in this list | name it once | also 7:15",
      "E223 10:12 `both` is both a host and a switch | call one of them by another name",
      "W266 11:38 `x` is a host that no fact names now | it is taken for a host that is away until `host_at` says where it is",
      "W266 13:12 `fw` is a host that no fact names now | it is taken for a host that is away until `host_at` says where it is",
      "E222 14:9 `Node` is neither a known host nor a known switch | a node is called by its name: variables cannot stand here",
    ],
    statements: [
      "good — root: request (*) = ids, s2 [1000, Infinity)",
      "waypoint(*) = idss on rootShare. — root: request (*) = idss [1000, Infinity)",
      "waypoint(*) = away on rootShare. — root: request (*) = away [1000, Infinity)",
      "off — root: request (*) = away [1000, Infinity)",
      "NewShare s for (*) [waypoint = {ids, x}, avoid = {away}] on rootShare. — root: NewShare (*)",
    ],
  },
  "a statement out of place is an error that says where it belongs": {
    text: `default deny.
Tick 10.
ListShares.
allow <= transport(tcp).
policy p { f(x). }
srcHost(x).`,
    finds: [
      "E240 2:1 `Tick` moves the clock of a trace; a policy has none | run it with `glazier replay`",
      "E241 3:1 a query is not part of a policy | take it out, and ask it with `glazier query ListShares.`",
      "E244 4:1 a verdict needs a policy around it | write it inside `policy NAME { … }`",
      "E247 5:12 `f` begins no rule of a policy | write the rules of a relation outside the policy",
      "E308 6:1 `srcHost` is a field of the flow and cannot be defined | a relation of rules has a name of its own; a policy asks for the field",
    ],
  },
  "a label used twice is an error, and a request made twice a warning": {
    text: `default deny.
AddUser A.
@x allow(user=A) on rootShare.
@x deny(user=A) on rootShare.
allow(dstPort=80) on rootShare.
allow( dstPort = 80 ) on rootShare.`,
    finds: [
      "E211 4:2 label `@x` is used twice | give one of them another label | also 3:1",
      "W212 6:1 this request was already made word for word | remove it, or give it a label of its own | also 5:1",
    ],
    statements: [
      "AddUser A. — root: AddUser",
      "x — root: request (user=A) [1000, Infinity)",
      "allow(dstPort=80) on rootShare. — root: request (dstPort=80) [1000, Infinity)",
      "allow(dstPort=80) on rootShare. #2 — root: request (dstPort=80) [1000, Infinity)",
    ],
  },
  "a second default verdict is an error": {
    text: `default deny.
default allow.`,
    finds: ["E213 2:1 the default verdict is stated twice | take one of them out | also 1:1"],
  },
  "without a default verdict a note says what holds": {
    text: `AddUser A.`,
    finds: [
      "N214 - no default is written: what nothing decides is allowed | write `default allow.` or `default deny.`",
    ],
  },
  "a past start becomes now, an ended request is dropped, and one that never begins is an error": {
    text: `default deny.
allow(dstPort=1) on rootShare from @500 to @2000.
allow(dstPort=2) on rootShare from @500 to @600.
allow(dstPort=3) on rootShare from +10s to +20s.
allow(dstPort=4) on rootShare from @3000 to @2000.
reserve(dstPort=5) = 1Mb on rootShare from forever.
allow(dstPort=6) on rootShare from forever to forever.`,
    finds: [
      "N242 2:36 the start lies in the past; taken from now",
      "N243 3:44 this has ended; it has no effect",
      "E254 6:44 what begins at `forever` never begins | name an instant at which it begins, or take it out",
      "E254 7:36 what begins at `forever` never begins | name an instant at which it begins, or take it out",
    ],
    statements: [
      "allow(dstPort=1) on rootShare from 1970-01-01T00:08:20Z to 1970-01-01T00:33:20Z. — root: request (dstPort=1) [1000, 2000) started before",
      "allow(dstPort=3) on rootShare from +10s to +20s. — root: request (dstPort=3) [1010, 1020)",
      "allow(dstPort=4) on rootShare from 1970-01-01T00:50:00Z to 1970-01-01T00:33:20Z. — root: request (dstPort=4) [3000, 2000)",
    ],
  },
  "what counts its start from the clock has ended where its end is an instant before it": {
    text: `default deny.
allow(dstPort=1) on rootShare from now to @600.
allow(dstPort=2) on rootShare from +10s to @1000.
allow(dstPort=3) on rootShare from +10s to @1005.
policy p { deny <= dstPort=4 from now to @600. }`,
    finds: [
      "N243 2:43 this has ended; it has no effect",
      "N243 3:44 this has ended; it has no effect",
      "N243 5:42 this has ended; it has no effect",
    ],
    statements: [
      "allow(dstPort=3) on rootShare from +10s to 1970-01-01T00:16:45Z. — root: request (dstPort=3) [1010, 1005)",
    ],
  },
  "`both ways` mirrors flows, and is an error for fields that have no mirror": {
    text: `default deny.
allow(dstPort=80, transport=TCP) both ways on rootShare.
allow(icmpType=8, ethType=IPv4) both ways on rootShare.`,
    finds: ["E229 3:6 `both ways` cannot turn `icmpType` around | write the two directions as two requests"],
    statements: [
      "allow(dstPort=80, transport=TCP) both ways on rootShare. — root: request (transport=TCP, srcPort=80) or (transport=TCP, dstPort=80) [1000, Infinity)",
    ],
  },
  "bounds with nothing between them are an error": {
    text: `default deny.
NewShare s for (*) [reserve <= 1Mb, reserve >= 2Mb, limit <= 1Mb, limit >= 2Mb] on rootShare.
NewShare t for (*) [allow = True, reserve >= 2Mb] on rootShare.
NewShare u for (*) [reserve <= 1Mb, reserveTBFill = 1Mb, limit >= 2Mb] on rootShare.`,
    finds: [
      "E227 2:37 no reservation lies between 2Mb and 1Mb | let the lower bound be no higher than the upper one | also 2:21",
      "E227 2:67 no limit lies between 2Mb and 1Mb | let the lower bound be no higher than the upper one | also 2:53",
      "W238 3:35 `reserve >= 2Mb` grants no reservations without a largest drain | reserve <= RATE grants reservations",
    ],
  },
  "statements between begin and commit are one transaction": {
    text: `default deny.
begin.
AddUser A.
AddUser B.
commit.
AddUser C.`,
    statements: [
      "AddUser A. — root: AddUser transaction 1",
      "AddUser B. — root: AddUser transaction 1",
      "AddUser C. — root: AddUser",
    ],
  },
});
