// @ts-check
// `npm run build`: the packages from their sources.
import { buildPackages, setup } from './lib/setup.mjs';

const built = (await setup({ build: false })) && (await buildPackages());
process.exitCode = built ? 0 : 1;
