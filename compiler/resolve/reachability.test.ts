/** Flows between ends that no path joins: a warning in requests and rules, and only where links are known. */
import test from "ava";
import { goldens } from "./testing/goldens.ts";

const hosts = `default deny.
switch(s1, 1). switch(s2, 2). switch(s3, 3).
host_ip(h1, 10.0.0.1). host_at(h1, s1, 3).
host_ip(h2, 10.0.0.2). host_at(h2, s2, 3).
host_ip(h3, 10.0.0.3). host_at(h3, s3, 3).
`;

goldens(test, {
  "flows between two parts of a network get a warning, in requests and in rules": {
    text: `${hosts}link(s1, 1, s2, 1, 1Gb).
allow(srcHost=h1, dstHost=h2) on rootShare.
allow(srcHost=h1, dstHost=h3) on rootShare.
deny(srcHost=h1, dstHost=h3) on rootShare.
allow(srcHost=h1) on rootShare.
reserve(srcHost={h1, h2}, dstHost=h3) = 1Mb on rootShare.
policy p { allow <= srcHost(h3), dstHost(h2). deny <= srcHost(h3), dstHost(h1). }`,
    finds: [
      "W239 8:1 no path leads from `s1:3` to `s3:3` | state the `link` that joins them",
      "W239 11:1 no path leads from `s1:3` to `s3:3` | nor between 1 more; state the `link` that joins them",
      "W239 12:12 no path leads from `s3:3` to `s2:3` | state the `link` that joins them",
    ],
  },
  "flows within one part of a network get no warning": {
    text: `${hosts}link(s1, 1, s2, 1, 1Gb). link(s2, 2, s3, 1, 1Gb).
allow(srcHost=h1, dstHost=h3) on rootShare.`,
  },
  "flows of a network without stated links get no warning": {
    text: `${hosts}allow(srcHost=h1, dstHost=h3) on rootShare.`,
  },
});
