import { entry } from '@skaha/base/names.js';
import { firstLine, repeats } from '@skaha/base/redact.js';
import { withoutTrailingSlashes } from '@skaha/base/trailing-slashes.js';
import { refuseUnverified } from '../config/environment.js';
import type { Configuration, ServerEntry, ServerLimits } from '../config/schema.js';
import {
  addressProblem,
  chooseCapabilities,
  knownProvider,
  type ServerCapabilities,
} from '../discovery/index.js';
import { isSkahaError, SkahaError } from '../errors/index.js';
import { type Resources, readResources } from '../models/resources.js';
import { savedCredential } from '../runtime/credentials.js';
import type { Connection, Credential } from '../runtime/types.js';
import { isPage } from '../transport/answer.js';
import { type ExchangeLimits, exchange, type Reply } from '../transport/exchange.js';
import { refuseForeign } from '../transport/foreign.js';
import { createNodeTransport } from '../transport/node.js';
import { publicLookup } from '../transport/node-addresses.js';
import type { Transport } from '../transport/types.js';
import { limitsOf } from './limits.js';
import type { AccountTools } from './tools.js';

/** What a session with flexible resources gets on a server. */
export interface ServerDefaults {
  cores: number;
  memoryGiB: number;
  /** Always 0: a session gets no GPU that it does not ask for. */
  gpus: number;
}

/** A server that was tried with a login. */
export interface ExaminedServer {
  capabilities: ServerCapabilities;
  /** Undefined if the server did not report it. */
  defaults: ServerDefaults | undefined;
  /** What may be requested there; undefined if the server did not report it. */
  limits: ServerLimits | undefined;
}

const maximumBytes = 1024 * 1024;

const defaultsOf = ({ cores, memoryGiB }: Resources): ServerDefaults => ({
  cores: cores.defaultLimit,
  memoryGiB: memoryGiB.defaultLimit,
  gpus: 0,
});

class ServerProbe {
  readonly #server: string;
  readonly #credential: Credential;
  readonly #transport: Transport;
  readonly #limits: ExchangeLimits;
  /** The token that was sent, which some servers repeat. */
  #token: string | undefined;

  constructor(server: string, credential: Credential, transport: Transport, tools: AccountTools) {
    this.#server = server;
    this.#credential = credential;
    this.#transport = transport;
    this.#limits = { timeoutMs: tools.timeoutMs, signal: tools.signal, maximumBytes };
  }

  get #host(): string {
    return new URL(this.#server).host;
  }

  async #get(url: string, accept: string, anonymous: boolean): Promise<Reply> {
    const headers: Record<string, string> = { accept };
    if (!anonymous && this.#credential.mode === 'token') {
      this.#token = await this.#credential.read();
      headers['authorization'] = `Bearer ${this.#token}`;
    }
    return exchange(this.#transport, { method: 'GET', url, headers, anonymous }, this.#limits);
  }

  /** Only pages: text is shown as it is, and a failure by its status. */
  #refuseForeign(reply: Reply, url: string): void {
    if (![200, 401, 403].includes(reply.status) || !isPage(reply)) return;
    refuseForeign(reply, { url, root: this.#server, secrets: [this.#token] });
  }

  #refused({ status, text }: Reply): SkahaError {
    const said = repeats(text, [this.#token]) ? '' : firstLine(text);
    return new SkahaError('authentication.denied', `${this.#host} refused your login.`, {
      status,
      serverMessage: said === '' ? undefined : said,
      hint: 'Check that your account may use this server.',
    });
  }

  /** Asked without the credential first: most servers answer anybody. */
  async capabilities(): Promise<ServerCapabilities> {
    const url = `${this.#server}/capabilities`;
    const media = 'application/xml, text/xml';
    let reply = await this.#get(url, media, true);
    if (reply.status === 401 || reply.status === 403) reply = await this.#get(url, media, false);
    this.#refuseForeign(reply, url);
    if (reply.status === 401 || reply.status === 403) throw this.#refused(reply);
    if (reply.status === 200) return chooseCapabilities(reply.text, this.#server);
    const code = reply.status >= 500 ? 'server.error' : 'response.invalid';
    throw new SkahaError(
      code,
      `${this.#host} did not report its capabilities (HTTP ${reply.status}).`,
      {
        status: reply.status,
        hint: 'Check the address of the server, or try again later.',
      },
    );
  }

  /** @throws {SkahaError} `authentication.denied` if the login is refused, others if it fails */
  async resources({ url, version }: ServerCapabilities): Promise<Resources> {
    const address = `${url}/${version}/context`;
    const reply = await this.#get(address, 'application/json', false);
    this.#refuseForeign(reply, address);
    // Platform 1.4 answers with 400 when it does not know who asks.
    const unknown = reply.text.startsWith('cannot get group memberships for anonymous');
    if (reply.status === 401 || reply.status === 403 || unknown) throw this.#refused(reply);
    const broken = new SkahaError(
      'response.invalid',
      `${this.#host} did not report its limits for sessions (HTTP ${reply.status}).`,
      { status: reply.status },
    );
    if (reply.status !== 200) throw broken;
    try {
      return readResources(JSON.parse(reply.text));
    } catch {
      throw broken;
    }
  }
}

/** Servers that the user added are trusted with any address; found ones are not. */
function isTrusted(server: ServerEntry, configuration: Configuration): boolean {
  if (server.provider === undefined) return true;
  const provider = knownProvider(server.provider, configuration);
  return provider?.development === true;
}

function checkAddress(name: string, server: ServerEntry, trusted: boolean): string {
  const { url } = server;
  if (url === undefined) {
    throw new SkahaError('config.invalid', `The server '${name}' has no url.`, {
      hint: `Set it: 'skaha config set servers.${name}.url https://…'`,
      id: name,
    });
  }
  const plain = URL.canParse(url) && new URL(url).protocol === 'http:' && server.insecure !== true;
  const problem = plain ? 'is not https' : addressProblem(url, { development: trusted });
  if (problem === undefined) return withoutTrailingSlashes(url).replace(/\/v\d+(?:\.\d+)*$/, '');
  throw new SkahaError(
    'request.invalid',
    `The login was not sent to the server '${name}': its address ${problem}.`,
    { id: name },
  );
}

const modeOf = (credential: Credential): string =>
  credential.mode === 'token' ? 'oidc' : credential.mode;

function checkMode(
  name: string,
  credentialName: string,
  credential: Credential,
  { auths }: ServerCapabilities,
): void {
  const mode = modeOf(credential);
  if (auths.includes(mode)) return;
  throw new SkahaError(
    'authentication.denied',
    `Server ${name} accepts ${auths.join(', ')}; your ${credentialName} login uses ${mode}.`,
    { hint: 'Choose another server, or log in a different way.', id: name },
  );
}

/** A server that is about to be tried, and what it is tried with. */
interface Attempt {
  root: string;
  credential: Credential;
  transport: Transport;
  /** What was noticed while the credential was read. */
  warnings: readonly string[];
}

async function prepare(
  name: string,
  credentialName: string,
  configuration: Configuration,
  tools: AccountTools,
): Promise<Attempt> {
  refuseUnverified(tools.environment);
  const server = entry(configuration.servers, name) ?? {};
  const trusted = isTrusted(server, configuration);
  const root = checkAddress(name, server, trusted);
  const probe = { server: name, credential: credentialName };
  const warnings: string[] = [];
  const { clock, path: file, authority, proxy } = tools;
  const credential = await savedCredential(
    'probe',
    { ...configuration, contexts: { probe } },
    { local: (path) => tools.local(path), clock, warnings, file, authority, proxy },
  );
  const ca = await tools.authorities(server.ca);
  const connection: Connection = { root, version: '', credential, ca, proxy, registries: {} };
  const lookup = trusted ? undefined : publicLookup;
  const transport = createNodeTransport(connection, { concurrency: 2, lookup });
  return { root, credential, transport: tools.traced(transport), warnings };
}

/**
 * Tries a server with a login: reads its capabilities, checks that it takes that kind of login,
 * and asks for what sessions may use. Nothing is saved.
 *
 * @param name - of the server
 * @param credentialName - of the login
 * @param configuration - where both are
 * @param tools - of the call
 * @throws {SkahaError} `authentication.denied` if the server refuses the login or takes no such
 *   login, `response.invalid`, the errors of the exchange and of reading the credential
 */
export async function examineServer(
  name: string,
  credentialName: string,
  configuration: Configuration,
  tools: AccountTools,
): Promise<ExaminedServer> {
  const attempt = await prepare(name, credentialName, configuration, tools);
  const { root, credential, transport, warnings } = attempt;
  try {
    const probe = new ServerProbe(root, credential, transport, tools);
    const capabilities = await probe.capabilities();
    checkMode(name, credentialName, credential, capabilities);
    const resources = await probe.resources(capabilities).catch((error: unknown) => {
      tools.signal?.throwIfAborted();
      if (!isSkahaError(error) || error.code.startsWith('authentication.')) throw error;
      tools.warn(`${error.message} The values read earlier are kept.`);
      return undefined;
    });
    return {
      capabilities,
      defaults: resources && defaultsOf(resources),
      limits: resources && limitsOf(resources, tools.clock.now()),
    };
  } finally {
    await transport.close();
    for (const warning of warnings) tools.warn(warning);
  }
}
