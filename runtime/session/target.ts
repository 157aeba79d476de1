/** The address of a switch: `unix:PATH`, `tcp:HOST:PORT` or `tls:HOST:PORT` ↔ a value. */
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { badTarget } from "../../compiler/diagnostics/codes/runtime.ts";

export type SwitchTarget =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp" | "tls"; readonly host: string; readonly port: number };

const FORMS = "write unix:PATH, tcp:HOST:PORT or tls:HOST:PORT; an IPv6 host stands in brackets";

/** Parses a target as the command line takes it; a diagnostic if it is none. */
export function parseTarget(text: string): SwitchTarget | Diagnostic {
  const refuse = (reason: string): Diagnostic => badTarget({ target: text, reason }, { help: FORMS });
  const [, kind, rest = ""] = /^(unix|tcp|tls):(.*)$/s.exec(text) ?? [];
  if (kind === undefined) {
    const help = meantTarget(text);
    const said = refuse("it does not begin with unix:, tcp: or tls:");
    return help === undefined ? said : { ...said, help };
  }
  if (kind === "unix") return rest === "" ? refuse("the path is empty") : { kind, path: rest };
  const [, bracketed, bare, digits] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(rest) ?? [];
  const host = bracketed ?? bare;
  if (host === undefined) return refuse("after the colon stand a host, a colon and a port");
  const port = Number(digits);
  if (port < 1 || port > 0xffff) return refuse(`${digits} is not a port`);
  return { kind: kind as "tcp" | "tls", host, port };
}

/** The name of a bridge, the path of its socket, or a host with a port, without the word before them. */
function meantTarget(text: string): string | undefined {
  // Open vSwitch's own words for its connections: `ssl:` is TLS, and with a `p` it is the side that listens.
  const [, scheme, rest = ""] = /^(ssl|pssl|ptcp|punix):(.*)$/s.exec(text) ?? [];
  if (scheme === "ssl" && rest !== "") return `write \`tls:${rest}\``;
  if (scheme !== undefined)
    return `\`${scheme}:\` says where Open vSwitch listens; here stands who is reached: ${FORMS}`;
  if (/^(?:\[[^\]]+\]|[\w.-]+):\d{1,5}$/.test(text)) return `write \`tcp:${text}\`, or \`tls:${text}\``;
  if (/^\.{0,2}\/./.test(text)) return `write \`unix:${text}\``;
  if (/^[\w-][\w.-]*$/.test(text))
    return `a bridge of Open vSwitch on this machine is \`unix:/var/run/openvswitch/${text.replace(/\.mgmt$/, "")}.mgmt\``;
  return undefined;
}

/** The target as the user would write it. */
export function printTarget(target: SwitchTarget): string {
  if (target.kind === "unix") return `unix:${target.path}`;
  return `${target.kind}:${target.host.includes(":") ? `[${target.host}]` : target.host}:${target.port}`;
}
