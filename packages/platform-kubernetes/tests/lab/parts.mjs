// @ts-check
// What a real Kubernetes on one machine is made of: built once, from the registries of packages
// alone, into a folder outside the checkout.
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const versions = {
  kubernetes: '1.37.2',
  etcd: 'v3.7.0',
  kwok: 'v0.8.0',
  kueue: 'v0.17.0',
  helm: 'v3.22.0',
};

const packages = ['containerd', 'runc', 'busybox-static'];

/** Where the parts are: a folder that is ready, or the cache of this user. */
export function partsFolder() {
  const given = process.env['TEST_KUBERNETES_DIR'];
  if (given !== undefined && given !== '') return given;
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  return join(cache, 'skaha', 'kubernetes', versions.kubernetes);
}

/**
 * The paths of the parts.
 *
 * @param {string} folder
 */
export const partsIn = (folder) => ({
  kubernetes: join(folder, 'bin', 'kubelab'),
  kwok: join(folder, 'bin', 'kwok'),
  kueue: join(folder, 'bin', 'kueue'),
  helm: join(folder, 'bin', 'helm'),
  /** Sources, for the manifests that are in them. */
  kwokSource: join(folder, 'kwok-src'),
  kueueSource: join(folder, 'kueue-src'),
  containerd: join(folder, 'deb', 'root', 'usr', 'bin'),
  runc: join(folder, 'deb', 'root', 'usr', 'sbin', 'runc'),
  busybox: join(folder, 'deb', 'root', 'bin', 'busybox'),
});

/**
 * Which of the parts are missing.
 *
 * @param {string} folder
 */
export const missingParts = (folder) =>
  Object.entries(partsIn(folder)).flatMap(([name, path]) => (existsSync(path) ? [] : [name]));

/** @type {(file: string, args: readonly string[], cwd: string, more?: NodeJS.ProcessEnv) => string} */
const run = (file, args, cwd, more = {}) =>
  execFileSync(file, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-p=2 -buildvcs=false', ...more },
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 2 ** 26,
  });

/**
 * Builds what is missing. It takes a quarter of an hour the first time, and some gigabytes of Go's
 * caches.
 *
 * @param {string} folder
 * @param {(words: string) => void} say
 */
export function buildParts(folder, say) {
  const parts = partsIn(folder);
  mkdirSync(join(folder, 'bin'), { recursive: true });
  if (!existsSync(parts.kubernetes)) {
    say(`build Kubernetes ${versions.kubernetes}`);
    buildKubernetes(folder, parts.kubernetes);
  }
  for (const [name, module] of /** @type {const} */ ([
    ['kwok', 'sigs.k8s.io/kwok'],
    ['kueue', 'sigs.k8s.io/kueue'],
  ])) {
    if (existsSync(parts[name]) && existsSync(parts[`${name}Source`])) continue;
    say(`build ${name} ${versions[name]}`);
    const source = sourceOf(module, versions[name]);
    rmSync(parts[`${name}Source`], { force: true });
    symlinkSync(source, parts[`${name}Source`]);
    goBuild(parts[name], `./cmd/${name}`, source, '-s -w');
  }
  if (!existsSync(parts.helm)) {
    say(`build helm ${versions.helm}`);
    goBuild(parts.helm, './cmd/helm', sourceOf('helm.sh/helm/v3', versions.helm), '-s -w');
  }
  if (!existsSync(parts.busybox)) {
    say('fetch containerd');
    const debs = join(folder, 'deb');
    mkdirSync(join(debs, 'root'), { recursive: true });
    run('apt-get', ['download', ...packages], debs);
    run('sh', ['-c', 'for file in *.deb; do dpkg-deb -x "$file" root; done'], debs);
  }
}

/** @type {(module: string, version: string) => string} */
const sourceOf = (module, version) =>
  JSON.parse(run('go', ['mod', 'download', '-json', `${module}@${version}`], '/')).Dir;

/** @type {(output: string, program: string, cwd: string, flags: string) => void} */
function goBuild(output, program, cwd, flags) {
  run('go', ['build', '-trimpath', '-ldflags', flags, '-o', `${output}.new`, program], cwd);
  renameSync(`${output}.new`, output);
}

/**
 * Kubernetes is no module that others may require as it is: each of its own parts needs a line that
 * says where it is.
 *
 * @type {(folder: string, output: string) => void}
 */
function buildKubernetes(folder, output) {
  const source = join(folder, 'src');
  const program = join(source, 'cmd', 'kubelab');
  mkdirSync(program, { recursive: true });
  const own = join(dirname(fileURLToPath(import.meta.url)), 'program', 'main.go');
  cpSync(own, join(program, 'main.go'));
  const { kubernetes, etcd } = versions;
  const told = run('go', ['mod', 'download', '-json', `k8s.io/kubernetes@v${kubernetes}`], '/');
  const theirs = readFileSync(JSON.parse(told).GoMod, 'utf8');
  const staged = [...theirs.matchAll(/^\t(k8s\.io\/[a-z-]+) => \.\/staging/gm)].map(
    ([, name]) => `\t${name} => ${name} v0.${kubernetes.slice(2)}`,
  );
  const lines = [
    'module kubelab',
    /^go .*$/m.exec(theirs)?.[0] ?? '',
    /^godebug .*$/m.exec(theirs)?.[0] ?? '',
    `require (\n\tk8s.io/kubernetes v${kubernetes}\n\tgo.etcd.io/etcd/server/v3 ${etcd}\n)`,
    `replace (\n${staged.join('\n')}\n)`,
  ];
  writeFileSync(join(source, 'go.mod'), `${lines.join('\n\n')}\n`);
  run('go', ['mod', 'tidy'], source);
  const at = 'k8s.io/component-base/version';
  const [major, minor] = kubernetes.split('.');
  const flags = [
    '-s -w',
    `-X ${at}.gitVersion=v${kubernetes}`,
    `-X ${at}.gitMajor=${major}`,
    `-X ${at}.gitMinor=${minor}`,
    `-X ${at}.gitTreeState=clean`,
  ];
  goBuild(output, './cmd/kubelab', source, flags.join(' '));
}
