/**
 * The outside judge of tables, for tests. It sends frames hop by hop through the emitted entries, as OpenFlow reads
 * them (1.3.5, section 5), and along the network's cables. It shares no code with lowering, paths or trace. Of a policy
 * it knows only which hosts are middleboxes: these send back frames that are not for them.
 */
import type { Entry, FieldMatch, Table } from "../table/entry.ts";

/** OXM field → its value in a frame. A field that the frame lacks is matched by nothing. */
export type JudgedFrame = ReadonlyMap<string, bigint>;

/** A host that is plugged into a port. */
export interface Plugged {
  readonly name: string;
  readonly mac: bigint;
  readonly ip?: bigint | undefined;
  /**
   * It sends back every frame that is not addressed to it, its own broadcasts among them; as a router it puts its MAC into
   * those of IP for one host, and that of the host of the address, and drops what shows its own already.
   */
  readonly isMiddlebox: boolean | "router";
  /** The MACs of the hosts to which it forwards as a router; absent: to all. */
  readonly routes?: ReadonlySet<bigint>;
}

/** A network: the tables by switch, the cables and hosts by port. Ports are written `s1:3`. */
export interface Wiring {
  readonly tables: ReadonlyMap<string, Table>;
  readonly cables: ReadonlyMap<string, string>;
  readonly plugged: ReadonlyMap<string, Plugged>;
}

/** A frame that came out at the port of a host, with the switches and ports on its way in order. */
export interface Arrival {
  readonly at: string;
  readonly by: readonly string[];
}

export interface Judged {
  /** The ports at which copies came in and went out, each before what it led to. */
  readonly seen: readonly { readonly at: string; readonly isIn: boolean }[];
  readonly arrivals: readonly Arrival[];
  /** The switches that any copy of the frame came to. */
  readonly crossed: ReadonlySet<string>;
  /** Faults of tables: a frame circles, or the switch may choose which of two entries decides. */
  readonly faults: readonly string[];
}

/** The most passes through switches of one frame, all its copies together. Beyond that it circles. */
const MOST_PASSES = 400;

/** Sends a frame in at a port and follows all its copies. */
export function send({ tables, cables, plugged }: Wiring, frame: JudgedFrame, from: string): Judged {
  const seen: { readonly at: string; readonly isIn: boolean }[] = [];
  const arrivals: Arrival[] = [];
  const crossed = new Set<string>();
  const faults = new Set<string>();
  const copies: { readonly at: string; readonly by: readonly string[]; readonly shown: JudgedFrame }[] = [
    { at: from, by: [from], shown: frame },
  ];
  for (let passes = 0; copies.length > 0; passes++) {
    if (passes === MOST_PASSES) {
      faults.add(`circles: ${copies[0]!.by.slice(-12).join(" ")}`);
      break;
    }
    const { at, by, shown } = copies.shift()!;
    const [name, port] = [at.slice(0, at.indexOf(":")), Number(at.slice(at.indexOf(":") + 1))];
    crossed.add(name);
    seen.push({ at, isIn: true });
    const all = [...cables.keys(), ...plugged.keys()].filter((one) => one.startsWith(`${name}:`));
    const { outs, fault, left } = pass(tables.get(name)!, new Map([...shown, ["in_port", BigInt(port)]]));
    const sent = new Map([...shown].map(([field]) => [field, left.get(field)!]));
    if (fault !== undefined) faults.add(`${name}: ${fault}`);
    const leaving = outs.flatMap((out): string[] => {
      if (out === "IN_PORT") return [at];
      if (out === "ALL" || out === "FLOOD" || out === "NORMAL") return all.filter((one) => one !== at);
      return out === port ? [] : [`${name}:${out}`];
    });
    for (const out of leaving) {
      const next = cables.get(out);
      const there = plugged.get(out);
      seen.push({ at: out, isIn: false });
      if (next !== undefined) copies.push({ at: next, by: [...by, name, next], shown: sent });
      if (there === undefined) continue;
      arrivals.push({ at: out, by: [...by, name, out] });
      if (there.isMiddlebox !== false && !keeps(there, sent))
        copies.push({
          at: out,
          by: [...by, name, out],
          shown: there.isMiddlebox === "router" ? routed(there, sent, plugged) : sent,
        });
    }
  }
  return { seen, arrivals, crossed, faults: [...faults] };
}

const GROUP = 0x010000000000n;

/** Whether a host keeps a frame: the frame is addressed to it, or it forwarded the frame as a router does. */
function keeps({ mac, ip, isMiddlebox, routes }: Plugged, frame: JudgedFrame): boolean {
  const to = frame.get("eth_dst")!;
  if (isMiddlebox === "router" && routes !== undefined && (to & GROUP) === 0n && !routes.has(to)) return true;
  const isMeant = frame.get("eth_dst") === mac || (ip !== undefined && frame.get("ipv4_dst") === ip);
  const source = frame.get("ipv4_src");
  return isMeant || (frame.get("eth_src") === mac && source !== undefined && source !== ip);
}

/** The frame as a router sends it on: from itself, to the host of its address. */
function routed({ mac }: Plugged, frame: JudgedFrame, plugged: Wiring["plugged"]): JudgedFrame {
  if (!frame.has("ip_proto") || (frame.get("eth_dst")! & GROUP) !== 0n) return frame;
  const to = frame.get("ipv4_dst");
  const next = to === undefined ? undefined : [...plugged.values()].find(({ ip }) => ip === to);
  return new Map([...frame, ["eth_src", mac], ["eth_dst", next?.mac ?? frame.get("eth_dst")!]]);
}

type Out = number | string;

/** One pass through the tables of a switch; `left`: what the frame shows where it leaves. */
function pass(
  { entries }: Table,
  frame: Map<string, bigint>,
): { readonly outs: readonly Out[]; readonly left: JudgedFrame; readonly fault?: string } {
  const outs: Out[] = [];
  const shown = new Map([["metadata", 0n], ["ip_frag", 0n], ["vlan_vid", 0n], ["reg0", 0n], ...frame]);
  for (let table: number | undefined = 0; table !== undefined;) {
    const decided = decide(
      entries.filter((one) => one.table === table),
      shown,
    );
    const [first, second] = decided;
    if (first === undefined) return { outs, left: shown };
    if (second !== undefined) {
      const where = `of priority ${first.priority} in table ${table}`;
      return { outs, left: shown, fault: `two entries ${where}: ${text(first)} and ${text(second)}` };
    }
    table = undefined;
    for (const one of first.instructions) {
      if (one.kind === "goto") table = one.table;
      else if (one.kind === "write_metadata")
        shown.set("metadata", (shown.get("metadata")! & ~one.mask) | (one.value & one.mask));
      else if (one.kind === "apply") {
        for (const action of one.actions) {
          if (action.kind === "output") outs.push(action.port);
          else if (action.kind === "set_field") shown.set(action.field, action.value);
          else if (action.kind !== "set_queue") throw new Error(`the judge does not know ${action.kind}`);
        }
      }
    }
  }
  return { outs, left: shown };
}

/**
 * The entries that may decide on a frame; of those that do the same the first. A conjunction stands where its members stand: once
 * each of its clauses has one that the frame meets, the frame is looked up again with its number (ovs-fields(7), "conj_id").
 * The compiler has what decides it stand at the priority of the members, so nothing else is found.
 */
function decide(entries: readonly Entry[], shown: JudgedFrame): readonly Entry[] {
  const plain = highest(entries, new Map([...shown, ["conj_id", 0n]]));
  const members = entries.filter((one) => clausesOf(one).length > 0 && holds(one, shown));
  const ranks = new Set(members.map(({ priority }) => priority));
  for (const rank of [...ranks].toSorted((a, b) => b - a)) {
    if (plain.length > 0 && rank < plain[0]!.priority) break;
    const met = Map.groupBy(members.filter(({ priority }) => priority === rank).flatMap(clausesOf), ({ id }) => id);
    const complete = [...met].flatMap(([id, some]) =>
      new Set(some.map(({ clause }) => clause)).size === some[0]!.clauses ? [id] : [],
    );
    const found = complete.flatMap((id) => highest(entries, new Map([...shown, ["conj_id", BigInt(id)]])));
    if (found.some(({ priority }) => priority !== rank))
      throw new Error(`conjunctions ${complete.join()} are torn apart`);
    const ties = plain.length > 0 && plain[0]!.priority === rank ? plain : [];
    if (found.length > 0) return unlike([...found, ...ties]);
  }
  return plain;
}

/** The entries of the highest priority that a frame meets, members of conjunctions aside; of those that do the same the first. */
function highest(entries: readonly Entry[], shown: JudgedFrame): readonly Entry[] {
  const here = entries.filter((one) => clausesOf(one).length === 0 && holds(one, shown));
  const top = Math.max(...here.map(({ priority }) => priority));
  return unlike(here.filter(({ priority }) => priority === top));
}

const unlike = (some: readonly Entry[]): readonly Entry[] =>
  [...new Map(some.toReversed().map((one) => [text(one), one])).values()].toReversed();

/** The clauses of conjunctions of which an entry is a member. */
const clausesOf = ({ instructions }: Entry) =>
  instructions.flatMap((one) =>
    one.kind === "apply" ? one.actions.flatMap((action) => (action.kind === "conjunction" ? [action] : [])) : [],
  );

const holds = ({ match }: Entry, frame: JudgedFrame): boolean => match.every((one) => meets(one, frame.get(one.field)));

const meets = ({ value, mask = -1n }: FieldMatch, shown: bigint | undefined): boolean =>
  shown !== undefined && (shown & mask) === (value & mask);

const text = ({ instructions }: Entry): string =>
  JSON.stringify(instructions, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value));

/** Pairs of entries of one table and priority that could match one packet and do different things with it. */
export function ambiguities({ entries }: Table): readonly string[] {
  const found: string[] = [];
  const groups = Map.groupBy(writtenOut(entries), ({ table, priority }) => `${table}/${priority}`);
  for (const [where, some] of groups) {
    for (const [i, one] of some.entries()) {
      for (const other of some.slice(i + 1)) {
        if (text(one) === text(other)) continue;
        const apart = one.match.some((a) => other.match.some((b) => a.field === b.field && differ(a, b)));
        if (!apart) found.push(`${where}: ${fields(one)} and ${fields(other)}`);
      }
    }
  }
  return found;
}

/** Each conjunction as an entry for each choice of one member of each clause, which stands where the members do. */
function writtenOut(entries: readonly Entry[]): readonly Entry[] {
  const members = entries.flatMap((entry) => clausesOf(entry).map((one) => ({ ...one, entry })));
  const byId = Map.groupBy(members, ({ id, entry }) => `${entry.table}/${id}`);
  return entries.flatMap((entry): readonly Entry[] => {
    if (clausesOf(entry).length > 0) return [];
    const id = entry.match.find(({ field }) => field === "conj_id")?.value;
    if (id === undefined) return [entry];
    const match = entry.match.filter(({ field }) => field !== "conj_id");
    const some = byId.get(`${entry.table}/${id}`) ?? [];
    const choices = [...Map.groupBy(some, ({ clause }) => clause).values()].reduce<readonly Entry[]>(
      (all, clause) =>
        all.flatMap((one) =>
          clause.map(({ entry: { match: own, priority } }) => ({ ...one, priority, match: [...one.match, ...own] })),
        ),
      some.length === 0 ? [] : [{ ...entry, match }],
    );
    const isPossible = ({ match: all }: Entry): boolean =>
      !all.some((a, i) => all.slice(i + 1).some((b) => a.field === b.field && differ(a, b)));
    return choices.filter(isPossible);
  });
}

const differ = (a: FieldMatch, b: FieldMatch): boolean => {
  const mask = (a.mask ?? -1n) & (b.mask ?? -1n);
  return (a.value & mask) !== (b.value & mask);
};

const fields = ({ match, ...rest }: Entry): string =>
  `${match.map(({ field, value }) => `${field}=0x${value.toString(16)}`).join()} → ${text({ match, ...rest })}`;
