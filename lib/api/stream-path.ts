// Where the live stream is, as words alone: a page opens it before it has loaded the shapes of what comes.

export const STREAM_PATH = "/api/stream";
