// @ts-check
// Prints what a job writes while it runs. The command is a line of shell.
import { SkahaClient, scriptCommand } from 'skaha';

const skaha = new SkahaClient();
try {
  const { ids } = await skaha.sessions.create({
    name: 'count',
    image: 'skaha/terminal:1.1.2',
    ...scriptCommand('for step in 1 2 3; do echo "step $step"; sleep 0.2; done'),
  });
  for (const id of ids) {
    for await (const line of skaha.sessions.follow(id, { intervalMs: 500 })) {
      process.stdout.write(line);
    }
  }
  await skaha.sessions.destroy(ids);
} finally {
  await skaha.close();
}
