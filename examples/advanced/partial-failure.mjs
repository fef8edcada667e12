// @ts-check
// Some items done and some not: nothing is left out of the account.
import { PartialError, SkahaClient } from 'skaha';

const skaha = new SkahaClient();
try {
  const { ids } = await skaha.sessions.create({
    name: 'kept',
    image: 'skaha/terminal:1.1.2',
    cmd: 'true',
    replicas: 2,
  });
  try {
    await skaha.sessions.info([...ids, 'gone0000']);
  } catch (error) {
    if (!(error instanceof PartialError)) throw error;
    console.log(`${error.done.length} found, ${error.failed.length} not`);
    for (const { item, error: reason } of error.failed) console.log(item, reason.code);
  }
  await skaha.sessions.destroy(ids);
} finally {
  await skaha.close();
}
