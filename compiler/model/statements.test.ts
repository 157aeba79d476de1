/** Statements: what is refused, what is noted, and what each becomes. */
import test from "ava";
import { goldens } from "./testing/goldens.ts";

goldens(test, {
  "not yet": {
    text: `default deny.
AddUser A.
reserve(user=A) = 10Mb on rootShare.
limit(user=A) = 10Mb on rootShare.
waypoint(user=A) = fw on rootShare.
avoid(user=A) = fw on rootShare.
hint(user=A) duration = 1h on rootShare.
assert deny (user=A).
policy p { limit(1Mb) <= srcUser("A"). waypoint(f) <= srcUser("A"). allow <= direction(request). }`,
    finds: [
      "E690 3:1 `reserve` cannot be compiled yet",
      "E690 4:1 `limit` cannot be compiled yet",
      "E690 5:1 `waypoint` cannot be compiled yet",
      "E690 6:1 `avoid` cannot be compiled yet",
      "E690 7:1 `hint` cannot be compiled yet",
      "E690 8:1 `assert` cannot be compiled yet",
      "E690 9:12 `limit` cannot be compiled yet",
      "E690 9:40 `waypoint` cannot be compiled yet",
      "E690 9:78 `direction` cannot be compiled yet",
    ],
  },
  "out of place": {
    text: `default deny.
Tick 10.
ListShares.
allow <= transport(tcp).
policy p { f(x). }
srcHost(x).`,
    finds: [
      "E240 2:1 `Tick` moves the clock of a trace; a policy has none | run it with `glazier replay`",
      "E241 3:1 a query is not part of a policy | ask it with `glazier query`",
      "E244 4:1 a verdict needs a policy around it | write it inside `policy NAME { … }`",
      "E247 5:12 `f` is a relation: write its rules outside the policy",
      "E308 6:1 `srcHost` is a field of the flow and cannot be defined",
    ],
  },
  labels: {
    text: `default deny.
AddUser A.
@x allow(user=A) on rootShare.
@x deny(user=A) on rootShare.
allow(dstPort=80) on rootShare.
allow( dstPort = 80 ) on rootShare.`,
    finds: [
      "E211 4:2 label `@x` is used twice | also 3:1",
      "W212 6:1 this request was already made word for word | remove it, or give it a label of its own | also 5:1",
    ],
    statements: [
      "AddUser A. — root: AddUser",
      "x — root: request (user=A) [1000, Infinity)",
      "allow(dstPort=80) on rootShare. — root: request (dstPort=80) [1000, Infinity)",
      "allow(dstPort=80) on rootShare. #2 — root: request (dstPort=80) [1000, Infinity)",
    ],
  },
  defaults: {
    text: `default deny.
default allow.`,
    finds: ["E213 2:1 the default verdict is stated twice | also 1:1"],
  },
  "no default": {
    text: `AddUser A.`,
    finds: [
      "N214 - no default is written: what nothing decides is allowed | write `default allow.` or `default deny.`",
    ],
  },
  times: {
    text: `default deny.
allow(dstPort=1) on rootShare from @500 to @2000.
allow(dstPort=2) on rootShare from @500 to @600.
allow(dstPort=3) on rootShare from +10s to +20s.
allow(dstPort=4) on rootShare from @3000 to @2000.`,
    finds: ["N242 2:36 the start lies in the past; taken from now", "N243 3:44 this has ended; it has no effect"],
    statements: [
      "allow(dstPort=1) on rootShare from 1970-01-01T00:08:20Z to 1970-01-01T00:33:20Z. — root: request (dstPort=1) [1000, 2000)",
      "allow(dstPort=3) on rootShare from +10s to +20s. — root: request (dstPort=3) [1010, 1020)",
      "allow(dstPort=4) on rootShare from 1970-01-01T00:50:00Z to 1970-01-01T00:33:20Z. — root: request (dstPort=4) [3000, 2000)",
    ],
  },
  "both ways": {
    text: `default deny.
allow(dstPort=80, transport=TCP) both ways on rootShare.
allow(icmpType=8) both ways on rootShare.`,
    finds: ["E229 3:6 `both ways` cannot turn `icmpType` around | write the two directions as two requests"],
    statements: [
      "allow(dstPort=80, transport=TCP) both ways on rootShare. — root: request (transport=TCP, srcPort=80) or (transport=TCP, dstPort=80) [1000, Infinity)",
    ],
  },
  privileges: {
    text: `default deny.
NewShare s for (*) [reserve <= 1Mb, reserve >= 2Mb, limit <= 1Mb, limit >= 2Mb] on rootShare.`,
    finds: [
      "E227 2:37 no reservation lies between 2Mb and 1Mb | also 2:21",
      "E227 2:67 no limit lies between 2Mb and 1Mb | also 2:53",
    ],
  },
  transaction: {
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
