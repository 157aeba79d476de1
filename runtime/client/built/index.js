// Generated: `UPDATE_GOLDEN=1 npx ava runtime/package.test.ts`.
import { eventsOf } from "./sse.js";
/** The server's own refusal: a sentence, a stable code, and what to do. */
export class ServerRefusal extends Error {
    status;
    code;
    help;
    diagnostics;
    constructor(status, error) {
        super(error.message ?? `the server answers with ${status}`);
        this.name = "ServerRefusal";
        this.status = status;
        this.code = error.code ?? "unknown";
        this.help = error.help;
        this.diagnostics = error.diagnostics ?? [];
    }
}
/** Whether a host, as an address of HTTP has it, is this machine. */
const isHere = (host) => host === "localhost" || host === "[::1]" || /^127(?:\.\d+){3}$/.test(host);
export class GlazierClient {
    #url;
    #token;
    #patience;
    /** A certificate that none could show is said at once. */
    #fetcher;
    constructor({ url, token, certificate, patience = 30_000, fetch: own }) {
        // What no patience mends is said at once.
        if (!/^https?:\/\//.test(url) || !URL.canParse(url))
            throw new TypeError(`${url} is no address of a server: write http://127.0.0.1:8080`);
        if (token !== undefined && !TOKEN.test(token))
            throw new TypeError("a token is one word of ASCII, without blanks or the end of a line");
        if (token !== undefined && url.startsWith("http:") && !isHere(new URL(url).hostname))
            throw new TypeError(`without TLS a token that is sent to ${url} could be read on the way: write https://HOST:PORT`);
        if (certificate !== undefined && !url.startsWith("https:"))
            throw new TypeError("a certificate is shown over https:// alone");
        this.#url = url.replace(/\/+$/, "");
        this.#token = token;
        this.#patience = patience;
        const used = own ?? (certificate === undefined ? fetch : undefined);
        this.#fetcher = used === undefined ? showing(certificate) : () => Promise.resolve(used);
    }
    /**
     * Says a statement with its full stop, or several that are accepted together or not at all.
     *
     * @param key Its name for the server, for a program that may itself be started again; a new one unless it is given.
     * @throws {TypeError} The key is none.
     * @throws {ServerRefusal} It could not be read. A rejection is an answer, and throws nothing.
     */
    say(statements, key = crypto.randomUUID()) {
        if (!KEY.test(key))
            throw new TypeError("a key has 1 to 200 signs of ASCII");
        const body = typeof statements === "string" ? { text: statements } : { texts: statements };
        return this.#json("/v1/statements", { body, headers: { "idempotency-key": key }, isSafe: true });
    }
    shares(range = {}) {
        return this.#get("/v1/shares", { ...range });
    }
    requests(given = {}) {
        return this.#get("/v1/requests", { ...given });
    }
    schedule(share, range = {}) {
        return this.#get(`/v1/schedule/${encodeURIComponent(share)}`, { ...range });
    }
    /** @param asked `rate` as in a policy (`5Mb`), `flows` in parentheses, `lasting` a duration. */
    available(asked) {
        return this.#get("/v1/available", asked);
    }
    /** Why a request stands as it does, or what decides a flowgroup in parentheses; for root. */
    explain(of) {
        return this.#get("/v1/explain", { of });
    }
    /** Names with the ids of their tokens; for root. */
    tokens() {
        return this.#get("/v1/tokens", {});
    }
    /** A new token of a user, for root. It is not repeated: a token that was made and never read would stay. */
    async makeToken(name) {
        const made = await this.#json("/v1/tokens", { body: { name }, isSafe: false });
        return made.token;
    }
    /** Takes tokens of a name away: one, by itself or by its id, or all; returns how many. */
    async revokeTokens(name, one = {}) {
        const body = { name, ...one };
        return (await this.#json("/v1/tokens", { method: "DELETE", body, isSafe: false })).revoked;
    }
    /**
     * What is recorded, from now on or after a record, one after the other and none twice; through restarts of the server.
     *
     * @param after The `record` of the last event that is known; -1: from the first.
     */
    async *events({ after, signal } = {}) {
        let last = after;
        let opened = Date.now();
        const isAborted = () => signal?.aborted === true;
        while (!isAborted()) {
            const query = last === undefined ? "" : `?after=${last}`;
            // A stream that breaks off is opened again after its last record.
            const response = await this.#ask(`/v1/events${query}`, { isSafe: true, signal });
            let isOpen = false;
            try {
                for await (const event of eventsOf(response.body)) {
                    isOpen = true;
                    if ("after" in event)
                        last ??= event.after;
                    else {
                        last = event.record;
                        yield event;
                    }
                }
            }
            catch (error) {
                if (isAborted())
                    return;
                // However long nothing was recorded: a stream that was open is opened again.
                if (error instanceof ServerRefusal || (!isOpen && Date.now() - opened > this.#patience))
                    throw error;
            }
            if (isOpen)
                opened = Date.now();
            if (this.#patience === 0)
                return;
            await pause(PAUSE);
        }
    }
    #get(path, given) {
        const words = new URLSearchParams();
        for (const [name, value] of Object.entries(given))
            if (value !== undefined)
                words.set(name, String(value));
        const query = words.toString();
        return this.#json(query === "" ? path : `${path}?${query}`, { isSafe: true });
    }
    async #json(path, ask) {
        return (await (await this.#ask(path, ask)).json());
    }
    async #ask(path, { method, body, headers, isSafe, signal }) {
        const until = Date.now() + this.#patience;
        const ask = await this.#fetcher();
        for (let wait = PAUSE;; wait = Math.min(2 * wait, LONGEST)) {
            const mayGoOn = isSafe && signal?.aborted !== true && Date.now() + wait < until;
            try {
                const response = await ask(this.#url + path, {
                    method: method ?? (body === undefined ? "GET" : "POST"),
                    headers: {
                        ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
                        ...(body !== undefined && { "content-type": "application/json" }),
                        ...headers,
                    },
                    ...(body !== undefined && { body: JSON.stringify(body) }),
                    ...(signal !== undefined && { signal }),
                });
                if (response.ok) {
                    if (path.startsWith("/v1/events"))
                        return response;
                    // The whole of it is read here: an answer that breaks off is asked for again.
                    return new Response(await response.arrayBuffer(), { status: response.status });
                }
                const refusal = await refusalIn(response);
                if (!mayGoOn || !BY_CHANCE.has(response.status))
                    throw refusal;
            }
            catch (error) {
                if (error instanceof ServerRefusal || !mayGoOn)
                    throw error;
            }
            await pause(wait);
        }
    }
}
/** `fetch` that shows a certificate; what it needs of Node is loaded with the first question. */
function showing(certificate) {
    let made;
    return () => (made ??= import("./certificate.js").then(({ fetchWith }) => fetchWith(certificate)));
}
const TOKEN = /^[!-~]+$/;
const KEY = /^[ -~]{1,200}$/;
/** Milliseconds before what failed is asked again, at first and at most. */
const PAUSE = 100;
const LONGEST = 2_000;
/** Too much at once, or a server that stops or is full. */
const BY_CHANCE = new Set([408, 429, 502, 503, 504]);
async function refusalIn(response) {
    const body = (await response.json().catch(() => ({})));
    return new ServerRefusal(response.status, body.error ?? {});
}
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
