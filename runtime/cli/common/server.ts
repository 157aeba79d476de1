/** A running server as a command reaches it: over the text protocol, or over HTTP. */
import { resolve } from "node:path";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { isLoopback } from "../../serve/address.ts";
import { parseTarget } from "../../session/target.ts";
import type { Arguments } from "./command.ts";
import { wrongUsage, type Io } from "./io.ts";
import { certificateFile, keyPair } from "./pem.ts";

/** The file of `--tls-ca`; undefined: it is not given. */
export const authorityOf = (args: Arguments, io: Io): Buffer | undefined => certificateFile(args, "tls-ca", io);

/** The certificate of `--cert`, which says who speaks; undefined: a token does. `isTls`: of the way to the server. */
export function certificateOf(
  args: Arguments,
  isTls: boolean,
  io: Io,
): { readonly cert: Buffer; readonly key: Buffer } | undefined {
  const pair = keyPair(args, ["cert", "key"], io);
  if (pair !== undefined && !isTls)
    throw wrongUsage("--cert: a certificate is shown over TLS alone", "write tls:HOST:PORT, or https://…");
  return pair;
}

/** Opens a conversation of the text protocol. */
export function openText(server: string, args: Arguments, io: Io): Socket {
  const where = parseTarget(server);
  if (/^https?:/.test(server))
    throw wrongUsage(
      `--server: \`${server}\` is an address of HTTP, and \`say\` speaks the text protocol`,
      "write unix:PATH of `serve`'s --socket, or tcp:HOST:PORT of its --text",
    );
  if ("code" in where)
    throw wrongUsage(
      `--server: \`${server}\` is no address of a server`,
      // A name alone is the socket of the server: no bridge is meant.
      /^[\w-][\w.-]*$/.test(server) ? `write \`unix:${server}\`, the path of \`serve\`'s --socket` : where.help,
    );
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
