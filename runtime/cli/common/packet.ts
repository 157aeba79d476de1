/**
 * Words on the command line → the packet that is asked about. What is said is honoured: a packet that the directory
 * makes another one is refused, with the fact that does it.
 */
import type { Decided } from "#compiler/admission/decided.ts";
import { complete, type Entering } from "./completion.ts";
import { contradiction } from "./contradiction.ts";
import { readFlowgroup } from "./flows.ts";
import { misuse, type Io } from "./io.ts";
import { readArp, readTcpdump } from "./tcpdump.ts";

/** A packet from words on the command line: fields of the policy's language, or a line of tcpdump's. */
export function readPacket(words: string, decided: Decided, io: Io): Entering {
  const { directory, flowgroups } = decided.model;
  const pasted = readTcpdump(words);
  const isNamed = words.split(",").every((word) => flowgroups.has(word.trim()));
  if (pasted === undefined && words.includes(" > "))
    throw misuse("that line of tcpdump's was not understood", "have it print numbers: `tcpdump -n`, best with -e");
  if (pasted === undefined && !words.includes("=") && !isNamed) {
    throw misuse(
      `\`${words}\` is not a packet`,
      "write fields, `srcHost=10.0.0.3, dstHost=10.0.0.2, transport=TCP, dstPort=22`, or paste a line of tcpdump's",
    );
  }
  const said = readFlowgroup(pasted ?? words, decided, io);
  const entering = complete(said, directory, pasted === undefined ? undefined : readArp(words));
  if (entering === undefined) throw contradiction(said, directory);
  return entering;
}
