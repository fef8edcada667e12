#!/usr/bin/env bash
# @kubernetes/client-node 2.0.1 (npm): the package names no version of Node that it needs, and cannot
# be loaded by Node 20. Its undici 8.13.1 does name one, 22.19, and calls a function of zlib that Node 20
# does not have while it is being loaded, so that not even a kubeconfig can be read. 1.4.0 works.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
try() {
  mkdir "$1" && cd "$1"
  npm init --yes > /dev/null
  npm install --silent --no-audit --no-fund node@20.20.2 \
    "@kubernetes/client-node@$1" "${@:2}" 2> /dev/null
  ./node_modules/.bin/node --input-type=module --eval "
    import { readFileSync } from 'node:fs';
    const { engines } = JSON.parse(readFileSync('node_modules/@kubernetes/client-node/package.json', 'utf8'));
    const loaded = await import('@kubernetes/client-node').then(
      ({ KubeConfig }) => typeof KubeConfig,
      ({ message }) => message,
    );
    console.log(process.version, 'needs', engines?.node ?? 'nothing', 'loaded:', loaded);
  " 2> /dev/null
  cd ..
}
old="$(try 1.4.0)"
new="$(try 2.0.1 undici@8.13.1)"
printf '1.4.0  %s\n2.0.1  %s\n' "$old" "$new"
test "$old" = 'v20.20.2 needs nothing loaded: function'
test "$new" = "v20.20.2 needs nothing loaded: Cannot read properties of undefined (reading 'bind')"
