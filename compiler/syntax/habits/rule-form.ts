/** A request that stands among the rules of a policy → the rule that says the same, where its terms are plain values. */
const PLAIN = String.raw`(?:\d[\d.:a-fA-F/-]*|[\da-fA-F]*:[\da-fA-F]*:[\da-fA-F:./]*)`;
const TERM = new RegExp(
  String.raw`^(\w+)\s*(!?=)\s*(${PLAIN}|\{\s*${PLAIN}(?:\s*,\s*${PLAIN})*\s*\}|TCP|UDP|ICMP|SCTP|IPv4|IPv6|ARP)$`,
);
const REQUEST =
  /^(allow|deny|limit|ratelimit|reserve)\s*\(\s*([^()]*)\)(?:\s*=\s*(\d[\w.]*))?(?:\s+on\s+(?:"[^"\n]*"|[\p{L}_][\p{L}\p{N}_-]*))?$/u;

/** The rule; undefined where a name may be meant otherwise there, or more is said than a rule says. */
export function ruleForm(request: string): string | undefined {
  const [, verb, terms, rate] = REQUEST.exec(request.trim()) ?? [];
  if (terms === undefined || (verb === "allow" || verb === "deny") !== (rate === undefined)) return undefined;
  const head = rate === undefined ? verb! : `${verb!}(${rate})`;
  if (terms.trim() === "*") return `${head}.`;
  const conditions: string[] = [];
  for (const term of terms.split(/,(?![^{}]*\})/)) {
    const [, field, sign, value] = TERM.exec(term.trim()) ?? [];
    if (value === undefined) return undefined;
    // A word with a capital is a variable in a rule.
    const written = /^(?:[TUIS]|ARP)/.test(value) ? value.toLowerCase() : value;
    const isSeveral = /[{/]|\d-\d/.test(value);
    if (isSeveral && sign === "!=") return undefined;
    conditions.push(`${field!} ${isSeveral ? "in" : sign!} ${written}`);
  }
  return `${head} <= ${conditions.join(", ")}.`;
}
