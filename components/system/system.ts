// The answer about the system that the panels share.
import type { RouteResponse } from "@/lib/api/contract";

export type System = RouteResponse<"system">;
