/** A running server as a command reaches it: over the text protocol, or over HTTP. */
import { resolve } from "node:path";
import { connect, type Socket } from "node:net";
import { connect as connectTls, createSecureContext } from "node:tls";
import { isLoopback } from "../../serve/address.ts";
import { parseTarget } from "../../session/target.ts";
import type { Arguments } from "./command.ts";
import { exit, Failure, wrongUsage, type Io } from "./io.ts";
import { fileOf } from "./read.ts";

/** The file of `--tls-ca`; undefined: it is not given. */
export function authorityOf(args: Arguments, io: Io): Buffer | undefined {
  const path = args.value("tls-ca");
  return path === undefined ? undefined : fileOf("tls-ca", path, io);
}

/** The certificate of `--cert`, which says who speaks; undefined: a token does. `isTls`: of the way to the server. */
export function certificateOf(args: Arguments, isTls: boolean, io: Io): ShownPair | undefined {
  const [cert, key] = [args.value("cert"), args.value("key")];
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) throw wrongUsage("--cert and --key belong together");
  if (!isTls) throw wrongUsage("--cert: a certificate is shown over TLS alone", "write tls:HOST:PORT, or https://…");
  const pair = { cert: fileOf("cert", cert, io), key: fileOf("key", key, io) };
  try {
    createSecureContext(pair);
  } catch (error) {
    throw new Failure(exit.world, `--cert: ${cert} and ${key} are no pair in PEM: ${(error as Error).message}`);
  }
  return pair;
}

interface ShownPair {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Opens a conversation of the text protocol. */
export function openText(server: string, args: Arguments, io: Io): Socket {
  const where = parseTarget(server);
  if ("code" in where) throw wrongUsage(`--server: ${where.message}`, where.help);
  const shown = certificateOf(args, where.kind === "tls", io);
  if (where.kind === "unix") return connect({ path: resolve(io.cwd, where.path), allowHalfOpen: true });
  const { host, port } = where;
  const ca = authorityOf(args, io);
  if (where.kind === "tls") return connectTls({ host, port, ...(ca !== undefined && { ca }), ...shown });
  if (!isLoopback(host))
    throw wrongUsage(
      `--server: without TLS, a token that is sent to ${host} could be read on the way`,
      "write tls:HOST:PORT",
    );
  return connect({ host, port, allowHalfOpen: true });
}
