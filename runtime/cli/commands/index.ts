/** The commands by name. Each is loaded only when it runs. */
import type { Command } from "../common/command.ts";

export const commands: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ["init", async () => (await import("./init.ts")).init],
  ["check", async () => (await import("./check.ts")).check],
  ["fmt", async () => (await import("./fmt.ts")).fmt],
  ["compile", async () => (await import("./compile.ts")).compile],
  ["plan", async () => (await import("./plan.ts")).plan],
  ["apply", async () => (await import("./apply.ts")).apply],
  ["explain", async () => (await import("./explain.ts")).explain],
  ["trace", async () => (await import("./trace.ts")).trace],
  ["replay", async () => (await import("./replay.ts")).replay],
  ["query", async () => (await import("./query.ts")).query],
  ["serve", async () => (await import("./serve.ts")).serve],
  ["say", async () => (await import("./say.ts")).say],
  ["watch", async () => (await import("./watch-records.ts")).watch],
  ["token", async () => (await import("./token.ts")).token],
  ["audit", async () => (await import("./audit.ts")).audit],
]);
