// @ts-check
// HyperQueue, from the registry of Python packages.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const program = `
import sys, time
from hyperqueue import Job, LocalCluster
from hyperqueue.cluster import WorkerConfig
count, cores, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
with LocalCluster() as cluster:
    cluster.start_worker(WorkerConfig(cores=cores))
    client = cluster.client()
    job = Job(default_workdir=folder)
    for _ in range(count):
        job.program(["true"])
    began = time.monotonic()
    client.wait_for_jobs([client.submit(job)])
    print((time.monotonic() - began) * 1000)
`;

/** HyperQueue in a folder of its own. */
export class HyperQueue {
  #folder;

  /** @param {string} folder */
  constructor(folder) {
    this.#folder = folder;
  }

  /**
   * Installs it into a folder.
   *
   * @param {string} folder
   * @param {(reason: string) => void} skipped - told why there is none
   * @returns {HyperQueue | undefined}
   */
  static install(folder, skipped) {
    const target = join(folder, 'hyperqueue');
    const words = ['-m', 'pip', 'install', '--quiet', '--target', target, 'hyperqueue'];
    const { status, stderr, error } = spawnSync('python3', words, { encoding: 'utf8' });
    if (status === 0) return new HyperQueue(target);
    const reason = error?.message ?? stderr.trim().split('\n').at(-1);
    skipped(`HyperQueue could not be installed: ${reason}`);
    return undefined;
  }

  /**
   * @param {number} count - jobs of `true`
   * @param {number} cores - how many at a time
   * @returns {number} milliseconds from the submission to the end of the last
   */
  run(count, cores) {
    const work = mkdtempSync(join(this.#folder, `work-${count}-`));
    const file = join(work, 'run.py');
    writeFileSync(file, program);
    const env = { ...process.env, PYTHONPATH: this.#folder };
    const words = [file, String(count), String(cores), work];
    const { status, stdout, stderr } = spawnSync('python3', words, {
      env,
      cwd: work,
      encoding: 'utf8',
    });
    const ms = Number(stdout.trim().split('\n').at(-1));
    if (status !== 0 || !Number.isFinite(ms)) throw new Error(`HyperQueue failed:\n${stderr}`);
    return ms;
  }
}
