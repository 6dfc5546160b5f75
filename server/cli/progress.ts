// What a person sees while the system starts: one line per stage with its time; with --json only the final line.
export interface Progress {
  /** Runs a stage and reports it with its duration; the error is passed on after its line. */
  stage<T>(title: string, run: () => Promise<T>): Promise<T>;
  note(text: string): void;
}

export function createProgress(isQuiet: boolean): Progress {
  const print = (line: string): void => {
    if (isQuiet) process.stderr.write(`${line}\n`);
    else console.log(line);
  };
  return {
    async stage(title, run) {
      const startedAtMonoMs = performance.now();
      try {
        const value = await run();
        print(`  ok    ${title} (${seconds(performance.now() - startedAtMonoMs)})`);
        return value;
      } catch (error) {
        print(`  FAIL  ${title} (${seconds(performance.now() - startedAtMonoMs)})`);
        throw error;
      }
    },
    note: (text) => print(`        ${text}`),
  };
}

function seconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1)} s`;
}
