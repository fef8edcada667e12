// @ts-check
// What a platform offers, and what is on it. Changes nothing.
import { SkahaClient } from 'skaha';

const skaha = new SkahaClient();
try {
  const { root, mode } = await skaha.connection();
  console.log(`connected to ${root} with a ${mode}`);
  const { available, note } = await skaha.overview.availability();
  console.log(available ? 'available' : 'not available', note ?? '');

  const { cores, memoryGiB } = await skaha.context.resources();
  console.log(`cores ${cores.options.join(', ')}; memory ${memoryGiB.options.join(', ')} GiB`);
  for (const image of await skaha.images.fetch({ kind: 'headless' })) console.log('image', image);

  const sessions = await skaha.sessions.fetch();
  console.log(`${sessions.length} sessions`);
  for (const { id, name, kind, status } of sessions) console.log(id, name, kind, status);
} finally {
  await skaha.close();
}
