/** What holds less than its author means: an address that elsewhere stands for all, a host's flows to itself, a time that is none. */
import test from "ava";
import { goldens } from "../resolve/testing/goldens.ts";

goldens(test, {
  "W291: `0.0.0.0` and `::` are one address each": {
    text: `default deny.
deny(dstHost=0.0.0.0, dstPort=22) on rootShare.
deny(dstHost=::) on rootShare.
policy p { deny <= dstHost = 0.0.0.0. }`,
    finds: [
      "W291 2:6 `0.0.0.0` is one address, to which nothing is sent | all addresses of its family are `0.0.0.0/0`",
      "W291 3:6 `::` is one address, to which nothing is sent | all addresses of its family are `::/0`",
      "W291 4:20 `0.0.0.0` is one address, to which nothing is sent | all addresses of its family are `0.0.0.0/0`",
    ],
  },
  "W291: an IPv4 address in the clothes of IPv6": {
    text: `default deny.
deny(srcHost=::ffff:10.0.0.2) on rootShare.`,
    finds: [
      "W291 2:6 `::ffff:10.0.0.2` is one address, by which no packet shows a host of IPv4 | on the wire it is `10.0.0.2`",
    ],
  },
  "W291: what asks for an address by DHCP has it, and damaged packets": {
    text: `default deny.
deny(srcHost=::) on rootShare.
deny(srcHost=0.0.0.0, dstHost=0.0.0.0) on rootShare.
policy broken { @v6 deny <= srcHost(::), dstHost(::). }
deny(srcHost=0.0.0.0, dstHost=255.255.255.255) on rootShare.
deny(srcHost=0.0.0.0, transport=UDP, dstPort=67) on rootShare.
deny(dstHost!=0.0.0.0) on rootShare.
deny(dstHost=0.0.0.0/0) on rootShare.`,
    finds: [],
  },
  "N291: source and destination are one host": {
    text: `default deny. host_ip(web, 10.0.0.10). host_ip(db, 10.0.0.20).
deny(srcHost=web, dstHost=web) on rootShare.
policy p { deny <= srcHost(db), dstHost(db). }
deny(srcHost=web, dstHost=db) on rootShare.
deny(srcHost=10.0.0.0/8, dstHost=10.0.0.0/8) on rootShare.`,
    finds: [
      "N291 2:19 this holds only what `web` sends to itself, which no network sees | see whether source and destination are the ones that are meant | also 2:6",
      "N291 3:33 this holds only what `db` sends to itself, which no network sees | see whether source and destination are the ones that are meant | also 3:20",
    ],
  },
  "N291: a rule whose source and destination are one variable": {
    text: `default deny. app(web, shop). app(db, shop). host_ip(web, 10.0.0.10). host_ip(db, 10.0.0.20).
policy p { allow <= srcHost(H), dstHost(H), app(H, shop). }
policy q { allow <= srcHost(H), dstHost(G), app(H, shop), app(G, shop). allow <= srcHost(H), app(H, shop) or dstHost(H), app(H, shop). }`,
    finds: [
      "N291 2:41 this holds only what `H` sends to itself, which no network sees | see whether source and destination are the ones that are meant | also 2:29",
    ],
  },
  "W293: a time in milliseconds": {
    text: `default deny.
allow(dstPort=80) on rootShare to @4102444800000.
allow(dstPort=81) on rootShare from @4102444800000.
policy p { allow <= dstPort = 82 to @4102444800000. }
allow(dstPort=83) on rootShare to @253402300799.`,
    finds: [
      "W293 2:35 `@4102444800000` is in the year 131971: a time is counted in seconds",
      "W293 3:37 `@4102444800000` is in the year 131971: a time is counted in seconds",
      "W293 4:37 `@4102444800000` is in the year 131971: a time is counted in seconds",
    ],
  },
  "E291: a rule that ends before it begins, or as it begins": {
    text: `default deny.
policy p {
  deny <= dstPort = 80 from +2h to +1h.
  deny <= dstPort = 81 from +1h to +1h.
  deny <= dstPort = 82 from +1h to +2h.
}`,
    finds: [
      "E291 3:29 the rule would end at 1970-01-01T01:16:40Z, no later than it begins at 1970-01-01T02:16:40Z | let it end later than it begins",
      "E291 4:29 the rule would end at 1970-01-01T01:16:40Z, no later than it begins at 1970-01-01T01:16:40Z | let it end later than it begins",
    ],
  },
});
