/**
 * `--switch` and `--listen` → the switches that a server holds: those that it dials, and those of the policy that dial
 * in.
 */
import { ofSwitch } from "#compiler/lookup/switch.ts";
import { switchesOf, tableName } from "#compiler/lowering/index.ts";
import type { Directory } from "#compiler/model/model.ts";
import { portRatesOf } from "#compiler/paths/port-rates.ts";
import type { HeldSwitch } from "../../serve/switches/options.ts";
import { SwitchListener, type SwitchAddress } from "../../serve/switches/listener.ts";
import { runHere } from "../../ovsdb/index.ts";
import { parseTarget, type SwitchTarget, type TlsKeys } from "../../session/index.ts";
import { failureReason } from "../../session/failure-reason.ts";
import type { Arguments } from "./command.ts";
import { exit, Failure, wrongUsage, type Io } from "./io.ts";
import { lineOf, valueOf } from "./output.ts";
import { certificateFile, keyPair } from "./pem.ts";

/** What the options say of switches, before the policy is read. */
export interface SwitchWishes {
  readonly dialled: readonly { readonly name: string | undefined; readonly at: SwitchTarget }[];
  readonly listen: readonly SwitchAddress[];
  readonly tls: TlsKeys | undefined;
}

export function readSwitches(args: Arguments, io: Io): SwitchWishes {
  if (args.flag("run-filters") && args.value("target") !== "ovs-userspace")
    throw wrongUsage(
      "--run-filters: only a table for `ovs-userspace` marks the packets that filters put into queues",
      "say --target ovs-userspace, too",
    );
  const keys = keyPair(args, ["switch-cert", "switch-key"], io);
  const ca = certificateFile(args, "switch-ca", io);
  const given = { ...(ca && { ca }), ...keys };
  const tls = Object.keys(given).length > 0 ? given : undefined;
  const listen = args.values("listen").map((text): SwitchAddress => {
    const at = parseTarget(text);
    if ("code" in at)
      throw wrongUsage(
        `--listen: \`${text}\` is no address to listen at`,
        "write tcp:HOST:PORT or tls:HOST:PORT, such as tcp:127.0.0.1:6653",
      );
    if (at.kind === "unix")
      throw wrongUsage("--listen: switches connect over tcp: or tls:", "write tcp:127.0.0.1:6653");
    const { host, port } = at;
    if (at.kind === "tcp") return { host, port };
    if (keys === undefined || ca === undefined)
      throw wrongUsage(
        "--listen: over TLS switches and we show certificates to each other",
        "give --switch-cert, --switch-key and --switch-ca; ovs-pki makes them",
      );
    return { host, port, tls: given };
  });
  return { dialled: args.values("switch").map((text) => readSwitch(text)), listen, tls };
}

/** The switches that are held, and where those are awaited that dial in. */
export function heldSwitches(
  { dialled, listen, tls }: SwitchWishes,
  directory: Directory,
  args: Arguments,
  io: Io,
): { readonly switches: readonly HeldSwitch[]; readonly listener: SwitchListener | undefined } {
  const { switches: known } = directory;
  const session = tls && { tls };
  const applyTo = (name: string): HeldSwitch["apply"] => ({
    takeOver: args.flag("take-over"),
    database: args.value("db"),
    ...(session && { session }),
    ...(args.flag("run-filters") && { runFilter: runHere }),
    rates: portRatesOf(directory, name),
    intended: { name, switches: known },
  });
  const named = new Map(switchesOf({ switches: known }).map((one) => [tableName(one), true]));
  const switches = dialled.map(({ name, at }): HeldSwitch => {
    const [called] = valueOf(ofSwitch(named, name, "--switch"), io);
    return { name: called, target: at, apply: applyTo(called) };
  });
  if (listen.length === 0) return { switches, listener: undefined };
  const awaited = [...known.values()].filter(({ name }) => !switches.some((one) => one.name === name));
  if (awaited.length === 0)
    throw wrongUsage(
      "--listen: the policy names no switch that could connect to us",
      'say which is expected, by its datapath id: switch(s1, "00000000000000a1").',
    );
  const listener = new SwitchListener({
    expected: new Map(awaited.map(({ name, dpid }) => [dpid, name])),
    refused: (fault) => io.err(lineOf(fault)),
  });
  return {
    switches: [...switches, ...awaited.map(({ name }) => ({ name, target: listener.of(name), apply: applyTo(name) }))],
    listener,
  };
}

/** Opens the ports for switches; returns their numbers. */
export async function awaitSwitches(
  listener: SwitchListener | undefined,
  { listen }: SwitchWishes,
  args: Arguments,
): Promise<readonly number[]> {
  const ports: number[] = [];
  for (const [i, address] of listen.entries()) {
    try {
      ports.push(await listener!.listen(address));
    } catch (error) {
      throw new Failure(exit.world, `--listen ${args.values("listen")[i]}: ${failureReason(error as Error)}`);
    }
  }
  return ports;
}

/** `NAME=TARGET`, or a target alone where the policy has one switch. */
function readSwitch(text: string): { readonly name: string | undefined; readonly at: SwitchTarget } {
  const [, name, rest] = /^([^:=]+)=(.*)$/s.exec(text) ?? [undefined, undefined, text];
  const at = parseTarget(rest!);
  if ("code" in at) throw wrongUsage(`--switch: ${at.message}`, at.help);
  return { name, at };
}
