// Who is signed in, with which role.
"use client";
import { useApi, type ApiQuery } from "@/components/live/use-api";

export function useSession(): ApiQuery<"session"> {
  return useApi("session");
}
