/** The seed's conversation: not now, but audio at once and video in twenty minutes. */
import test from "ava";
import { call, Network } from "./client.ts";

const NOW = 1_796_115_600; // 2026-12-01T09:00:00Z

test("audio now, video when the transfer has ended", (t) => {
  const lines: string[] = [];
  const booked = call(new Network(NOW), (line) => void lines.push(line));
  t.is(booked.length, 2);
  t.regex(booked[1]!, /5Mb on aliceBW from 2026-12-01T09:20:00Z to 2026-12-01T09:30:00Z/);
  t.true(lines.some((line) => line.includes("= 2Mb on aliceBW")));
  t.deepEqual(lines.slice(-2), ["audio now: accepted", "video later: accepted"]);
});

test("with the line free the call is placed as asked", (t) => {
  const after = new Network(NOW);
  t.is(after.ask("Cancel transfer.").kind, "accepted");
  t.is(call(after, () => undefined).length, 1);
});
