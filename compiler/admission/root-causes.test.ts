/** What follows from an earlier rejection is not reported; what would be refused all the same is. */
import test from "ava";
import { compileFile } from "./testing/networks.ts";

const SHARES = `
  AddUser Bob. AddUser Eve.
  NewShare net for (*) [deny = True] on rootShare.
  NewShare sub for (dstPort=80) [deny = True] on net.`;

const told = (text: string): readonly string[] =>
  compileFile(`${SHARES} ${text}`).diagnostics.map(({ code, span }) =>
    [code, span!.source.text.slice(span!.start, span!.end)].join(" "),
  );

test("to remove a share, or cancel in it, one speaks for a share above: only a refused grant of that explains it", (t) => {
  const grant = (share: string): string => `Eve: Grant ${share} to Bob.`;
  t.deepEqual(told(`${grant("net")} Bob: RemoveShare sub.`), [`E703 ${grant("net")}`]);
  // With this grant he would be refused all the same.
  t.deepEqual(told(`${grant("sub")} Bob: RemoveShare sub.`), [`E703 ${grant("sub")}`, "E703 Bob: RemoveShare sub."]);
  t.deepEqual(told(`${grant("net")} @r deny(dstPort=80) on sub. Bob: Cancel r.`).length, 1);
});
