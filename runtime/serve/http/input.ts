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
    throw new HttpRefusal("malformed", "the body is not JSON");
  }
}

function checked(schema: z.ZodType, value: unknown, where: string): unknown {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  const [{ path, message }] = error.issues as [z.core.$ZodIssue];
  const at = path.length === 0 ? where : `\`${path.join(".")}\``;
  const what = `${message[0]!.toLowerCase()}${message.slice(1)}`;
  throw new HttpRefusal("malformed", `${at} does not fit: ${what}`.slice(0, 1_000), {
    help: "/v1/openapi.json says what is taken",
  });
}
