/** The seed's conversation (section 3): video does not fit now, so audio is booked at once and video for later. */
import { readFileSync } from "node:fs";
import test from "ava";
import { frontOf } from "#runtime/serve/http/testing/front.ts";
import { call, rehearsal, served, type Ask } from "./client.ts";

const NOW = 1_796_115_600; // 2026-12-01T09:00:00Z
const FIRST = ["audio now: accepted", "video later: accepted"];

/** The networks that the client meets: one in its own process, and one that a server answers for. */
const networks: readonly (readonly [string, (t: Parameters<typeof frontOf>[0]) => Promise<Ask>])[] = [
  ["in this process", () => Promise.resolve(rehearsal(NOW))],
  [
    "of a server",
    async (t) => {
      const text = (name: string): string => readFileSync(new URL(name, import.meta.url), "utf8");
      const { tokenOf, url } = await frontOf(t, { policy: `${text("network.fml")}\n${text("shares.pane")}` });
      return served(url, await tokenOf("Alice"));
    },
  ],
];

for (const [where, networkOf] of networks) {
  test(`a call during the transfer is booked as audio at once and video after the transfer: ${where}`, async (t) => {
    const lines: string[] = [];
    const booked = await call(await networkOf(t), (line) => void lines.push(line));
    t.is(booked.length, 2);
    t.regex(booked[1]!, /5Mb on aliceBW from 2026-12-01T09:20:00Z to 2026-12-01T09:30:00Z/);
    t.true(lines.some((line) => line.includes("= 2Mb on aliceBW")));
    t.deepEqual(lines.slice(-2), FIRST);
  });

  test(`a call on a free line is booked as video at once: ${where}`, async (t) => {
    const ask = await networkOf(t);
    t.is((await ask("Cancel transfer.")).verdict, "accepted");
    t.is((await call(ask, () => undefined)).length, 1);
  });
}

test("what a server cannot read is an error, and no verdict", async (t) => {
  const { url, tokenOf } = await frontOf(t);
  const ask = served(url, await tokenOf("Alice"));
  await t.throwsAsync(ask("reserve("));
});
