// @ts-check

/**
 * What a piece of work takes: time, and time of the processor, in which what else the machine does
 * is not counted. Both in milliseconds.
 *
 * @param {() => unknown} work
 */
export async function costOf(work) {
  const before = process.cpuUsage();
  const started = performance.now();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { ms: performance.now() - started, cpu: (user + system) / 1000 };
}
