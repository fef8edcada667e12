/**
 * Clusters made of sessions: a head and workers of Dask or Ray that find each other on the platform.
 * The engines share out the work; this launches, counts and ends the sessions, by batches with
 * journals.
 *
 * @packageDocumentation
 */
export {
  type ClusterConnection,
  connectCluster,
  createCluster,
  deleteCluster,
  listClusters,
  scaleCluster,
} from './cluster.js';
export {
  type ClusterEngine,
  clusterEngines,
  daskEngine,
  type EngineParts,
  rayEngine,
} from './engines.js';
export { clusterNames } from './state.js';
export type {
  ClusterChange,
  ClusterJournal,
  ClusterOptions,
  ClusterSession,
  ClusterSpec,
  ClusterState,
  ClusterStore,
  ScaleOptions,
} from './types.js';
