/** The seed's conversation (section 3): video does not fit now, so audio is booked at once and video for later. */
import test from "ava";
import { call, Network } from "./client.ts";

const NOW = 1_796_115_600; // 2026-12-01T09:00:00Z

test("a call during the transfer is booked as audio at once and video after the transfer", (t) => {
  const lines: string[] = [];
  const booked = call(new Network(NOW), (line) => void lines.push(line));
  t.is(booked.length, 2);
  t.regex(booked[1]!, /5Mb on aliceBW from 2026-12-01T09:20:00Z to 2026-12-01T09:30:00Z/);
  t.true(lines.some((line) => line.includes("= 2Mb on aliceBW")));
  t.deepEqual(lines.slice(-2), ["audio now: accepted", "video later: accepted"]);
});

test("a call on a free line is booked as video at once", (t) => {
  const after = new Network(NOW);
  t.is(after.ask("Cancel transfer.").kind, "accepted");
  t.is(call(after, () => undefined).length, 1);
});
