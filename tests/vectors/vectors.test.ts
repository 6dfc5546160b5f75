// Runs every reference vector at the tolerance its file states; see README.md for where they come from.
import { describe, expect, it } from "vitest";
import { listVectorFiles, runVectorFile } from "@/server/cli/vector-runners/run-vectors";

const FOLDER = "tests/vectors";
const FILES = listVectorFiles(FOLDER);

describe("vector files", () => {
  it("behavior: there are files to run", () => {
    expect(FILES.length).toBeGreaterThanOrEqual(13);
  });
});

describe.each(FILES)("%s", (file) => {
  const { results } = runVectorFile(FOLDER, file);
  it.each(results.map((result, index) => ({ ...result, index })))("$name ($index)", ({ failure }) => {
    expect(failure).toBeNull();
  });
});
