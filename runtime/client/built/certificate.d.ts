// Generated: `UPDATE_GOLDEN=1 npx ava runtime/package.test.ts`.
export interface ClientCertificate {
    /** In PEM. */
    readonly cert: string | Uint8Array;
    readonly key: string | Uint8Array;
    /** The authority that signs the server's certificate; absent: Node's own ones. */
    readonly ca?: string | Uint8Array | undefined;
}
/**
 * As much of `fetch` as the client needs: a text as body, and no redirection.
 *
 * @throws {TypeError} There is no certificate, or the key is none of its own.
 */
export declare function fetchWith({ cert, key, ca }: ClientCertificate): typeof fetch;
