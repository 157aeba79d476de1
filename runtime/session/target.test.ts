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
    t.regex(parsed.help ?? "", /unix:PATH, tcp:HOST:PORT or tls:HOST:PORT/);
  });
}
