import { execFile } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { temporaryDirectory, testPlatform } from '../../platform/tests/fixtures.js';
import { namespaceIn, testCluster } from './cluster.js';

// The Python client as it is published, before and after it was given another name. It is installed where
// Python and its package index are there, once, and stays in the folder for temporary files.

const packages = ['skaha==1.7.0', 'canfar==1.5.2'];
const image = 'images.canfar.net/skaha/terminal:1.1.2';
const cluster = testCluster({ images: [image] });
const run = promisify(execFile);

/** Its interpreter, or why there is none. */
async function prepare(): Promise<{ python: string } | { reason: string }> {
  const folder = join(tmpdir(), 'skaha-python-clients');
  const python = join(folder, 'bin', 'python');
  try {
    if (!existsSync(join(folder, 'complete'))) {
      await run('python3', ['-m', 'venv', folder], { timeout: 120_000 });
      await run(python, ['-m', 'pip', 'install', '-q', ...packages], { timeout: 600_000 });
      writeFileSync(join(folder, 'complete'), '');
    }
    return { python };
  } catch (error) {
    return { reason: error instanceof Error ? (error.message.split('\n')[0] ?? '') : `${error}` };
  }
}

let found: Awaited<ReturnType<typeof prepare>> = { reason: 'not prepared' };

beforeAll(async () => {
  found = await prepare();
  if ('reason' in found) {
    process.stderr.write(
      `\nSKIPPED: the Python client cannot be installed here: ${found.reason}\n`,
    );
  }
}, 800_000);

/** What a notebook or a script does with it; prints one line of JSON. */
const program = `
import json, os, sys, time
name, url, certificate, image = sys.argv[1:5]
if name == "canfar":
    from canfar.sessions import Session
    client = Session(url=url + "/v1", certificate=certificate, loglevel=40)
else:
    from skaha.session import Session
    # This version takes every certificate that is in force for one that is not.
    client = Session(server=url, version="v1", token=os.environ["TOKEN"], loglevel=40)

told = {}
ids = client.create(name="reduce", image=image, kind="headless", cores=1, ram=1,
                    cmd="sh", args="count.sh", env={"GREETING": "hello"}, replicas=2)
told["created"] = len(set(ids))

def statuses():
    return sorted(one["status"] for one in client.info(ids))

for _ in range(600):
    if statuses() == ["Completed", "Completed"]:
        break
    time.sleep(0.1)
told["statuses"] = statuses()
told["names"] = sorted(one["name"] for one in client.fetch(kind="headless"))
logs = client.logs(ids)
told["logs"] = sorted(logs.values()) if isinstance(logs, dict) else str(logs)
events = client.events(ids)
told["events"] = json.dumps(events)
told["cores"] = client.stats()["cores"]
told["destroyed"] = client.destroy(ids)
told["left"] = client.fetch(kind="headless")
print(json.dumps(told))
`;

test.for(['skaha', 'canfar'])(
  'the Python client as %s runs sessions on the cluster',
  async (name, context) => {
    if ('reason' in found) return context.skip(found.reason);
    const namespace = namespaceIn(cluster);
    const kubernetes = { kubeconfig: cluster.kubeconfig, namespace, imagePullPolicy: 'Never' };
    const images = [{ id: image, types: ['headless'], command: ['sh'] }];
    const config = { runners: { kubernetes }, images };
    const platform = await testPlatform({ runner: 'kubernetes', config });
    writeFileSync(join(platform.home, 'count.sh'), 'echo "$GREETING from $skaha_sessionid"\n');
    const home = temporaryDirectory();
    const file = join(home, 'program.py');
    writeFileSync(file, program);
    const words = [file, name, platform.url, platform.certificate, image];
    const { stdout } = await run(found.python, words, {
      cwd: home,
      env: {
        PATH: process.env['PATH'],
        HOME: home,
        SSL_CERT_FILE: platform.ca,
        TOKEN: platform.token,
      },
      timeout: 150_000,
    });
    const told = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
    expect(told).toMatchObject({
      created: 2,
      statuses: ['Completed', 'Completed'],
      left: [],
      names: ['reduce-1', 'reduce-2'],
      events: expect.stringContaining('Scheduled'),
    });
    expect(JSON.stringify(told.logs).match(/hello from [a-z0-9]{8}/g)).toHaveLength(2);
    expect(Object.values(told.destroyed)).toEqual([true, true]);
  },
);
