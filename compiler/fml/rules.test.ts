/** Rules: what makes one unsafe, meaningless or impossible. */
import test from "ava";
import { goldens } from "../resolve/testing/goldens.ts";

goldens(test, {
  "a rule with unknown relations, wrong arities, unbound variables or compared fields is an error": {
    text: `default deny.
AddUser Alice. g(x). r(x,y).
policy p {
 deny <= srcUser(Alice).
 deny <= srcUser(U), gg(U).
 deny <= srcUser(U), g(U, U).
 deny <= srcHost(A), dstHost(A).
 deny <= dstPort(P), srcPort(Q), P < Q.
 deny <= srcHost(A), dstHost(B), not r(A, B).
 deny <= dstPort in 80-90, transport(icmp).
 deny <= srcUser(U), not r(V, U), not r(V, U).
 deny <= X < 3, X > 1.
}`,
    finds: [
      'E305 4:18 the variable `Alice` occurs only once: it stands for anything | the user Alice is written "Alice" in rules',
      "E201 5:22 unknown relation `gg` | did you mean `g`?",
      "E202 6:22 `g` takes 1 term, but 2 are given",
      "E304 7:22 `srcHost` and `dstHost` share `A`, but a switch cannot compare two fields of a packet | `known_host(A)` lists the values, so that it can be walked | also 7:10",
      "E304 8:34 `dstPort` and `srcPort` share `Q`, but a switch cannot compare two fields of a packet | bind `Q` by a relation, so that it can be walked | also 8:10",
      "E309 9:38 `not r` joins `A` and `B`, which no relation lists | bind one of them by a positive relation",
      "E302 11:26 `V` is bound only under `not r` | write a positive relation that lists its values, or `_` to ask that none has it",
      "E303 12:10 `X` in `<` is not bound",
    ],
  },
  "a value of a fact that a field cannot have is told with where it stands, and not that nothing meets the rule": {
    text: `default deny.
badp(70000). badp(22). badv(5000). badv(20).
policy p on share rootShare { allow <= dstPort(P), badp(P).
 allow <= vlan(V), badv(V). }`,
    finds: [
      "E221 3:31 `70000` is out of range: `dstPort` is 0-65535 | a fact or a row of data that this rule reads gives it this value: there, write a value from 0 to 65535",
      "E221 4:2 `5000` is out of range: `vlan` is 0-4095 | a fact or a row of data that this rule reads gives it this value: there, write a value from 0 to 4095",
    ],
  },
  "a variable of two sorts is an error": {
    text: `default deny.
host_ip(h, 10.0.0.1). user_host(todd, h).
policy p { deny <= srcUser(U), host_ip(U, _). }`,
    finds: [
      "E203 3:40 `U` is a user (`srcUser`), but `host_ip` needs a host | one variable holds values of one kind: write another one there, and join them by a relation | also 3:28",
    ],
  },
  "two flows of one rate are two in a sum": {
    text: `default deny.
flow(s1, f1, 5). flow(s1, f2, 5). flow(s1, f3, 1).
load(S, sum(R)) <= flow(S, _, R).
policy p { @six deny <= load(s1, 6), dstPort = 6. @eleven deny <= load(s1, 11), dstPort = 11. }`,
    finds: [
      "W803 4:12 this deny holds no flow: `load(s1, 6)` is empty | what is computed is `load(s1, 11)`: ask for another value, or take the rule out",
    ],
  },
  "rows of two relations are summed by a relation that says whence each is": {
    text: `default deny.
wired("Al", 5). wifi("Al", 5).
used(U, wired, R) <= wired(U, R). used(U, wifi, R) <= wifi(U, R).
load(U, sum(R)) <= used(U, _, R).
policy p { @ten deny <= load("Al", 10), dstPort = 6. @five deny <= load("Al", 5), dstPort = 11. }`,
    finds: [
      'W803 5:54 this deny holds no flow: `load("Al", 5)` is empty | what is computed is `load("Al", 10)`: ask for another value, or take the rule out',
    ],
  },
  "an aggregate of a variable that an equality gives a value, or the value of another, is an aggregate": {
    text: `default deny.
e(a, b). e(b, b). e(c, c). lo(3). lo(4). lo(5).
same(count(Y)) <= e(Y, Z), Y = Z.
threes(sum(N)) <= lo(N), N = 3.
policy p { @two allow <= same(2), dstPort = 6. @three allow <= threes(3), dstPort = 11. @no deny <= same(3), dstPort = 6. }`,
    finds: [
      "W803 5:89 this deny holds no flow: `same(3)` is empty | what is computed is `same(2)`: ask for another value, or take the rule out",
    ],
  },
  "a relation may be called like a property of every JavaScript object": {
    text: `default deny.
constructor(80, 90). toString(443).
policy p { deny <= dstPort(P), constructor(P, _). deny <= dstPort(P), toString(P). }`,
    finds: [],
  },
  "an unknown name in a rule is reported with the nearest known one, and may be one who is logged out": {
    text: `default deny.
member(todd, staff). host_ip(h, 10.0.0.1). user_host(todd, h).
policy p { deny <= srcUser(U), member(U, staff).
 deny <= srcUser(tood).
 deny <= member(tod, staff), dstPort(80). }`,
    finds: [
      "W265 4:18 `tood` is a user that nothing names now | did you mean `todd`? it means no flows until a login names that user; `AddUser tood.` makes the name known for good",
      "W803 5:2 this deny holds no flow: `member(tod, staff)` is empty | state a fact of `member` that it asks for, or take the rule out",
      "W265 5:17 `tod` is a user that nothing names now | did you mean `todd`? it means no flows until a login names that user; `AddUser tod.` makes the name known for good",
    ],
  },
  "without a directory nobody logs in, and an unknown name in a rule is an error": {
    text: `default deny.
AddUser todd.
policy p { deny <= srcUser(tood). }`,
    finds: ["E204 3:28 `tood` is not a known user | did you mean `todd`?"],
  },
  "a name in other letters than a known one is a slip in any case": {
    text: `default deny.
host_ip(h, 10.0.0.1). user_host(todd, h).
policy p { deny <= srcUser("Todd"). }`,
    finds: ["E204 3:28 `Todd` is not a known user | did you mean `todd`?"],
  },
  "a recursive predicate over flows is an error": {
    text: `default deny.
a <= srcPort(1), b.
b <= a.
policy p { deny <= a. }`,
    finds: ["E402 2:1 `a` looks at the flow and is recursive: a → b → a | only relations over facts may be recursive"],
  },
  "a relation that depends on its own negation is an error": {
    text: `default deny.
n(x).
a(X) <= n(X), not b(X).
b(X) <= n(X), not a(X).
policy p { deny <= srcUser(U), a(U). }`,
    finds: [
      "E401 3:19 `a` depends on its own negation: a → not b → not a | define one of these relations without the others | also 4:19",
    ],
  },
  "a variable that no positive relation binds is an error": {
    text: `default deny.
n(x).
a(X, Y) <= n(X), not n(Y), Y != X.
b(X, Y) <= n(X), n(Y), X < Z, Z = Z.`,
    finds: [
      "E302 3:24 `Y` is bound only under `not n` | write a positive relation that lists its values, or `_` to ask that none has it",
      "E303 3:28 `Y` in `!=` is not bound | add a relation that lists the values of `Y`",
      "E303 4:35 `Z` in `<` is not bound | add a relation that lists the values of `Z`",
    ],
  },
  "a negated predicate with a free variable is an error": {
    text: `default deny.
n(x).
from(G) <= srcUser(U), m(U, G).
m(a, b).
policy p { deny <= not from(b). }`,
    finds: [
      "E306 5:24 `not from` cannot be decided: `U` is free in its definition | define a relation without flow attributes and negate that | also 3:1",
    ],
  },
  "a rule that asks two values of one field is an error": {
    text: `default deny.
policy p { deny <= transport(tcp), transport(udp). }`,
    finds: [
      "E502 2:36 `transport(tcp)` and `transport(udp)` have nothing in common: this can never match | leave one of them out, or make two statements of them | also 2:20",
    ],
  },
  "a condition under `not` is quoted with its `not`": {
    text: `default deny.
policy p { deny <= transport(tcp), not dstPort in 0-65535. allow <= transport(tcp), not transport(tcp). }`,
    finds: [
      "E501 2:40 `transport(tcp)` and `not dstPort in 0-65535` never hold together: this can never match | leave one of them out, or make two statements of them | also 2:20",
      "E502 2:89 `transport(tcp)` and `not transport(tcp)` have nothing in common: this can never match | leave one of them out, or make two statements of them | also 2:69",
    ],
  },
  "a number and a name in one column are an error": {
    text: `default deny.
extern age(user, number) from csv "age.csv".
extern kind(host, symbol) from csv "age.csv".
d(1). d("x"). d("y"). e(1). e(2).
age(ann, old).
kind(pc, 5).
port(80). protocol(tcp). protocol(47).
web(X) <= port(X).
policy p {
 allow <= dstPort(P), port(P), transport(T), protocol(T), transport(6), dstHost(H), kind(H, server).
 deny <= dstPort(P), web(P), e(two).
}`,
    files: { "age.csv": "name,value\npc,3\n" },
    finds: [
      "E253 4:7 `x` is a name, but column 1 of `d` holds a number | a column holds numbers or names, never both: change this fact, or the others | also 4:1",
      "E253 5:1 `old` is a name, but column 2 of `age` holds a number | a column holds numbers or names, never both: change this fact, or the others",
      "E253 6:1 `5` is a number, but column 2 of `kind` holds a name | a column holds numbers or names, never both: change this fact, or the others",
      "E253 11:32 `two` is a name, but column 1 of `e` holds a number | a column holds numbers or names, never both: change this fact, or the others | also 4:23",
    ],
  },
  "a column of addresses takes no names, and a column of hosts takes both": {
    text: `default deny.
extern pc(user, address) from csv "pc.csv" (login, at).
extern at(host) from csv "at.csv".
host_ip(desk, 10.0.0.7).
policy p {
 deny <= srcHost(H), pc(_U, H).
 deny <= srcHost(H), at(H).
 deny <= srcUser(H), pc(_U, H).
}`,
    files: {
      "pc.csv": "login,at\nann,10.0.0.0/8\nbob,desk\ncy,2001:db8::1/200\ndi,10.0.0.300\nxi,2001:DB8::1\n",
      "at.csv": "at\ndesk\n2001:db8::1/200\n10.0.0.0/8\naa:bb:cc:dd:ee:ff\n",
    },
    finds: [
      "E203 8:29 `H` is a user (`srcUser`), but `pc` needs a host | one variable holds values of one kind: write another one there, and join them by a relation | also 8:18",
      "E802 at.csv:3:1 the length of an IPv6 prefix is a number from 0 to 128 | also 3:8",
      "E802 pc.csv:3:5 an address was expected, not `desk`: a column of `host` takes names, too | also 2:8",
      "E802 pc.csv:4:4 the length of an IPv6 prefix is a number from 0 to 128 | also 2:8",
      "E802 pc.csv:5:4 a part of an IPv4 address is a number from 0 to 255 | also 2:8",
    ],
  },
});
