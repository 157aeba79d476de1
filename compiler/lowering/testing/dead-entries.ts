/**
 * The text of a table → the entries that no packet comes to, since entries of higher priority in their table match all that they
 * match. It reads the text by itself and shares no code with what made it.
 */

type Bits = readonly [value: bigint, mask: bigint];
type Cube = ReadonlyMap<string, Bits>;
export interface ReadEntry {
  readonly table: number;
  readonly priority: number;
  readonly match: Cube;
  readonly line: string;
}

const BITS: Readonly<Record<string, number>> = {
  in_port: 32,
  dl_src: 48,
  dl_dst: 48,
  dl_type: 16,
  nw_proto: 8,
  nw_src: 32,
  nw_dst: 32,
  ipv6_src: 128,
  ipv6_dst: 128,
  arp_spa: 32,
  arp_tpa: 32,
  arp_sha: 48,
  arp_op: 16,
  nd_target: 128,
  nd_sll: 48,
  nd_tll: 48,
  metadata: 64,
  nw_tos: 8,
};
const widthOf = (field: string): number => BITS[field] ?? (field.startsWith("icmp") ? 8 : 16);
const ones = (count: number): bigint => (1n << BigInt(count)) - 1n;
const joined = (parts: readonly string[], bits: number, base: string): bigint =>
  parts.reduce((sum, part) => (sum << BigInt(bits)) + BigInt(`${base}${part}`), 0n);

function address6(text: string): bigint {
  const [head = "", tail] = text.split("::");
  const [left, right] = [head, tail ?? ""].map((part) => (part === "" ? [] : part.split(":"))) as [string[], string[]];
  const zeros = tail === undefined ? [] : Array<string>(8 - left.length - right.length).fill("0");
  return joined([...left, ...zeros, ...right], 16, "0x");
}

function valueOf(text: string): bigint {
  if (text.split(":").length === 6 && !text.includes("::")) return joined(text.split(":"), 8, "0x");
  if (text.includes(":")) return address6(text);
  return text.includes(".") ? joined(text.split("."), 8, "") : BigInt(text);
}

function bitsOf(field: string, text: string): Bits {
  const [value, mask] = text.split("/") as [string, string?];
  const all = ones(widthOf(field));
  const isLength = mask !== undefined && !/^0x|[.:]/.test(mask);
  const asked = mask === undefined ? all : isLength ? all ^ (all >> BigInt(mask)) : valueOf(mask);
  return [valueOf(value) & asked, asked];
}

/** Entries of conjunctions, and those with an end, neither cover nor are looked at. */
export function readEntries(text: string): readonly ReadEntry[] {
  return text.split("\n").flatMap((line): readonly ReadEntry[] => {
    const [head, actions = ""] = line.split(" actions=") as [string, string?];
    if (!line.startsWith("cookie=") || actions.includes("conjunction(") || /conj_id|timeout/.test(head)) return [];
    const parts = head.split(",").map((part) => part.split(/=(.*)/s) as [string, string]);
    const numbers = new Map(parts);
    const asked = parts.filter(([name]) => !["cookie", "table", "priority"].includes(name));
    // What is no plain number of a field is one value of its own: it covers only what asks for the same.
    const match = asked.map(([name, value]): [string, Bits] =>
      ["nw_frag", "ct_state", "vlan_tci", "dl_vlan"].includes(name)
        ? [`${name}=${value}`, [1n, 1n]]
        : [name, bitsOf(name, value)],
    );
    return [
      {
        table: Number(numbers.get("table")),
        priority: Number(numbers.get("priority")),
        match: new Map(match),
        line,
      },
    ];
  });
}

const meet = (one: Cube, other: Cube): boolean =>
  [...other].every(([field, [value, mask]]) => {
    const own = one.get(field);
    return own === undefined || ((own[0] ^ value) & own[1] & mask) === 0n;
  });

const isWithin = (one: Cube, other: Cube): boolean =>
  [...other].every(([field, [value, mask]]) => {
    const own = one.get(field);
    return own !== undefined && (own[1] & mask) === mask && ((own[0] ^ value) & mask) === 0n;
  });

/** The parts of a cube that are outside another, bit by bit. */
function outside(one: Cube, other: Cube): readonly Cube[] {
  const parts: Cube[] = [];
  const rest = new Map(one);
  for (const [field, [value, mask]] of other) {
    for (let bit = 1n; bit <= mask; bit <<= 1n) {
      const [had, known] = rest.get(field) ?? [0n, 0n];
      if ((mask & bit) === 0n || (known & bit) !== 0n) continue;
      parts.push(new Map(rest).set(field, [had | (~value & bit), known | bit]));
      rest.set(field, [had | (value & bit), known | bit]);
    }
  }
  return parts;
}

function isCovered(one: Cube, over: readonly ReadEntry[]): boolean {
  const near = over.filter(({ match }) => meet(one, match));
  if (near.some(({ match }) => isWithin(one, match))) return true;
  const [first, ...rest] = near;
  return first !== undefined && outside(one, first.match).every((part) => isCovered(part, rest));
}

export function deadEntries(text: string): readonly ReadEntry[] {
  const all = readEntries(text);
  return all.filter(({ table, priority, match }) => {
    const over = all.filter((one) => one.table === table && one.priority > priority && meet(match, one.match));
    // What none covers alone is judged only where few meet it: the search is exponential.
    return over.some((one) => isWithin(match, one.match)) || (over.length <= 12 && isCovered(match, over));
  });
}
