/** `HOST:PORT` → where a server listens: on this machine alone, or elsewhere with TLS. */
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
 * @param keys Those of TLS; undefined: without it.
 * @throws {BadAddress}
 */
export function readAddress(text: string, keys: ListenKeys | undefined): ListenAddress {
  const [, bracketed, bare, digits] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? bare;
  if (host === undefined) throw new BadAddress(`\`${text}\` is no address to listen at`, FORM);
  const port = Number(digits);
  if (port > 0xffff) throw new BadAddress(`${digits} is not a port`, FORM);
  if (keys === undefined && !isLoopback(host))
    throw new BadAddress(
      `without TLS, tokens that are sent to \`${host}\` could be read on the way`,
      "listen at 127.0.0.1 or [::1], or give --tls-cert and --tls-key",
    );
  return { host, port, tls: keys };
}

/** Whether only this machine reaches it. A name could mean anything, but for `localhost` (RFC 6761). */
export function isLoopback(host: string): boolean {
  const family = isIP(host);
  return family === 0 ? host === "localhost" : loopback.check(host, family === 4 ? "ipv4" : "ipv6");
}
