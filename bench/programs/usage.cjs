// @ts-check
// Loaded before a program of which is to be known what it took: writes it to a file at the end.
const { writeFileSync } = require('node:fs');

process.on('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const usage = { cpu: (userCPUTime + systemCPUTime) / 1000, most: maxRSS * 1024 };
  writeFileSync(process.env['BENCH_USAGE'] ?? '', JSON.stringify(usage));
});
