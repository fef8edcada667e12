// @ts-check
// The order of test files: those of the slow project first, and of each project first what took
// longest in the last run (or, before there was one, has most lines), so that no core is idle at the
// end. Files of one project stand together: a worker that changes the project loads everything again.

import { BaseSequencer } from 'vitest/node';

export class LongestFirst extends BaseSequencer {
  /**
   * @override
   * @param {import('vitest/node').TestSpecification[]} files
   */
  async sort(files) {
    const sorted = await super.sort(files);
    /** @param {import('vitest/node').TestSpecification} file */
    const isSlow = ({ project }) => project.name === 'slow';
    return [...sorted.filter(isSlow), ...sorted.filter((file) => !isSlow(file))];
  }
}
