/** Pieces of a stream, one at a time, as a connection takes them. */
import { duplexPair } from "node:stream";
import test from "ava";
import { until } from "../../lab/until.ts";
import { Pieces } from "./pieces.ts";

const LONG = 60_000;

test("pieces come in their order, and undefined once the peer says no more", async (t) => {
  const [client, here] = duplexPair();
  const pieces = new Pieces(here);
  client.write("a");
  t.is(String(await pieces.next(LONG, "late")), "a");
  client.write("b");
  client.end("c");
  let rest = "";
  for (let piece = await pieces.next(LONG, "late"); piece !== undefined; piece = await pieces.next(LONG, "late"))
    rest += String(piece);
  t.is(rest, "bc");
  t.is(await pieces.next(LONG, "late"), undefined);
});

test("what nobody waits for stays on its way, and is there for who asks", async (t) => {
  const [client, here] = duplexPair();
  const pieces = new Pieces(here);
  const piece = "x".repeat(10_000);
  let isFull = false;
  for (let i = 0; i < 100; i++) isFull = !client.write(piece) || isFull;
  t.true(await until(() => Promise.resolve(here.isPaused())));
  t.true(isFull, "the peer is told to wait");
  client.end();
  let size = 0;
  for (let one = await pieces.next(LONG, "late"); one !== undefined; one = await pieces.next(LONG, "late"))
    size += one.length;
  t.is(size, 1_000_000);
});

test("one clock goes on from piece to piece, and says who is late", async (t) => {
  const [client, here] = duplexPair();
  const pieces = new Pieces(here);
  client.write("a");
  t.is(String(await pieces.next(50, "nothing came")), "a");
  await t.throwsAsync(pieces.next(50, "nothing came"), { message: "nothing came" });
  // It has run out while nobody waited.
  client.write("b");
  t.is(String(await pieces.next(50, "nothing came")), "b");
  await t.throwsAsync(pieces.next(1, "no login came"), { message: "no login came" });
});

test("who waits hears that the stream is lost, or was let go", async (t) => {
  const [, lost] = duplexPair();
  const waits = new Pieces(lost).next(LONG, "late");
  lost.destroy(new Error("reset"));
  await t.throwsAsync(waits, { message: "reset" });
  const [, closed] = duplexPair();
  const waiting = new Pieces(closed).next(LONG, "late");
  closed.destroy();
  await t.throwsAsync(waiting, { message: "the connection was lost" });
  const [, kept] = duplexPair();
  const pieces = new Pieces(kept);
  const last = pieces.next(LONG, "late");
  pieces.stop();
  await t.throwsAsync(last, { message: "the connection was let go" });
});
