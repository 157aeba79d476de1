/** Routes → the page that describes them (OpenAPI 3.1), made of the schemas that check what comes in. */
import { z } from "zod";
import type { HttpRoute } from "./route.ts";
import { failedAnswer } from "./schemas.ts";

const schemaOf = (schema: z.ZodType, io: "input" | "output"): object => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io });
  return rest;
};

const content = (schema: z.ZodType | string): object =>
  typeof schema === "string"
    ? { [schema]: { schema: { type: "string" } } }
    : { "application/json": { schema: schemaOf(schema, "output") } };

const STATUS: Readonly<Record<number, string>> = { 200: "The answer.", 201: "It was made.", 503: "Not now." };

export function openApi(routes: readonly HttpRoute[], version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const one of routes) (paths[one.path] ??= {})[one.method.toLowerCase()] = operation(one);
  return {
    openapi: "3.1.0",
    info: {
      title: "glazier",
      version,
      description: "A network that answers: statements in, verdicts with their reasons out.",
    },
    paths,
    components: {
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
      schemas: { Failed: schemaOf(failedAnswer, "output") },
    },
  };
}

function operation({ path, summary, who, given, body, answers, headers = {} }: HttpRoute): object {
  const fields = Object.entries(given.shape).map(([name, schema]) => {
    const isInPath = path.includes(`{${name}}`);
    const isNeeded = isInPath || !(schema as z.ZodType).safeParse(undefined).success;
    return {
      name,
      in: isInPath ? "path" : "query",
      required: isNeeded,
      schema: schemaOf(schema as z.ZodType, "input"),
    };
  });
  const read = Object.entries(headers).map(([name, description]) => ({
    name,
    in: "header",
    required: false,
    description,
    schema: { type: "string" },
  }));
  const good = Object.entries(answers).map(([status, schema]): [string, object] => [
    status,
    { description: STATUS[Number(status)] ?? "The answer.", content: content(schema) },
  ]);
  return {
    summary,
    parameters: [...fields, ...read],
    ...(body && {
      requestBody: { required: true, content: { "application/json": { schema: schemaOf(body, "input") } } },
    }),
    responses: {
      ...Object.fromEntries(good),
      default: {
        description: "It was refused; the sentence says why.",
        content: { "application/json": { schema: { $ref: "#/components/schemas/Failed" } } },
      },
    },
    security: who === "anyone" ? [] : [{ token: [] }],
  };
}
