// @ts-check
// Writes sessions that ended into the state of a platform that does not run.
//
//     node seed.mjs '{"data": "FOLDER", "count": 10000, "user": "bench"}'
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { SessionStore } from '../../packages/engine/dist/store/session-store.js';

const { data, count, user } = JSON.parse(process.argv[2] ?? '');
mkdirSync(data, { recursive: true, mode: 0o700 });
const store = SessionStore.open(join(data, 'skaha.db'));
const gib = 2 ** 30;
const second = 1000;
const at = Date.now() - (count + 3600) * second;

/** @param {number} index */
function ended(index) {
  const key = index.toString(36).padStart(8, 's');
  const resources = { cores: 1, coresLimit: 1, memory: gib, memoryLimit: gib, fixed: true };
  const times = {
    admittedAt: at,
    startedAt: at + index * second,
    finishedAt: Date.now(),
    exitStatus: 0,
  };
  return {
    key,
    id: key,
    owner: user,
    name: `seed-${index}`,
    kind: /** @type {const} */ ('headless'),
    image: 'images.canfar.net/skaha/terminal:1.1.2',
    sequence: index + 1,
    createdAt: at,
    resources,
    workload: { cmd: 'true', env: [] },
    keepSeconds: 86_400,
    life: { phase: /** @type {const} */ ('completed'), deadlineSeconds: 3600, turn: 0, ...times },
  };
}

/** @type {readonly { level: 'Normal', reason: string, message: string, first: number, last: number }[]} */
const events = ['Scheduled', 'Pulled', 'Created', 'Started', 'Completed'].map((reason) => ({
  level: 'Normal',
  reason,
  message: `What a platform tells of it: ${reason}`,
  first: at,
  last: at,
}));
store.together(() => {
  for (let index = 0; index < count; index += 1) store.save(ended(index), events, 0);
});
store.close();
console.log('{}');
