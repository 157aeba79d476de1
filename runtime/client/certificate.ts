/** `fetch` over HTTPS with a certificate of the client's: Node's own has no place for one. */
import { Agent, request } from "node:https";
import { Readable } from "node:stream";
import { createSecureContext } from "node:tls";

export interface ClientCertificate {
  /** In PEM. */
  readonly cert: string | Uint8Array;
  readonly key: string | Uint8Array;
  /** The authority that signs the server's certificate; absent: Node's own ones. */
  readonly ca?: string | Uint8Array | undefined;
}

const bytesOf = (pem: string | Uint8Array): string | Buffer => (typeof pem === "string" ? pem : Buffer.from(pem));

/**
 * As much of `fetch` as the client needs: a text as body, and no redirection.
 *
 * @throws {TypeError} There is no certificate, or the key is none of its own.
 */
export function fetchWith({ cert, key, ca }: ClientCertificate): typeof fetch {
  const pair = { cert: bytesOf(cert), key: bytesOf(key), ...(ca !== undefined && { ca: bytesOf(ca) }) };
  try {
    createSecureContext(pair);
  } catch (error) {
    const isOther = (error as NodeJS.ErrnoException).code === "ERR_OSSL_X509_KEY_VALUES_MISMATCH";
    const fault = isOther
      ? "the key is that of another certificate"
      : "the certificate, its key or the authority is not one in PEM, or the key is locked with a passphrase";
    throw new TypeError(fault, { cause: error });
  }
  const agent = new Agent({ keepAlive: true, ...pair });
  return (url, { method = "GET", headers, body, signal } = {}) =>
    new Promise((resolve, reject) => {
      const options = { agent, method, headers: headers as Record<string, string>, ...(signal && { signal }) };
      const asked = request(url as string, options, (response) => {
        const type = response.headers["content-type"];
        const stream = Readable.toWeb(response) as ReadableStream<Uint8Array<ArrayBuffer>>;
        resolve(
          new Response(stream, { status: response.statusCode!, ...(type && { headers: { "content-type": type } }) }),
        );
      });
      asked.on("error", (error) => reject(new TypeError("fetch failed", { cause: error })));
      asked.end(body as string | undefined);
    });
}
