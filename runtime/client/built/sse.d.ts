// Generated: `UPDATE_GOLDEN=1 npx ava runtime/package.test.ts`.
/** Server-sent events of a running server: a stream of bytes → records. */
/** A record that a speaker may see. `data` has what its kind says: of `say` its `by`, `text`, `accepted`, `answers`. */
export interface ServerEvent {
    /** To root the record's number, else that of one's own sentence: who says it again (`after`) gets what follows. */
    readonly record: number;
    readonly kind: string;
    readonly data: Readonly<Record<string, unknown>>;
}
/** The stream begins, after this record. */
interface StreamOpened {
    readonly after: number;
}
/** Rejects where the stream breaks off; ends where the server ends it. */
export declare function eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent | StreamOpened>;
export {};
