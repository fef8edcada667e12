// @ts-check
// One signal ends everything that is under way: requests, retries and waiting. Here it is a time
// limit; Ctrl-C would do as well (`process.once('SIGINT', () => controller.abort())`).
import { isSkahaError, SkahaClient } from 'skaha';

const skaha = new SkahaClient();
const { ids } = await skaha.sessions.create({
  name: 'long',
  image: 'skaha/terminal:1.1.2',
  cmd: 'sleep',
  args: ['600'],
});
try {
  await skaha.sessions.wait(ids, { until: 'finished', signal: AbortSignal.timeout(1000) });
} catch (error) {
  if (!isSkahaError(error)) throw error;
  console.log('gave up waiting:', error.code);
} finally {
  for (const { name } of await skaha.sessions.destroy(ids)) console.log('deleted', name);
  await skaha.close();
}
