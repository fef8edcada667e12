/// <reference lib="esnext.disposable" preserve="true" />
import { randomBytes } from 'node:crypto';
import type { FaultControl } from '@skaha/engine/faults/faults.js';
import type { LoggedRequest, RequestLog } from '@skaha/engine/faults/request-log.js';
import { Application } from '@skaha/engine/http/application.js';
import { Listener, livePath, metricsPath, readyPath } from '@skaha/engine/http/listener.js';
import { LocalSocket } from '@skaha/engine/http/local-socket.js';
import { RequestMeter } from '@skaha/engine/http/request-meter.js';
import type { Site } from '@skaha/engine/http/site.js';
import type { Leadership, RunnerDescription } from '@skaha/engine/ports/runner.js';
import { PageListener } from '@skaha/engine/proxy/page-listener.js';
import { SessionProxy } from '@skaha/engine/proxy/session-proxy.js';
import type { SessionStore } from '@skaha/engine/store/session-store.js';
import type { Identities, PlatformUser } from '@skaha/identity/identities.js';
import type { PlatformIdentity, ProvingServices } from '@skaha/identity/services.js';
import type { DataLayout } from '@skaha/service/data.js';
import { PlatformError, reasonOf } from '@skaha/service/errors.js';
import { listenAgain } from '@skaha/service/listening.js';
import { type Reply, text, unavailable, withHeaders } from '@skaha/service/reply.js';
import type { ListenSettings } from './config/settings.js';
import { type Census, takeCensus } from './control/census.js';
import { diskUsage } from './control/disk-usage.js';
import { type Controls, controlReply } from './control/endpoint.js';
import { metricsText } from './control/metrics.js';
import { keepServerFile, removeServerFile } from './control/server-file.js';
import { Dashboard } from './dashboard/dashboard.js';
import type { Platform, PlatformDescription, SessionsAtStop, StoreDescription } from './types.js';

/** What a running platform consists of. */
export interface RunningPlatformOptions {
  readonly layout: DataLayout;
  readonly store: SessionStore;
  readonly site: Site;
  readonly identities: Identities;
  readonly services: ProvingServices;
  readonly requests: RequestLog;
  readonly listen: ListenSettings;
  /** Certificate and key of the server, instead of the platform's own; PEM. */
  readonly certificate: { readonly certificate: string; readonly key: string } | undefined;
  readonly port: number | undefined;
  readonly signal: AbortSignal | undefined;
  /** Its role among several platforms on one data directory; undefined if there is only one. */
  readonly leadership: Leadership | undefined;
}

/** A platform from its first request to its stop. */
export class RunningPlatform implements Platform {
  readonly pid = process.pid;
  readonly startedAt: Date;
  readonly stopped: Promise<void>;
  readonly #options: RunningPlatformOptions;
  readonly #listener: Listener;
  readonly #pageListener: PageListener;
  readonly #application: Application;
  readonly #dashboard: Dashboard;
  readonly #control = randomBytes(32).toString('base64url');
  readonly #main: PlatformUser;
  readonly #meter = new RequestMeter();
  #port = 0;
  /** Set once the sessions of an earlier platform have been recovered. */
  #isReady = false;
  #socket: LocalSocket | undefined;
  #stopping: Promise<void> | undefined;
  /** Set once the platform accepts no more requests. */
  #quiet: Promise<void> | undefined;
  #resolveStopped: () => void = () => undefined;
  #loseServerFile: () => void = () => undefined;
  #takenOver: string | undefined;

  private constructor(options: RunningPlatformOptions, main: PlatformUser) {
    const { site, requests, identities } = options;
    this.#options = options;
    this.#main = main;
    this.startedAt = new Date(site.clock.now());
    this.stopped = new Promise((resolve) => {
      this.#resolveStopped = resolve;
    });
    const pages = new SessionProxy(site, site.pageTokens);
    const pageListener = new PageListener(site, pages);
    this.#pageListener = pageListener;
    const dashboard = new Dashboard(site, options.layout, () => this.#origin);
    this.#dashboard = dashboard;
    const application = new Application(site, () => this.#origin, pageListener.answerLinks);
    this.#application = application;
    const controls: Controls = {
      secret: this.#control,
      describe: (withDisk) => this.#describe(withDisk),
      faults: site.faults,
      stop: (sessions) => this.#quiesce(sessions),
      close: () => void this.stop(),
    };
    this.#listener = new Listener({
      ...site,
      tls: { ...(options.certificate ?? identities.server), ca: identities.ca },
      requests,
      meter: this.#meter,
      pages,
      answer: async (request) =>
        this.#health(request.url) ??
        (await controlReply(request, controls)) ??
        (await dashboard.answer(request)) ??
        (this.#quiet === undefined ? await application.answer(request) : unavailable(undefined)),
    });
  }

  /** Listens, recovers earlier sessions, and writes the server file. */
  static async open(options: RunningPlatformOptions): Promise<RunningPlatform> {
    const [main] = options.identities.users;
    if (main === undefined) throw new PlatformError('config.invalid', 'There is no user.');
    const platform = new RunningPlatform(options, main);
    try {
      await platform.#open();
      return platform;
    } catch (error) {
      platform.#socket?.remove();
      await platform.#close();
      await options.site.orchestrator.stop('leave');
      platform.#loseServerFile();
      throw error;
    }
  }

  async #open(): Promise<void> {
    const lost = this.#options.leadership?.lost;
    lost?.throwIfAborted();
    lost?.addEventListener('abort', () => void this.#abandon(), { once: true });
    const { layout, site, store, port, signal, services, identities } = this.#options;
    this.#port = await this.#listen(port);
    services.locate(this.#origin);
    signal?.throwIfAborted();
    await site.orchestrator.recover();
    signal?.throwIfAborted();
    this.#socket = await LocalSocket.open(this.#listener.plain, layout, site.logger);
    await this.#pageListener.listen(store);
    await this.#dashboard.listen(store);
    this.#isReady = true;
    store.setFact('port', String(this.#port));
    const file = { port: this.#port, pid: this.pid, control: this.#control };
    this.#loseServerFile = keepServerFile(layout, file, identities.ca);
    site.logger.info(`platform listens on ${this.url}`);
    this.#options.leadership?.serving?.();
  }

  /** Prefers the port used last time, so that URLs saved by clients still work. */
  async #listen(port: number | undefined): Promise<number> {
    const { address } = this.#options.listen;
    if (port !== undefined) return await this.#listener.listen(port, address);
    return await listenAgain(this.#options.store, 'port', (last) =>
      this.#listener.listen(last, address),
    );
  }

  get #origin(): string {
    return this.#options.listen.url ?? `https://127.0.0.1:${this.#port}`;
  }

  get url(): string {
    return `${this.#origin}/skaha`;
  }

  get port(): number {
    return this.#port;
  }

  get socket(): string | undefined {
    return this.#socket?.path;
  }

  get ca(): string {
    return this.#options.layout.ca;
  }

  get user(): string {
    return this.#main.name;
  }

  get users(): readonly PlatformUser[] {
    const { identities, services } = this.#options;
    return identities.users.map((user) => ({
      ...user,
      passwordFile: services.passwordFile(user.name),
    }));
  }

  get token(): string {
    return this.#main.token;
  }

  get tokenFile(): string {
    return this.#main.tokenFile;
  }

  get certificate(): string {
    return this.#main.certificate;
  }

  get passwordFile(): string | undefined {
    return this.#options.services.passwordFile(this.#main.name);
  }

  get issuer(): string {
    return this.identity.issuer;
  }

  get registry(): string {
    return this.identity.registry;
  }

  get home(): string {
    return this.#main.home;
  }

  get data(): string {
    return this.#options.layout.root;
  }

  get runner(): RunnerDescription {
    return this.#options.site.orchestrator.runner;
  }

  get store(): StoreDescription | undefined {
    return this.#options.store.backing;
  }

  get notices(): readonly string[] {
    return this.#options.site.notices;
  }

  get faults(): FaultControl {
    return this.#options.site.faults;
  }

  get takenOver(): string | undefined {
    return this.#takenOver;
  }

  get identity(): PlatformIdentity {
    return this.#options.services.handle;
  }

  get requests(): readonly LoggedRequest[] {
    return this.#options.requests.entries;
  }

  issueToken(user: string, lifetimeMs: number): string {
    const { identities, site } = this.#options;
    return identities.issueToken(user, site.clock, lifetimeMs);
  }

  async issueCertificate(user: string, lifetimeMs: number): Promise<string> {
    return await this.#options.identities.issueCertificate(user, lifetimeMs);
  }

  async stop(options: { sessions?: SessionsAtStop | undefined } = {}): Promise<void> {
    this.#stopping ??= this.#stop(options.sessions ?? 'end');
    await this.#stopping;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #stop(sessions: SessionsAtStop): Promise<void> {
    await this.#quiesce(sessions);
    await this.#close();
    this.#resolveStopped();
  }

  #close = () =>
    Promise.all([this.#listener.close(), this.#pageListener.close(), this.#dashboard.close()]);

  /** Another platform may be using the state: nothing is written from here on. */
  async #abandon(): Promise<void> {
    const { site, store, leadership } = this.#options;
    store.close();
    this.#takenOver = reasonOf(leadership?.lost.reason);
    site.logger.error(`platform gives up its place: ${this.#takenOver}`);
    this.#quiet = Promise.resolve();
    this.#loseServerFile();
    this.#application.close();
    site.orchestrator.abandon();
    this.#stopping ??= this.#close().then(() => this.#resolveStopped());
    await this.#stopping;
  }

  /** Ends all work but keeps listening, so that a control request learns when it is done. */
  async #quiesce(sessions: SessionsAtStop): Promise<void> {
    this.#quiet ??= this.#endWork(sessions);
    await this.#quiet;
  }

  async #endWork(sessions: SessionsAtStop): Promise<void> {
    const { layout, site, store } = this.#options;
    site.logger.info(`platform stops; sessions: ${sessions}`);
    this.#application.close();
    await site.orchestrator.stop(sessions);
    this.#loseServerFile();
    site.storage.close();
    removeServerFile(layout, this.#control);
    // Before the data folder is released: the next platform creates its own in the same place.
    this.#socket?.remove();
    store.close();
    await this.#options.leadership?.release();
  }

  #census(): Census {
    const { orchestrator } = this.#options.site;
    const usageOf = (key: string) => orchestrator.usage(key);
    const { sessions } = orchestrator;
    return takeCensus(
      [...sessions.alive()],
      sessions.ended.counts(),
      orchestrator.admission.capacity,
      usageOf,
    );
  }

  /** Answers monitoring requests; undefined for any other address. */
  #health(url: string | undefined): Reply | undefined {
    if (url === metricsPath) return this.#metrics();
    if (url === livePath) return text('ok');
    if (url !== readyPath) return undefined;
    return this.#quiet === undefined && this.#isReady ? text('ok') : text('not ready', 503);
  }

  #metrics(): Reply {
    const { site } = this.#options;
    const body = metricsText({
      census: this.#census(),
      requests: this.#meter.counts,
      runner: this.runner.name,
      startedAt: this.startedAt,
      store: this.store,
      now: site.clock.now(),
    });
    return withHeaders(text(body), { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
  }

  async #describe(withDisk: boolean): Promise<Omit<PlatformDescription, 'token'>> {
    const { kinds, queued, capacity, requested, used } = this.#census();
    const sessions: Record<string, number> = {};
    const byKind: Record<string, Record<string, number>> = {};
    for (const { kind, status, count } of kinds) {
      sessions[status] = (sessions[status] ?? 0) + count;
      byKind[kind] = { ...byKind[kind], [status]: count };
    }
    return {
      url: this.url,
      socket: this.socket,
      ca: this.ca,
      certificate: this.certificate,
      tokenFile: this.tokenFile,
      passwordFile: this.passwordFile,
      issuer: this.issuer,
      registry: this.registry,
      user: this.user,
      home: this.home,
      data: this.data,
      pid: this.pid,
      port: this.port,
      startedAt: this.startedAt.toISOString(),
      runner: this.runner,
      store: this.store,
      notices: this.notices,
      sessions,
      kinds: byKind,
      queued,
      capacity,
      requested,
      used,
      memory: process.memoryUsage().rss,
      disk: withDisk ? await diskUsage(this.data) : undefined,
    };
  }
}
