/** `HOST:PORT` → where a server listens: on this machine alone, or elsewhere with TLS. */
import { readFileSync } from "node:fs";
import { BlockList, isIP } from "node:net";
import type { ClientNames } from "./client-certificates.ts";

export interface ListenAddress {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly tls: ListenKeys | undefined;
}

/** A certificate and its key, in PEM, and the certificates that stand for users. */
export interface ListenKeys {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly clients?: ClientNames | undefined;
}

/** Why there is no such address, as a clause, and what to write. */
export class BadAddress extends Error {
  readonly help: string;

  constructor(message: string, help: string) {
    super(message);
    this.help = help;
  }
}

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

const FORM = "write HOST:PORT, such as 127.0.0.1:8080; an IPv6 host stands in brackets";

/**
 * Reads an address.
 *
 * @param cert The path of the certificate, and `key` that of its key; undefined: without TLS.
 * @throws {BadAddress}
 */
export function readAddress(text: string, cert: string | undefined, key: string | undefined): ListenAddress {
  const [, bracketed, bare, digits] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? bare;
  if (host === undefined) throw new BadAddress(`\`${text}\` is no address to listen at`, FORM);
  const port = Number(digits);
  if (port > 0xffff) throw new BadAddress(`${digits} is not a port`, FORM);
  if ((cert === undefined) !== (key === undefined))
    throw new BadAddress("a certificate and its key belong together", "give --tls-cert and --tls-key");
  if (cert === undefined && !isLoopback(host))
    throw new BadAddress(
      `without TLS, tokens that are sent to \`${host}\` could be read on the way`,
      "listen at 127.0.0.1 or [::1], or give --tls-cert and --tls-key",
    );
  return { host, port, tls: cert === undefined ? undefined : { cert: fileAt(cert), key: fileAt(key!) } };
}

/** Whether only this machine reaches it. A name could mean anything, but for `localhost` (RFC 6761). */
export function isLoopback(host: string): boolean {
  const family = isIP(host);
  return family === 0 ? host === "localhost" : loopback.check(host, family === 4 ? "ipv4" : "ipv6");
}

function fileAt(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new BadAddress(`${path} cannot be read: ${(error as Error).message}`, "it is a file in PEM");
  }
}
