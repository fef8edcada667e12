// @ts-check
// Ray out of sessions of the Science Platform, counting the Hipparcos stars.
import { fileURLToPath } from 'node:url';
import { rayEngine } from 'skaha/cluster';
import { main } from '../dask-cluster/cluster.mjs';

const program = fileURLToPath(new URL('count.py', import.meta.url));
process.exitCode = await main(rayEngine, program, process.argv[2]);
