// @ts-check
// Dask out of sessions of the Science Platform, counting the Hipparcos stars.
import { fileURLToPath } from 'node:url';
import { daskEngine } from 'skaha/cluster';
import { main } from './cluster.mjs';

const program = fileURLToPath(new URL('count.py', import.meta.url));
process.exitCode = await main(daskEngine, program, process.argv[2]);
