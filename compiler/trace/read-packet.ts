/**
 * Words → the packet that they name. If the directory contradicts the words, the packet is refused, with the fact that
 * contradicts them.
 */
import { areFlowgroups, readFlowgroup } from "../lookup/flowgroup.ts";
import { found, misuse, type Lookup } from "../lookup/found.ts";
import type { Model } from "../model/model.ts";
import { complete, type Entering } from "./complete-packet.ts";
import { contradiction } from "./contradiction.ts";
import { readArp, readTcpdump } from "./tcpdump.ts";

/** A packet from fields of the policy language, or from a line of tcpdump's. */
export function readPacket(words: string, model: Model): Lookup<Entering> {
  const pasted = readTcpdump(words);
  if (pasted?.ok === false) return pasted;
  if (pasted === undefined && words.includes(" > "))
    return misuse("that line of tcpdump's was not understood", "have it print numbers: `tcpdump -n`, best with -e");
  if (pasted === undefined && !words.includes("=") && !areFlowgroups(words, model)) {
    return misuse(
      `\`${words}\` is not a packet`,
      "write fields, `srcHost=10.0.0.3, dstHost=10.0.0.2, transport=TCP, dstPort=22`, or paste a line of tcpdump's",
    );
  }
  const asked = readFlowgroup(pasted?.value ?? words, model);
  if (!asked.ok) return asked;
  const entering = complete(asked.value, model.directory, pasted === undefined ? undefined : readArp(words));
  return entering === undefined ? contradiction(asked.value, model.directory) : found(entering);
}
