/** One session as a runner sees it. */
export interface Run {
  /** Unique on this platform. */
  readonly key: string;
  /** The session id, which every process of the session carries in its environment. */
  readonly id: string;
  readonly kind: string;
  readonly image: string;
  /** Command and arguments; empty when neither the request nor the image names any. */
  readonly command: readonly string[];
  /** The complete environment of the session. */
  readonly environment: Readonly<Record<string, string>>;
  /** Working directory. */
  readonly home: string;
}

/** How a run ended. */
export interface RunEnd {
  /** Undefined when no exit status could be found. */
  readonly status: number | undefined;
  /** Milliseconds since the epoch, when it is known. */
  readonly at?: number | undefined;
}

/** What a runner tells the platform. */
export interface RunnerListener {
  started(key: string): void;
  ended(key: string, end: RunEnd): void;
  /** It could not be started at all. */
  refused(key: string, reason: string): void;
}

/** What became of a run while no platform watched it. */
export type Recovered =
  | { readonly state: 'running' }
  | { readonly state: 'ended'; readonly end: RunEnd }
  /** Nothing of it was ever started: it is safe to launch it again. */
  | { readonly state: 'unclaimed' };

/** Something that can run sessions. */
export interface Runner {
  /** A name for events: what runs the sessions. */
  readonly name: string;
  /** Why it cannot run this session, and what would be needed; undefined when it can. */
  obstacle(run: Run): string | undefined;
  /** Starts a run; the outcome comes through the listener. */
  launch(run: Run): void;
  /** Finds a run of an earlier platform on this data directory, and watches it if it still runs. */
  recover(run: Run): Promise<Recovered>;
  /** Ends a run and everything it started; the end comes through the listener. */
  terminate(run: Run): Promise<void>;
  /** The loopback port of a run that serves a page; undefined when it has none. */
  port(key: string): Promise<number | undefined>;
  /** Where the output of a run is kept. */
  logFile(key: string): string;
  /** Removes everything that is kept of a run that ended. */
  purge(key: string): Promise<void>;
  /** Ends and removes runs of sessions that are no longer known. */
  tidy(isKnown: (key: string) => boolean): Promise<void>;
  /** Stops watching; runs that go on are left alone. */
  close(): Promise<void>;
}
