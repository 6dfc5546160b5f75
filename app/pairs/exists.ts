// Asks the API, with the visitor's own cookies, whether something is there, so that an unknown name is a real 404.
import { cookies } from "next/headers";
import { notFound } from "next/navigation";
import { handleApi } from "@/server/api/index";

/** An answer that takes longer is left to the page, which shows its own states. */
const PATIENCE_MS = 1_500;

export async function notFoundUnlessThere(path: string): Promise<void> {
  const cookie = (await cookies()).toString();
  const request = new Request(`http://127.0.0.1${path}`, { headers: cookie === "" ? {} : { cookie } });
  const response = await Promise.race([
    handleApi(request).catch(() => null),
    new Promise<null>((resolve) => {
      setTimeout(() => resolve(null), PATIENCE_MS);
    }),
  ]);
  if (response !== null && (response.status === 404 || response.status === 400)) notFound();
}
