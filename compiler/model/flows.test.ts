/** Names, values and flowgroups: every fault at its place. */
import test from "ava";
import { goldens } from "../resolve/testing/goldens.ts";

goldens(test, {
  "an unknown user is an error that suggests the nearest name": {
    text: `default deny.
AddUser Alice.
allow(user=alice) on rootShare.`,
    finds: ["E204 3:12 `alice` is not a known user | did you mean `Alice`?"],
  },
  "an unknown user in a set is an error at its place": {
    text: `default deny.
AddUser Alice.
allow(user={Alice, Bbo}) on rootShare.`,
    finds: ["E204 3:20 `Bbo` is not a known user | a user is known by `AddUser Bbo.` or by a fact"],
  },
  "an unknown host is an error that suggests the nearest name": {
    text: `default deny.
host_ip(web1, 10.0.0.1).
allow(dstHost=wbe1) on rootShare.`,
    finds: ["E205 3:15 `wbe1` is not a known host | did you mean `web1`?"],
  },
  "the case of a host's name matters": {
    text: `default deny.
host_ip("Web1", 10.0.0.1).
allow(dstHost=web1) on rootShare.`,
    finds: ["E205 3:15 `web1` is not a known host | did you mean `Web1`?"],
  },
  "a host without an address or a MAC is an error": {
    text: `default deny.
user_host("Alice", pc1).
allow(srcHost=pc1) on rootShare.`,
    finds: [
      "E206 3:15 host `pc1` has neither an address nor a MAC | state one of them: `host_ip(pc1, ADDRESS).` or `host_mac(pc1, MAC).`",
    ],
  },
  "an unknown flowgroup is an error that suggests the nearest name": {
    text: `default deny.
flowgroup web = (transport=TCP).
allow(wbe) on rootShare.`,
    finds: ["E207 3:7 unknown flowgroup `wbe` | did you mean `web`?"],
  },
  "a flowgroup that is defined through itself is an error": {
    text: `default deny.
flowgroup a = (b).
flowgroup b = (a, transport=TCP).
allow(a) on rootShare.`,
    finds: [
      "E208 3:16 flowgroup `a` is defined through itself | define one of these names without the others | a → b → a",
    ],
  },
  "a flowgroup that is defined twice is an error": {
    text: `default deny.
flowgroup a = (transport=TCP).
flowgroup a = (transport=UDP).`,
    finds: ["E209 3:11 flowgroup `a` is defined twice | give one of them another name | also 2:11"],
  },
  "two conditions that no packet meets together are an error": {
    text: `default deny.
allow(transport=ICMP, dstPort=80) on rootShare.`,
    finds: [
      "E501 2:23 `transport=ICMP` and `dstPort=80` never hold together: this can never match | leave one of them out, or make two statements of them | also 2:7",
    ],
  },
  "a condition that takes all values away is an error that names it once": {
    text: `default deny.
allow(dstPort!=0-65535) on rootShare.`,
    finds: ["E508 2:7 `dstPort!=0-65535` leaves no value: this can never match | name fewer values, or take it out"],
  },
  "a direction beside a type that is not tracked is an error": {
    text: `default deny.
deny(ethType=ARP, direction=request) on rootShare.`,
    finds: [
      "E501 2:19 `ethType=ARP` and `direction=request` never hold together: this can never match | leave one of them out, or make two statements of them | also 2:6",
    ],
  },
  "a flowgroup and a condition without a common flow are an error": {
    text: `default deny.
flowgroup lan = (srcHost=10.0.0.0/24).
allow(lan, srcHost=10.0.1.0/24) on rootShare.`,
    finds: [
      "E501 3:12 `lan` and `srcHost=10.0.1.0/24` never hold together: this can never match | leave one of them out, or make two statements of them | also 3:7",
    ],
  },
  "parts of an `and` without a common flow are an error": {
    text: `default deny.
allow((dstPort=80) and (dstPort=81)) on rootShare.`,
    finds: [
      "E502 2:24 `(dstPort=80)` and `(dstPort=81)` have nothing in common: this can never match | leave one of them out, or make two statements of them | also 2:7",
    ],
  },
  "an `except` that leaves no flow is an error": {
    text: `default deny.
allow((dstPort=80) except (dstPort=1-100)) on rootShare.`,
    finds: [
      "E504 2:6 `(dstPort=1-100)` takes away all of `(dstPort=80)`: this can never match | take less away, or take the statement out",
    ],
  },
  "what every frame has": {
    text: `default deny.
allow((*) except (srcEth=00:00:00:00:00:00-ff:ff:ff:ff:ff:ff)) on rootShare.
allow((*) except (ethType=0-65535)) on rootShare.
allow((*) except (inPort=0-4294967295)) on rootShare.`,
    finds: [
      "E504 2:6 `(srcEth=00:00:00:00:00:00-ff:ff:ff:ff:ff:ff)` takes away all of `(*)`: this can never match | take less away, or take the statement out",
      "E504 3:6 `(ethType=0-65535)` takes away all of `(*)`: this can never match | take less away, or take the statement out",
      "E504 4:6 `(inPort=0-4294967295)` takes away all of `(*)`: this can never match | take less away, or take the statement out",
    ],
  },
  "a value that its field does not take is an error": {
    text: `default deny.
allow(user=10.0.0.1) on rootShare.
allow(dstPort=web) on rootShare.
allow(srcHost=80) on rootShare.
allow(transport=TPC) on rootShare.
allow(srcAP=s1:3) on rootShare.
allow(switch=s1) on rootShare.`,
    finds: [
      "E220 2:12 `user` takes the name of a user, not `10.0.0.1` | an address is of a host: `srcHost`",
      "E220 3:15 `dstPort` takes a number, not `web`",
      "E220 4:15 `srcHost` takes an address, a block or the name of a host, not `80`",
      "E224 5:17 unknown transport `TPC` | did you mean `TCP`?",
      "E225 6:13 `s1` is not a known switch | state it: `switch(s1, DATAPATH).`",
      "E225 7:14 `s1` is not a known switch | state it: `switch(s1, DATAPATH).`",
    ],
  },
  "a direction is a word or a number, and `both ways` turns it round": {
    text: `default deny.
allow(direction=request) on rootShare.
allow(direction=1) on rootShare.
allow(direction=answer) on rootShare.
allow(dstPort=80, transport=TCP, direction=request) both ways on rootShare.
policy p { allow <= direction(response), not direction(request). deny <= direction = request. }`,
    finds: ["E224 4:17 unknown direction `answer` | what answers on a tracked connection is `direction=response`"],
    statements: [
      "allow(direction=request) on rootShare. — root: request (direction=request) [1000, Infinity)",
      "allow(direction=1) on rootShare. — root: request (direction=response) [1000, Infinity)",
      "allow(dstPort=80, transport=TCP, direction=request) both ways on rootShare. — root: request (transport=TCP, srcPort=80, direction=response) or (transport=TCP, dstPort=80, direction=request) [1000, Infinity)",
    ],
    policies: [
      "p.allow <= direction(response), not direction(request).",
      "  (direction=response)",
      "p.deny <= direction = request.",
      "  (direction=request)",
    ],
  },
});
