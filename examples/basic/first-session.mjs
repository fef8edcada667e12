// @ts-check
// Launches a job, waits for it, prints its log, and cleans up.
import { SkahaClient } from 'skaha';

const skaha = new SkahaClient(); // the active context: a platform of your own, or CANFAR
try {
  const { ids } = await skaha.sessions.create({
    name: 'first',
    image: 'skaha/terminal:1.1.2',
    cmd: 'echo',
    args: ['hello'],
  });
  const [session] = await skaha.sessions.wait(ids, { until: 'finished', timeoutMs: 120_000 });
  console.log(session?.name, session?.status);
  for (const { text } of await skaha.sessions.logs(ids)) process.stdout.write(text);
  await skaha.sessions.destroy(ids);
} finally {
  await skaha.close();
}
