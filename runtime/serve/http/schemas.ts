/**
 * The shapes of what is asked and answered over HTTP. They check what comes in, and the OpenAPI page is made of them. What
 * certificates hold is described as far as clients need it; more may stand there.
 */
import { z } from "zod";

const text = z.string().refine((one) => one.isWellFormed(), "it has half a character of UTF-16");

export const noInput = z.strictObject({});

export const statementsBody = z
  .strictObject({
    text: text.optional().describe("one statement with its full stop, or `begin. … commit.`"),
    texts: z
      .array(text)
      .min(1)
      .max(1_000)
      .optional()
      .describe("in place of `text`: statements that are accepted together or not at all"),
  })
  .refine(({ text: one, texts }) => (one === undefined) !== (texts === undefined), "give `text`, or `texts`");

/** Lists come in pages. */
export const page = {
  limit: z.coerce.number().int().min(1).max(10_000).default(1_000).describe("the most rows of the answer"),
  skip: z.coerce.number().int().min(0).default(0).describe("the rows before the first one"),
};

export const shareWord = z.string().min(1).describe("the name of a share");

export const tokenBody = z.strictObject({ name: z.string().min(1).max(200).describe("who speaks with the token") });
export const revokeBody = z.strictObject({
  name: z.string().min(1).max(200),
  token: z.string().optional().describe("the one to take away"),
  id: z.string().length(12).optional().describe("the same by its id; neither: all of the name"),
});
export const knownTokens = z.strictObject({
  tokens: z.array(
    z.strictObject({ name: z.string(), id: z.string().describe("it tells tokens apart, and opens nothing") }),
  ),
});

const place = z.looseObject({ file: z.string(), line: z.int(), column: z.int() });
const diagnostic = z.looseObject({
  code: z.string(),
  severity: z.enum(["error", "warning", "note"]),
  message: z.string(),
  place: place.optional(),
  help: z.string().optional(),
});

const piece = z.looseObject({
  flows: z.string(),
  from: z.string().nullable().describe("RFC 3339; null: it has always been"),
  to: z.string().nullable().describe("RFC 3339; null: for ever"),
});

const certificate = z.looseObject({
  code: z.string(),
  reason: z.string().describe("a sentence"),
  blockers: z.array(z.looseObject({ id: z.string(), kind: z.string(), share: z.string() })),
  witness: z.looseObject({ flow: z.string() }).optional(),
  chain: z.array(z.string()).describe("the shares that were asked"),
  nearest: z.array(z.string()).describe("requests that would be accepted"),
});

const outcome = z.looseObject({
  id: z.string().describe("the name by which `Cancel` and `explain` know it"),
  speaker: z.string(),
  text: z.string(),
  verdict: z.enum(["accepted", "partial", "rejected"]),
  pieces: z.array(piece).optional(),
  rate: z.number().optional().describe("bit/s"),
  certificate: certificate.optional(),
});

export const decided = z.strictObject({
  kind: z.literal("decided"),
  accepted: z.boolean().describe("whether anything was: of several statements all are, or none"),
  text: z.string().describe("what was said: places and `at` in the verdicts count in it"),
  statements: z.array(outcome),
  notes: z.array(z.string()).optional().describe("which switches do not have it yet, and why; absent: none"),
});

const cell = z.union([z.string(), z.number(), z.array(z.string()), z.null()]);

export const rows = z.strictObject({
  kind: z.literal("rows"),
  query: z.string(),
  rows: z
    .array(z.record(z.string(), cell))
    .describe("rates in bit/s, instants in RFC 3339, null for what is not there"),
  more: z.boolean().describe("whether rows follow: ask again with a higher `skip`"),
});

export const answered = z.union([decided, rows]);

export const failedAnswer = z.strictObject({
  error: z.strictObject({
    code: z.string(),
    message: z.string().describe("a sentence"),
    help: z.string().optional().describe("what to do"),
    diagnostics: z.array(diagnostic).optional(),
  }),
});

export const openApiPage = z.looseObject({ openapi: z.string() });
export const explanation = z.looseObject({ at: z.string() });
export const madeToken = z.strictObject({ name: z.string(), token: z.string().describe("it is shown this once") });
export const revoked = z.strictObject({ name: z.string(), revoked: z.int() });
export const healthy = z.strictObject({ ok: z.literal(true) });
export const readiness = z.strictObject({
  ready: z.boolean(),
  log: z.boolean().describe("whether the log can be written"),
  tables: z.boolean().describe("whether the tables are made: after a start sentences are decided before that"),
  switches: z.strictObject({
    all: z.int(),
    held: z.int().describe("those that have the table in force"),
    lacking: z.int().describe("those of them that do not take all of it, and drop what that would decide"),
    opened: z
      .int()
      .describe(
        "those on which what is denied, led, limited or reserved may pass as if it were not, by entries or settings of others or for want of ours",
      ),
  }),
  reasons: z.array(z.string()).describe("why it is not ready; which switch it is about is told to root"),
});
