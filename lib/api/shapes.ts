// The shapes that answers and events are checked against, in one piece, so that a page can be drawn while it loads.

export { contract } from "./contract";
export { eventSchema } from "./events";
export { errorBodySchema } from "./schemas";
