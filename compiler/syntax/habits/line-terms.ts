/** Addresses, ports and protocols as lines of other tools write them → terms of a flowgroup, or none where one is unsure. */
import { numberElsewhere } from "../../diagnostics/elsewhere.ts";
import { parseIp, parsePrefix } from "../../net/index.ts";

/** Field → its text as a term has it, `=…` or `!=…`. */
export type Terms = ReadonlyMap<string, string>;
type Family = "IPv4" | "IPv6";

/** Protocol 1 is ICMP of IPv4 alone, whatever family a line speaks of; ICMPv6 has a name of its own everywhere. */
const ICMP: Readonly<Record<string, Family>> = { icmp: "IPv4", icmp6: "IPv6", icmpv6: "IPv6", "ipv6-icmp": "IPv6" };

/** Collects the terms of one line. What it cannot say exactly makes it unsure. */
export class TermList {
  readonly #terms = new Map<string, string>();
  readonly #families = new Set<Family>();
  #isUnsure = false;

  /** Adds a term; a second one of a field would be another meaning. */
  add(field: string, text: string | undefined, isNot = false): this {
    if (text === undefined || this.#terms.has(field)) this.#isUnsure = true;
    else this.#terms.set(field, `${isNot ? "!=" : "="}${text}`);
    return this;
  }

  address(side: "src" | "dst", text: string, isNot = false): this {
    if (/^(?:any|all|0\.0\.0\.0\/0|::\/0|anywhere)$/i.test(text)) return isNot ? this.doubt() : this;
    this.#families.add(text.includes(":") ? "IPv6" : "IPv4");
    return this.add(`${side}Host`, addressOf(text), isNot);
  }

  ports(side: "src" | "dst", text: string, isNot = false): this {
    return this.add(`${side}Port`, portsOf(text), isNot);
  }

  transport(text: string): this {
    const lower = text.toLowerCase();
    if (/^(?:all|any|ip)$/.test(lower)) return this;
    const icmp = ICMP[lower];
    if (icmp !== undefined) this.#families.add(icmp);
    if (icmp !== undefined) return this.add("transport", "ICMP");
    return this.add("transport", /^(?:tcp|udp|sctp)$/.test(lower) ? lower.toUpperCase() : undefined);
  }

  doubt(): this {
    this.#isUnsure = true;
    return this;
  }

  /** Whether an address or a protocol says of which family it is. */
  get hasFamily(): boolean {
    return this.#families.size > 0;
  }

  has(field: string): boolean {
    return this.#terms.has(field);
  }

  /** A port without a transport: one of these. */
  portsOn(transports: string): this {
    if (this.#hasPorts() && !this.has("transport")) this.#terms.set("transport", `=${transports}`);
    return this;
  }

  /**
   * The terms, with the family of a line that speaks of one alone; undefined: the line says what no terms say. An address
   * that a packet must not have leaves the other family out, too, and so does protocol 1. `IP` is both, and no ARP.
   */
  of(family?: Family | "IP"): Terms | undefined {
    const families = this.#families;
    if (family !== undefined && family !== "IP") families.add(family);
    const transport = this.#terms.get("transport");
    const isIp = families.size > 0 || transport !== undefined || this.#hasPorts();
    if (this.#isUnsure || families.size > 1 || (this.has("ethType") && isIp)) return undefined;
    if (this.#hasPorts() && (transport === undefined || transport === "=ICMP")) return undefined;
    const shows = ["srcHost", "dstHost"].some((side) => this.#terms.get(side)?.startsWith("=") === true);
    const [only] = families;
    if (only !== undefined && !shows) this.#terms.set("ethType", `=${only}`);
    if (family === "IP" && !isIp) this.#terms.set("ethType", "={IPv4, IPv6}");
    return this.#terms;
  }

  #hasPorts(): boolean {
    return this.has("srcPort") || this.has("dstPort");
  }
}

/** An address, a block or a block with a mask of bits; undefined: a name, or neither. */
function addressOf(text: string): string | undefined {
  if (!/^[\dA-Fa-f.:/]+$/.test(text)) return undefined;
  if (!text.includes("/")) return parseIp(text).ok ? text : undefined;
  const [block, mask, ...more] = text.split("/");
  const bits = mask!.includes(".") ? bitsOfMask(mask!) : mask!;
  if (bits === undefined || more.length > 0) return undefined;
  if (bits === "32" && !block!.includes(":")) return addressOf(block!);
  const written = `${block!}/${bits}`;
  return parsePrefix(written).ok ? written : undefined;
}

/** `255.255.255.0` → `24`; undefined: bits that are set behind one that is not, as those of the other kind of mask. */
function bitsOfMask(mask: string): string | undefined {
  const parts = mask.split(".").map(Number);
  if (parts.length !== 4 || !parts.every((part) => part >= 0 && part <= 255)) return undefined;
  const [, ones] = /^(1*)0*$/.exec(parts.map((part) => part.toString(2).padStart(8, "0")).join("")) ?? [];
  return ones === undefined ? undefined : String(ones.length);
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
