/** What is said of a value that its field does not take: what it is elsewhere, or of which other field it is a value. */
import { isName } from "#grammar/tokens.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { icmpHelp, numberElsewhere } from "../diagnostics/elsewhere.ts";
import { correction, suggest } from "../diagnostics/suggest.ts";
import { DOMAINS, type Field } from "../flowgroup/fields.ts";
import type { Span } from "../source.ts";
import type { ValueExpr } from "../syntax/ast.ts";
import { symbolText } from "../syntax/print-flows.ts";
import { undashed } from "../syntax/values.ts";
import { everyHelp } from "./awaited.ts";

/** The names that are known where the value stands, as `Names` has them. */
interface NamesAround {
  readonly users: Iterable<string>;
  readonly hosts: ReadonlyMap<string, unknown>;
  readonly switches: ReadonlyMap<string, unknown>;
  readonly inRule?: boolean;
  readonly arityOf?: (relation: string) => number | undefined;
}

/** That the members of a relation may be meant by its name: a rule asks for them by a variable. */
export function relationHelp(name: string, field: Field, of: NamesAround, { source, start }: Span): string | undefined {
  const { arityOf, inRule, users, hosts } = of;
  const parts = name.split(/\s*,\s*/);
  if (parts.length > 1 && parts.every((part) => /^[\w.:/-]+$/.test(part)))
    return `several values stand in braces, without quotation marks around them all: \`{${parts.join(", ")}}\``;
  if (!isName(name)) return undefined;
  const asked = `\`${field === "user" ? "srcUser" : field}(V), ${symbolText(name)}(V)\``;
  if (arityOf?.(name) === 1) {
    if (inRule === true) return `\`${name}\` is a relation, which is asked by ${asked}`;
    return `\`${name}\` is a relation, which the rules of a policy ask: \`… <= ${asked.slice(1)}`;
  }
  const isSet = inRule === true && /\bin\s+$/.test(source.text.slice(Math.max(0, start - 32), start));
  if (!isSet || (suggest(name, users) ?? suggest(name, hosts.keys())) !== undefined) return undefined;
  return `for the members of a relation write ${asked}`;
}

/** Help and fix for a value as other systems write it. */
export function valueHelp(field: Field, value: ValueExpr, names: NamesAround): Pick<Diagnostic, "help" | "fix"> {
  const { switches, inRule } = names;
  const { span } = value;
  if (field === "user" || field === "dstUser") {
    const host = field === "user" ? "srcHost" : "dstHost";
    return value.kind === "ip" || value.kind === "prefix" ? { help: `an address is of a host: \`${host}\`` } : {};
  }
  if (value.kind !== "name") return {};
  const { text } = value.name;
  const asked = relationHelp(text, field, names, span);
  if (asked !== undefined) return { help: asked };
  if (everyHelp(text, "value", field) !== undefined) return { help: everyHelp(text, "value", field)! };
  if (field === "vlan" && /^(?:untagged|native|no)$/i.test(text)) return correction("none", span);
  if (field === "srcAP" || field === "dstAP") {
    const at = `\`${symbolText(text)}:PORT\``;
    if (!switches.has(text)) return {};
    return { help: `write ${at}; the whole switch is \`switch=${symbolText(text)}\`` };
  }
  if (field === "icmpType") return icmpHelp(text, inRule === true);
  const isMac = field === "srcEth" || field === "dstEth";
  if (DOMAINS[field].kind !== "number") return {};
  if (field === "inPort")
    return {
      help: `a port of a switch is a number, which \`ovs-ofctl show BRIDGE\` lists beside its name: \`inPort=1\``,
    };
  const meant = isMac ? undashed(text)?.fix : numberElsewhere(field, text)?.toString();
  return meant === undefined ? {} : { fix: { title: `write \`${meant}\``, span, text: meant } };
}
