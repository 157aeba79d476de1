/** Externs: data files become facts, bad rows are reported at their own place, empty groups are errors. */
import test from "ava";
import { goldens } from "../resolve/testing/goldens.ts";

goldens(test, {
  "an empty extern is an error where it opens what a rule should close": {
    text: `default deny.
extern bad(user) from csv "bad.csv".
extern ok(user) from csv "bad.csv" allow empty.
policy p {
 deny <= srcUser(U), bad(U).
 allow <= srcUser(U), bad(U).
 allow <= srcUser(U), not bad(U).
 deny <= srcUser(U), ok(U).
}`,
    files: {
      "bad.csv": `login
`,
    },
    finds: [
      "E804 5:2 `bad` is empty, which opens what this deny should close | write `allow empty` behind the extern if that may be | also 2:1",
      "W803 6:2 this allow holds no flow: `bad` is empty | state a fact of `bad` that it asks for, or take the rule out",
      "E804 7:2 `bad` is empty, which opens what this allow should close | write `allow empty` behind the extern if that may be | also 2:1",
    ],
  },
  "a number of a JSON file that would lose digits is an error, and never another name": {
    text: `default deny.
extern u(user) from json "u.json".
extern n(number) from json "n.json" "$[*].n" .
extern w(user) from json "w.json" (a) where id = 9007199254740992.`,
    files: {
      "u.json": "[9007199254740993, 1e400, 0.12345678901234567, 1e-400, 1.5, -0.0, 9007199254740991]",
      "n.json": `[{"n": 80.0, "id": 9007199254740993}, {"n": 8e1}]`,
      "w.json": `[{"a": "x", "id": 9007199254740993}]`,
    },
    finds: [
      ...["1:2", "1:20", "1:27", "1:48"].map(
        (place) =>
          `E802 u.json:${place} this number has more digits than are kept: write it as text, in quotation marks | also 2:8`,
      ),
      "E802 w.json:1:19 this number has more digits than are kept: write it as text, in quotation marks | also 4:8",
    ],
  },
  "a column whose name stands twice in the header is not guessed at": {
    text: `default deny.
extern a(user) from csv "a.csv" (name).
extern b(user) from csv "b.csv" (id) where name = x.
extern c(user) from csv "a.csv" (id).`,
    files: { "a.csv": "id,name,name\n1,a,b\n", "b.csv": "id,name,name\n1,a,b\n" },
    finds: [
      "E802 a.csv:1:9 two columns are called `name`, and which one is meant is open | also 2:8",
      "E802 b.csv:1:9 two columns are called `name`, and which one is meant is open | also 3:8",
    ],
  },
  "a missing file is an error, also with `allow empty`": {
    text: `default deny.
extern bad(user) from csv "bad.csv".
extern ok(user) from csv "bad.csv" allow empty.
policy p { deny <= srcUser(U), bad(U). }`,
    finds: [
      "E803 2:27 `bad.csv` was not found | check the path, which is relative to this file",
      "E803 3:26 `bad.csv` was not found | check the path, which is relative to this file; `allow empty` is for a file without rows, not for none",
    ],
  },
  "faulty columns and rows of a CSV file are reported at their places": {
    text: `default deny.
extern g(user, number) from csv "g.csv" (login, age) where kind = "x".
extern h(user) from csv "g.csv" (lgin).
extern i(ip) from csv "g.csv" (login).
extern j(user, number) from csv "g.csv".
extern k(user, number) from csv "g.csv" (login).`,
    files: {
      "g.csv": `\uFEFFlogin,age,kind\r
ann,3,x\r
"bo""b",x,x\r
cy,4\r
di,5,y\r
\r
,6,x\r
"eve
2",7,x\r
`,
    },
    finds: [
      "E805 3:34 `g.csv` has no column `lgin` | did you mean `login`? | also g.csv:1:2",
      "E808 5:8 `j` has 2 columns, but `g.csv` has 3 and none are named | name the wanted columns behind the file, in parentheses",
      "E808 6:8 `k` has 2 columns, but 1 is named | name as many columns of the file as the relation has",
      "E802 g.csv:2:1 an IPv4 address has four parts | also 4:8",
      "E802 g.csv:3:1 an IPv4 address has four parts | also 4:8",
      "E802 g.csv:3:9 a whole number was expected, not `x` | also 2:8",
      "E802 g.csv:4:1 3 columns expected, 2 found | the first row names the columns, and the comma before an empty cell stays | also 2:8",
      "E802 g.csv:5:1 an IPv4 address has four parts | also 4:8",
      "E802 g.csv:7:1 a user was expected, not an empty cell | fill it in, or leave such rows out: into a file of their own, or by `where COLUMN = VALUE` behind the file | also 2:8",
      "E802 g.csv:7:1 an address was expected, not an empty cell | fill it in, or leave such rows out: into a file of their own, or by `where COLUMN = VALUE` behind the file | also 4:8",
      "E802 g.csv:8:1 an IPv4 address has four parts | also 4:8",
    ],
    facts: ["g(ann, 3)", 'g("eve\\n2", 7)'],
  },
  "faulty paths and rows of a JSON file are reported at their places": {
    text: `default deny.
extern g(user) from json "g.json" "$.p[*].login".
extern h(user, number) from json "g.json" "$.p[*]" (login, age) where kind = "x".
extern i(user) from json "bad.json".
extern j(user) from json "g.json" "p".`,
    files: {
      "g.json": `{"p": [
 {"login":"ann","age":3,"kind":"x"},
 {"login":"bob","age":"x","kind":"x"},
 {"login":null,"kind":"y"},
 {"age":1,"kind":"x"}
]}`,
      "bad.json": `[
 "a",
]`,
    },
    finds: [
      "E806 5:35 `p` is no path | a path looks like `$.people[*].login`",
      "E802 bad.json:3:1 a value was expected, not `]` | also 4:8",
      "E802 g.json:3:23 a whole number was expected, not `x` | also 3:8",
      "E802 g.json:4:11 a text or a number was expected, not null | also 2:8",
      'E802 g.json:5:2 "login" is missing | also 2:8',
    ],
    facts: ["g(ann)", "g(bob)", "h(ann, 3)"],
  },
  "a list in place of an item is an error whose help gives the path to the items": {
    text: `default deny.
extern g(user) from json "g.json" "$.rows" (login).
extern h(user) from json "h.json" "$".
extern i(user) from json "g.json" "$.rows[*]" (login).`,
    files: { "g.json": '{"rows": [{"login": "ann"}, {"login": "bob"}]}', "h.json": '["ann", "bob"]' },
    finds: [
      "E802 g.json:1:10 an object was expected, not a list | each item of the list is a row with `$.rows[*]` | also 2:8",
      "E802 h.json:1:1 1 value expected, 2 found | each item of the list is a row with `$[*]` | also 3:8",
    ],
    facts: ["i(ann)", "i(bob)"],
  },
  "a group with a member that has no address is a warning": {
    text: `default deny.
host_ip(a, 10.0.0.1).
g(a). g(b).
policy p { deny <= srcHost(H), g(H). }`,
    finds: [
      "W806 4:12 1 host that it names has no address, so this deny does not hold them: `b` | state `host_ip` or `host_mac` for them",
    ],
  },
  "a deny that holds nothing since its hosts have no address is not to be taken out": {
    text: `default deny.
g(b).
policy p { deny <= srcHost(H), g(H). }`,
    finds: [
      "W806 3:12 1 host that it names has no address, so this deny does not hold them: `b` | state `host_ip` or `host_mac` for them",
    ],
  },
  "a column of the network's facts that is declared as what no column is is told, and `symbol` stands for its names": {
    text: `default deny.
extern host_ip(name, ip) from csv "h.csv" (name, ip).
extern user_host(symbol, host) from csv "h.csv" (name, pc).`,
    files: { "h.csv": "name,ip,pc\nann,10.0.0.1,pc\n" },
    finds: [
      "E230 2:16 `host_ip` takes a column of `host` here, not `name` | its columns are `host_ip(host, ip)`; how the file calls them stands behind the file",
    ],
  },
  "a header that is missing, or stands between other signs, is told what one is": {
    text: `default deny.
extern g(user) from csv "none.csv" (login).
extern h(user) from csv "signs.csv" (login).`,
    files: { "none.csv": "ann,staff\nbob,staff\n", "signs.csv": "login;group\nann;staff\n" },
    finds: [
      "E805 2:37 `none.csv` has no column `login` | the first line of the file names its columns | also none.csv:1:1",
      "E805 3:38 `signs.csv` has no column `login` | cells stand between commas | also signs.csv:1:1",
    ],
  },
  "an empty group inside an extern with rows is an error where it opens what a rule should close": {
    text: `default deny.
extern member(user, symbol) from csv "members.csv".
extern extra(user, symbol) from csv "members.csv" allow empty.
fact(ann, staff).
in_group(U, G) <= member(U, G).
gone(U) <= member(U, suspended).
left(U) <= in_group(U, staff), member(U, alumni).
policy p {
 deny <= srcUser(U), member(U, suspended).
 deny <= srcUser(U), in_group(U, suspended).
 deny <= srcUser(U), gone(U).
 deny <= srcUser(U), left(U).
 deny <= srcUser(U), member(U, G), (G = staff or G = suspended).
 allow <= srcUser(U), in_group(U, staff), not member(U, suspended).
 deny <= srcUser(U), extra(U, suspended).
 deny <= srcUser(U), fact(U, suspended).
 allow <= srcUser(U), member(U, suspended).
 deny <= srcUser(U), in_group(U, staff), not in_group(U, suspended).
 deny <= member(_, emergency), dstPort(80).
}
user_host(ann, h). host_ip(h, 10.0.0.1).`,
    files: { "members.csv": "login,group\nann,staff\n" },
    finds: [
      "E804 9:2 `member(_, suspended)` is empty, which opens what this deny should close | write `allow empty` behind the extern if that may be | also 2:1",
      "E804 10:2 `in_group(_, suspended)` is empty, which opens what this deny should close | write `allow empty` behind the extern if that may be | also 2:1",
      "E804 11:2 `member(_, suspended)` is empty, which opens what this deny should close | write `allow empty` behind the extern if that may be | also 2:1",
      "E804 12:2 `member(_, alumni)` is empty, which opens what this deny should close | write `allow empty` behind the extern if that may be | also 2:1",
      "E804 13:2 `member(_, suspended)` is empty, which opens what this deny should close | write `allow empty` behind the extern if that may be | also 2:1",
      "E804 14:2 `member(_, suspended)` is empty, which opens what this allow should close | write `allow empty` behind the extern if that may be | also 2:1",
      "W803 16:2 this deny holds no flow: `fact(_, suspended)` is empty | state a fact of `fact` that it asks for, or take the rule out",
      "W803 17:2 this allow holds no flow: `member(_, suspended)` is empty | state a fact of `member` that it asks for, or take the rule out",
      "W803 19:2 this deny holds no flow: `member(_, emergency)` is empty | state a fact of `member` that it asks for, or take the rule out",
    ],
  },
  "what a faulty file lacks is not reported as empty": {
    text: `default deny.
extern bad(user, number) from csv "bad.csv".
policy p {
 deny <= srcUser(U), bad(U, _).
 allow <= srcUser(U), bad(U, _).
}`,
    files: { "bad.csv": "login,age\nann,old\n" },
    finds: ["E802 bad.csv:2:5 a whole number was expected, not `old` | also 2:8"],
  },
});
