/**
 * Words → the packet that they name. If the directory contradicts the words, the packet is refused, with the fact that
 * contradicts them.
 */
import type { Flowgroup } from "../flowgroup/cube.ts";
import { constraint } from "../flowgroup/cubes.ts";
import { areFlowgroups, readFlowgroup } from "../lookup/flowgroup.ts";
import { found, misuse, type Lookup } from "../lookup/found.ts";
import type { Model } from "../model/model.ts";
import { complete, type Entering } from "./complete-packet.ts";
import { contradiction } from "./contradiction.ts";
import { readArp, readTcpdump } from "./tcpdump.ts";

/** A packet from fields of the policy language, `fragment=first` or `fragment=later`, or from a line of tcpdump. */
export function readPacket(text: string, model: Model): Lookup<Entering> {
  const pasted = readTcpdump(text);
  if (pasted?.ok === false) return pasted;
  if (pasted === undefined && text.includes(" > "))
    return misuse("that line of tcpdump's was not understood", "have it print numbers: `tcpdump -n`, best with -e");
  if (pasted === undefined && !text.includes("=") && !areFlowgroups(text, model)) {
    return misuse(
      `\`${text}\` is not a packet`,
      "write fields, `srcHost=10.0.0.3, dstHost=10.0.0.2, transport=TCP, dstPort=22`, or paste a line of tcpdump's",
    );
  }
  const { words, fragment } = withoutFragment(pasted?.value ?? text);
  const asked = readFlowgroup(words, model);
  if (!asked.ok) return asked;
  const hidden = fragment && CARRIED.find((field) => asks(asked.value, field));
  if (hidden !== undefined)
    return misuse(`a fragment shows no \`${hidden}\``, "leave it out: switches read none, not even in the first one");
  const arp = pasted === undefined ? undefined : readArp(text);
  const entering = complete(asked.value, model.directory, { arp, fragment });
  return entering === undefined ? contradiction(asked.value, model.directory) : found(entering);
}

const CARRIED = ["srcPort", "dstPort", "icmpType", "icmpCode"] as const;
const asks = (asked: Flowgroup, field: (typeof CARRIED)[number]): boolean =>
  asked.cubes.some((cube) => constraint(cube, field)?.absent === false);

/** The words that make a packet a fragment. They are no field of the language, because no policy names fragments. */
function withoutFragment(text: string): { readonly words: string; readonly fragment?: "first" | "later" } {
  const stated = /(?<=^|[(,])\s*fragment\s*=\s*(first|later)\s*(?=$|[),])/.exec(text);
  if (stated === null) return { words: text };
  const around = `${text.slice(0, stated.index)}${text.slice(stated.index + stated[0].length)}`;
  const words = around
    .replace(/,\s*,/, ",")
    .replace(/^(\s*\(?)\s*,/, "$1")
    .replace(/,\s*(\)?\s*)$/, "$1");
  const isBare = /^\s*(?:\(\s*\))?\s*$/.test(words);
  return { words: isBare ? "(*)" : words, fragment: stated[1] as "first" | "later" };
}
