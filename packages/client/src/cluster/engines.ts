import { shellWord } from '@skaha/base/shell-word.js';

/** Where the programs of an engine are, and the resources they may use. */
export interface EngineParts {
  /**
   * The Python in which the engine is installed, as a path in the session. Sessions start in the
   * home.
   */
  python: string;
  /** Threads or processors of the session; undefined lets the engine decide. */
  cores?: number | undefined;
  /** Memory of the session, in GiB; undefined lets the engine decide. */
  memoryGiB?: number | undefined;
  /** GPUs of the session; undefined lets the engine decide. */
  gpus?: number | undefined;
}

/**
 * Defines a kind of cluster by the scripts of its head and its workers. A shell runs the scripts.
 * In each script `$here` is the address of the session; in that of a worker `$head` is the address
 * of the head.
 */
export interface ClusterEngine {
  /** Its name, of lower-case letters, digits and hyphens; it is saved with each cluster. */
  name: string;
  /** The port at which programs reach the head. */
  port: number;
  /** The port on which a head listens once workers can join it. @defaultValue `port` */
  readyPort?: number | undefined;
  /** The port of the head's web page; undefined for none. */
  dashboardPort?: number | undefined;
  /** Returns the script of the head. It must end when the head does. */
  head(parts: EngineParts): string;
  /** Returns the script of a worker. It must end when the head is gone. */
  worker(parts: EngineParts): string;
  /**
   * Returns a command that succeeds as soon as something listens at the address `$1` and the port
   * `$2`.
   * @defaultValue one for `python`
   */
  answers?(parts: EngineParts): string;
  /**
   * Finds the address of a head in its log, where the head was started by the command of an image;
   * undefined if it is not there yet. Without this there are no `contributed` heads.
   */
  addressIn?(log: string): string | undefined;
  /** Returns the variables with which programs find the cluster. */
  variables(host: string): Readonly<Record<string, string>>;
}

const option = (name: string, value: number | undefined): string =>
  value === undefined ? '' : ` ${name} ${value}`;

/** The last: a head that was started again may have another address. */
const lastIn = (log: string, pattern: RegExp): string | undefined =>
  [...log.matchAll(pattern)].at(-1)?.[1];

/**
 * Dask: a scheduler and workers of `distributed`. A worker that loses its scheduler, or cannot find
 * it for a minute, exits.
 */
export const daskEngine: ClusterEngine = {
  name: 'dask',
  port: 8786,
  dashboardPort: 8787,
  head: ({ python }) =>
    `exec ${shellWord(python)} -m dask scheduler --host "$here" --port 8786 --dashboard-address :8787`,
  worker: ({ python, cores, memoryGiB }) =>
    [
      `exec ${shellWord(python)} -m dask worker "tcp://$head:8786" --host "$here" --no-nanny`,
      ' --name "$skaha_sessionid" --no-dashboard --death-timeout 60',
      ` --local-directory "\${SCRATCH:-\${TMPDIR:-/tmp}}"`,
      option('--nthreads', cores),
      memoryGiB === undefined ? '' : ` --memory-limit ${memoryGiB}GiB`,
    ].join(''),
  addressIn: (log) => lastIn(log, /Scheduler at:\s+tcp:\/\/([0-9.]+):8786\b/g),
  variables: (host) => ({ DASK_SCHEDULER_ADDRESS: `tcp://${host}:8786` }),
};

/**
 * Starts Ray as its own command does, but with patience. That command gives its first programs half a
 * minute, which no setting changes and a busy machine needs for less; and it starts what answers
 * clients before there is anything that could serve them, so that it gives up as well. A version
 * without these parts starts as it always did.
 */
const startRay = `
import sys, time
try:
    from ray._private import node, services
    look = services.get_node
    begin = node.Node.__init__
    serve = node.Node.start_ray_client_server
    def patient(*words, **named):
        end = time.monotonic() + 300
        while True:
            try:
                return look(*words, **named)
            except RuntimeError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.5)
    def whole(self, *words, **named):
        begin(self, *words, **named)
        if self.head:
            serve(self)
    services.get_node = patient
    node.Node.start_ray_client_server = lambda self: None
    node.Node.__init__ = whole
except (ImportError, AttributeError):
    pass
from ray.scripts.scripts import main
main()
`;

/**
 * What Ray waits for when the machine is busy, and where it keeps its files: the paths of its sockets
 * have little room, so a deep place gets a short name.
 */
const raySurroundings = `
export RAY_agent_register_timeout_ms=300000 RAY_worker_register_timeout_seconds=300
export RAY_CLIENT_SERVER_CHECK_CHANNEL_TIMEOUT_S=300 RAY_NUM_REDIS_GET_RETRIES=120
unset RAY_ADDRESS
case \${TMPDIR:-} in
  ????????????????????????????????????*)
    ln -sfn "$TMPDIR" "/tmp/ray-$skaha_sessionid" && export RAY_TMPDIR="/tmp/ray-$skaha_sessionid" ;;
esac
`;

/** What starts fewest programs: nobody reads the others in a session. */
const rayStart = (python: string): string =>
  [
    raySurroundings,
    `exec ${shellWord(python)} -c ${shellWord(startRay)} start --block --disable-usage-stats`,
    ' --include-log-monitor=false --node-ip-address "$here"',
  ].join('');

/**
 * Ray: a head that computes nothing itself, and workers. Programs in any session of the same image
 * reach it as clients (`ray.init()` reads `RAY_ADDRESS`). A worker that has lost its head for half
 * a minute exits.
 */
export const rayEngine: ClusterEngine = {
  name: 'ray',
  port: 10_001,
  head: ({ python, memoryGiB }) =>
    [
      rayStart(python),
      ' --head --port 6379 --node-manager-port 6380 --object-manager-port 6381',
      ' --ray-client-server-port 10001 --num-cpus 0 --num-gpus 0',
      ' --include-dashboard=false --no-monitor',
      objectStore(memoryGiB),
    ].join(''),
  worker: ({ python, cores, memoryGiB, gpus }) =>
    [
      'export RAY_gcs_rpc_server_reconnect_timeout_s=30',
      rayStart(python),
      ' --address "$head:6379"',
      // Of what the machine has only this much is the session's.
      option('--num-cpus', cores),
      option('--num-gpus', gpus),
      memoryGiB === undefined ? '' : ` --memory ${Math.floor(memoryGiB * 0.7 * 2 ** 30)}`,
      objectStore(memoryGiB),
    ].join(''),
  // It is printed in colour, even to a file.
  addressIn: (log) => lastIn(log, /Local node IP\S*\s+\S*?((?:\d{1,3}\.){3}\d{1,3})/g),
  variables: (host) => ({ RAY_ADDRESS: `ray://${host}:10001` }),
};

/** Ray takes no less than 75 MiB. */
function objectStore(memoryGiB: number | undefined): string {
  if (memoryGiB === undefined) return '';
  return ` --object-store-memory ${Math.max(80 * 2 ** 20, Math.floor(memoryGiB * 0.2 * 2 ** 30))}`;
}

/** The built-in engines, by name. */
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
  `${shellWord(python)} -c 'import socket, sys
socket.create_connection((sys.argv[1], int(sys.argv[2])), 2)' "$1" "$2"`;

const answers = (engine: ClusterEngine, parts: EngineParts): string =>
  `answers() {\n${(engine.answers ?? pythonAnswers)(parts)} 2>/dev/null\n}\n`;

const readyPortOf = ({ port, readyPort = port }: ClusterEngine): number => readyPort;

/** Everything the session of a head runs. It prints its address once it accepts connections. */
export const headScript = (engine: ClusterEngine, id: string, parts: EngineParts): string =>
  `${findHere}${answers(engine, parts)}(
  while kill -0 $$ 2>/dev/null; do
    if answers "$here" ${readyPortOf(engine)}; then
      echo ${shellWord(`${headMark} ${id}`)} "$here"
      break
    fi
    sleep 0.5
  done
) &
${engine.head(parts)}
`;

/** Everything the session of a worker runs. For a minute it looks for the head. */
export const workerScript = (engine: ClusterEngine, host: string, parts: EngineParts): string =>
  `${findHere}head=${shellWord(host)}
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
