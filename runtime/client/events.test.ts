/** Streams that break off, as a server sends them that is started again: what the client makes of them. */
import { fileURLToPath } from "node:url";
import test from "ava";
import { command } from "../process/command.ts";
import { GlazierClient } from "./index.ts";

/** A stream that sends its pieces, and then breaks off once `broken` resolves. */
function stream(pieces: readonly string[], broken?: Promise<unknown>): Response {
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
      await broken;
      controller.error(new TypeError("terminated"));
    },
  });
  return new Response(body);
}

const event = (n: number): string => `id: ${n}\nevent: say\ndata: {"text":"t${n}"}\n\n`;

test("a stream on which nothing was recorded for minutes is opened again when it breaks off", async (t) => {
  const { now } = Date;
  t.teardown(() => (Date.now = now));
  const asked: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const client = new GlazierClient({
    url: "http://localhost",
    token: "t",
    fetch: (url) => {
      asked.push(url as string);
      const isFirst = asked.length === 1;
      return Promise.resolve(
        isFirst
          ? stream([": records follow after 3\n\n", event(4), ":\n\n"], promise)
          : stream([": records follow after 4\n\n", event(5)], new Promise(() => undefined)),
      );
    },
  });
  const events = client.events();
  t.is((await events.next()).value?.record, 4);
  const next = events.next();
  Date.now = () => now() + 600_000;
  resolve();
  t.is((await next).value?.record, 5);
  t.deepEqual(asked, ["http://localhost/v1/events", "http://localhost/v1/events?after=4"]);
});

test("a server that opens no stream is asked for as long as there is patience", async (t) => {
  const broken = (): Promise<Response> => Promise.resolve(stream([":\n\n"]));
  const client = new GlazierClient({ url: "http://localhost", token: "t", patience: 300, fetch: broken });
  await t.throwsAsync(client.events().next(), { message: "terminated" });
});

test("the Python client gives up, too, where no server answers", async (t) => {
  const script = [
    "import sys",
    `sys.path.insert(0, ${JSON.stringify(fileURLToPath(new URL(".", import.meta.url)))})`,
    "from glazier import Glazier",
    "try: next(Glazier('http://127.0.0.1:1', 't', patience=0.2).events())",
    "except ConnectionError as error: print(error)",
  ].join("\n");
  const { stdout } = await command(["python3", "-B", "-c", script], { timeout: 20_000 });
  t.regex(stdout, /^the server does not answer: /);
});
