// @ts-check
//     node platform.mjs '{"data": "FOLDER", "store": "postgres://…"}'
import { startPlatform } from 'skaha-platform';
import { answerMemory } from './memory.mjs';

const { data, store } = JSON.parse(process.argv[2] ?? '');
const platform = await startPlatform({ data, store, port: 0, faults: [{ kind: 'slow-queue' }] });
const { url, socket, token, tokenFile, ca, certificate, port } = platform;
console.log(JSON.stringify({ url, socket, token, tokenFile, ca, certificate, port }));
answerMemory(() => platform.stop());
