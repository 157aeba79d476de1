// Generated: `UPDATE_GOLDEN=1 npx ava runtime/package.test.ts`.
/** Server-sent events of a running server: a stream of bytes → records. */
/** Rejects where the stream breaks off; ends where the server ends it. */
export async function* eventsOf(body) {
    let text = "";
    const decoder = new TextDecoder();
    for await (const piece of body) {
        const blocks = (text + decoder.decode(piece, { stream: true })).split("\n\n");
        text = blocks.pop();
        for (const block of blocks) {
            const event = eventOf(block);
            if (event !== undefined)
                yield event;
        }
    }
}
function eventOf(block) {
    const opened = /^: records follow after (-?\d+)$/m.exec(block);
    if (opened !== null)
        return { after: Number(opened[1]) };
    const field = (name) => block
        .split("\n")
        .find((line) => line.startsWith(`${name}: `))
        ?.slice(name.length + 2);
    const [id, kind, data] = [field("id"), field("event"), field("data")];
    if (id === undefined || kind === undefined || data === undefined)
        return undefined;
    return { record: Number(id), kind, data: JSON.parse(data) };
}
