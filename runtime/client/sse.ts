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
export async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent | StreamOpened> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const piece of body as unknown as AsyncIterable<Uint8Array>) {
    const blocks = (text + decoder.decode(piece, { stream: true })).split("\n\n");
    text = blocks.pop()!;
    for (const block of blocks) {
      const event = eventOf(block);
      if (event !== undefined) yield event;
    }
  }
}

function eventOf(block: string): ServerEvent | StreamOpened | undefined {
  const opened = /^: records follow after (-?\d+)$/m.exec(block);
  if (opened !== null) return { after: Number(opened[1]) };
  const field = (name: string): string | undefined =>
    block
      .split("\n")
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2);
  const [id, kind, data] = [field("id"), field("event"), field("data")];
  if (id === undefined || kind === undefined || data === undefined) return undefined;
  return { record: Number(id), kind, data: JSON.parse(data) as ServerEvent["data"] };
}
