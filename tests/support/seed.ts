// Seed of property tests: drawn per run, shown in every test's name, fixed again with TG_TEST_SEED.

/** Pass it to fast-check and put it in the test's name. */
export const TEST_SEED = Number(process.env.TG_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
