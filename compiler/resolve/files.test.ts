/** Files together: includes, policies, cascades, and the directory that facts make. */
import test from "ava";
import { goldens } from "./testing/goldens.ts";

goldens(test, {
  "an include that is missing or circular is an error at its place": {
    text: `default deny.
include "a".
include "none".
include "b".`,
    files: {
      a: `include "b".
AddUser A.`,
      b: `include "a".
AddUser B.`,
    },
    finds: [
      "E215 3:9 `none` was not found | a path is relative to the file that includes it; shipped policies are included by name",
      "E216 b:1:9 `a` includes itself | take the include out of one of these files | a → b → a",
    ],
    statements: ["AddUser B. — root: AddUser", "AddUser A. — root: AddUser"],
  },
  "a misspelt file or share is an error with the nearest name, beside other wrong names": {
    text: `default deny.
include "baselin.fml".
NewShare lab for (dstPort=80) [deny = True] on rootShar.
deny(user=Alicia) on lba.
False <- root: deny(dstPort=80) on nowhere.
policy p on share lap { deny <= dstPort(80). }
AddUser Alice.`,
    finds: [
      "E215 2:9 `baselin.fml` was not found | did you mean `baseline.fml`?",
      "E704 3:48 there is no share `rootShar` | did you mean `rootShare`?",
      "E204 4:11 `Alicia` is not a known user | did you mean `Alice`?",
      "E704 4:22 there is no share `lba` | did you mean `lab`?",
      "E704 6:19 there is no share `lap` | did you mean `lab`?",
    ],
  },
  "a file that includes itself is an error": {
    text: `default deny.
include "p.pane".`,
    finds: ["E216 2:9 `p.pane` includes itself | take the include out of one of these files | p.pane → p.pane"],
  },
  "a policy defined twice, a guard that allows and a wrong level of a cascade are errors": {
    text: `default deny.
policy a { allow <= transport(tcp). }
policy a { allow <= transport(udp). }
policy g as guard { allow <= transport(tcp). }
NewShare s for (transport=TCP) [allow = True] on rootShare. policy h on share s as guard { deny <= transport(tcp). }
policy c on share s { allow <= transport(tcp). }
cascade a > c.
cascade a > nope.
cascade a > a.
cascade g > a.`,
    finds: [
      "E210 3:8 policy `a` is defined twice | give one of them another name, or move its rules into the other | also 2:8",
      "E245 4:21 a guard can only deny | a rule that does anything else stands in a policy on a share | also 4:8",
      "E246 5:79 a guard stands above all shares and takes no share | leave out `on share`, or `as guard`",
      "E218 7:13 policy `c` is on share `s`, but this cascade is on `rootShare` | a cascade joins policies of one share: write one for each share",
      "E217 8:13 unknown policy `nope` | known are `a`, `g`, `h`, `c`; `requests` stands for the requests of the share",
      "E219 9:13 `a` stands twice in this cascade | leave it at one place: what stands further left decides first",
      "E252 10:9 `g` is a guard: it stands above all cascades | leave it out of the cascade",
    ],
  },
  "two cascades of one share are an error": {
    text: `default deny.
policy a { allow <= transport(tcp). }
policy b { pass <= transport(tcp). }
cascade b > a.
cascade a > requests > b.`,
    finds: ["E251 5:1 share `rootShare` has two cascades | write one cascade with all levels | also 4:1"],
  },
  "a directory fact with a wrong value, or used twice, is an error": {
    text: `default deny.
switch(s1, 1). switch(s2, 1). switch(s1, 2). switch(s3, "xyz"). switch(s4, 4).
host_ip(h, "10.0.0.300"). host_ip(h, 10.0.0.1).
host_mac(h, 10.0.0.1).
host_at(h, s4, 1). host_at(h, s4, 2). host_at(h2, s9, 1). host_at(h3, s4, 0).
link(s4, 3, s3, 1, 1Gb).`,
    finds: [
      "W280 2:16 datapath `0000000000000001` has two names | no table is made for it, hosts there count as unplugged, and what comes in by a link to it is dropped, until one of the facts is gone | also 2:1",
      "W280 2:31 switch `s1` has two datapaths | no table is made for it, hosts there count as unplugged, and what comes in by a link to it is dropped, until one of the facts is gone | also 2:1",
      "E230 2:46 `switch` takes a datapath number here, not `xyz` | the form is `switch(SWITCH, DATAPATH)`",
      "E230 3:1 `host_ip` takes an address here, not `10.0.0.300` | a part of an IPv4 address is a number from 0 to 255",
      "E230 4:1 `host_mac` takes a MAC here, not `10.0.0.1` | a MAC address has six pairs of hexadecimal digits, separated by colons",
      "W268 5:20 host `h` stands at two ports, so it is not known where it is | it counts as unplugged, and what comes from it is dropped, until one of the facts is gone | also 5:1",
      "W276 5:39 `s9` is a switch that no `switch` fact names now | did you mean `s4`? hosts there count as unplugged, and what comes in by a link to it is dropped, until `switch(s9, DATAPATH).` is stated",
      "E230 5:59 `host_at` takes a port number here, not `0` | the form is `host_at(HOST, SWITCH, PORT)`",
      "W276 6:1 `s3` is a switch that no `switch` fact names now | did you mean `s4`? hosts there count as unplugged, and what comes in by a link to it is dropped, until `switch(s3, DATAPATH).` is stated",
    ],
  },
  "a bridge's own port is no place of a host, and what is one instead is said": {
    text: `default deny.
switch(s1, 1). host_ip(h, 10.0.0.2). host_at(h, s1, 65534).`,
    finds: [
      "E230 2:38 `host_at` takes a port number here, not `65534` | 65280 to 65535 are no numbers of ports, and a bridge's own port (LOCAL, 65534) is no place: give a host of the switch's machine an internal port, `ovs-vsctl add-port BRIDGE NAME -- set interface NAME type=internal ofport_request=NUMBER`",
    ],
  },
  "two links or two rates of one port are reported": {
    text: `default deny.
switch(s1, 1). switch(s2, 2). switch(s3, 3).
link(s1, 3, s2, 1, 1Gb). link(s1, 3, s3, 1, 1Gb). link(s2, 1, s1, 3, 1Gb).
port_rate(s1, 3, 1Gb). port_rate(s1, 3, 2Gb).`,
    finds: [
      "W272 3:26 port `3` of switch `s1` has two links | neither is believed: what comes in there, and at the other end of a link, is dropped until one of the facts is gone | also 3:1",
      "W271 4:24 port `3` of switch `s1` has two rates | the lower one counts until one of the facts is gone | also 4:1",
    ],
  },
  "a link with a rate of zero or with two rates, to its own switch or at a host's port is reported": {
    text: `default deny.
switch(s1, 1). switch(s2, 2).
link(s1, 1, s2, 1, 1Gb). link(s2, 1, s1, 1, 2Gb).
link(s1, 2, s1, 3, 1Gb).
link(s1, 4, s2, 4, 0b). port_rate(s1, 5, 0b).
host_at(h, s2, 1). host_at(k, s2, 2).`,
    finds: [
      "W275 3:26 the link between `s2:1` and `s1:1` has two rates | a link has one rate, both ways, and `port_rate` slows down one of its ports; the lower one counts until one of the facts is gone | also 3:1",
      "W274 4:1 a link leads from switch `s1` back to itself | what comes in at its ports is dropped, and nothing is led over it",
      "W281 5:1 facts give `s1:4>s2:4` a rate of zero | it counts as down: no link is led over it, what comes in by one is dropped, and no reservation is guaranteed there",
      "W281 5:25 facts give `s1:5` a rate of zero | it counts as down: no link is led over it, what comes in by one is dropped, and no reservation is guaranteed there",
      "W273 6:1 host `h` stands at port `1` of switch `s2`, which is a link | neither is believed: what comes in there, and at the other end of a link, is dropped until one of the facts is gone | also 3:1",
    ],
  },
  "an address or a MAC of two hosts at two ports is reported, names of one machine may share": {
    text: `default deny.
switch(s1, 1).
host_ip(b, 10.0.0.1). host_mac(b, 02:00:00:00:00:01). host_at(b, s1, 1).
host_ip(a, 10.0.0.1). host_mac(a, 02:00:00:00:00:01). host_at(a, s1, 2).
host_ip(www, 10.0.0.1). host_mac(www, 02:00:00:00:00:01). host_at(www, s1, 1).
host_ip(anywhere, 10.0.0.1). host_mac(anywhere, 02:00:00:00:00:01).`,
    finds: [
      "W269 4:1 host `a` at `s1:2` has the same address `10.0.0.1` as host `b` at another port | what names one of them holds the flows of both, each may send from it, and what waypoints and avoids hold of it, or comes in from it at the port of a waypoint, is dropped: give each its own | also 3:1",
      "W269 4:23 host `a` at `s1:2` has the same MAC `02:00:00:00:00:01` as host `b` at another port | what is sent to it leaves at the port of one of them alone, and what waypoints and avoids hold of it, or comes in with it at the port of a waypoint, is dropped: give each its own | also 3:23",
    ],
  },
  "a rate in a fact of the network, or in a rule for one, has its unit": {
    text: `default deny.
switch(s1, 1). switch(s2, 2). fast(3).
link(s1, 1, s2, 1, 1000).
port_rate(s1, 2, 100). port_rate(s1, 4, 5min).
port_rate(s1, P, 0x10) <= fast(P).
link(s1, 5, s2, 5, 1G). link(s1, 6, s2, 6, 100mbit).
port_rate(s1, 7, 100Mb). port_rate(s1, 8, R) <= R = 10Mb, fast(3).`,
    finds: [
      "E124 6:20 `1G` is no rate: unknown unit `G`: a rate is written in b, kb, Mb, Gb or Tb",
      "E124 6:44 `100mbit` is no rate: unknown unit `mbit`: a rate is written in b, kb, Mb, Gb or Tb",
      "E130 3:20 the rate `1000` has no unit | write `1000b`, `1000kb`, `1000Mb` or `1000Gb`",
      "E130 4:18 the rate `100` has no unit | write `100b`, `100kb`, `100Mb` or `100Gb`",
      "E230 4:41 `port_rate` takes a rate such as `10Mb` here, not `5min`",
      "E130 5:18 the rate `16` has no unit | write `16b`, `16kb`, `16Mb` or `16Gb`",
    ],
  },
  "a host that one fact alone names is reported beside the one that lacks it": {
    text: `default deny.
switch(s1, 1).
host_mac(printer, 02:00:00:00:00:01). host_at(printer, s1, 1). host_ip(prnter, 10.0.0.1).
host_ip(alice_pc, 10.0.0.2). host_at(alice_pc, s1, 2). user_host("Alice", alice_pcc).
host_ip(pc7, 10.0.0.7). host_mac(pc12, 02:00:00:00:00:12).
host_ip(camera, 10.0.0.9). user_host("Bob", elsewhere).`,
    finds: [
      "W270 3:64 only `host_ip` names host `prnter`, and host `printer` has no `host_ip` | did you mean `printer`? facts of one name make one host | also 3:1",
      "W270 4:56 only `user_host` names host `alice_pcc`, and host `alice_pc` has no `user_host` | did you mean `alice_pc`? facts of one name make one host | also 4:1",
    ],
  },
  "hosts of a row and short names are no slips of each other; letters that look alike are, and a pair is told once": {
    text: `default deny.
host_mac(gw, 02:00:00:00:00:01). host_ip(gw2, 10.0.0.1).
host_mac(cam, 02:00:00:00:00:02). host_ip(cat, 10.0.0.2).
host_mac(room-a, 02:00:00:00:00:03). host_ip(room-b, 10.0.0.3).
host_mac(h1, 02:00:00:00:00:04). host_ip(hl, 10.0.0.4).`,
    finds: [
      "W270 5:34 only `host_ip` names host `hl`, and host `h1` has no `host_ip` | did you mean `h1`? facts of one name make one host | also 5:1",
    ],
  },
  "a link stated from both ends is one": {
    text: `default deny.
switch(s1, 1). switch(s2, 2).
link(s1, 1, s2, 1, 1Gb). link(s2, 1, s1, 1, 1Gb).`,
  },
  "a variable in a fact is an error": {
    text: `default deny.
host_ip(Web1, 10.0.0.1).
allow(dstHost=web1) on rootShare.`,
    finds: [
      'E314 2:9 `Web1` is a variable here, and a fact has none | a name that begins with a capital letter is written "Web1" in facts and rules',
      "E205 3:15 `web1` is not a known host | did you mean `Web1`?",
    ],
  },
  "facts of one relation with different numbers of terms are an error": {
    text: `default deny.
g(a). g(a, b). g(a-b).`,
    finds: ["E202 2:7 `g` takes 1 term, but 2 are given | also 2:1"],
  },
});
