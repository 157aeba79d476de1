/** A system call of a socket that failed → why, in words. */

export const NO_TLS = "it does not speak TLS";
const NO_AUTHORITY = "its certificate is signed by nobody who is trusted here";

/** The words for errors of the operating system that users run into. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such socket",
  ECONNREFUSED: "nobody listens there",
  EACCES: "this user may not open it",
  EADDRINUSE: "another process listens there",
  EADDRNOTAVAIL: "this machine has no such address",
  ENOTSOCK: "it is not a socket",
  ENOTFOUND: "the host name is not known",
  EAI_AGAIN: "the name server does not answer",
  EHOSTUNREACH: "there is no way to the host",
  ENETUNREACH: "there is no way to the network",
  ETIMEDOUT: "the host does not answer",
  ECONNRESET: "the connection was cut",
  EPIPE: "the connection was cut",
  EINVAL: "the path is too long or not valid",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate signs itself, and is not trusted here",
  SELF_SIGNED_CERT_IN_CHAIN: NO_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: NO_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: NO_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: NO_AUTHORITY,
  ERR_SSL_WRONG_VERSION_NUMBER: NO_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NO_TLS,
};

/** The reason of a failed system call or TLS handshake, in words. */
export function failureReason(error: Error & { readonly code?: string }): string {
  // What `fetch` says of ports such as 1 or 22, which it never opens.
  if (error.message === "bad port") return "its port is one where HTTP is never spoken";
  const { code = "", message } = error;
  // OpenSSL writes its own code into the sentence.
  if (code === "EPROTO" && /wrong version number|packet length too long/.test(message)) return NO_TLS;
  if (code.startsWith("HPE_") || error.name === "HTTPParserError") return "it does not speak HTTP";
  return REASONS[code] ?? message;
}
