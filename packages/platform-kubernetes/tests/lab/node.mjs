// @ts-check
// A real node of a cluster: its configuration, and what is left of it.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pauseImage } from './images.mjs';

/**
 * Writes what containerd and the kubelet of a node are told.
 *
 * @param {string} folder
 * @param {string} runc
 * @param {readonly [port: number, health: number]} ports - of the kubelet
 * @param {import('./network.mjs').PodNetwork} [pods]
 */
export function writeNodeConfig(folder, runc, [port, health], pods) {
  for (const name of ['cni/bin', 'cni/conf', 'run', 'podlogs']) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  // A network of a few lines: pods have their own, in which there is only loopback.
  const plugin = `#!/bin/sh
case $CNI_COMMAND in
VERSION) echo '{"cniVersion":"0.4.0","supportedVersions":["0.3.1","0.4.0"]}';;
ADD) nsenter --net="$CNI_NETNS" ip link set lo up >&2; echo "{\\"cniVersion\\":\\"0.4.0\\",\\"interfaces\\":[{\\"name\\":\\"eth0\\",\\"sandbox\\":\\"$CNI_NETNS\\"}],\\"ips\\":[{\\"version\\":\\"4\\",\\"interface\\":0,\\"address\\":\\"127.0.0.1/8\\"}]}";;
esac
`;
  writeFileSync(join(folder, 'cni/bin/loopback'), plugin, { mode: 0o755 });
  const own = pods?.plugin(join(folder, 'cni')) ?? plugin;
  writeFileSync(join(folder, 'cni/bin/pods'), own, { mode: 0o755 });
  const network = { cniVersion: '0.4.0', name: 'pods', plugins: [{ type: 'pods' }] };
  writeFileSync(join(folder, 'cni/conf/10-lo.conflist'), JSON.stringify(network));
  writeFileSync(
    join(folder, 'containerd.toml'),
    `version = 2
root = "${folder}/containerd"
state = "${folder}/run/state"
[grpc]
  address = "${folder}/run/c.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  stream_server_address = "127.0.0.1"
  disable_apparmor = true
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      BinaryName = "${runc}"
      SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${folder}/cni/bin"
    conf_dir = "${folder}/cni/conf"
`,
  );
  writeFileSync(
    join(folder, 'kubelet.yaml'),
    `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
failCgroupV1: false
cgroupDriver: cgroupfs
cgroupRoot: /GROUP
containerRuntimeEndpoint: unix://${folder}/run/c.sock
address: 127.0.0.1
port: ${port}
healthzBindAddress: 127.0.0.1
healthzPort: ${health}
readOnlyPort: 0
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: ${folder}/pki/ca.crt}}
authorization: {mode: Webhook}
tlsCertFile: ${folder}/pki/node.crt
tlsPrivateKeyFile: ${folder}/pki/node.key
makeIPTablesUtilChains: false
failSwapOn: false
podLogsDir: ${folder}/podlogs
resolvConf: ""
evictionHard: {memory.available: 64Mi, nodefs.available: 1%, imagefs.available: 1%, nodefs.inodesFree: 1%}
imageGCHighThresholdPercent: 100
enableControllerAttachDetach: false
syncFrequency: 10s
`,
  );
}

/**
 * The control groups of a node.
 *
 * @param {string} name
 */
export function groupsOf(name) {
  const top = '/sys/fs/cgroup';
  if (existsSync(join(top, 'cgroup.controllers'))) return [join(top, name)];
  return readdirSync(top, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(top, entry.name, 'cgroup.procs')))
    .map((entry) => join(top, entry.name, name));
}

/**
 * Ends everything in the groups of a node, and removes them.
 *
 * @type {(name: string) => boolean}
 */
export function clearGroup(name) {
  let isClear = true;
  for (const top of groupsOf(name)) {
    if (!existsSync(top)) continue;
    const inner = readdirSync(top, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name));
    for (const path of [...inner, top].sort((a, b) => b.length - a.length)) {
      try {
        for (const pid of readFileSync(join(path, 'cgroup.procs'), 'utf8').split('\n')) {
          if (pid !== '') process.kill(Number(pid), 'SIGKILL');
        }
        rmdirSync(path);
      } catch {
        isClear = false;
      }
    }
  }
  return isClear;
}

/**
 * Ends what containerd left behind of this cluster: shims are no children of anybody.
 *
 * @param {string} folder
 */
export function endShims(folder) {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const words = readFileSync(join('/proc', pid, 'cmdline'), 'utf8');
      if (words.includes('containerd-shim') && words.includes(folder)) {
        process.kill(Number(pid), 'SIGKILL');
      }
    } catch {
      // It is gone already.
    }
  }
}
