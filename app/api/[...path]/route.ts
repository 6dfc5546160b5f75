// Everything under /api: the server's one door.
import { handleApi } from "@/server/api/index";

export const dynamic = "force-dynamic";

function handle(request: Request): Promise<Response> {
  return handleApi(request);
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
