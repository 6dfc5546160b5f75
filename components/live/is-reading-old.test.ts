// When a reading is no answer for now.
import { expect, it } from "vitest";
import { ApiError } from "@/lib/api/client";
import { isReadingOld } from "./is-reading-old";

const failed = new ApiError({ code: "unavailable", message: "no answer", status: 503 });

it("default: a reading is old when it failed, and when it waits for the network", () => {
  expect(isReadingOld({ error: null, fetchStatus: "idle" })).toBe(false);
  expect(isReadingOld({ error: null, fetchStatus: "fetching" })).toBe(false);
  expect(isReadingOld({ error: failed, fetchStatus: "idle" })).toBe(true);
  expect(isReadingOld({ error: null, fetchStatus: "paused" })).toBe(true);
});
