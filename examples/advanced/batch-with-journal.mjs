// @ts-check
// Ten jobs, three at a time, with a journal: run it again after a crash, and it goes on where it
// was. What it launched before is found again, not launched twice.
import { SkahaClient, scriptCommand } from 'skaha';
import { openJournal } from 'skaha/batch/journal';

const skaha = new SkahaClient();
const journal = await openJournal('squares');
try {
  const spec = {
    name: 'squares',
    image: 'skaha/terminal:1.1.2',
    array: '1-10',
    ...scriptCommand('echo "$ARRAY_INDEX squared is $((ARRAY_INDEX * ARRAY_INDEX))"'),
  };
  const ids = [];
  for await (const { name, result, id } of skaha.batch(spec, {
    journal,
    maxActive: 3,
    retries: 1,
  })) {
    console.log(name, result);
    if (result === 'completed' && id !== undefined) ids.push(id);
  }
  for (const { text } of await skaha.sessions.logs(ids)) process.stdout.write(text);
  await skaha.sessions.destroy(ids);
} finally {
  await journal.close();
  await skaha.close();
}
