// The HTTP face of the twin: the calls of services.md 2.1 and 2.2 with OpenObserve's shapes and status codes.
import { createHash, timingSafeEqual } from "node:crypto";
import http from "node:http";
import zlib from "node:zlib";
import * as z from "zod";
import { errorText } from "@/lib/errors/tidegate-error";
import { SearchError } from "./sql";
import type { ColumnType, IngestReport, Streams } from "./streams";

export interface OpenobserveServerSettings {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly streams: Streams;
  readonly say: (message: string) => void;
}

export interface OpenobserveServer {
  readonly port: number;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const MAX_BODY_BYTES = 64 * 1024 * 1024;
const DEFAULT_SIZE = 1_000;

class HttpError extends Error {
  override readonly name = "HttpError";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const searchSchema = z.object({
  query: z.object({
    sql: z.string().min(1),
    start_time: z.number().int().positive(),
    end_time: z.number().int().positive(),
    from: z.number().int().min(0).default(0),
    size: z.number().int().min(-1).default(DEFAULT_SIZE),
  }),
});
const bulkActionSchema = z.record(z.string(), z.object({ _index: z.string() }));
const settingsSchema = z.record(z.string(), z.unknown());

const arrowTypes: Readonly<Record<ColumnType, string>> = {
  BOOLEAN: "Boolean",
  BIGINT: "Int64",
  DOUBLE: "Float64",
  VARCHAR: "Utf8",
};

export async function startOpenobserveServer(settings: OpenobserveServerSettings): Promise<OpenobserveServer> {
  const expected = sha256(`Basic ${Buffer.from(`${settings.user}:${settings.password}`).toString("base64")}`);

  async function route(request: http.IncomingMessage): Promise<Answer> {
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    const path = url.pathname
      .split("/")
      .filter((part) => part !== "")
      .map(decodeURIComponent);
    if (request.method === "GET" && path.length === 1 && path[0] === "healthz")
      return { status: 200, body: { status: "ok" } };
    if (!timingSafeEqual(sha256(request.headers.authorization ?? ""), expected)) {
      return { status: 401, body: { code: 401, message: "Unauthorized Access" } };
    }
    if (path[0] !== "api") throw new HttpError(404, "Not Found");
    if (path[1] !== "default") throw new HttpError(403, `this server has one organization, "default"`);
    const [, , first, second, third] = path;
    const call = `${request.method ?? ""} ${path.length}`;
    if (call === "POST 4" && second === "_json") return reportAnswer([await ingestJson(request, first ?? "")]);
    if (call === "POST 4" && second === "_multi") return reportAnswer([await ingestMulti(request, first ?? "")]);
    if (call === "POST 3" && first === "_bulk") return ingestBulk(request);
    if (call === "POST 3" && first === "_search") return search(request);
    if (call === "GET 3" && first === "streams") return listStreams();
    if (first === "streams" && second !== undefined) return streamCall(request, second, third);
    throw new HttpError(404, "Not Found");
  }

  async function ingestJson(request: http.IncomingMessage, stream: string): Promise<IngestReport> {
    const parsed = parseJson(await readBody(request));
    return settings.streams.ingest(stream, Array.isArray(parsed) ? parsed : [parsed]);
  }

  async function ingestMulti(request: http.IncomingMessage, stream: string): Promise<IngestReport> {
    return settings.streams.ingest(stream, bodyLines(await readBody(request)).map(parseJson));
  }

  async function ingestBulk(request: http.IncomingMessage): Promise<Answer> {
    const startedAtMonoMs = performance.now();
    const lines = bodyLines(await readBody(request));
    const items: { readonly stream: string; readonly action: string; readonly record: unknown }[] = [];
    for (let at = 0; at < lines.length; at += 2) {
      const [action, target] = Object.entries(bulkActionSchema.parse(parseJson(lines[at] ?? "")))[0] ?? [];
      if (action === undefined || target === undefined) throw new HttpError(400, "a bulk action has no _index");
      items.push({ stream: target["_index"], action, record: parseJson(lines[at + 1] ?? "") });
    }
    const answers: unknown[] = [];
    let hasErrors = false;
    for (const item of items) {
      const report = await settings.streams.ingest(item.stream, [item.record]);
      const failed = report.failed > 0;
      hasErrors ||= failed;
      answers.push({
        [item.action]: {
          _index: report.name,
          _id: "",
          status: failed ? 400 : 200,
          ...(failed ? { error: { type: "", reason: report.error ?? "", index: report.name } } : {}),
        },
      });
    }
    return {
      status: 200,
      body: { took: Math.round(performance.now() - startedAtMonoMs), errors: hasErrors, items: answers },
    };
  }

  async function search(request: http.IncomingMessage): Promise<Answer> {
    const startedAtMonoMs = performance.now();
    const parsed = searchSchema.safeParse(parseJson(await readBody(request)));
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      throw new HttpError(400, `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "invalid search"}`);
    }
    const { query } = parsed.data;
    const report = await settings.streams.search({
      sql: query.sql,
      startUs: query.start_time,
      endUs: query.end_time,
      from: query.from,
      size: query.size,
    });
    return {
      status: 200,
      body: {
        took: Math.round(performance.now() - startedAtMonoMs),
        took_detail: {},
        hits: report.hits,
        total: report.hits.length,
        from: query.from,
        size: query.size,
        cached_ratio: 0,
        scan_size: 0,
        scan_records: report.scanRecords,
        is_partial: false,
      },
    };
  }

  async function listStreams(): Promise<Answer> {
    const list = (await settings.streams.list()).map((stream) => ({
      name: stream.name,
      stream_type: "logs",
      storage_type: "disk",
      stats: {
        doc_num: stream.docCount,
        doc_time_min: stream.docTimeMinUs,
        doc_time_max: stream.docTimeMaxUs,
        storage_size: 0,
        compressed_size: 0,
      },
      settings: stream.settings,
    }));
    return { status: 200, body: { list, total: list.length } };
  }

  async function streamCall(request: http.IncomingMessage, stream: string, part: string | undefined): Promise<Answer> {
    if (request.method === "GET" && part === "schema") {
      const columns = settings.streams.schema(stream);
      if (columns === null) throw new HttpError(404, "stream not found");
      const schema = [...columns].map(([name, type]) => ({ name, type: arrowTypes[type] }));
      return { status: 200, body: { name: stream, stream_type: "logs", schema } };
    }
    if (request.method === "PUT" && part === "settings") {
      const values = settingsSchema.safeParse(parseJson(await readBody(request)));
      if (!values.success) throw new HttpError(400, "settings must be a JSON object");
      if (!(await settings.streams.saveSettings(stream, values.data))) throw new HttpError(404, "stream not found");
      return { status: 200, body: { code: 200, message: "" } };
    }
    if (request.method === "DELETE" && part === undefined) {
      if (!(await settings.streams.remove(stream))) throw new HttpError(404, "stream not found");
      return { status: 200, body: { code: 200, message: "stream deleted" } };
    }
    throw new HttpError(404, "Not Found");
  }

  async function respond(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    let answer: Answer;
    try {
      answer = await route(request);
    } catch (error) {
      answer = toErrorAnswer(error, settings.say);
    }
    const text = JSON.stringify(answer.body);
    response.writeHead(answer.status, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(text),
    });
    response.end(text);
  }

  const server = http.createServer((request, response) => {
    void respond(request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(settings.port, "127.0.0.1", resolve);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), 1_000).unref();
      }),
  };
}

function reportAnswer(reports: readonly IngestReport[]): Answer {
  return { status: 200, body: { code: 200, status: reports } };
}

function toErrorAnswer(error: unknown, say: (message: string) => void): Answer {
  if (error instanceof HttpError) return { status: error.status, body: { code: error.status, message: error.message } };
  if (error instanceof SearchError) {
    return {
      status: error.code === 20_008 ? 500 : 400,
      body: { code: error.code, message: error.message, error_detail: error.message },
    };
  }
  if (error instanceof z.ZodError) return { status: 400, body: { code: 400, message: "the body is not as expected" } };
  say(errorText(error));
  // Memory or disk is short, as far as is known: the client may try again.
  return { status: 503, body: { code: 503, message: errorText(error) } };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new HttpError(400, `Invalid json: ${errorText(cause)}`);
  }
}

function bodyLines(body: string): readonly string[] {
  return body.split("\n").filter((line) => line.trim() !== "");
}

async function readBody(request: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    const bytes: Buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    length += bytes.length;
    if (length > MAX_BODY_BYTES) throw new HttpError(413, `the body is larger than ${MAX_BODY_BYTES} bytes`);
    chunks.push(bytes);
  }
  const body = Buffer.concat(chunks);
  const limit = { maxOutputLength: MAX_BODY_BYTES };
  try {
    switch (request.headers["content-encoding"] ?? "identity") {
      case "identity":
        return body.toString("utf8");
      case "gzip":
        return zlib.gunzipSync(body, limit).toString("utf8");
      case "deflate":
        return zlib.inflateSync(body, limit).toString("utf8");
      case "br":
        return zlib.brotliDecompressSync(body, limit).toString("utf8");
      default:
        throw new HttpError(415, "content-encoding must be identity, gzip, deflate or br");
    }
  } catch (cause) {
    if (cause instanceof HttpError) throw cause;
    throw new HttpError(400, `the body cannot be decompressed: ${errorText(cause)}`);
  }
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
