// @ts-check
// The certificates of a cluster, as throw-away as the cluster.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const loopback = 'DNS:localhost,IP:127.0.0.1';

/** Who has one, with what is written into it: subject, use, names. */
const leaves = {
  server: [
    '/CN=kube-apiserver',
    'serverAuth',
    `${loopback},DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,IP:10.96.0.1`,
  ],
  admin: ['/O=system:masters/CN=admin', 'clientAuth', undefined],
  controllers: ['/CN=system:kube-controller-manager', 'clientAuth', undefined],
  scheduler: ['/CN=system:kube-scheduler', 'clientAuth', undefined],
  node: ['/O=system:nodes/CN=system:node:127.0.0.1', 'clientAuth,serverAuth', loopback],
  webhook: ['/CN=webhook', 'serverAuth', loopback],
  // That of a platform in the cluster, by which its users know it.
  site: ['/CN=skaha.example.org', 'serverAuth', 'DNS:skaha.example.org'],
  // Somebody whom the cluster knows, and who may do nothing.
  stranger: ['/CN=stranger', 'clientAuth', undefined],
};

/**
 * @param {string} folder
 * @param {string} [address] - at which the API server is found as well
 */
export function makeCertificates(folder, address) {
  // No argument contains a space.
  const openssl = (/** @type {string[]} */ ...lines) =>
    execFileSync('openssl', lines.join(' ').split(' '), { cwd: folder, stdio: 'pipe' });
  const key = (/** @type {string} */ name) =>
    openssl(`ecparam -name prime256v1 -genkey -noout -out ${name}.key`);
  key('ca');
  openssl(
    'req -x509 -new -key ca.key -subj /CN=cluster -days 30 -out ca.crt',
    '-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign',
  );
  for (const [name, [subject = '', use, names]] of Object.entries(leaves)) {
    key(name);
    openssl(`req -new -key ${name}.key -subj ${subject} -out ${name}.csr`);
    const lines = [
      'basicConstraints=CA:FALSE',
      'keyUsage=digitalSignature',
      `extendedKeyUsage=${use}`,
      ...(names === undefined
        ? []
        : [`subjectAltName=${names}${address === undefined ? '' : `,IP:${address}`}`]),
    ];
    writeFileSync(join(folder, `${name}.ext`), `${lines.join('\n')}\n`);
    openssl(
      `x509 -req -in ${name}.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30`,
      `-extfile ${name}.ext -out ${name}.crt`,
    );
  }
  makeExpired(folder, openssl);
  openssl('genrsa -out sa.key 2048');
  openssl('rsa -in sa.key -pubout -out sa.pub');
}

/**
 * Somebody who might do anything, until his certificate ended.
 *
 * @param {string} folder
 * @param {(...lines: string[]) => unknown} openssl
 */
function makeExpired(folder, openssl) {
  const [subject] = leaves.admin;
  writeFileSync(join(folder, 'issued.txt'), '');
  writeFileSync(
    join(folder, 'past.cnf'),
    `[ca]
default_ca = own
[own]
database = issued.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
[any]
organizationName = optional
commonName = supplied
`,
  );
  openssl('ecparam -name prime256v1 -genkey -noout -out expired.key');
  openssl(`req -new -key expired.key -subj ${subject} -out expired.csr`);
  openssl(
    'ca -batch -notext -config past.cnf -cert ca.crt -keyfile ca.key',
    '-startdate 20250102000000Z -enddate 20260102000000Z',
    '-extfile admin.ext -in expired.csr -out expired.crt',
  );
}
