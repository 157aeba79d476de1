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

test("E704 marks the unknown share alone, and says which share was meant or which there are", (t) => {
  const helped = (text: string): readonly (readonly [marked: string, help: string | undefined])[] =>
    compileFile(`${SHARES} ${text}`).diagnostics.map(({ code, span, help }) => [
      `${code} ${span!.source.text.slice(span!.start, span!.end)}`,
      help,
    ]);
  t.deepEqual(helped("@a deny(dstPort=80, srcHost=10.0.0.1) on sup."), [
    ["E704 sup", "would be accepted: @a deny(dstPort=80, srcHost=10.0.0.1) on sub."],
  ]);
  // The share that was meant would refuse it too, so no statement is proposed.
  t.deepEqual(helped("Eve: deny(dstPort=80) on sup."), [["E704 sup", "did you mean `sub`?"]]);
  t.deepEqual(helped("Eve: deny(dstPort=80) on nowhere."), [
    ["E704 nowhere", "the shares are `rootShare`, `net` and `sub`"],
  ]);
  t.deepEqual(helped('Eve: deny(dstPort=80) on "no where".'), [
    ['E704 "no where"', "the shares are `rootShare`, `net` and `sub`"],
  ]);
});

test("what a grant of a misspelt share was to allow is not refused again", (t) => {
  t.deepEqual(reported("Grant sup to Bob. Bob: deny(dstPort=80) on sub."), ["E704 sup"]);
  // This grant was of another share.
  t.deepEqual(reported("Grant nt to Bob. Eve: deny(dstPort=80) on sub."), [
    "E704 nt",
    "E703 Eve: deny(dstPort=80) on sub.",
  ]);
});
