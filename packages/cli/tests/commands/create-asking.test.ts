import { describe, expect, test } from 'vitest';
import { sharedPlatform } from '../harness.js';
import { type Answer, person } from '../identity.js';

const shell = sharedPlatform();

const dry = async (...words: string[]) => {
  const result = await shell.skaha(['create', '--dry-run', '-o', 'json', ...words]);
  return {
    ...result,
    plan: result.status === 0 ? JSON.parse(result.stdout)[0].parameters : undefined,
  };
};

describe('create IMAGE', () => {
  test.each<[string[], Record<string, string>]>([
    [['skaha/python:latest', '--', 'true'], { type: 'headless', cmd: 'true' }],
    [['skaha/astroml:latest', '--', 'true'], { type: 'headless', cmd: 'true' }],
    [['skaha/astroml:latest', '--sh', 'date | cat'], { type: 'headless', cmd: 'sh' }],
    [['skaha/terminal:1.1.2', 'HEADLESS', '--', 'true'], { type: 'headless', cmd: 'true' }],
  ])('%j with a command is a job', async (words, parameters) => {
    const { status, plan } = await dry(...words);
    expect(status).toBe(0);
    expect(plan).toMatchObject(parameters);
  });

  test.each([
    ['skaha/astroml', 'notebook'],
    ['skaha/desktop:latest', 'desktop'],
    ['skaha/webpage:latest', 'contributed'],
  ])('%s says which kind it took', async (image, kind) => {
    const result = await shell.skaha(['create', image, '--dry-run']);
    expect(result).toMatchObject({ status: 0 });
    expect(result.stderr).toContain(`Its kind is ${kind}, according to the platform.\n`);
  });

  test.each<[string[], RegExp]>([
    [['skaha/astromi'], /does not list the image skaha\/astromi.*\n.*Did you mean .*astroml/],
    [['notebok'], /'notebok' is not a valid value for KIND.*\n.*Did you mean 'notebook'\?/],
    [
      ['skaha/astroml', 'fit.py'],
      /neither a kind nor .*\n.*'skaha create skaha\/astroml -- fit.py'/,
    ],
  ])('%j is refused with the next step', async (words, said) => {
    const result = await shell.skaha(['create', ...words]);
    expect(result).toMatchObject({ status: 2, stdout: '' });
    expect(result.stderr).toMatch(said);
  });
});

describe('create alone', () => {
  const ask = async (words: string[], ...answers: Answer[]) => {
    const asked = person(...answers);
    const result = await shell.skaha(['create', ...words], {
      terminal: { inIsTty: true, errIsTty: true, isTty: true, columns: 200 },
      services: { prompts: async () => asked },
    });
    return { ...result, asked: asked.asked };
  };
  const commandIn = (stderr: string) => /The same as a command: (.*)/.exec(stderr)?.[1];

  test('asks, prints the command it made, and launches', async () => {
    const made = await ask(
      [],
      'headless',
      (options) => options.find(({ label }) => label.includes('python'))?.value ?? '',
      'echo a b',
      'fixed',
      '1',
      '2',
      'mine',
    );
    expect(made).toMatchObject({ status: 0 });
    expect(made.asked).toEqual([
      'What kind of session?',
      'Which image?',
      'What should it run?',
      'What size?',
      'How many cores?',
      'How much memory?',
      'What should it be called?',
    ]);
    expect(commandIn(made.stderr)).toBe(
      'skaha create headless images.canfar.net/skaha/python:latest -n mine -c 1 -m 2 -- echo a b',
    );
    expect(made.stdout).toMatch(/^created [a-z0-9]{8} \(mine\)\n$/);
  });

  test('what only a shell understands goes to one; given options are not asked for', async () => {
    const made = await ask(
      ['-n', 'given', '--flex'],
      '',
      'headless',
      (options) => options[0]?.value ?? '',
      'echo "it\'s $HOME" | cat',
    );
    expect(made).toMatchObject({ status: 0 });
    expect(commandIn(made.stderr)).toMatch(
      /^skaha create headless \S+ -n given --sh 'echo "it'\\''s \$HOME" \| cat'$/,
    );
  });

  test('offers what was launched most, first', async () => {
    const words = ['create', 'headless', 'skaha/terminal:1.1.2', '-q', '-c', '1', '-m', '1'];
    for (const name of ['x', 'y']) await shell.skaha([...words, '-n', name, '--', 'true']);
    let offered: readonly { label: string; hint?: string | undefined }[] = [];
    const made = await ask([], (options) => {
      offered = options;
      return options[0]?.value ?? '';
    });
    expect(made).toMatchObject({ status: 0, asked: ['What do you want to launch?'] });
    expect(offered[0]).toMatchObject({
      label: 'headless skaha/terminal:1.1.2, 1 core, 1 GiB: true',
      hint: expect.stringMatching(/^launched 2 times, last \d+s ago$/),
    });
    expect(offered.at(-1)).toMatchObject({ label: 'Something else' });
    expect(commandIn(made.stderr)).toBe(
      'skaha create headless skaha/terminal:1.1.2 -c 1 -m 1 -- true',
    );
  });

  test('cancelled, it has launched nothing', async () => {
    const result = await ask([], undefined);
    expect(result).toMatchObject({ status: 130, stdout: '' });
    expect(result.stderr).toContain('Cancelled. Nothing was launched.');
  });

  test('without somebody to ask it names what is missing', async () => {
    const result = await shell.skaha(['create']);
    expect(result).toMatchObject({ status: 2, stdout: '' });
    expect(result.stderr).toContain('KIND is missing.');
  });
});
