// @ts-check
// The first session once more, with calls that wait instead of promises.
import { Session } from 'skaha/sync';

const sessions = new Session();
try {
  const { ids } = sessions.create({ name: 'waited', image: 'skaha/terminal:1.1.2', cmd: 'date' });
  sessions.wait(ids, { until: 'finished', timeoutMs: 120_000 });
  for (const { text } of sessions.logs(ids)) console.log('it is', text.trim());
  sessions.destroy(ids);
} finally {
  sessions.close();
}
