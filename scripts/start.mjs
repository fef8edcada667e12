// @ts-check
// `npm start`: whatever set-up is missing, then the main example on a platform of its own.
import { setup } from './lib/setup.mjs';

if (await setup()) {
  const { main } = await import('../examples/star-catalogue/start.mjs');
  process.exitCode = await main(process.argv.slice(2));
} else {
  process.exitCode = 1;
}
