/** Addresses, ports and protocols as lines of other tools write them → terms of a flowgroup, or none where one is unsure. */
import { numberElsewhere } from "../../diagnostics/elsewhere.ts";
import { parseIp, parsePrefix } from "../../net/index.ts";

/** Field → its text as a term has it, `=…` or `!=…`. */
export type Terms = ReadonlyMap<string, string>;

/** Collects the terms of one line. What it cannot say exactly makes it unsure. */
export class TermList {
  readonly #terms = new Map<string, string>();
  #isUnsure = false;

  /** Adds a term; a second one of a field would be another meaning. */
  add(field: string, text: string | undefined, isNot = false): this {
    if (text === undefined || this.#terms.has(field)) this.#isUnsure = true;
    else this.#terms.set(field, `${isNot ? "!=" : "="}${text}`);
    return this;
  }

  address(side: "src" | "dst", text: string, isNot = false): this {
    if (/^(?:any|all|0\.0\.0\.0\/0|::\/0|anywhere)$/i.test(text)) return isNot ? this.doubt() : this;
    return this.add(`${side}Host`, addressOf(text), isNot);
  }

  ports(side: "src" | "dst", text: string, isNot = false): this {
    return this.add(`${side}Port`, portsOf(text), isNot);
  }

  transport(text: string): this {
    const lower = text.toLowerCase();
    if (/^(?:all|any|ip)$/.test(lower)) return this;
    if (lower === "icmp") return this.add("transport", "ICMP");
    return this.add("transport", /^(?:tcp|udp|sctp)$/.test(lower) ? lower.toUpperCase() : undefined);
  }

  doubt(): this {
    this.#isUnsure = true;
    return this;
  }

  has(field: string): boolean {
    return this.#terms.has(field);
  }

  /** The terms, with the family of a line that speaks of one alone; undefined: the line says what no terms say. */
  of(family?: "IPv4" | "IPv6"): Terms | undefined {
    if (this.#isUnsure) return undefined;
    const shows = ["srcHost", "dstHost"].some((side) => this.#terms.get(side)?.startsWith("=") === true);
    if (family !== undefined && !shows && !this.has("ethType")) this.#terms.set("ethType", `=${family}`);
    return this.#terms;
  }
}

/** An address, a block or a block with a mask of bits; undefined: a name, or neither. */
function addressOf(text: string): string | undefined {
  if (!/^[\dA-Fa-f.:/]+$/.test(text)) return undefined;
  if (!text.includes("/")) return parseIp(text).ok ? text : undefined;
  const [block, bits] = text.replace("/255.255.255.255", "/32").split("/");
  if (bits === "32" && !block!.includes(":")) return addressOf(block!);
  const parsed = parsePrefix(text);
  return parsed.ok ? text : parsed.fix;
}

/** One port, several, or a range; services by their names. */
function portsOf(text: string): string | undefined {
  const parts = text.replaceAll(/[{}\s]/g, "").split(",");
  const read = parts.map((part) => {
    const [, low, high] = /^(\d{1,5})[:-](\d{1,5})$/.exec(part) ?? [];
    if (low !== undefined)
      return isPort(low) && isPort(high!) && Number(low) <= Number(high) ? `${low}-${high!}` : undefined;
    const number = numberElsewhere("dstPort", part);
    return number === undefined || !isPort(String(number)) ? undefined : String(number);
  });
  if (read.some((one) => one === undefined) || new Set(read).size < read.length) return undefined;
  return read.length === 1 ? read[0] : `{${read.join(", ")}}`;
}

const isPort = (text: string): boolean => Number(text) <= 0xffff;
