import type { Clock } from '@skaha/base/clock.js';
import type { Logger } from '@skaha/base/logger.js';
import type { KubernetesClient } from './client/client.js';
import type { KueueKinds } from './kueue.js';
import type { ClusterOffer } from './offer.js';
import type { KubernetesSettings } from './settings.js';

/** Where sessions are run, and as what was asked for. */
export interface Cluster {
  readonly client: KubernetesClient;
  readonly namespace: string;
  readonly settings: KubernetesSettings;
  /** What it had when it was looked at first. */
  readonly offer: ClusterOffer;
  /** Whether pages are reached at the pods themselves. */
  readonly reachesPods: boolean;
  readonly kueue: KueueKinds | undefined;
  /** The namespace of the platform itself; undefined where it is not in the cluster. */
  readonly home: string | undefined;
  /** The pod of the platform itself, where that is known. */
  readonly pod: string | undefined;
  /** Version of Kubernetes, and where the cluster is, for people. */
  readonly version: string;
  readonly server: string;
}

/** What the parts of the runner share. */
export interface Surroundings {
  readonly cluster: Cluster;
  /** Distinguishes the objects of this platform from those of all others. */
  readonly instance: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends all that is being done. */
  readonly closing: AbortSignal;
  /** The folder of a session on this machine. */
  folderOf(key: string): string;
}
