/** Time in which the process itself was busy is no time in which others did not answer. */
import test from "ava";
import { until } from "../lab/until.ts";
import { UnansweredQuestion } from "../serve/switches/unanswered.ts";
import { afterAttentive, attentiveNow } from "./attentive-clock.ts";

/** Keeps the process busy in one piece. */
function block(milliseconds: number): void {
  for (const until = performance.now() + milliseconds; performance.now() < until;);
}

test("a second in which the process is busy counts as a moment, and what waits is told behind it", async (t) => {
  const before = attentiveNow();
  let isDone = false;
  afterAttentive(500, () => (isDone = true));
  block(1_000);
  t.true(attentiveNow() - before <= 200);
  // Timers that were due meanwhile come first.
  await new Promise((resolve) => setTimeout(resolve));
  t.false(isDone);
  t.true(await until(() => isDone));
  t.true(attentiveNow() - before >= 500);
});

test("a switch whose answer lies there while the process is busy has answered; one that says nothing has not", async (t) => {
  const told: string[] = [];
  const question = new UnansweredQuestion(
    500,
    (target) => void told.push(target),
    () => undefined,
  );
  const answered = question.until({ target: "s1" }, new Promise((resolve) => setTimeout(resolve, 1)));
  block(1_000);
  t.true(attentiveNow() - question.since! < question.long);
  await answered;
  t.deepEqual([told, question.since], [[], undefined]);
  const silent = Promise.withResolvers<void>();
  const asked = question.until({ target: "s2" }, silent.promise);
  t.true(await until(() => told.length > 0));
  t.deepEqual(told, ["s2"]);
  silent.resolve();
  await asked;
});
