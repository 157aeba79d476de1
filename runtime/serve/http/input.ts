/** Bytes and words of a request → values that fit their schemas, or a sentence that says what does not. */
import type { z } from "zod";
import { HttpRefusal } from "./refusal.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The JSON of a body. @throws {HttpRefusal} */
export function bodyOf(schema: z.ZodType, bytes: Uint8Array): unknown {
  if (bytes.length === 0) throw new HttpRefusal("malformed", "the body is missing", { help: "it is JSON" });
  return checked(schema, json(decoded(bytes)), "the body");
}

/** The words of a path and behind the question mark. @throws {HttpRefusal} */
export const inputOf = (schema: z.ZodType, words: object): unknown => checked(schema, words, "the path");

function decoded(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new HttpRefusal("malformed", "the body is not UTF-8");
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new HttpRefusal("malformed", "the body is not JSON", {
      help: 'a statement is `{"text": "…"}`; /v1/openapi.json says what else is taken',
    });
  }
}

function checked(schema: z.ZodType, value: unknown, where: string): unknown {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  const [issue] = error.issues as [z.core.$ZodIssue];
  const at = issue.path.length === 0 ? where : `\`${issue.path.join(".")}\``;
  const given = issue.path.reduce<unknown>((of, key) => (of as Record<PropertyKey, unknown> | undefined)?.[key], value);
  throw new HttpRefusal("malformed", `${at} ${misfitText(issue, given)}`.slice(0, 1_000), {
    help: "/v1/openapi.json says what is taken",
  });
}

const KINDS: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "an object",
  array: "a list",
};
const UNITS: Readonly<Record<string, readonly [one: string, several: string]>> = {
  string: ["character", "characters"],
  array: ["entry", "entries"],
};

/** What is wrong with a value, in words of those who sent it: behind its name. */
function misfitText(issue: z.core.$ZodIssue, given: unknown): string {
  if (issue.code === "invalid_type")
    return given === undefined ? "is missing" : `is not ${KINDS[issue.expected] ?? `of the kind ${issue.expected}`}`;
  if (issue.code === "unrecognized_keys") return `takes no ${issue.keys.map((key) => `\`${key}\``).join(", ")}`;
  if (issue.code === "invalid_value") return `is none of ${issue.values.map(String).join(", ")}`;
  if (issue.code === "too_small" || issue.code === "too_big") {
    const bound = Number(issue.code === "too_small" ? issue.minimum : issue.maximum);
    const unit = UNITS[issue.origin]?.[bound === 1 ? 0 : 1];
    const exactly = issue.exact === true ? "exactly" : issue.code === "too_small" ? "at least" : "at most";
    return unit === undefined ? `is not ${exactly} ${bound}` : `has not ${exactly} ${bound} ${unit}`;
  }
  return `does not fit: ${issue.message[0]!.toLowerCase()}${issue.message.slice(1)}`;
}
