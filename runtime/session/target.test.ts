/** The notation of a switch's address. */
import test from "ava";
import { parseTarget, printTarget } from "./index.ts";

const good = {
  "unix:/run/openvswitch/br0.mgmt": { kind: "unix", path: "/run/openvswitch/br0.mgmt" },
  "tcp:10.0.0.1:6653": { kind: "tcp", host: "10.0.0.1", port: 6653 },
  "tcp:switch.example:1": { kind: "tcp", host: "switch.example", port: 1 },
  "tls:[2001:db8::1]:65535": { kind: "tls", host: "2001:db8::1", port: 65_535 },
} as const;

for (const [text, target] of Object.entries(good)) {
  test(`${text} is a target`, (t) => {
    const parsed = parseTarget(text);
    t.deepEqual(parsed, target);
    if (!("code" in parsed)) t.is(printTarget(parsed), text);
  });
}

const bad = {
  "": "it does not begin with unix:, tcp: or tls:",
  s1: "it does not begin with unix:, tcp: or tls:",
  "unix:": "the path is empty",
  "tcp:10.0.0.1": "after the colon stand a host, a colon and a port",
  "tcp:2001:db8::1:6653": "after the colon stand a host, a colon and a port",
  "tcp::6653": "after the colon stand a host, a colon and a port",
  "tls:host:0": "0 is not a port",
  "tls:host:65536": "65536 is not a port",
} as const;

for (const [text, reason] of Object.entries(bad)) {
  test(`\`${text}\` is not a target`, (t) => {
    const parsed = parseTarget(text);
    if (!("code" in parsed)) return t.fail("accepted");
    t.is(parsed.code, "E950");
    t.is(parsed.message, `\`${text}\` is not a switch: ${reason}`);
    const isBridge = /^\w+$/.test(text);
    t.regex(parsed.help ?? "", isBridge ? /`unix:.*\/s1\.mgmt`/ : /unix:PATH, tcp:HOST:PORT or tls:HOST:PORT/);
  });
}

test("Open vSwitch's own words for connections are told in ours", (t) => {
  const helpOf = (text: string): string => {
    const parsed = parseTarget(text);
    return "code" in parsed ? (parsed.help ?? "") : "it is a target";
  };
  t.is(helpOf("ssl:192.0.2.1:6653"), "write `tls:192.0.2.1:6653`");
  for (const text of ["ptcp:6653", "pssl:6653:127.0.0.1", "punix:/run/x.mgmt"])
    t.regex(helpOf(text), /says where Open vSwitch listens; here stands who is reached: write unix:PATH/);
});
