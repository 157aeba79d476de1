/** The reasons of a packet: the facts that make a policy's rule hold it, and none that make it hold others. */
import test from "ava";
import { NOW, compileFile } from "../admission/testing/networks.ts";
import { explainFlow } from "./index.ts";

test("of a named set only the facts that make the rule hold this packet are its reasons, and few of them", (t) => {
  const hosts = Array.from({ length: 40 }, (_, i) => `host_ip(h${i}, 10.0.0.${i}). bad(h${i}). server(h${i}).`).join(
    "\n",
  );
  const { admission } = compileFile(`${hosts}
    user_host("Ann", h7). member("Ann", staff). member("Bob", staff). at(h7, 22). at(h8, 23).
    policy p {
      @set deny <= srcHost(H), bad(H), dstPort = 80.
      @two deny <= srcHost(H), bad(H), dstHost(D), server(D), dstPort = 81.
      @join deny <= srcHost(H), at(H, P), dstPort(P).
      @user deny <= srcUser(U), member(U, staff), dstPort = 82.
      @either deny <= srcHost(H), dstPort = 83, (bad(H) or server(H)).
    }`);
  const because = (port: number, from: number): readonly string[] | undefined => {
    const ip = (last: number) => ({ family: 4, value: 0x0a000000 + last }) as const;
    const flow = { ethType: 0x0800, transport: 6, srcHost: ip(from), dstHost: ip(12), srcPort: 9, dstPort: port };
    return explainFlow(admission, { ...flow, user: from === 7 ? "Ann" : "unknown" }, NOW).decidedBy?.because;
  };
  t.deepEqual(because(80, 33), ["bad(h33)"]);
  t.deepEqual(because(81, 33), ["bad(h33)", "server(h12)"]);
  t.deepEqual(because(22, 7), ["at(h7, 22)"]);
  t.deepEqual(because(82, 7), ['member("Ann", staff)']);
  t.deepEqual(because(83, 20), ["bad(h20)", "server(h20)"]);
});
