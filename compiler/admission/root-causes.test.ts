/** A rejection that follows from an earlier one is not reported. A rejection with a reason of its own is. */
import test from "ava";
import { compileFile } from "./testing/networks.ts";

const SHARES = `
  AddUser Bob. AddUser Eve.
  NewShare net for (*) [deny = True] on rootShare.
  NewShare sub for (dstPort=80) [deny = True] on net.`;

const reported = (text: string): readonly string[] =>
  compileFile(`${SHARES} ${text}`).diagnostics.map(({ code, span }) =>
    [code, span!.source.text.slice(span!.start, span!.end)].join(" "),
  );

test("a refused removal or cancellation follows only from a refused grant of a share above", (t) => {
  const grant = (share: string): string => `Eve: Grant ${share} to Bob.`;
  t.deepEqual(reported(`${grant("net")} Bob: RemoveShare sub.`), [`E703 ${grant("net")}`]);
  // This grant would not help Bob, so his own rejection is reported too.
  t.deepEqual(reported(`${grant("sub")} Bob: RemoveShare sub.`), [
    `E703 ${grant("sub")}`,
    "E703 Bob: RemoveShare sub.",
  ]);
  t.deepEqual(reported(`${grant("net")} @r deny(dstPort=80) on sub. Bob: Cancel r.`).length, 1);
});
