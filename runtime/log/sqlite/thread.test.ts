/** What a thread is asked in one turn goes in one message, and is answered as it was asked. */
import { Worker } from "node:worker_threads";
import test from "ava";
import { seal } from "../record.ts";
import { newFolder, removeFolders } from "../testing/folders.ts";
import { openSqliteLog } from "./sqlite-log.ts";

test.after.always(removeFolders);

test("appends of one turn are one message to the thread that writes, and each has its answer", async (t) => {
  const log = await openSqliteLog(newFolder());
  t.teardown(() => log.close());
  const { term } = await log.lead(new AbortController().signal);
  let end = await log.end();
  let messages = 0;
  const post = Object.getOwnPropertyDescriptor(Worker.prototype, "postMessage")!.value as Worker["postMessage"];
  Worker.prototype.postMessage = function count(this: Worker, ...message: Parameters<Worker["postMessage"]>) {
    messages++;
    return post.apply(this, message);
  };
  try {
    const answers = Array.from({ length: 64 }, (_, i) => {
      const sealed = seal(end, term, 1, { kind: "config", i });
      const { at } = end;
      end = sealed.end;
      return log.append(at, term, [sealed.bytes]);
    });
    // One that does not fit, and the same once more: answers are not mistaken for each other.
    const wrong = log.append(7, term, [seal(end, term, 1, { kind: "config" }).bytes]);
    await Promise.all(answers);
    await t.throwsAsync(wrong, { message: /the log has 64 records, and not 7/ });
    t.is(messages, 1);
  } finally {
    Worker.prototype.postMessage = post;
  }
  t.deepEqual(await log.end(), end);
});
