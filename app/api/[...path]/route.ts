// Everything under /api where Next stands alone (development); in service the desk's process answers before Next (server/cli/web-process.ts).
import { handleApi } from "@/server/api/index";

export const dynamic = "force-dynamic";

/** Answers leave here unpacked: Next packs what it sends, and twice packed is not readable. */
function handle(request: Request): Promise<Response> {
  if (request.method !== "GET" || !request.headers.has("accept-encoding")) return handleApi(request);
  const headers = new Headers(request.headers);
  headers.delete("accept-encoding");
  return handleApi(new Request(request.url, { headers, signal: request.signal }));
}

export {
  handle as DELETE,
  handle as GET,
  handle as HEAD,
  handle as OPTIONS,
  handle as PATCH,
  handle as POST,
  handle as PUT,
};
