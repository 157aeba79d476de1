/** The page that describes the routes: a reader in another language checks it, and real answers against it. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import test from "ava";
import { frontOf, type Asked, type TestFront } from "./testing/front.ts";

interface SeenAnswer {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly body: unknown;
}

const reader = fileURLToPath(new URL("testing/openapi.py", import.meta.url));

/** What the other reader prints, line by line. */
const judged = (page: unknown, answers: readonly SeenAnswer[]): readonly string[] =>
  execFileSync("python3", [reader], { input: JSON.stringify({ page, answers }), encoding: "utf8" })
    .trim()
    .split("\n");

const DENY = "deny(dstHost=10.0.0.2, srcHost=10.0.0.3) on aliceAC.";

/** A request of every kind, good and bad. */
async function answersOf({ ask }: TestFront): Promise<readonly SeenAnswer[]> {
  const all: SeenAnswer[] = [];
  const see = async (path: string, asked: Asked = {}): Promise<void> => {
    const { status, body } = await ask(path, asked);
    all.push({ method: asked.method ?? (asked.body === undefined ? "GET" : "POST"), path, status, body });
  };
  const say = (body: object): Promise<void> => see("/v1/statements", { as: "Alice", body });
  await say({ text: DENY });
  await say({ text: "reserve(user=Alice) = 20Mb on aliceBW from +1h to +2h." });
  await say({ text: "reserve(user=Alice) = 2Mb on aliceBW from +1h." });
  await say({ text: "deny(dstHost=10.0.0.4) on aliceAC." });
  await say({ text: "partial deny(srcHost=10.0.0.9) on aliceAC." });
  await say({ texts: [DENY, DENY] });
  await say({ text: "nonsense" });
  await say({ text: "ListUsers." });
  await say({ words: 1 });
  for (const path of ["shares", "requests", "requests?share=aliceBW", "requests?share=nope", "schedule/aliceBW"])
    await see(`/v1/${path}`, { as: "Alice" });
  const words = new URLSearchParams({ rate: "5Mb", flows: "(user=Alice)", share: "aliceBW" }).toString();
  const available = `/v1/available?${words}`;
  await see(available, { as: "Alice" });
  await see("/v1/available", { as: "Alice" });
  await see("/v1/explain?of=(dstHost=10.0.0.2)", { as: "root" });
  await see("/v1/explain?of=nobody", { as: "root" });
  await see("/v1/explain?of=x");
  await see("/v1/tokens", { as: "root", body: { name: "Bob" } });
  await see("/v1/tokens", { as: "root", method: "DELETE", body: { name: "Bob" } });
  await see("/v1/events?after=99", { as: "Alice" });
  for (const path of ["/healthz", "/readyz", "/v1/openapi.json"]) await see(path);
  await see("/metrics", { as: "root" });
  return all;
}

test("another reader finds no fault in the page, and real answers are as it says", async (t) => {
  const front = await frontOf(t);
  const { body: page } = await front.ask("/v1/openapi.json");
  const answers = await answersOf(front);
  t.deepEqual(judged(page, answers), [`12 paths, ${answers.length} answers, 0 faults`]);
  t.true(new Set(answers.map(({ status }) => status)).size >= 6);
});

test("the other reader sees faults", async (t) => {
  const front = await frontOf(t);
  const { body } = await front.ask("/v1/openapi.json");
  const answers = await answersOf(front);
  const spoilt = answers.map((one) =>
    one.path === "/v1/shares" ? { ...one, body: { ...(one.body as object), more: "yes" } } : one,
  );
  t.regex(judged(body, spoilt).at(-1)!, / [1-9]\d* faults$/);
  t.regex(judged(body, [{ ...answers[0]!, path: "/v1/none" }])[0]!, /is not described/);
  const page = structuredClone(body) as { paths: Record<string, Record<string, { parameters: unknown[] }>> };
  page.paths["/v1/schedule/{share}"]!["get"]!.parameters = [];
  t.regex(judged(page, [])[0]!, /the path has \{'share'\}/);
});
