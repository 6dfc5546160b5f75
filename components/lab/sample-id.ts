// Address of the bundled run in the lab.

/** It is read from the server's static files and cannot be deleted. */
export const SAMPLE_ID = "sample";
