// Prints one line beside the test results: figures that a test measured and a reader of the run should see.

export function printLine(text: string): void {
  process.stdout.write(`${text}\n`);
}
