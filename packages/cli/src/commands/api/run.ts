import { mask } from '@skaha/base/redact.js';
import type { Io } from '@skaha/terminal/io.js';
import { forTerminal } from '@skaha/terminal/output/terminal-text.js';
import { plain } from '@skaha/terminal/output/text.js';
import { usageError } from '@skaha/terminal/usage.js';
import type { ClientRequest, ClientResponse } from 'skaha';
import type { OptionsOf, Run } from '../../command.js';
import type { Deps } from '../../environment/deps.js';
import { readText } from '../../environment/text-file.js';
import type { apiCommand } from './definitions.js';

export type ApiOptions = OptionsOf<typeof apiCommand>;

/** What the login and the connection decide. */
const reserved =
  /^(authorization|connection|content-length|cookie|host|proxy-authorization|transfer-encoding|x-skaha-registry-auth)$/;
/** What a server sends that lets others act as the user. */
const secret = /authorization|cookie|secret|token/;

type Pair = readonly [name: string, value: string];

function pairOf(text: string, separator: string, option: string): Pair {
  const at = text.indexOf(separator);
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw usageError(
    `${option} takes NAME${separator}VALUE, but one of its values is not of that form.`,
  );
}

function headersOf(given: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const text of given) {
    const [name, value] = pairOf(text, ':', '--header');
    const key = name.trim().toLowerCase();
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(key) || /[\r\n\0]/.test(value)) {
      throw usageError(`'${plain(name)}' cannot be a header.`);
    }
    if (reserved.test(key)) {
      throw usageError(
        `The header '${key}' cannot be given: it is set by the login and the connection.`,
        'Choose another login with --idp, --context, --token-file or --certificate.',
      );
    }
    headers[key] = value.trim();
  }
  return headers;
}

/** Where the request goes; only ever to the server in use. */
function target(given: string): Pick<ClientRequest, 'base' | 'path'> & { query: Pair[] } {
  if (/^[a-z][a-z0-9+.-]*:|^\/\//i.test(given)) {
    throw usageError(
      'The path is an address, but requests go only to the server in use.',
      'Give only the path, and choose the server with --context, --server or --url.',
    );
  }
  const [path = '', query = ''] = given.split('#', 1)[0]?.split(/\?(.*)/s) ?? [];
  try {
    return {
      path: path.replace(/^\//, '').split('/').map(decodeURIComponent),
      base: path.startsWith('/') ? 'root' : 'version',
      query: [...new URLSearchParams(query)],
    };
  } catch {
    throw usageError(
      `The path '${plain(path)}' contains a % that does not begin an encoded character.`,
    );
  }
}

function queryOf(pairs: readonly Pair[]): Record<string, string> {
  const query = Object.fromEntries(pairs);
  if (Object.keys(query).length === pairs.length) return query;
  throw usageError('A parameter of the address can be given only once.');
}

async function requestOf(io: Io, deps: Deps, options: ApiOptions): Promise<ClientRequest> {
  const { input, method } = options;
  const isPost = method === 'POST';
  const { query, ...where } = target(options.path);
  const fields = options.field.map((text) => pairOf(text, '=', '--field'));
  if (input !== undefined && (!isPost || fields.length > 0)) {
    throw usageError('--input needs the method POST, and cannot be used together with --field.');
  }
  const read = (file: string) => (file === '-' ? io.readAll() : readText(deps, file, '--input'));
  const { accept = 'application/json, */*;q=0.8', ...headers } = headersOf(options.header);
  const [kind, id] = where.path;
  return {
    ...where,
    // Then a 404 is about that session.
    id: kind === 'session' ? id : undefined,
    method,
    query: queryOf(isPost ? query : [...query, ...fields]),
    headers,
    accept,
    form: isPost ? fields : undefined,
    body: input === undefined ? undefined : await read(input),
    signal: io.signal,
  };
}

function head(reply: ClientResponse): string {
  const lines = Object.entries(reply.headers())
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}: ${secret.test(name) ? mask : plain(value)}`);
  return `${[`HTTP ${reply.status}`, ...lines].join('\n')}\n\n`;
}

export const runApi: Run<typeof apiCommand> = async (io, deps, options) => {
  const request = await requestOf(io, deps, options);
  const client = await deps.client();
  const reply = await client.request(request);
  if (options.include) io.out(head(reply));
  io.out(io.isTty ? forTerminal(reply.bytes, 'nothing') : reply.bytes);
  if (io.isTty && reply.bytes.length > 0 && reply.bytes.at(-1) !== 0x0a) io.out('\n');
};
