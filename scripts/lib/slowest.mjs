// @ts-check
// A reporter of Vitest: which tests passed only at a second attempt, so that none hides, and which
// files took longest, so that one sees where the time of a run goes.

const most = 10;
/** @param {number} milliseconds */
const seconds = (milliseconds) => (milliseconds / 1000).toFixed(1);

// biome-ignore lint/style/noDefaultExport: Vitest takes what a file exports by that name.
export default class SlowestFiles {
  /** @param {readonly import('vitest/node').TestModule[]} modules */
  onTestRunEnd(modules) {
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        if (test.diagnostic()?.flaky !== true) continue;
        process.stdout.write(
          `Passed at a second attempt: ${module.relativeModuleId} > ${test.fullName}\n`,
        );
      }
    }
    const files = modules.map((module) => {
      const { duration, collectDuration, setupDuration } = module.diagnostic();
      return {
        name: module.relativeModuleId,
        tests: duration,
        loading: collectDuration + setupDuration,
      };
    });
    files.sort((one, other) => other.tests + other.loading - one.tests - one.loading);
    if (files.length <= most) return;
    const all = files.reduce((sum, { tests, loading }) => sum + tests + loading, 0);
    const lines = files
      .slice(0, most)
      .map(
        ({ name, tests, loading }) =>
          `${seconds(tests + loading).padStart(7)} s  ${name} (${seconds(loading)} s to load)`,
      );
    process.stdout.write(
      `\nThe slowest of ${files.length} files, which took ${seconds(all)} s in all:\n${lines.join('\n')}\n`,
    );
  }
}
