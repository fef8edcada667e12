// @ts-check
// A platform that tells what it took to start, and for each line of its input its time of the
// processor, that of what it started, and its memory.
//
//     node site.mjs '{"data": "FOLDER", "cores": 2, "runner": "process", "isHeld": true, "user": "bench"}'
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { startPlatform } from 'skaha-platform';
import { mostMemory } from './memory.mjs';

const {
  data,
  cores = 2,
  runner = 'process',
  isHeld = false,
  user,
} = JSON.parse(process.argv[2] ?? '');
const began = performance.now();
const platform = await startPlatform({
  data,
  user,
  runner,
  port: 0,
  config: { capacity: { cores, memoryGiB: 64 } },
  faults: isHeld ? [{ kind: 'slow-queue' }] : [],
});
const { url, socket, token, tokenFile, ca, home } = platform;
const described = { url, socket, token, tokenFile, ca, home };
console.log(JSON.stringify({ ...described, startMs: performance.now() - began }));

/** Time of the processor of programs that have ended, in milliseconds, where the system tells. */
function ofOthers() {
  try {
    const fields = readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return (Number(fields[13]) + Number(fields[14])) * 10;
  } catch {
    return Number.NaN;
  }
}

createInterface(process.stdin)
  .on('line', () => {
    const { user: own, system } = process.cpuUsage();
    const memory = { now: process.memoryUsage.rss(), most: mostMemory() };
    console.log(JSON.stringify({ cpu: (own + system) / 1000, others: ofOthers(), ...memory }));
  })
  .on('close', () => platform.stop({ sessions: 'leave' }));
