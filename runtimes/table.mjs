// @ts-check
// The table in the README that says what works where, made from results.

const marks = { begin: '<!-- runtimes: begin -->', end: '<!-- runtimes: end -->' };

/** @typedef {import('./programs.mjs').RuntimeResult} RuntimeResult */

/** @param {readonly RuntimeResult[]} all */
export function tableOf(all) {
  const tried = all.filter(({ missing }) => missing === undefined);
  const groups = [...new Set(tried.flatMap(({ results }) => results.map(({ group }) => group)))];
  const rows = tried.map(({ runtime, results }) => {
    const cells = groups.map((group) => {
      const own = results.filter((result) => result.group === group);
      if (own.length === 0) return '–';
      if (own.some(({ error }) => error !== undefined)) return '✗';
      return own.some(({ skipped }) => skipped !== undefined) ? '✓ *' : '✓';
    });
    const credentials = [...new Set(results.map(({ credential }) => credential))].join(', ');
    return `| ${[runtime.replace(/(\d+)\.(\d+)[\d.]*$/, '$1.$2'), credentials, ...cells].join(' | ')} |`;
  });
  const head = ['runtime', 'credentials', ...groups];
  const notes = new Set(
    tried.flatMap(({ runtime, results }) =>
      results.flatMap(({ name, skipped }) =>
        skipped === undefined
          ? []
          : [`\\* ${runtime.replace(/ .*/, '')} without “${name}”: ${skipped}.`],
      ),
    ),
  );
  const table = [`| ${head.join(' | ')} |`, `|${head.map(() => '---').join('|')}|`, ...rows];
  return [...table, ...(notes.size > 0 ? ['', ...notes] : [])].join('\n');
}

/**
 * @param {string} text
 * @param {string} table
 */
export function withTable(text, table) {
  const [before, rest] = text.split(marks.begin);
  const after = rest?.split(marks.end)[1];
  if (before === undefined || after === undefined)
    throw new Error(`There is no place for the table: ${marks.begin} … ${marks.end}`);
  return `${before}${marks.begin}\n${table}\n${marks.end}${after}`;
}
