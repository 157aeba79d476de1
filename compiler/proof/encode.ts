/**
 * Flowgroups → terms over bit vectors. One vector per field and a truth value for *absent*; an address is a family and
 * a vector for each family; names are numbered, with one number more for every name that is not mentioned. Shares only
 * the shapes with the set algebra, none of its code: the two check each other.
 */
import type { Cube, FieldSet, Flow, Flowgroup, Value } from "../flowgroup/cube.ts";
import { DOMAINS, FIELDS, type Domain, type Field } from "../flowgroup/fields.ts";
import type { Z3Context, Z3Term } from "./z3.ts";
import { append } from "../net/lists.ts";

/** The variables of one field. */
type Variables =
  | { readonly kind: "number"; readonly absent: Z3Term; readonly value: Z3Term; readonly width: number }
  | { readonly kind: "ip"; readonly absent: Z3Term; readonly six: Z3Term; readonly v4: Z3Term; readonly v6: Z3Term }
  | {
      readonly kind: "name";
      readonly absent: Z3Term;
      readonly value: Z3Term;
      readonly width: number;
      readonly names: readonly string[];
    };

/** A symbolic flow: makes terms that say in which set it lies, and reads it out of a model. */
export class SymbolicFlow {
  readonly #context: Z3Context;
  readonly #variables = new Map<Field, Variables>();
  readonly #numbers = new Map<Field, ReadonlyMap<string, number>>();

  /** `mentions`: all sets that will be asked about, since their names must be known beforehand. */
  constructor(context: Z3Context, mentions: readonly Flowgroup[]) {
    this.#context = context;
    const names = new Map<Field, Set<string>>();
    for (const { cubes } of mentions) {
      for (const cube of cubes) {
        for (const [field, set] of entries(cube)) {
          if (!names.has(field)) names.set(field, new Set());
          if (set.kind === "name") for (const name of set.names) names.get(field)!.add(name);
        }
      }
    }
    if ([...names.keys()].some((field) => OF_PACKETS.includes(field)))
      for (const field of OF_PACKETS) if (!names.has(field)) names.set(field, new Set());
    // An access point is a port of a switch.
    const points = names.get("srcAP") ?? [];
    for (const field of ["switch", "inPort"] as const)
      if (names.has("srcAP") && !names.has(field)) names.set(field, new Set());
    for (const point of points) names.get("switch")!.add(point.slice(0, point.lastIndexOf(":")));
    for (const [field, mentioned] of names) this.#declare(field, [...mentioned].toSorted());
  }

  /** What every flow obeys: the number of a name is one of those given out, and the flow exists. */
  wellFormed(): Z3Term[] {
    const terms: Z3Term[] = this.#exists();
    for (const variables of this.#variables.values()) {
      if (variables.kind !== "name") continue;
      terms.push(
        this.#context.atMost(variables.value, this.#context.constant(variables.names.length, variables.width)),
      );
    }
    return terms;
  }

  /** SEMANTICS, "Which flows exist". */
  #exists(): Z3Term[] {
    const context = this.#context;
    const terms = ALWAYS.flatMap((field) => {
      const variables = this.#variables.get(field);
      return variables ? [context.not(variables.absent)] : [];
    });
    append(terms, this.#ingress());
    if (!this.#variables.has("ethType")) return terms;
    const is = (field: Field, value: number): Z3Term =>
      this.#hasValue(field, this.#variables.get(field)!, single(value));
    const lacks = (field: Field): Z3Term => this.#variables.get(field)!.absent;
    const same = (a: Z3Term, b: Z3Term): Z3Term =>
      context.or([context.and([a, b]), context.and([context.not(a), context.not(b)])]);
    const implies = (a: Z3Term, b: Z3Term): Z3Term => context.or([context.not(a), b]);
    const v6 = is("ethType", 0x86dd);
    const ip = context.or([is("ethType", 0x0800), v6]);
    const low = this.#hasValue("ethType", this.#variables.get("ethType")!, range(0, 0x05fe));
    for (const never of [lacks("ethType"), low]) terms.push(context.not(never));
    for (const field of ["srcHost", "dstHost"] as const) {
      const host = this.#variables.get(field)!;
      if (host.kind === "ip") terms.push(same(context.not(host.absent), ip), implies(ip, same(host.six, v6)));
    }
    for (const field of ["transport", "dscp"] as const) terms.push(same(context.not(lacks(field)), ip));
    terms.push(implies(context.not(lacks("direction")), ip));
    const ported = context.and([ip, context.or([6, 17, 132].map((value) => is("transport", value)))]);
    const icmp = context.and([ip, is("transport", 1)]);
    for (const [one, other, carrier] of [
      ["srcPort", "dstPort", ported],
      ["icmpType", "icmpCode", icmp],
    ] as const)
      terms.push(same(context.not(lacks(one)), carrier), same(context.not(lacks(other)), carrier));
    return terms;
  }

  /** What enters at port 3 of `s1` is seen there. */
  #ingress(): Z3Term[] {
    const context = this.#context;
    const points = this.#variables.get("srcAP");
    if (points?.kind !== "name") return [];
    return points.names.flatMap((name) => {
      const colon = name.lastIndexOf(":");
      const port = name.slice(colon + 1);
      const isElsewhere = context.not(this.#inSet("srcAP", { kind: "name", absent: false, not: false, names: [name] }));
      const at: FieldSet = { kind: "name", absent: false, not: false, names: [name.slice(0, colon)] };
      const seen = [this.#inSet("switch", at)];
      if (/^\d{1,9}$/.test(port)) seen.push(this.#inSet("inPort", single(Number(port))));
      return [context.or([isElsewhere, context.and(seen)])];
    });
  }

  /** The flow lies in the union. */
  inFlowgroup(flows: Flowgroup): Z3Term {
    return this.#context.or(flows.cubes.map((cube) => this.inCube(cube)));
  }

  inCube(cube: Cube): Z3Term {
    return this.#context.and(entries(cube).map(([field, set]) => this.#inSet(field, set)));
  }

  /** The flow that a model describes; fields that are absent or not mentioned are left out. */
  read(value: (term: Z3Term) => bigint | boolean): Flow {
    const flow: { [F in Field]?: Value } = {};
    for (const field of FIELDS) {
      const variables = this.#variables.get(field);
      if (!variables || value(variables.absent)) continue;
      if (variables.kind === "ip") {
        flow[field] = value(variables.six)
          ? { family: 6, value: value(variables.v6) as bigint }
          : { family: 4, value: Number(value(variables.v4)) };
      } else {
        const number = Number(value(variables.value));
        flow[field] = variables.kind === "number" ? number : (variables.names[number] ?? unused(variables.names));
      }
    }
    return flow;
  }

  #declare(field: Field, names: readonly string[]): void {
    const context = this.#context;
    const domain: Domain = DOMAINS[field];
    const absent = context.boolean(`${field}.absent`);
    if (domain.kind === "ip") {
      const six = context.boolean(`${field}.six`);
      const v4 = context.bits(`${field}.v4`, 32);
      this.#variables.set(field, { kind: "ip", absent, six, v4, v6: context.bits(`${field}.v6`, 128) });
      return;
    }
    const width = (domain.kind === "number" ? domain.max : names.length).toString(2).length;
    const value = context.bits(field, width);
    if (domain.kind === "number") {
      this.#variables.set(field, { kind: "number", absent, value, width });
    } else {
      this.#variables.set(field, { kind: "name", absent, value, width, names });
      this.#numbers.set(field, new Map(names.map((name, i) => [name, i])));
    }
  }

  #inSet(field: Field, set: FieldSet): Z3Term {
    const context = this.#context;
    const variables = this.#variables.get(field)!;
    const present = context.and([context.not(variables.absent), this.#hasValue(field, variables, set)]);
    return set.absent ? context.or([variables.absent, present]) : present;
  }

  #hasValue(field: Field, variables: Variables, set: FieldSet): Z3Term {
    const context = this.#context;
    if (variables.kind === "number" && set.kind === "number") {
      return context.or(inRanges(context, variables.value, variables.width, set.ranges));
    }
    if (variables.kind === "ip" && set.kind === "ip") {
      const v4 = context.or(inRanges(context, variables.v4, 32, set.v4));
      const v6 = context.or(inRanges(context, variables.v6, 128, set.v6));
      return context.ite(variables.six, v6, v4);
    }
    if (variables.kind !== "name" || set.kind !== "name") throw new TypeError(`${field} has a set of another kind`);
    const numbers = this.#numbers.get(field)!;
    const listed = context.or(
      inRanges(context, variables.value, variables.width, runs(set.names.map((name) => numbers.get(name)!))),
    );
    return set.not ? context.not(listed) : listed;
  }
}

const ALWAYS: readonly Field[] = ["user", "dstUser", "srcEth", "dstEth", "inPort"];

/** The fields by which packets of one kind differ from those of another. */
const OF_PACKETS: readonly Field[] = [
  "srcHost",
  "dstHost",
  "ethType",
  "transport",
  "dscp",
  "direction",
  "srcPort",
  "dstPort",
  "icmpType",
  "icmpCode",
];

const range = (low: number, high: number): FieldSet => ({ kind: "number", absent: false, ranges: [low, high] });
const single = (value: number): FieldSet => range(value, value);

/** The constraints of a cube: bit i of its mask stands for `FIELDS[i]`, its sets stand in that order. */
function entries(cube: Cube): (readonly [Field, FieldSet])[] {
  const constrained = FIELDS.filter((_, i) => (cube.mask >> i) & 1);
  return constrained.map((field, i) => [field, cube.sets[i]!]);
}

/** One term per range: equality of the leading bits where the range is an aligned block, bounds elsewhere. */
function inRanges(context: Z3Context, value: Z3Term, width: number, ranges: readonly (number | bigint)[]): Z3Term[] {
  const terms: Z3Term[] = [];
  for (let i = 0; i < ranges.length; i += 2) {
    const low = BigInt(ranges[i]!);
    const high = BigInt(ranges[i + 1]!);
    const free = (low ^ high).toString(2).length * (low === high ? 0 : 1);
    const below = (1n << BigInt(free)) - 1n;
    if ((low & below) !== 0n || (high & below) !== below) {
      const from = context.atMost(context.constant(low, width), value);
      terms.push(context.and([from, context.atMost(value, context.constant(high, width))]));
    } else if (free === 0) {
      terms.push(context.equal(value, context.constant(low, width)));
    } else if (free === width) {
      terms.push(context.and([]));
    } else {
      const leading = context.extract(value, width - 1, free);
      terms.push(context.equal(leading, context.constant(low >> BigInt(free), width - free)));
    }
  }
  return terms;
}

/** Ascending numbers as closed ranges: names are numbered in order, so a long list is often a few runs. */
function runs(ascending: readonly number[]): number[] {
  const ranges: number[] = [];
  for (const value of ascending) {
    if (ranges.at(-1) === value - 1) ranges[ranges.length - 1] = value;
    else ranges.push(value, value);
  }
  return ranges;
}

/** A name that is not in the list. */
function unused(names: readonly string[]): string {
  let name = "other";
  while (names.includes(name)) name += "-";
  return name;
}
