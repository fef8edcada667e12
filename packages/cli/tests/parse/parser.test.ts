import { readCommandLine } from '@skaha/terminal/parse/command-line.js';
import { expect, test } from 'vitest';
import { readGlobals } from '../../src/parse/globals.js';
import { program } from '../../src/program.js';

async function read(name: string, ...words: string[]) {
  const entry = program.commands.find((each) => each.name === name);
  if (entry === undefined) throw new Error(`no command ${name}`);
  const line = readCommandLine(program, entry, await entry.load(), words);
  return { ...line, globals: readGlobals(line.common, line.given.get('verbose')?.length ?? 0) };
}

const commonDefaults = {
  context: undefined,
  url: undefined,
  certificate: undefined,
  tokenFile: undefined,
  ca: undefined,
  config: undefined,
  timeoutMs: undefined,
  color: 'auto',
  logLevel: undefined,
  noInput: false,
  noPager: false,
};

const createDefaults = {
  kind: 'headless',
  image: 'skaha/x',
  command: [],
  name: undefined,
  cpu: undefined,
  memory: undefined,
  gpu: undefined,
  env: [],
  envFile: [],
  replicas: undefined,
  array: undefined,
  params: undefined,
  file: undefined,
  job: undefined,
  retries: undefined,
  retryOn: undefined,
  backoff: undefined,
  maxActive: undefined,
  atomic: false,
  dryRun: false,
  wait: false,
  waitTimeout: undefined,
  details: false,
};

test('the whole of a plain create', async () => {
  const parsed = await read('create', 'headless', 'skaha/x');
  expect(parsed.values).toMatchObject(createDefaults);
  expect(parsed).toMatchObject({
    globals: commonDefaults,
    output: { format: 'table' },
    assumeYes: false,
  });
});

const everything = {
  ...createDefaults,
  name: 'fit',
  cpu: '2',
  memory: '4Gi',
  gpu: 1,
  env: ['A=1', 'B=x=y'],
  replicas: 5,
  command: ['run.sh', '--json', '-h', '--help', '--', 'x'],
};
const options = [
  '-n',
  'fit',
  '-c2',
  '--memory',
  '4Gi',
  '-g',
  '1',
  '-e',
  'A=1',
  '--env=B=x=y',
  '-r5',
];
const command = ['--', 'run.sh', '--json', '-h', '--help', '--', 'x'];

test.each([
  ['before', [...options, 'headless', 'skaha/x', ...command]],
  ['between', ['headless', ...options, 'skaha/x', ...command]],
  ['after', ['headless', 'skaha/x', ...options, ...command]],
])('options of create stand %s its arguments', async (_where, words) => {
  const parsed = await read('create', ...words);
  expect(parsed.values).toMatchObject(everything);
  expect(parsed.output.format).toBe('table');
});

test('words after IMAGE are the command even without --', async () => {
  const { values } = await read('create', 'headless', 'skaha/x', 'echo', 'hello');
  expect(values).toMatchObject({ command: ['echo', 'hello'] });
});

test('without IMAGE the command still stands after --', async () => {
  const { values } = await read('create', 'headless', '--', 'echo');
  expect(values).toMatchObject({ image: undefined, command: ['echo'] });
});

test('kinds are matched without regard to case', async () => {
  const { values } = await read('create', 'NoteBook', 'skaha/x');
  expect(values).toMatchObject({ kind: 'notebook' });
});

test('common options stand after the command too', async () => {
  const { globals } = await read(
    'ps',
    '--context',
    'local',
    '--url=https://h/skaha',
    '--certificate',
    'c.pem',
    '--ca',
    'ca.pem',
    '--token-file',
    't',
    '--config',
    'c.yaml',
    '--timeout',
    '5',
    '--color',
    'NEVER',
    '--no-input',
    '--retries',
    '0',
    '--log-file',
    'x.log',
    '--exit-code',
    'simple',
    '--server',
    's',
    '--idp',
    'i',
  );
  expect(globals).toEqual({
    context: 'local',
    url: 'https://h/skaha',
    certificate: 'c.pem',
    tokenFile: 't',
    ca: 'ca.pem',
    config: 'c.yaml',
    timeoutMs: 5000,
    color: 'never',
    logLevel: undefined,
    noInput: true,
    noPager: false,
    retries: 0,
    logFile: 'x.log',
    simpleExit: true,
    server: 's',
    idp: 'i',
  });
});

test.each([
  [[], undefined],
  [['-v'], 'info'],
  [['-vv'], 'debug'],
  [['-v', '--verbose'], 'debug'],
  [['-vvvvvv'], 'debug'],
  [['--debug'], 'debug'],
  [['--log-level', 'Info'], 'info'],
  [['-v', '--log-level', 'info'], 'info'],
])('%j logs from %s on', async (words, level) => {
  expect((await read('ps', ...words)).globals.logLevel).toBe(level);
});

test('the --timeout of wait is its own', async () => {
  const { values, globals } = await read('wait', 'ab12cd34', '--timeout', '10m');
  expect(values).toMatchObject({ timeout: 600_000, for: 'finished', any: false, interval: 2000 });
  expect(globals.timeoutMs).toBeUndefined();
});

test.each([
  [['-y'], true],
  [['--yes'], true],
  [['-f'], true],
  [['--force'], true],
  [[], false],
])('delete %j answers yes: %s', async (words, expected) => {
  expect((await read('delete', 'ab12cd34', ...words)).assumeYes).toBe(expected);
});

test.each([
  ['ps', ['--json'], 'json'],
  ['ps', ['--yaml'], 'yaml'],
  ['ps', ['-o', 'WIDE'], 'wide'],
  ['ps', ['--wide'], 'wide'],
  ['ps', ['-q'], 'name'],
  ['ps', ['-o', 'name'], 'name'],
  ['ps', ['-q', '-o', 'name'], 'name'],
  ['ps', ['--json', '-o', 'json'], 'json'],
])('%s %j prints %s', async (name, words, format) => {
  expect((await read(name, ...words)).output.format).toBe(format);
});

test.each<[string, string[], string, string]>([
  [
    'ps',
    ['-o', 'xml'],
    "'xml' is not a valid value for --output.",
    'table, wide, json, yaml, jsonl, name, csv, tsv, columns=FIELDS, template=TEXT',
  ],
  [
    'ps',
    ['-k', 'notebok'],
    "'notebok' is not a valid value for --kind.",
    "Did you mean 'notebook'?",
  ],
  ['ps', ['-s', 'done'], "'done' is not a valid value for --status.", 'Pending, Running'],
  ['ps', ['--jsn'], "There is no option '--jsn' here.", "Did you mean '--json'?"],
  ['ps', ['--name'], "There is no option '--name' here.", 'Did you mean'],
  ['ps', ['x'], "'x' is one argument too many.", 'Usage: skaha ps [options]'],
  ['events', [], 'SESSION is missing.', 'Usage: skaha events [options] SESSION'],
  ['create', ['bogus', 'x'], "'bogus' is not a valid value for KIND.", 'headless'],
  [
    'create',
    ['headless', 'x', '-r', '0'],
    "--replicas must be a whole number from 1 to 512, not '0'.",
    '',
  ],
  [
    'create',
    ['headless', 'x', '-r', '1.5'],
    "--replicas must be a whole number from 1 to 512, not '1.5'.",
    '',
  ],
  ['create', ['headless', 'x', '-n'], '-n, --name needs a value.', ''],
  [
    'create',
    ['headless', 'x', '--wait-timeout', 'soon'],
    "--wait-timeout must be a time from 1s to 7d, not 'soon'.",
    '10m',
  ],
  ['events', [], 'SESSION is missing.', 'Usage: skaha events [options] SESSION...'],
  ['ps', ['--timeout', '301'], "--timeout must be a time from 1s to 5m, not '301'.", '30s'],
])('%s %j is refused', async (name, words, message, hint) => {
  await expect(read(name, ...words)).rejects.toMatchObject({ code: 'command.usage', message });
  if (hint !== '')
    await expect(read(name, ...words)).rejects.toMatchObject({
      hint: expect.stringContaining(hint),
    });
});

test.each<[string[], string]>([
  [['--json', '--yaml'], '--json and --yaml'],
  [['-q', '--json'], '--json and --quiet'],
  [['-q', '--wide'], '--wide and --quiet'],
  [['-o', 'csv', '--yaml'], '-o csv and --yaml'],
])('ps %j is a conflict', async (words, both) => {
  await expect(read('ps', ...words)).rejects.toMatchObject({
    code: 'output.conflict',
    message: `${both} cannot be used together.`,
    hint: 'Choose one output format.',
  });
});

test.each(['--json', '--yaml', '-o', '--output=json', '--wide'])(
  '%s is refused where no data is printed',
  async (word) => {
    await expect(read('config set', 'active', 'x', word)).rejects.toMatchObject({
      code: 'output.unsupported_mode',
    });
  },
);
