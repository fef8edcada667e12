import type { Run, Runner } from '@skaha/engine/ports/runner.js';
import { afterAll, beforeAll, describe } from 'vitest';
import { runnerContract } from '../../../platform/tests/runners/contract.js';
import { skipWithoutDocker, startDocker } from './dockerd.js';
import { image, type TestEngine } from './engine.js';
import { skipWithoutPodman, startPodman } from './podman.js';
import { containersOf } from './set-up.js';

/** An engine takes part of the time itself. */
const graceMs = 2_000;

const different = new Map([
  [
    'a run has its output in order, its exit status and its time',
    'engines read the two streams apart; container-runner.slow.test.ts has that case',
  ],
  [
    'a command killed by a signal leaves 128 plus its number',
    'the first process of a container cannot kill itself',
  ],
  [
    'a page that did not listen yet is pending until it does',
    'a page in a container listens on all of its own addresses; life.slow.test.ts has that case',
  ],
  [
    'a page runs once something listens, and is reached where it says',
    'a page in a container listens on all of its own addresses; life.slow.test.ts has that case',
  ],
  ...[
    'a link in place of its socket leads nowhere',
    'a socket that is exchanged all the time never leads elsewhere',
    'neither a pipe, a file nor a directory is a socket',
  ].map((title): [string, string] => [title, 'pages in containers are reached at ports only']),
]);

/** The image of the contract stands for the machine; here that is an image of links. */
const inTestImage = (runner: Runner): Runner =>
  new Proxy(runner, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      if (name !== 'launch') return value.bind(target);
      return (run: Run) => target.launch({ ...run, image });
    },
  });

const engines = [
  { name: 'Podman', isSkipped: skipWithoutPodman(), start: async () => await startPodman() },
  { name: 'Docker', isSkipped: skipWithoutDocker(), start: async () => await startDocker() },
];

for (const { name, isSkipped, start } of engines) {
  describe.skipIf(isSkipped)(`the contract of runners with ${name}`, () => {
    let engine: TestEngine;
    beforeAll(async () => {
      engine = await start();
    });
    afterAll(async () => await engine.stop());

    runnerContract(
      'container',
      async (parts) =>
        inTestImage((await containersOf(engine.settings)).make({ ...parts, graceMs })),
      { limits: true, isolates: true, skip: different },
    );
  });
}
