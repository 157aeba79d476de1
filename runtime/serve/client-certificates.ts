/**
 * The certificate that a client shows over TLS → the user whom the operator has said it names. One authority signs them,
 * which signs no others. A certificate that is not in order names nobody, and is worth no more than none.
 */
import { X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import { TLSSocket, type Server as TlsServer, type TlsOptions } from "node:tls";
import type { RevokedList } from "./certificates/revoked-list.ts";

export interface ClientNames {
  /** The authority, in PEM. */
  readonly ca: Buffer;
  /** Its list of certificates that it has revoked; undefined: there is none. */
  readonly revoked?: RevokedList | undefined;
  readonly users: readonly ClientName[];
}

/** A name in certificates, and the user that it stands for. */
export interface ClientName {
  readonly kind: "CN" | "DNS" | "email";
  readonly name: string;
  readonly user: string;
}

/** Who shows a certificate, and until when (Unix milliseconds), or why it is not in order; undefined: none is shown. */
export type ShownCertificate =
  | { readonly user: string; readonly until: number }
  | { readonly refused: string }
  | undefined;

/** `CN:alice-laptop=Alice`, `DNS:…` or `email:…` of the subject's alternative names; undefined: it is none of these. */
export function readClientName(text: string): ClientName | undefined {
  const [, kind, name, user] = /^(CN|DNS|email):(.+)=([^=]+)$/.exec(text) ?? [];
  return kind === undefined ? undefined : { kind: kind as ClientName["kind"], name: name!, user: user! };
}

interface ListenerKeys {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly clients?: ClientNames | undefined;
}

/** What a listener shows and asks for. Clients need not show a certificate: those that do not have a token. */
export const tlsOptions = ({ cert, key, clients }: ListenerKeys): TlsOptions => ({
  cert,
  key,
  ...(clients && { ca: clients.ca, crl: clients.revoked?.bytes, requestCert: true, rejectUnauthorized: false }),
});

/** Has a listener ask for certificates by each new list; until then it goes on as `tlsOptions` made it. */
export function followRevoked(listener: TlsServer, keys: ListenerKeys): void {
  const end = keys.clients?.revoked?.whenChanged(() => listener.setSecureContext(tlsOptions(keys)));
  if (end !== undefined) listener.once("close", end);
}

/**
 * Calls back, once, where the certificate of a connection is not taken any more by a new list. The connection's close ends
 * the waiting.
 */
export function whenRevoked(socket: Socket, clients: ClientNames | undefined, end: (why: string) => void): void {
  const stop = clients?.revoked?.whenChanged(() => {
    const shown = shownOn(socket, clients);
    if (shown === undefined || !("refused" in shown)) return;
    stop!();
    end(shown.refused);
  });
  if (stop !== undefined) socket.once("close", stop);
}

/**
 * For the first listener of `secureConnection`. Where a signature is wrong, of a certificate or of the list, OpenSSL leaves its
 * fault for the next read to fail at, though nothing is wrong with that. To read a certificate takes it away.
 */
export function forgetFaults(socket: TLSSocket): void {
  if (socket.authorized) return;
  const raw = socket.getPeerCertificate().raw as Buffer | undefined;
  if (raw !== undefined) void new X509Certificate(raw);
}

/** Who is at the other end of a connection, by its certificate. */
export function shownOn(socket: Socket, clients: ClientNames | undefined): ShownCertificate {
  if (clients === undefined || !(socket instanceof TLSSocket)) return undefined;
  const raw = socket.getPeerCertificate().raw as Buffer | undefined;
  if (raw === undefined) return undefined;
  if (!socket.authorized) return { refused: wordsOf(socket.authorizationError) };
  const certificate = new X509Certificate(raw);
  const until = Date.parse(certificate.validTo);
  // A session that goes on was checked when it began.
  if (!(until > Date.now())) return { refused: wordsOf("CERT_HAS_EXPIRED") };
  const revoked = clients.revoked?.refusal(certificate.serialNumber);
  if (revoked !== undefined) return { refused: wordsOf(revoked) };
  const { CN } = certificate.toLegacyObject().subject as { readonly CN?: string | readonly string[] };
  const exact = { subject: "never", wildcards: false, partialWildcards: false } as const;
  const names = ({ kind, name }: ClientName): boolean => {
    if (kind === "CN") return CN === name;
    return (
      (kind === "DNS" ? certificate.checkHost(name, exact) : certificate.checkEmail(name, { subject: "never" })) !==
      undefined
    );
  };
  const users = new Set(clients.users.filter(names).map(({ user }) => user));
  const [user, other] = users;
  if (user === undefined) return { refused: "it names no user" };
  return other === undefined ? { user, until } : { refused: "it names several users" };
}

const WORDS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "it has expired",
  CERT_NOT_YET_VALID: "it is not valid yet",
  CERT_REVOKED: "it was revoked",
  CRL_HAS_EXPIRED: "the list of revoked certificates has expired, so none is taken until the operator gives a new one",
  CRL_NOT_YET_VALID: "the list of revoked certificates is not valid yet, so none is taken until then",
};

function wordsOf(error: unknown): string {
  const code = error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : String(error);
  return WORDS[code] ?? `the authority has not signed it for clients (${code})`;
}
