// Seed of everything that tests draw, shown in their names: the same for everybody, another with TG_TEST_SEED=<n>, a new one per run with TG_TEST_SEED=draw.

const FIXED = 20_261_123;
const wanted = process.env["TG_TEST_SEED"];

/** Pass it to fast-check and put it in the test's name. */
export const TEST_SEED = wanted === "draw" ? Math.floor(Math.random() * 2 ** 31) : Number(wanted ?? FIXED);
