/** Extents → sets of a field. Hosts become their addresses, or their MACs; users and access points stay names. */
import type { Constant } from "../../datalog/types.ts";
import type { Cube } from "../../flowgroup/cube.ts";
import { DOMAINS, type Field } from "../../flowgroup/fields.ts";
import {
  ALL,
  complement,
  cube,
  wholeDifference,
  flowgroup,
  nameSet,
  negation,
  present,
  SKIPPED,
} from "../../flowgroup/index.ts";
import { ipv4AloneNote } from "../../model/flow-notes.ts";
import { hostCubes, fieldFlows, type Names } from "../../model/values.ts";
import type { Host } from "../../model/model.ts";
import { parseIp, parseMac, parsePrefix, type Ip, type Prefix } from "../../net/index.ts";
import type { Span } from "../../source.ts";
import type { ValueExpr } from "../../syntax/ast.ts";
import { conditionOn } from "./condition.ts";
import { Extents, sortedValues, type Extent } from "./extents.ts";

/** Turns extents into cubes over one field (two where hosts are known by MAC), remembering what it did. */
export class ConstraintBuilder {
  readonly names: Names;
  readonly span: Span;
  /** Hosts that a relation names and that have no address: no packet can be theirs. */
  readonly homeless = new Set<string>();
  /** Those under `not`: whoever is meant is not left out. */
  readonly notLeftOut = new Set<string>();
  /** The extents of one rule, all its alternatives together. */
  readonly extents = new Extents();
  readonly memory = new Map<string, readonly Cube[]>();
  /** Whether facts gave a value that the field cannot have, which is told. */
  isFaulty = false;

  constructor(names: Names, span: Span) {
    this.names = names;
    this.span = span;
  }

  /** The cubes of an extent by its number; none where nothing has such a value. */
  cubes(field: Field, number: number, orAbsent: boolean): readonly Cube[] {
    const key = `${field} ${number} ${orAbsent}`;
    let found = this.memory.get(key);
    if (found === undefined) this.memory.set(key, (found = this.make(field, this.extents.get(number), orAbsent)));
    return found;
  }

  make(field: Field, extent: Extent, orAbsent: boolean): readonly Cube[] {
    if (extent.kind === "compare") return this.compare(field, extent);
    const values = sortedValues(extent.values);
    const domain = DOMAINS[field];
    if (domain.kind === "name" && field !== "srcAP" && field !== "dstAP") {
      const set = nameSet(values.map(String));
      if (extent.kind === "in") return set ? [cube({ [field]: set })] : [];
      if (set === undefined) return orAbsent ? [cube({})] : [cube({ [field]: present(field) })];
      return [cube({ [field]: orAbsent ? complement(field, set) : negation(field, set)! })];
    }
    const cubes =
      domain.kind === "ip"
        ? this.hosts(field as "srcHost" | "dstHost", values, extent.kind === "in" ? this.homeless : this.notLeftOut)
        : this.others(field, values);
    if (extent.kind === "in") return cubes;
    const all = orAbsent ? ALL : flowgroup([cube({ [field]: present(field) })]);
    return wholeDifference(all, flowgroup(cubes)).cubes;
  }

  hosts(field: "srcHost" | "dstHost", values: readonly Constant[], homeless: Set<string>): readonly Cube[] {
    const known: (Host | Ip | Prefix)[] = [];
    for (const value of values) {
      const name = String(value);
      const host = this.names.hosts.get(name);
      const ip = host ? undefined : parseIp(name);
      const prefix = host || ip?.ok ? undefined : parsePrefix(name);
      if (host && host.addresses.length + host.macs.length > 0) known.push(host);
      else if (ip?.ok) known.push(ip.value);
      else if (prefix?.ok) known.push(prefix.value);
      else homeless.add(name);
    }
    return hostCubes(field, known);
  }

  others(field: Field, values: readonly Constant[]): readonly Cube[] {
    if (values.length === 0) return [];
    const exprs = values.map((value) => this.expression(value));
    const skipped = field === "transport" ? values.find((value) => SKIPPED.has(Number(value))) : undefined;
    if (skipped !== undefined) this.names.report(ipv4AloneNote(String(skipped), this.span));
    return this.flows(field, { kind: "set", values: exprs, span: this.span }, false);
  }

  compare(field: Field, extent: Extent & { kind: "compare" }): readonly Cube[] {
    const condition = conditionOn(field, extent.operator, this.expression(extent.value));
    if (condition === undefined || condition === "never") return [];
    return this.flows(field, condition.value, condition.negation !== "none");
  }

  /** The flows of what facts give; what is wrong about it is told at the rule, with where to look. */
  flows(field: Field, condition: Parameters<typeof fieldFlows>[1], isNegated: boolean): readonly Cube[] {
    const report: Names["report"] = (told) => {
      const then = told.help === undefined ? "" : `: there, ${told.help}`;
      const help = `a fact or a row of data that this rule reads gives it this value${then}`;
      this.names.report(told.severity === "error" ? { ...told, help } : told);
    };
    const found = fieldFlows(field, condition, isNegated, { ...this.names, report });
    this.isFaulty ||= found === undefined;
    return found?.cubes ?? [];
  }

  /** A constant as if it were written at the rule, so that its faults are reported there. */
  expression(value: Constant): ValueExpr {
    const { span } = this;
    if (typeof value === "number") return { kind: "number", value, span };
    const mac = parseMac(value);
    if (mac.ok) return { kind: "mac", address: mac.value, span };
    return { kind: "name", name: { text: value, quoted: true, span }, span };
  }
}
