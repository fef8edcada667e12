// @ts-check
// Dask out of sessions of the Science Platform, counting the Hipparcos stars.
import { fileURLToPath } from 'node:url';
import { daskEngine } from 'skaha/cluster';
import { main } from './cluster.mjs';

const program = fileURLToPath(new URL('count.py', import.meta.url));
const head = '-m dask scheduler --host "$(hostname -i)" --dashboard-address :5000';
const part = { engine: daskEngine, program, head, dashboard: 'status' };
process.exitCode = await main(part, process.argv.slice(2));
