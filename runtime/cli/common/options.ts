/** The options that several commands share, with one wording. */
import type { Arguments, Option } from "./command.ts";
import { wrongUsage } from "./io.ts";

/** `--at`: the clock from which `now` and relative times of the policy count, and the instant of interest. */
export const at: Option = {
  value: "T",
  help: "the instant to look at, and the policy's clock: 2026-12-01T09:00:00Z, @1796115600, or +20min from now (default now)",
};

export const target: Option = {
  value: "NAME",
  help: "what the switch can do",
  choices: ["ovs", "of13", "ovs-userspace"],
};

/** The help of `--observe`. */
export const TRIAL_RUN_HELP =
  "a trial run that denies nothing: what shares and the default would deny or limit passes and is counted; guards and the spoof guard deny";

/** The option `--observe-share`. */
export const observeShare: Option = {
  value: "SHARE",
  multiple: true,
  help: "a trial run of this share alone: what it asks for is counted and takes no effect, all else is in force",
};

/** What a trial run observes: all shares (true), these shares, or nothing (false). */
export function trialOf(args: Arguments): boolean | readonly string[] {
  const shares = args.values("observe-share");
  if (shares.length === 0) return args.flag("observe");
  if (args.flag("observe")) throw wrongUsage("--observe observes all shares already", "leave out --observe-share");
  return shares;
}

export const onSwitch: Option = {
  value: "TARGET",
  help: "a switch: unix:PATH (its management socket), tcp:HOST:PORT or tls:HOST:PORT",
};

/** What a command that speaks to a server shows it over TLS, and by whom the server's certificate is signed. */
export const tlsClientOptions = {
  "tls-ca": {
    value: "FILE",
    help: "the authority that signs the server's certificate, in PEM (default: Node's own)",
  },
  cert: { value: "FILE", help: "a certificate that says who speaks, in PEM: over TLS, in place of a token" },
  key: { value: "FILE", help: "its key" },
} as const satisfies Readonly<Record<string, Option>>;

/** How `serve` awaits switches, and what it shows them over TLS. */
export const switchOptions = {
  listen: {
    value: "TARGET",
    multiple: true,
    help: "where switches connect to: tcp:HOST:PORT or tls:HOST:PORT (the port is mostly 6653)",
  },
  "switch-cert": { value: "FILE", help: "our certificate to switches over TLS, in PEM" },
  "switch-key": { value: "FILE", help: "its key" },
  "switch-ca": { value: "FILE", help: "the authority that signs the certificates of switches" },
} as const satisfies Readonly<Record<string, Option>>;

export const as: Option = {
  value: "NAME",
  help: "which of the policy's switches that is, where it has several",
};

/** Throws a `Failure` for addresses that no switch or database can have, before any file is read. */
export async function checkTargets(args: Arguments, names: readonly string[] = ["switch", "db"]): Promise<void> {
  const { parseTarget } = await import("../../session/target.ts");
  for (const name of names) {
    const text = args.value(name);
    const read = text === undefined ? undefined : parseTarget(text);
    if (read && "code" in read) throw wrongUsage(`--${name}: ${read.message}`, name === "db" ? DATABASE : read.help);
  }
}

const DATABASE = "write unix:PATH or tcp:HOST:PORT; that of Open vSwitch is mostly unix:/var/run/openvswitch/db.sock";
