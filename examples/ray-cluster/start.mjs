// @ts-check
// Ray out of sessions of the Science Platform, counting the Hipparcos stars.
import { fileURLToPath } from 'node:url';
import { rayEngine } from 'skaha/cluster';
import { main } from '../dask-cluster/cluster.mjs';

const program = fileURLToPath(new URL('count.py', import.meta.url));
const head = [
  '-m ray.scripts.scripts start --head --block --node-ip-address "$(hostname -i)" --num-cpus 0',
  '--disable-usage-stats --dashboard-host 0.0.0.0 --dashboard-port 5000',
].join(' ');
const part = { engine: rayEngine, program, head, dashboard: '' };
process.exitCode = await main(part, process.argv.slice(2));
