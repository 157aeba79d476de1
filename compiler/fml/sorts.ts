/**
 * Sorts of columns and the constants they hold. Besides the sorts below any other name is a sort of its own
 * (`group`, `symbol`): its values are plain names, and only columns of the same sort may be joined.
 */
import type { Constant } from "../datalog/types.ts";
import { withArticle } from "../diagnostics/text.ts";
import type { Field } from "../flowgroup/fields.ts";
import type { DirectoryRelation } from "../model/directory.ts";
import {
  bad,
  good,
  parseIp,
  parseMac,
  type Parsed,
  parsePrefix,
  parseRate,
  printIp,
  printMac,
  printPrefix,
} from "../net/index.ts";

export type Sort = string;

/** The sort of each field of a flow: what a variable bound by it ranges over. */
export const FIELD_SORTS: Readonly<Record<Field, Sort>> = {
  user: "user",
  dstUser: "user",
  srcHost: "host",
  dstHost: "host",
  srcEth: "mac",
  dstEth: "mac",
  vlan: "number",
  ethType: "protocol",
  transport: "protocol",
  srcPort: "number",
  dstPort: "number",
  icmpType: "number",
  icmpCode: "number",
  dscp: "number",
  srcAP: "ap",
  dstAP: "ap",
  switch: "switch",
  inPort: "number",
  direction: "direction",
};

/** The sorts of the relations that the directory reads (LANGUAGE, "The directory and the network"). */
export const DIRECTORY_SORTS: ReadonlyMap<string, readonly Sort[]> = new Map(
  Object.entries({
    user_host: ["user", "host"],
    host_ip: ["host", "ip"],
    host_mac: ["host", "mac"],
    host_at: ["host", "switch", "number"],
    switch: ["switch", "dpid"],
    link: ["switch", "number", "switch", "number", "rate"],
    port_rate: ["switch", "number", "rate"],
  } satisfies Readonly<Record<DirectoryRelation, readonly Sort[]>>),
);

/** Whether a word is a sort that means something, and no sort of plain names. */
export function isKnownSort(sort: Sort): boolean {
  if (expectations.has(sort)) return true;
  for (const sorts of DIRECTORY_SORTS.values()) if (sorts.includes(sort)) return true;
  return false;
}

/** The text of a cell as a constant of a sort, or what is wrong with it. White space around it does not count. */
export function readConstant(sort: Sort, written: string): Parsed<Constant> {
  const text = written.trim();
  if (text === "") return bad(`${sortText(sort)} was expected, not an empty cell`);
  switch (sort) {
    case "number": {
      const value = Number(text);
      const whole = /^-?\d+$/.test(text) && Number.isSafeInteger(value);
      return whole ? good(value) : bad(`a whole number was expected, not \`${oneLine(text)}\``);
    }
    case "rate":
      return parseRate(text);
    case "ip":
      return printed(parseIp(text), printIp);
    case "prefix":
      return printed(parsePrefix(text), printPrefix);
    case "address":
      if (/^[a-z_][\w.-]*$/i.test(text))
        return bad(`an address was expected, not \`${text}\`: a column of \`host\` takes names, too`);
      return text.includes("/") ? printed(parsePrefix(text), printPrefix) : printed(parseIp(text), printIp);
    case "mac":
      return printed(parseMac(text), printMac);
    case "ap":
      return /^\S+:\S+$/.test(text) ? good(text) : bad(`${sortText(sort)} was expected, not \`${oneLine(text)}\``);
    case "host": {
      // An address in another spelling (`2001:DB8::1`) is the same host.
      const ip = parseIp(text);
      if (ip.ok) return good(printIp(ip.value));
      // What looks like an address or a block and is none was hardly meant as a name.
      const block = /^\d+\.[\d.]*(?:\/.*)?$|^[\da-f]*:[\da-f.:]*(?:\/.*)?$/i.test(text) && !parseMac(text).ok;
      return block ? (text.includes("/") ? printed(parsePrefix(text), printPrefix) : ip) : good(text);
    }
    case "dpid":
    case "protocol":
      return good(/^\d+$/.test(text) ? Number(text) : text);
    default:
      return good(text);
  }
}

const printed = <T>(parsed: Parsed<T>, print: (value: T) => string): Parsed<Constant> =>
  parsed.ok ? good(print(parsed.value)) : parsed;

/** Line breaks of a quoted cell must not break a message. */
const oneLine = (text: string): string => text.replaceAll(/\s+/g, " ");

/** What a column of a sort takes, for messages. */
const sortText = (sort: Sort): string => expectations.get(sort) ?? withArticle(sort);

const expectations: ReadonlyMap<Sort, string> = new Map([
  ["number", "a whole number"],
  ["rate", "a rate such as `10Mb`"],
  ["ip", "an address"],
  ["address", "an address or a block"],
  ["prefix", "an address block"],
  ["mac", "a MAC"],
  ["ap", "an access point such as `s1:3`"],
  ["dpid", "a datapath number"],
]);
