// Run as a process of its own: asks for a token once told to, and prints how that went.
import { oidcTokenSource } from '../../src/auth/oidc/index.js';
import { createNodeTransport } from '../../src/transport/node.js';

const [configuration = '', ca = ''] = process.argv.slice(2);
const transport = createNodeTransport(
  {
    root: '',
    version: '',
    credential: { mode: 'anonymous' },
    ca: Buffer.from(ca, 'base64').toString(),
    registries: {},
  },
  { concurrency: 1 },
);
const source = oidcTokenSource({ configuration, credential: 'web', transport });
process.stdin.once('data', async () => {
  const result = await source.read().then(
    (token) => ({ token }),
    (error: unknown) => ({ error }),
  );
  process.stdout.write(JSON.stringify(result));
  await transport.close();
  process.stdin.destroy();
});
process.stdout.write('ready\n');
