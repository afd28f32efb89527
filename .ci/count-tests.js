// Prints "PASSED FAILED" for a JSON report of vitest and the exit code of its run. A run that failed without a failed
// test (a file that does not load, an error outside a test), or whose report cannot be read, counts as one failed.
import { readFileSync } from "node:fs";

const [file, status] = process.argv.slice(2);
let passed = 0;
let failed = 0;
try {
  const report = JSON.parse(readFileSync(file, "utf8"));
  for (const { status: suite, assertionResults } of report.testResults) {
    const failures = assertionResults.filter((test) => test.status === "failed").length;
    passed += assertionResults.filter((test) => test.status === "passed").length;
    failed += suite === "failed" && failures === 0 ? 1 : failures;
  }
} catch {
  failed += 1;
}
if (status !== "0" && failed === 0) failed = 1;
if (passed === 0 && failed === 0) failed = 1;
console.log(`${passed} ${failed}`);
