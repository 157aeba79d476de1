// Generated: `UPDATE_GOLDEN=1 npx ava runtime/package.test.ts`.
/** `fetch` over HTTPS with a certificate of the client's: Node's own has no place for one. */
import { Agent, request } from "node:https";
import { Readable } from "node:stream";
import { createSecureContext } from "node:tls";
const bytesOf = (pem) => (typeof pem === "string" ? pem : Buffer.from(pem));
/**
 * As much of `fetch` as the client needs: a text as body, and no redirection.
 *
 * @throws {TypeError} There is no certificate, or the key is none of its own.
 */
export function fetchWith({ cert, key, ca }) {
    const pair = { cert: bytesOf(cert), key: bytesOf(key), ...(ca !== undefined && { ca: bytesOf(ca) }) };
    try {
        createSecureContext(pair);
    }
    catch (error) {
        const isOther = error.code === "ERR_OSSL_X509_KEY_VALUES_MISMATCH";
        const fault = isOther
            ? "the key is that of another certificate"
            : "the certificate, its key or the authority is not one in PEM, or the key is locked with a passphrase";
        throw new TypeError(fault, { cause: error });
    }
    const agent = new Agent({ keepAlive: true, ...pair });
    return (url, { method = "GET", headers, body, signal } = {}) => new Promise((resolve, reject) => {
        const options = { agent, method, headers: headers, ...(signal && { signal }) };
        const asked = request(url, options, (response) => {
            const type = response.headers["content-type"];
            const stream = Readable.toWeb(response);
            resolve(new Response(stream, { status: response.statusCode, ...(type && { headers: { "content-type": type } }) }));
        });
        asked.on("error", (error) => reject(new TypeError("fetch failed", { cause: error })));
        asked.end(body);
    });
}
