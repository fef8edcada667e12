import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { installed, type PythonPackages } from '../../../../scripts/tests/python-packages.js';
import { writeNode, writeTransfer } from '../../../client/src/storage/documents.js';
import type { Platform } from '../../src/types.js';
import { create, logs, temporaryDirectory, untilStatus } from '../fixtures.js';
import { Clients, type Outcome } from './clients.js';
import {
  arc,
  authority,
  core,
  makeFolder,
  md5,
  nodeXml,
  onDisk,
  put,
  storagePlatform,
} from './set-up.js';

// Clients that others wrote, as they are published.

const run = promisify(execFile);

/** The configuration of canfar that the documentation shows, for a platform. */
function documented({ data, port, user }: Platform): string {
  const page = readFileSync(
    join(import.meta.dirname, '../../../../docs/local-platform.md'),
    'utf8',
  );
  const [, shown] = /^```yaml\n(version: 2\nactive: .*?)^```$/ms.exec(page) ?? [];
  if (shown === undefined) throw new Error('the documentation shows no configuration of canfar');
  return shown.replaceAll('PORT', `${port}`).replaceAll('DATA', data).replaceAll('USER', user);
}

/**
 * vos trusts the authorities of certifi alone. Ours takes their place in the clients' own copy: to load
 * those of the whole web takes each client longer than what it asks for.
 */
function trustIn(bin: string, platform: Platform): void {
  const library = join(bin, '../lib');
  const [version = ''] = readdirSync(library).filter((name) => name.startsWith('python3'));
  copyFileSync(platform.ca, join(library, version, 'site-packages/certifi/cacert.pem'));
}

/** A home with the user's certificate, and the programs of the clients in it. */
class Bench {
  readonly home = temporaryDirectory();
  readonly platform: Platform;
  readonly #bin: string;
  #started: Clients | undefined;

  constructor(platform: Platform, bin: string) {
    this.platform = platform;
    this.#bin = bin;
    trustIn(bin, platform);
    mkdirSync(join(this.home, '.ssl'));
    mkdirSync(join(this.home, '.canfar'));
    copyFileSync(platform.certificate, join(this.home, '.ssl/cadcproxy.pem'));
    writeFileSync(join(this.home, '.canfar/config.yaml'), documented(platform));
  }

  path(name: string): string {
    return join(this.home, name);
  }

  get #env() {
    return {
      PATH: `${this.#bin}:${process.env['PATH']}`,
      HOME: this.home,
      SSL_CERT_FILE: this.platform.ca,
      REQUESTS_CA_BUNDLE: this.platform.ca,
      VOSPACE_WEBSERVICE: `127.0.0.1:${this.platform.port}`,
    };
  }

  get #programs(): Clients {
    this.#started ??= new Clients(this.#bin, this.home, this.#env);
    return this.#started;
  }

  /** Runs a client to its end, whatever comes of it. */
  async run(client: string, ...words: string[]): Promise<Outcome> {
    return await this.#programs.run(client, ...words);
  }

  /** Runs a client that must succeed. */
  async good(client: string, ...words: string[]): Promise<string> {
    return await this.#programs.good(client, ...words);
  }

  /** Runs a program of Python to its end, whatever comes of it. */
  async python(...words: string[]): Promise<Outcome> {
    const options = { env: this.#env, cwd: this.home, timeout: 120_000 };
    try {
      const { stdout, stderr } = await run(join(this.#bin, 'python'), words, options);
      return { status: 0, output: stdout + stderr };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { status: code, output: `${stdout}${stderr}` };
    }
  }
}

let found: PythonPackages = { reason: 'not prepared' };

beforeAll(async () => {
  found = await installed('clients');
}, 800_000);

describe('clients that others wrote', () => {
  test('vos: vls, vcp, vmkdir, vmv, vchmod, vln, vrm', async (context) => {
    if ('reason' in found) return context.skip(found.reason);
    const platform = await storagePlatform();
    const bench = new Bench(platform, found.bin);
    const home = 'arc:home/adastra';
    expect(await bench.good('vls', 'arc:')).toMatch(/home\s+projects/);
    await bench.good('vmkdir', `${home}/d`);
    for (const size of [0, 1, 65_537, 9_000_000]) {
      const data = randomBytes(size);
      writeFileSync(bench.path('up'), data);
      await bench.good('vcp', bench.path('up'), `${home}/d/f${size}`);
      expect(md5(readFileSync(onDisk(platform, `home/adastra/d/f${size}`)))).toBe(md5(data));
      await bench.good('vcp', `${home}/d/f${size}`, bench.path(`down${size}`));
      expect(md5(readFileSync(bench.path(`down${size}`)))).toBe(md5(data));
    }
    // vos itself refuses names with a space, a percent sign or other scripts.
    for (const name of ['a+b', 'a:b', 'x'.repeat(255)]) {
      writeFileSync(bench.path('up'), name);
      await bench.good('vcp', bench.path('up'), `${home}/${name}`);
      expect(readFileSync(onDisk(platform, `home/adastra/${name}`), 'utf8')).toBe(name);
      await bench.good('vcp', `${home}/${name}`, bench.path('back'));
      expect(readFileSync(bench.path('back'), 'utf8')).toBe(name);
    }
    await bench.good('vmv', `${home}/d/f1`, `${home}/moved`);
    expect(existsSync(onDisk(platform, 'home/adastra/d/f1'))).toBe(false);
    await bench.good('vchmod', 'o+r', `${home}/moved`);
    expect(await bench.good('vls', '-l', `${home}/moved`)).toMatch(/^-rw----r--/m);
    await bench.good('vchmod', '-R', 'g+r', `${home}/d`, 'survey');
    expect(await bench.good('vls', '-l', `${home}/d`)).toMatch(/^-rw-r-----.* survey .*f65537/m);
    await bench.good('vln', `${home}/moved`, `${home}/link`);
    expect(await bench.good('vls', '-l', home)).toMatch(
      /link -> vos:\/\/cadc.nrc.ca~arc\/home\/adastra\/moved/,
    );
    await bench.good('vrm', `${home}/link`);
    await bench.good('vrm', '-R', `${home}/d`);
    expect(existsSync(onDisk(platform, 'home/adastra/d'))).toBe(false);
    expect((await bench.run('vls', `${home}/none`)).output).toContain('NodeNotFound');
    expect((await bench.run('vls', 'arc:home/bob')).output).toContain('PermissionDenied');
  }, 600_000);

  test('canfar: server use, create, ps, info, delete, and what it says of what is not there', async (context) => {
    if ('reason' in found) return context.skip(found.reason);
    const bench = new Bench(await storagePlatform(), found.bin);
    expect(await bench.good('canfar', 'server', 'use', 'laptop')).toContain('laptop');
    const [server] = JSON.parse(await bench.good('canfar', 'server', 'ls', '-o', 'json'));
    expect(server.resources).toMatchObject({ gpus: { max: 0 }, sessions: expect.any(Number) });
    const image = ['create', 'headless', 'skaha/terminal:1.1.2', '-n', 'demo'];
    const created = await bench.good('canfar', ...image, '-o', 'json', '--', 'sleep', '60');
    const [id] = JSON.parse(created);
    const list = JSON.parse(await bench.good('canfar', 'ps', '-a', '-o', 'json'));
    expect(list).toMatchObject([{ id, name: 'demo', type: 'headless' }]);
    expect(await bench.good('canfar', 'info', id)).toContain('demo');
    expect((await bench.run('canfar', ...image, '-c', '999', '--', 'true')).status).toBe(2);
    // What the documentation says of it; should it change, the documentation must.
    expect((await bench.good('canfar', 'ps', '-q')).trim().split('\n')).toEqual(['@laptop', id]);
    const words = ['printf', '[%s]', 'a b', 'c'];
    const [split] = JSON.parse(await bench.good('canfar', ...image, '-o', 'json', '--', ...words));
    await untilStatus(bench.platform, split, 'Completed');
    expect(await logs(bench.platform, split)).toBe('[a][b][c]');
    expect(await bench.good('canfar', 'logs', split)).not.toContain('[a]');
    const { ram } = server.resources.fixed;
    const refused = await bench.run('canfar', ...image, '-c', '1', '-m', `${ram.min + 2}`);
    expect(refused).toMatchObject({ status: 1, output: expect.not.stringContaining('Invalid') });
    expect(await bench.good('canfar', 'prune', 'demo', 'headless')).toContain('Deleted 0');
    expect(await bench.good('canfar', 'prune', 'demo', 'headless', 'Completed')).toContain('ed 1 ');
    expect(await bench.good('canfar', 'delete', '-f', 'nosuch')).toContain("'nosuch': True");
    for (const word of ['logs', 'info', 'events', 'renew'])
      await bench.good('canfar', word, 'nosuch');
    await bench.good('canfar', 'delete', '-f', id);
    expect(JSON.parse(await bench.good('canfar', 'ps', '-a', '-o', 'json'))).toEqual([]);
  }, 300_000);

  test('canfar data: ls, info, cp, mkdir, mv, rm, with names of all kinds', async (context) => {
    if ('reason' in found) return context.skip(found.reason);
    const platform = await storagePlatform();
    const bench = new Bench(platform, found.bin);
    const data = async (...words: string[]) => await bench.good('canfar', 'data', ...words);
    const home = 'laptop:/home/adastra';
    const names = ['a b', 'a+b', '100%', 'a%20b', 'a#b', 'a:b', 'é☃', 'why?', 'x'.repeat(255)];
    for (const name of names) {
      writeFileSync(bench.path('up'), name);
      await data('cp', `local:${bench.path('up')}`, `${home}/${name}`);
      expect(readFileSync(onDisk(platform, `home/adastra/${name}`), 'utf8')).toBe(name);
      await data('cp', `${home}/${name}`, `local:${bench.path(`down-${names.indexOf(name)}`)}`);
      expect(readFileSync(bench.path(`down-${names.indexOf(name)}`), 'utf8')).toBe(name);
    }
    expect((await data('ls', home)).trimEnd().split('\n').sort()).toEqual([...names].sort());
    const large = randomBytes(9_000_000);
    writeFileSync(bench.path('large'), large);
    await data('cp', `local:${bench.path('large')}`, `${home}/large`);
    expect(await data('info', `${home}/large`)).toContain('9000000');
    await data('mkdir', '-p', `${home}/d/e`);
    await data('mv', `${home}/large`, `${home}/d/e/large`);
    expect(md5(readFileSync(onDisk(platform, 'home/adastra/d/e/large')))).toBe(md5(large));
    await data('rm', `${home}/d/e/large`);
    await data('rmdir', `${home}/d/e`);
    expect(readdirSync(onDisk(platform, 'home/adastra/d'))).toEqual([]);
  }, 900_000);

  test('vcp and canfar work in a session with what it finds in its home', async (context) => {
    if ('reason' in found) return context.skip(found.reason);
    const platform = await storagePlatform();
    trustIn(found.bin, platform);
    mkdirSync(platform.home, { recursive: true });
    writeFileSync(
      join(platform.home, 'inside.sh'),
      `set -e
echo from a session > made
${found.bin}/vcp made arc:home/adastra/sent
${found.bin}/vls arc:home/adastra
${found.bin}/vcp arc:home/adastra/sent back && cat back
${found.bin}/canfar ps --all --output json
`,
    );
    const id = await create(platform, { name: 'inside', cmd: 'sh', args: 'inside.sh' });
    // Six programs of Python begin, one after the other.
    const ended = () => untilStatus(platform, id, 'Completed', 'Failed');
    await ended().catch(ended).catch(ended).catch(ended);
    const told = await logs(platform, id);
    expect(told).toMatch(/^sent$/m);
    expect(told).toMatch(/^from a session$/m);
    expect(told).toMatch(/"name": *"inside"/);
    expect(readFileSync(onDisk(platform, 'home/adastra/sent'), 'utf8')).toBe('from a session\n');
  }, 180_000);

  test('documents are as the schema of VOSpace 2.1 has them', async (context) => {
    if ('reason' in found) return context.skip(found.reason);
    const platform = await storagePlatform();
    const bench = new Bench(platform, found.bin);
    const home = '/home/adastra';
    await makeFolder(platform, `${home}/d`);
    for (const name of ['a%20b', '%C3%A9%E2%98%83', '100%25', "it's", '%22%3C%26%3E']) {
      expect((await put(platform, `${home}/d/${name}`, 'x')).status).toBe(201);
    }
    const link = nodeXml(`${home}/d/l`, 'LinkNode', {}, `${authority}${home}/d`);
    expect((await arc(platform, 'PUT', `/nodes${home}/d/l`, { body: link })).status).toBe(201);
    const paths = ['', '/home', home, `${home}/d`, `${home}/d?detail=min`, `${home}/d/l`];
    paths.push(`${home}/d/a%20b`, `${home}/d?limit=0`);
    const documents: string[] = [];
    for (const path of paths) documents.push((await arc(platform, 'GET', `/nodes${path}`)).body);
    for (const [direction, protocol, method] of [
      ['pullFromVoSpace', 'httpsget', ''],
      ['pushToVoSpace', 'httpsput', '<vos:securityMethod uri="ivo://ivoa.net/sso#token"/>'],
    ]) {
      const asked = `<vos:transfer xmlns:vos="http://www.ivoa.net/xml/VOSpace/v2.0" version="2.1"><vos:target>${authority}${home}/d/a%20b</vos:target><vos:direction>${direction}</vos:direction><vos:protocol uri="${core}${protocol}">${method}</vos:protocol></vos:transfer>`;
      let answer = await arc(platform, 'POST', '/synctrans', { body: asked });
      for (let hop = 0; answer.status === 303 && hop < 3; hop += 1) {
        const { pathname } = new URL(answer.headers.location ?? '');
        answer = await arc(platform, 'GET', pathname.replace('/arc', ''));
      }
      expect(answer.body).toContain('<vos:endpoint>');
      documents.push(answer.body, asked);
    }
    documents.push(...sentByUs());
    for (const [index, text] of documents.entries())
      writeFileSync(bench.path(`${index}.xml`), text);
    writeFileSync(bench.path('validate.py'), validation);
    const schema = fileURLToPath(new URL('vospace-2.1.xsd', import.meta.url));
    const files = documents.map((_, index) => bench.path(`${index}.xml`));
    const validate = (...names: string[]) =>
      bench.python(bench.path('validate.py'), schema, ...names);
    expect(await validate(...files)).toEqual({ status: 0, output: '' });
    // What the schema does not have is found.
    writeFileSync(bench.path('bad.xml'), (documents[3] ?? '').replace('<vos:nodes>', '<vos:node>'));
    writeFileSync(
      bench.path('wrong.xml'),
      (documents[3] ?? '').replaceAll('vos:nodes>', 'vos:items>'),
    );
    for (const name of ['bad.xml', 'wrong.xml']) {
      expect((await validate(bench.path(name))).status).toBe(1);
    }
  }, 120_000);

  test('vosfs through fsspec and pandas; pyvo reads the capabilities', async (context) => {
    if ('reason' in found) return context.skip(found.reason);
    const platform = await storagePlatform();
    const bench = new Bench(platform, found.bin);
    const root = `https://127.0.0.1:${platform.port}/arc`;
    writeFileSync(bench.path('program.py'), program);
    const ended = await bench.python(bench.path('program.py'), root, platform.certificate);
    expect(ended).toMatchObject({ status: 0, output: expect.stringContaining('all well') });
    expect(statSync(onDisk(platform, 'home/adastra/kept')).size).toBe(65_537);
  }, 300_000);
});

/** What our own client sends, of every kind and with names that need care. */
function sentByUs(): string[] {
  const name = '/home/ada/a b%é☃"<&>\'+';
  const kinds = ['folder', 'file', 'link'] as const;
  const properties = { 'ivo://example.org/p#note': 'a < b & "c"', 'ivo://example.org/p#old': null };
  const change = { isPublic: true, groupsRead: ['a&b'], groupsWrite: [], properties };
  const target = `${authority}/home/ada/x%20y`;
  return [
    ...kinds.map((kind) => writeNode('cadc.nrc.ca~arc', { kind, path: name, target })),
    ...kinds.map((kind) => writeNode('cadc.nrc.ca~arc', { kind, path: name, target }, change)),
    writeTransfer({ target, direction: 'pullFromVoSpace', protocol: 'httpsget' }),
    writeTransfer({ target, direction: 'pushToVoSpace', protocol: 'httpsput' }),
    writeTransfer({ target, direction: `${authority}/home/ada/z` }),
  ];
}

const validation = `
import sys
from lxml import etree

schema = etree.XMLSchema(etree.parse(sys.argv[1]))
for path in sys.argv[2:]:
    schema.assertValid(etree.parse(path))
`;

const program = `
import io, os, sys
import fsspec, pandas, requests
from pyvo.io.vosi import endpoint

root, certificate = sys.argv[1:]
options = {"endpoint_url": root, "certfile": certificate}
fs = fsspec.filesystem("vos", **options)
home = "/home/adastra/fs"
fs.makedirs(home, exist_ok=True)
frame = pandas.DataFrame({"a": range(1000), "b": [x / 3 for x in range(1000)]})
frame.to_csv(f"vos://{home}/t.csv", storage_options=options, index=False)
assert (pandas.read_csv(f"vos://{home}/t.csv", storage_options=options).a == frame.a).all()
for size in (0, 1, 65535, 65536, 65537, 5000000):
    data = os.urandom(size)
    fs.pipe_file(f"{home}/{size}", data)
    assert fs.cat_file(f"{home}/{size}") == data
    assert fs.info(f"{home}/{size}")["size"] == size
    if size > 100:
        assert fs.cat_file(f"{home}/{size}", start=10, end=50) == data[10:50]
        assert fs.cat_file(f"{home}/{size}", start=-7) == data[-7:]
fs.mv(f"{home}/65537", "/home/adastra/kept")
assert not fs.exists(f"{home}/65537")
for path, kind in ((f"{home}/none", FileNotFoundError), ("/home/bob", PermissionError)):
    try:
        fs.ls(path)
    except kind:
        pass
    else:
        raise AssertionError(path)
fs.rm(home, recursive=True)
assert not fs.exists(home)
fs.close()
answer = requests.get(root + "/capabilities")
names = [one.standardid for one in endpoint.parse_capabilities(io.BytesIO(answer.content))]
assert "ivo://ivoa.net/std/VOSpace/v2.0#nodes" in names, names
print("all well")
`;
