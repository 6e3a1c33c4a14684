// A vitest reporter that says, after the summary, why tests were skipped, and closes with the totals.
import type { Reporter, TestModule } from 'vitest/node';

/** Set by scripts/test.mjs, which counts its other checks in and prints the closing line itself. */
const totalsAreOurs = process.env['WAMP_TOTALS'] !== 'outer';

export class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    const skippedWhy = new Map<string, string[]>();

    for (const module of modules) {
      const failedBefore = counts.failed;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === 'pending') continue;
        counts[result.state] += 1;
        if (result.state !== 'skipped') continue;
        const reason = result.note ?? 'no reason given';
        const names = skippedWhy.get(reason) ?? [];
        skippedWhy.set(reason, [...names, `${module.project.name}: ${test.fullName}`]);
      }
      // A file that could not be loaded, or whose set-up failed, has no failed test to count, but it did fail.
      if (counts.failed === failedBefore && module.state() === 'failed') counts.failed += 1;
    }

    // The summary is printed by another reporter's onTestRunEnd, so wait for that to finish.
    setImmediate(() => {
      for (const [reason, names] of skippedWhy) {
        console.log(`skipped: ${reason}`);
        for (const name of names) console.log(`    ${name}`);
      }
      if (totalsAreOurs) {
        console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
      }
    });
  }
}
