/** Where the programs of an engine are, and what they may use. */
export interface EngineParts {
  /** The Python that has the engine, as sessions find it; they start in the home. */
  python: string;
  /** Threads or processors of a worker; undefined leaves it to the engine. */
  cores?: number | undefined;
  /** Memory of a worker, in GiB; undefined leaves it to the engine. */
  memoryGiB?: number | undefined;
  /** GPUs of a worker; undefined leaves it to the engine. */
  gpus?: number | undefined;
}

/**
 * What makes sessions a cluster: programs for a head and for workers that find each other. The
 * scripts are run by a shell. In each `$here` is the address of the session, in that of a worker
 * `$head` the address of the head.
 */
export interface ClusterEngine {
  /** A word of lower-case letters, digits and hyphens, by which clusters remember it. */
  name: string;
  /** The port on which the head is reached. */
  port: number;
  /** The port on which a head listens once workers can join it. @defaultValue `port` */
  readyPort?: number | undefined;
  /** The port of the page that the head serves for people; undefined for none. */
  dashboardPort?: number | undefined;
  /** The script of the head; it ends when the head does. */
  head(parts: EngineParts): string;
  /** The script of a worker; it must end when the head is gone. */
  worker(parts: EngineParts): string;
  /**
   * A command that succeeds once something listens at the address `$1` and the port `$2`.
   * @defaultValue one for `python`
   */
  answers?(parts: EngineParts): string;
  /** What programs find the cluster by, as variables. */
  variables(host: string): Readonly<Record<string, string>>;
}

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

const option = (name: string, value: number | undefined): string =>
  value === undefined ? '' : ` ${name} ${value}`;

/**
 * Dask: a scheduler and workers of `distributed`. A worker that cannot find its scheduler for a
 * minute, or loses it, ends.
 */
export const daskEngine: ClusterEngine = {
  name: 'dask',
  port: 8786,
  dashboardPort: 8787,
  head: ({ python }) =>
    `exec ${quoted(python)} -m dask scheduler --host "$here" --port 8786 --dashboard-address :8787`,
  worker: ({ python, cores, memoryGiB }) =>
    [
      `exec ${quoted(python)} -m dask worker "tcp://$head:8786" --host "$here" --no-nanny`,
      ' --name "$skaha_sessionid" --no-dashboard --death-timeout 60',
      ` --local-directory "\${SCRATCH:-\${TMPDIR:-/tmp}}"`,
      option('--nthreads', cores),
      memoryGiB === undefined ? '' : ` --memory-limit ${memoryGiB}GiB`,
    ].join(''),
  variables: (host) => ({ DASK_SCHEDULER_ADDRESS: `tcp://${host}:8786` }),
};

/** On a busy machine the parts of Ray take longer to find each other than it waits by itself. */
const patient = 'export RAY_NUM_REDIS_GET_RETRIES=120\n';

/**
 * Ray: a head that computes nothing itself, and workers. A worker that has lost its head for half a
 * minute ends.
 */
export const rayEngine: ClusterEngine = {
  name: 'ray',
  port: 6379,
  // The head's own node is there a good while after its port is.
  readyPort: 6380,
  dashboardPort: 8265,
  head: ({ python }) =>
    [
      patient,
      `exec ${quoted(python)} -m ray.scripts.scripts start --head --block --disable-usage-stats`,
      ' --node-ip-address "$here" --port 6379 --node-manager-port 6380 --object-manager-port 6381',
      ' --num-cpus 0 --num-gpus 0',
      ' --dashboard-host 0.0.0.0 --dashboard-port 8265',
    ].join(''),
  worker: ({ python, cores, memoryGiB, gpus }) =>
    [
      patient,
      'export RAY_gcs_rpc_server_reconnect_timeout_s=30\n',
      `exec ${quoted(python)} -m ray.scripts.scripts start --block --disable-usage-stats`,
      ' --address "$head:6379" --node-ip-address "$here"',
      // Of what the machine has only this much is the session's.
      option('--num-cpus', cores),
      option('--num-gpus', gpus),
      memoryGiB === undefined ? '' : ` --memory ${Math.floor(memoryGiB * 0.7 * 2 ** 30)}`,
      memoryGiB === undefined ? '' : ` --object-store-memory ${storeBytes(memoryGiB)}`,
    ].join(''),
  variables: (host) => ({ RAY_ADDRESS: `${host}:6379` }),
};

/** Ray takes no less than 75 MiB. */
const storeBytes = (memoryGiB: number): number =>
  Math.max(80 * 2 ** 20, Math.floor(memoryGiB * 0.2 * 2 ** 30));

/** The engines that are known by name. */
export const clusterEngines: Readonly<Record<'dask' | 'ray', ClusterEngine>> = {
  dask: daskEngine,
  ray: rayEngine,
};

/** The word in the log of a head that is followed by the id of the cluster and its address. */
export const headMark = 'skaha-cluster-head';

/** On the real platform the variable names the platform; there a session's name leads to it. */
const findHere = `
case "\${skaha_hostname:-}" in
  '' | *[!0-9.]*) here=$(hostname -i 2>/dev/null | cut -d' ' -f1) ;;
  *) here=$skaha_hostname ;;
esac
if [ -z "$here" ]; then
  echo 'This session cannot find out its own address.' >&2
  exit 69
fi
`;

const pythonAnswers = ({ python }: EngineParts): string =>
  `${quoted(python)} -c 'import socket, sys
socket.create_connection((sys.argv[1], int(sys.argv[2])), 2)' "$1" "$2"`;

const answers = (engine: ClusterEngine, parts: EngineParts): string =>
  `answers() {\n${(engine.answers ?? pythonAnswers)(parts)} 2>/dev/null\n}\n`;

const readyPortOf = ({ port, readyPort = port }: ClusterEngine): number => readyPort;

/** Everything the session of a head runs. It tells its address once it takes callers. */
export const headScript = (engine: ClusterEngine, id: string, parts: EngineParts): string =>
  `${findHere}${answers(engine, parts)}(
  while kill -0 $$ 2>/dev/null; do
    if answers "$here" ${readyPortOf(engine)}; then
      echo ${quoted(`${headMark} ${id}`)} "$here"
      break
    fi
    sleep 0.5
  done
) &
${engine.head(parts)}
`;

/** Everything the session of a worker runs. For a minute it looks for the head. */
export const workerScript = (engine: ClusterEngine, host: string, parts: EngineParts): string =>
  `${findHere}head=${quoted(host)}
${answers(engine, parts)}left=60
until answers "$head" ${readyPortOf(engine)}; do
  left=$((left - 1))
  if [ "$left" -le 0 ]; then
    echo "The head of the cluster does not answer at $head:${engine.port}." >&2
    exit 69
  fi
  sleep 1
done
echo "worker $here of $head"
${engine.worker(parts)}
`;
