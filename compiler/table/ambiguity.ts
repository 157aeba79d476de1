/**
 * The entries of one switch → an ambiguous pair: two entries of one table and priority that one packet may match and
 * that do different things. OpenFlow does not define which of them decides (1.3.5, section 5.3), so no such pair may
 * leave the compiler (NETWORK, "Forward").
 *
 * Entries are compared with their neighbours (`neighbourhoods.ts`). Those are grouped by form, that is by the bits of the
 * fields that they match. Entries of one form overlap only where their matches are equal. Entries of two forms are compared
 * by the bits that both forms match. So the cost grows with the entries times the forms, and not with the square of the entries.
 */
import type { Action, Entry, FieldMatch, Instruction, Match, MatchField } from "./entry.ts";
import { pairOfConjunctions, type Ambiguous, type Conjunction } from "./conjunction-pairs.ts";
import { canonicalMatch, fullMask, maskOfField, matchContains, matchesOverlap } from "./match.ts";
import { neighbourhoods } from "./neighbourhoods.ts";

/**
 * The first ambiguous pair; undefined if there is none; `"open"`: the steps for conjunctions ended. INVARIANT: the entries
 * are sorted like those of a `Table`. `fixedSteps`: those beside what each entry has.
 */
export function ambiguousPair(entries: readonly Entry[], fixedSteps?: number): Ambiguous | "open" | undefined {
  const tags = new Tags(entries);
  let open: "open" | undefined;
  for (let from = 0, to = 0; from < entries.length; from = to) {
    const { table, priority } = entries[from]!;
    while (to < entries.length && entries[to]!.table === table && entries[to]!.priority === priority) to++;
    if (to - from === 1) continue;
    const found = pairOf(entries.slice(from, to), tags, fixedSteps);
    if (found === "open") open = found;
    else if (found !== undefined) return found;
  }
  return open;
}

function pairOf(some: readonly Entry[], tags: Tags, fixedSteps: number | undefined): Ambiguous | "open" | undefined {
  const isPart = (one: Entry): boolean => one.match[0]?.field === "conj_id" || memberships(one).length > 0;
  const plain = some.some(isPart) ? some.filter((one) => !isPart(one)) : some;
  const conjunctions = plain === some ? [] : conjunctionsOf(some);
  const overlap = (one: Entry, other: Entry): boolean =>
    matchesOverlap(one.match, other.match) && tags.allowBoth(one.match, other.match, one.table);
  return pairOfPlain(plain, tags) ?? pairOfConjunctions(conjunctions, plain, { overlap, doSame }, fixedSteps);
}

/** Entries that match the same fields under the same masks, in the order of the table. */
type Form = readonly Entry[];

function pairOfPlain(plain: readonly Entry[], tags: Tags): Ambiguous | undefined {
  if (doAllSame(plain)) return undefined;
  for (const some of neighbourhoods(plain, ({ match }) => match)) {
    const found = doAllSame(some) ? undefined : pairOfNeighbours(some, tags);
    if (found !== undefined) return found;
  }
  return undefined;
}

const doAllSame = (all: readonly Entry[]): boolean => all.every((one) => doSame(all[0]!, one));

function pairOfNeighbours(plain: readonly Entry[], tags: Tags): Ambiguous | undefined {
  const forms = formsOf(plain);
  for (const form of forms) {
    // The table's order puts equal matches side by side.
    for (let i = 1; i < form.length; i++) {
      const [one, other] = [form[i - 1]!, form[i]!];
      if (isEqual(one.match, other.match) && !doSame(one, other)) return { one, other };
    }
  }
  for (const [i, form] of forms.entries()) {
    for (let k = i + 1; k < forms.length; k++) {
      const found = pairBetween(form, forms[k]!, tags);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function formsOf(plain: readonly Entry[]): readonly Form[] {
  const forms = new Map<string, Entry[]>();
  let last: Entry | undefined;
  let form: Entry[] = [];
  for (const one of plain) {
    if (last === undefined || !isSameForm(last.match, one.match)) {
      const key = one.match.map(({ field, mask }) => (mask === undefined ? field : `${field}/${mask}`)).join();
      const known = forms.get(key);
      if (known === undefined) forms.set(key, (form = []));
      else form = known;
    }
    form.push(one);
    last = one;
  }
  return [...forms.values()];
}

/** Two entries, one of each form, that overlap and do different things. */
function pairBetween(a: Form, b: Form, tags: Tags): Ambiguous | undefined {
  const [of, other] = [a[0]!.match, b[0]!.match];
  const common = of.flatMap((one) => {
    const same = other.find(({ field }) => field === one.field);
    const mask = same === undefined ? 0n : maskOfField(one) & maskOfField(same);
    return mask === 0n ? [] : [{ field: one.field, mask, isWhole: mask === fullMask(one.field) }];
  });
  const keyOf = ({ match }: Entry): string => {
    let key = "";
    for (const { field, mask, isWhole } of common) {
      const { value } = match.find((one) => one.field === field)!;
      key += `${isWhole ? value : value & mask},`;
    }
    return key;
  };
  // One entry of each key is enough, or two that do different things: any entry differs from one of those two. Forms
  // with metadata keep all entries of a key, since `tags` may rule out some pairs of them.
  const isTagged = [of, other].some((match) => match.some(({ field }) => field === "metadata"));
  const known = new Map<string, Entry[]>();
  for (const one of a) {
    const key = keyOf(one);
    const here = known.get(key);
    if (here === undefined) known.set(key, [one]);
    else if (isTagged || (here.length === 1 && !doSame(here[0]!, one))) here.push(one);
  }
  for (const one of b) {
    for (const here of known.get(keyOf(one)) ?? [])
      if (!doSame(here, one) && tags.allowBoth(here.match, one.match, one.table)) return { one: here, other: one };
  }
  return undefined;
}

function conjunctionsOf(some: readonly Entry[]): readonly Conjunction[] {
  const clauses = new Map<number, Entry[][]>();
  for (const one of some) {
    for (const { id, clause, clauses: count } of memberships(one)) {
      const known = clauses.get(id) ?? Array.from({ length: count }, () => []);
      known[clause - 1]!.push(one);
      clauses.set(id, known);
    }
  }
  return some.flatMap((verdict) => {
    const [first] = verdict.match;
    const own = first?.field === "conj_id" ? clauses.get(Number(first.value)) : undefined;
    return own === undefined ? [] : [{ verdict, clauses: own }];
  });
}

const NONE: readonly Extract<Action, { kind: "conjunction" }>[] = [];

function memberships({ instructions: [first] }: Entry): readonly Extract<Action, { kind: "conjunction" }>[] {
  if (first?.kind !== "apply" || first.actions[0]?.kind !== "conjunction") return NONE;
  return first.actions.filter((one) => one.kind === "conjunction");
}

const isSameForm = (a: Match, b: Match): boolean =>
  a.length === b.length && a.every(({ field, mask }, i) => b[i]!.field === field && b[i]!.mask === mask);

const isEqual = (a: Match, b: Match): boolean => a.every(({ value }, i) => b[i]!.value === value);

/** Whether two entries do the same with a packet: equal instructions in the same order. */
function doSame({ instructions: a }: Entry, { instructions: b }: Entry): boolean {
  return a === b || (a.length === b.length && a.every((one, i) => isSame(one, b[i]!)));
}

function isSame(a: Instruction, b: Instruction): boolean {
  if (a === b) return true;
  if (a.kind !== "apply" || b.kind !== "apply") return sameFields(a, b);
  return a.actions.length === b.actions.length && a.actions.every((one, i) => sameFields(one, b.actions[i]!));
}

function sameFields(a: object, b: object): boolean {
  const [own, others] = [a, b] as const as readonly [Record<string, unknown>, Record<string, unknown>];
  const keys = Object.keys(own);
  return keys.length === Object.keys(others).length && keys.every((key) => own[key] === others[key]);
}

/** The tags that earlier tables write into the metadata, and so which of them a packet with given fields may have. */
class Tags {
  readonly #writers = new Map<number, Entry[]>();

  constructor(entries: readonly Entry[]) {
    for (const one of entries) {
      if (one.instructions[0]?.kind !== "write_metadata") continue;
      const known = this.#writers.get(one.table);
      if (known === undefined) this.#writers.set(one.table, [one]);
      else known.push(one);
    }
  }

  /** Whether a packet with the tags that earlier tables write may match two overlapping entries of `table`. */
  allowBoth(a: Match, b: Match, table: number): boolean {
    const metadata = [...a, ...b].filter(({ field }) => field === "metadata");
    if (metadata.length === 0) return true;
    const fields = intersection([...a, ...b].filter(({ field }) => field !== "metadata"));
    const { value, mask = 0n } = intersection(metadata)[0]!;
    for (const [at, entries] of this.#writers) {
      if (at >= table) continue;
      const bits = entries.reduce((all, one) => all | written(one).mask, 0n) & mask;
      if (bits === 0n) continue;
      let isWritten = false;
      let isDecided = false;
      for (const one of entries) {
        if (!matchesOverlap(one.match, fields)) continue;
        isWritten ||= (written(one).value & bits) === (value & bits);
        isDecided = matchContains(one.match, fields);
        if (isDecided) break;
      }
      // A packet that no entry tags has none of these bits set.
      if (!isWritten && (isDecided || (value & bits) !== 0n)) return false;
    }
    return true;
  }
}

function written({ instructions: [first] }: Entry): { readonly value: bigint; readonly mask: bigint } {
  return first?.kind === "write_metadata" ? first : { value: 0n, mask: 0n };
}

/** The match of the packets that are in all of some overlapping matches. */
function intersection(all: Match): Match {
  const fields = new Map<MatchField, FieldMatch>();
  for (const one of all) {
    const { value = 0n, ...other } = fields.get(one.field) ?? {};
    const mask = maskOfField(one) | (fields.has(one.field) ? maskOfField({ field: one.field, value, ...other }) : 0n);
    fields.set(one.field, { field: one.field, value: value | one.value, mask });
  }
  return canonicalMatch([...fields.values()]);
}
