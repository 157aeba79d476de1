// Generated: `UPDATE_GOLDEN=1 npx ava runtime/package.test.ts`.
/**
 * `glazier/client`: what a program says to a running `glazier serve`, over HTTP. It imports nothing of glazier's and needs
 * only `fetch`, and `node:https` where it shows a certificate. What may be repeated safely is repeated, through restarts of the server, until `patience` is over: questions
 * change nothing, and a statement has a key by which it is decided once.
 */
import type { ClientCertificate } from "./certificate.js";
import { type ServerEvent } from "./sse.js";
export type { ClientCertificate } from "./certificate.js";
export type { ServerEvent } from "./sse.js";
export interface ClientOptions {
    /** `http://127.0.0.1:8080`, or `https://…`. */
    readonly url: string;
    /** What says who asks; absent: `certificate` does. */
    readonly token?: string;
    /** What says who asks, over `https://` and in Node alone: shown in place of a token, or beside it. */
    readonly certificate?: ClientCertificate;
    /** Milliseconds for which what fails by chance is repeated (30,000); 0: not at all. */
    readonly patience?: number;
    /** In place of Node's own, for an authority or an agent of the program's. */
    readonly fetch?: typeof fetch;
}
/** What was said, with a verdict on each statement. More fields may stand there: `/v1/openapi.json` describes them. */
export interface SaidAnswer {
    readonly kind: "decided";
    /** Whether anything was: of several statements all are, or none. */
    readonly accepted: boolean;
    readonly text: string;
    readonly statements: readonly {
        readonly id: string;
        readonly verdict: "accepted" | "partial" | "rejected";
        readonly certificate?: {
            readonly code: string;
            readonly reason: string;
            readonly nearest: readonly string[];
        };
    }[];
}
export interface RowsAnswer {
    readonly kind: "rows";
    readonly query: string;
    readonly rows: readonly Readonly<Record<string, unknown>>[];
    /** Whether rows follow: ask again with a higher `skip`. */
    readonly more: boolean;
}
/** The server's own refusal: a sentence, a stable code, and what to do. */
export declare class ServerRefusal extends Error {
    readonly status: number;
    readonly code: string;
    readonly help: string | undefined;
    readonly diagnostics: readonly unknown[];
    constructor(status: number, error: {
        code?: string;
        message?: string;
        help?: string;
        diagnostics?: unknown[];
    });
}
/** Of a list: how many rows, and after how many. */
export interface RowRange {
    readonly limit?: number;
    readonly skip?: number;
}
export declare class GlazierClient {
    #private;
    constructor({ url, token, certificate, patience, fetch: own }: ClientOptions);
    /**
     * Says a statement with its full stop, or several that are accepted together or not at all.
     *
     * @param key Its name for the server, for a program that may itself be started again; a new one unless it is given.
     * @throws {TypeError} The key is none.
     * @throws {ServerRefusal} It could not be read. A rejection is an answer, and throws nothing.
     */
    say(statements: string | readonly string[], key?: string): Promise<SaidAnswer | RowsAnswer>;
    shares(range?: RowRange): Promise<RowsAnswer>;
    requests(given?: RowRange & {
        readonly share?: string;
    }): Promise<RowsAnswer>;
    schedule(share: string, range?: RowRange): Promise<RowsAnswer>;
    /** @param asked `rate` as in a policy (`5Mb`), `flows` in parentheses, `lasting` a duration. */
    available(asked: {
        rate: string;
        flows: string;
        share: string;
        lasting?: string;
    }): Promise<RowsAnswer>;
    /** Why a request stands as it does, or what decides a flowgroup in parentheses; for root. */
    explain(of: string): Promise<Readonly<Record<string, unknown>>>;
    /** Names with the ids of their tokens; for root. */
    tokens(): Promise<{
        readonly tokens: readonly {
            readonly name: string;
            readonly id: string;
        }[];
    }>;
    /** A new token of a user, for root. It is not repeated: a token that was made and never read would stay. */
    makeToken(name: string): Promise<string>;
    /** Takes tokens of a name away: one, by itself or by its id, or all; returns how many. */
    revokeTokens(name: string, one?: {
        readonly token?: string;
        readonly id?: string;
    }): Promise<number>;
    /**
     * What is recorded, from now on or after a record, one after the other and none twice; through restarts of the server.
     *
     * @param after The `record` of the last event that is known; -1: from the first.
     */
    events({ after, signal }?: {
        after?: number;
        signal?: AbortSignal;
    }): AsyncGenerator<ServerEvent>;
}
