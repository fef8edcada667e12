// @ts-check
import { cpus, platform, release, totalmem } from 'node:os';

/**
 * A ratio of two things measured in the same run; seconds say more about the machine than about
 * the program.
 *
 * @typedef {object} Figure
 * @property {string} name
 * @property {string} against - what it is a multiple of
 * @property {number} value
 * @property {number} reference
 * @property {'ms' | 'ms of CPU' | 'MB' | 'kB' | 'exponent'} unit
 * @property {number} [python] - the same with the Python client
 */

/**
 * @typedef {object} Budget
 * @property {number} atMost
 * @property {number} [target] - what is aimed at, where it is not reached yet
 * @property {string} because
 */

/** @typedef {Figure & {part: string, ratio: number, pythonRatio?: number, budget?: number, target?: number, exceeded: boolean}} Row */

/**
 * @param {string} part
 * @param {readonly Figure[]} figures
 * @param {Readonly<Record<string, Budget>>} budgets - by name of the figure
 * @returns {Row[]}
 */
export const judge = (part, figures, budgets) =>
  figures.map((figure) => {
    const ratio = figure.value / figure.reference;
    const { atMost: budget, target } = budgets[figure.name] ?? {};
    const { python } = figure;
    return {
      part,
      ...figure,
      ratio,
      ...(python === undefined ? {} : { pythonRatio: python / figure.reference }),
      ...(budget === undefined ? {} : { budget }),
      ...(target === undefined ? {} : { target }),
      // What could not be measured is no success.
      exceeded: !Number.isFinite(ratio) || (budget !== undefined && ratio > budget),
    };
  });

/**
 * @param {readonly Row[]} rows
 * @returns {string[]} lines of one table
 */
export function table(rows) {
  const withPython = rows.some(({ pythonRatio }) => pythonRatio !== undefined);
  const cells = [
    ['', 'times', 'at most', ...(withPython ? ['Python'] : []), 'of'],
    ...rows.map(({ name, ratio, budget, target, exceeded, pythonRatio, against }) => [
      name,
      ratio.toFixed(2),
      `${budget === undefined ? '' : budget.toFixed(2)}${exceeded ? ' !' : '  '}`,
      ...(withPython ? [pythonRatio?.toFixed(2) ?? ''] : []),
      target === undefined ? against : `${against}; the target is ${target}`,
    ]),
  ];
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map((line) => line[column]?.trimEnd().length ?? 0)),
  );
  const isText = (/** @type {number} */ column) => column === 0 || column === widths.length - 1;
  return cells.map((line) =>
    line
      .map((cell, column) => {
        const width = (widths[column] ?? 0) + (column === 2 ? 1 : 0);
        return isText(column) ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd(),
  );
}

/** The machine, without its name. */
export const machine = () => ({
  node: process.version,
  system: `${platform()} ${release()} ${process.arch}`,
  processor: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
});
