// OpenAPI 3.1 document made from the contract table, so that the published description cannot drift from what is served.
import * as z from "zod";
import { contract, type Route } from "@/lib/api/contract";
import { errorBodySchema } from "@/lib/api/schemas";
import { settingsContract } from "@/lib/api/settings-contract";

type Json = Record<string, unknown>;

function schemaOf(schema: z.ZodType): Json {
  const { $schema: _draft, ...rest } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return rest;
}

function parametersOf(route: Route): Json[] {
  return (["params", "query"] as const).flatMap((part) => {
    const schema = schemaOf(route[part]);
    const properties =
      typeof schema["properties"] === "object" && schema["properties"] !== null ? schema["properties"] : {};
    const required: unknown = schema["required"];
    return Object.entries(properties).map(([name, shape]) => ({
      name,
      in: part === "params" ? "path" : "query",
      required: part === "params" || (Array.isArray(required) && required.includes(name)),
      schema: shape,
    }));
  });
}

function operationOf(name: string, route: Route): Json {
  const failure = {
    description: "Refused; the body says why",
    content: { "application/json": { schema: schemaOf(errorBodySchema) } },
  };
  return {
    operationId: name,
    summary: route.summary,
    parameters: parametersOf(route),
    ...(route.method === "POST"
      ? { requestBody: { content: { "application/json": { schema: schemaOf(route.body) } } } }
      : {}),
    responses: {
      [String(route.status)]: {
        description: "OK",
        content: { "application/json": { schema: schemaOf(route.response) } },
      },
      "400": failure,
      ...(route.auth === "none" ? {} : { "401": failure, "403": failure }),
      "404": failure,
      "429": failure,
      "503": failure,
    },
    ...(route.auth === "none" ? {} : { security: [{ session: [] }] }),
  };
}

let kept: { readonly version: string; readonly document: Json } | null = null;

export function openApiDocument(version: string): Json {
  if (kept?.version === version) return kept.document;
  const paths: Record<string, Json> = {};
  for (const [name, route] of Object.entries<Route>({ ...contract, ...settingsContract })) {
    const entry = (paths[route.path] ??= {});
    entry[route.method.toLowerCase()] = operationOf(name, route);
  }
  const document = {
    openapi: "3.1.0",
    info: {
      title: "Tidegate",
      version,
      description: "Amounts are decimal strings in raw units, instants unix milliseconds, prices QUOTE per BASE.",
    },
    paths,
    components: { securitySchemes: { session: { type: "apiKey", in: "cookie", name: "tg" } } },
  };
  kept = { version, document };
  return document;
}
