import { join } from 'node:path';
import { replaceFileSync } from '@skaha/base/private-file.js';
import { linkProgramAliases } from '../processes/program-aliases.js';
import { environmentProgram } from '../processes/variables.js';
import { claimSuffix, formerNames, logSuffix } from '../runs/run-files.js';

/** Paths of the programs of the platform around a session. */
export interface Scripts {
  readonly supervisor: string;
  /** A supervisor that runs one session after the other. */
  readonly standby: string;
  readonly starter: string;
  /** Starts a further command in a running session. */
  readonly enter: string;
  /** Directory of links for usual names of programs that have another name on this machine. */
  readonly names: string;
}

/** Where the programs of a runner are. */
export const scriptsIn = (directory: string): Scripts => ({
  supervisor: join(directory, 'supervisor.sh'),
  starter: join(directory, 'start.sh'),
  standby: join(directory, 'standby.sh'),
  enter: join(directory, 'enter.sh'),
  names: join(directory, 'names'),
});

/** Writes the programs of a runner as this version has them. */
export function installScripts(directory: string): Scripts {
  const scripts = scriptsIn(directory);
  replaceFileSync(scripts.supervisor, supervisorScript);
  replaceFileSync(scripts.standby, standbyScript);
  replaceFileSync(scripts.enter, enterScript);
  // Sessions read it, whatever user they run as.
  replaceFileSync(scripts.starter, starterScript, 0o644);
  linkProgramAliases(scripts.names);
  return scripts;
}

/** Exit status of a supervisor whose session was claimed by another. */
export const claimLost = 75;

/** Exit status of a supervisor that cannot record its identity; the command was not started. */
export const cannotRecord = 74;

/** Exit status of a further command that could not get the session's limits. */
export const limitsLost = 125;

/**
 * The program that begins a further command of a session that runs: `/bin/sh enter.sh STATE WORDS…`.
 * Nothing but the words runs before the limits of the session are put on.
 */
export const enterScript = `# Runs one more command in a session of the local Science Platform.
_skaha_claim=$1${claimSuffix}
[ -e "$_skaha_claim" ] || _skaha_claim=$1/${formerNames.claim}
shift
umask 077
# The session's supervisor wrote them down, behind three lines of its own.
_skaha_enter() {
  _skaha_number=0
  while IFS= read -r _skaha_line; do
    _skaha_number=$((_skaha_number + 1))
    [ "$_skaha_number" -gt 3 ] || continue
    case $_skaha_line in
      '') ;;
      'exit '*) return 1 ;;
      /*) echo 0 > "$_skaha_line" || return 1 ;;
      # One that is stricter already stays so.
      *) ulimit "-\${_skaha_line%% *}" "\${_skaha_line#* }" ;;
    esac
  done < "$_skaha_claim"
  [ "$_skaha_number" -ge 3 ]
}
_skaha_enter 2>/dev/null || {
  echo 'the limits of the session cannot be put on: it may be over' >&2
  exit ${limitsLost}
}
exec "$@"
`;

/**
 * The program of a supervisor with one session. It is started as
 * `/bin/sh supervisor.sh STATE LIMITS WORDS…`, where LIMITS has a group to go into or a limit of the
 * shell in each line; nothing is ever pasted into its text. Its environment is the
 * platform's, and it runs no program but those words: whatever a user may name, it has no part here.
 *
 * It claims the session by making a file, which succeeds once only; records in it who it is, so that
 * a later platform can distinguish it from another process with its number; applies the limits that
 * the platform has prepared; runs the words, which end in the starter and the session's command, with
 * the session's streams (what confines them reports through the fourth; the word `.` says that
 * nothing does, and that the starter follows); adds the exit status to its record; and takes what is
 * left of its process group with it when it goes, as the end of a container would.
 */
export const supervisorScript = `# Runs one session of the local Science Platform.
_skaha_state=$1 _skaha_limits=$2
shift 2
umask 077
exec 3>&2 2>/dev/null
_skaha_claim=$_skaha_state${claimSuffix}
set -C
if ! true > "$_skaha_claim"; then
  if [ -e "$_skaha_claim" ]; then exit ${claimLost}; else exit ${cannotRecord}; fi
fi
set +C

# Each record is written at once, with no other program: whoever reads it finds all of it, or takes
# it for one that is not there yet.
_skaha_start() {
  if [ -r "/proc/$$/stat" ]; then
    read -r _skaha_line < "/proc/$$/stat"
    set -f
    set -- \${_skaha_line##*) }
    _skaha_began=\${20}
  else
    _skaha_began=$(/bin/ps -o lstart= -p "$$")
  fi
  _skaha_boot=
  if [ -r /proc/sys/kernel/random/boot_id ]; then
    read -r _skaha_boot < /proc/sys/kernel/random/boot_id
  fi
}
_skaha_start
printf '%s\\n%s\\n%s\\n%s\\n' "$$" "$_skaha_began" "$_skaha_boot" "$_skaha_limits" > "$_skaha_claim" || exit ${cannotRecord}

# Goes into the groups that hold its limits; a session without its limits must not begin.
_skaha_enter() {
  set -f
  IFS='
'
  for _skaha_line in $_skaha_limits; do
    case $_skaha_line in
      /*) echo 0 > "$_skaha_line" || { : > "$_skaha_state/unlimited"; exit 1; } ;;
      # One that is stricter already stays so.
      *) ulimit "-\${_skaha_line%% *}" "\${_skaha_line#* }" ;;
    esac
  done
  set +f
  unset IFS
}

# Signals are for the command; this shell outlives them to record how it ended.
trap : HUP INT TERM
_skaha_begin() {
  _skaha_enter
  exec 2>&3 3>&-
  if [ "$1" != . ]; then exec "$@" 4> "$_skaha_state/enclosure"; fi
  # What nothing confines begins right here: another shell would be one too many.
  _skaha_starter=$2
  shift 2
  . "$_skaha_starter"
}
( _skaha_begin "$@" )
_skaha_status=$?
printf 'exit %s\\n' "$_skaha_status" >> "$_skaha_claim"
kill -KILL 0
`;

/**
 * The program that begins a session, inside of what confines it and as the session's user:
 * `/bin/sh start.sh MOST HOME PATH VARIABLES COMMAND…`, where MOST is the number of processes it may
 * have, or `any`, and VARIABLES how the session's variables are carried. They come into being in the
 * very last step, as which this shell either becomes `env`, or, where no name means anything to a
 * shell, the command itself; so it keeps names that are none to a shell, and obeys none. A command
 * that is not there is a failure of the session, reported in its log.
 */
export const starterScript = `# Begins one session of the local Science Platform.
exec 4>&-
umask 022
_skaha_most=$1 _skaha_home=$2 PATH=$3 _skaha_variables=$4
shift 4
if ! cd "$_skaha_home" 2>/dev/null; then
  printf 'cannot enter the home "%s"\\n' "$_skaha_home" >&2
  exit 126
fi
_skaha_found() {
  case $1 in
    '') return 1 ;;
    */*) [ -x "$1" ] && [ ! -d "$1" ]; return ;;
  esac
  set -f
  IFS=:
  set -- "$1" $PATH
  set +f
  unset IFS
  _skaha_name=$1
  shift
  for _skaha_directory in "$@"; do
    if [ -x "$_skaha_directory/$_skaha_name" ] && [ ! -d "$_skaha_directory/$_skaha_name" ]; then
      return 0
    fi
  done
  return 1
}

if [ "$_skaha_most" != any ]; then
  # Shells differ in the name of this limit.
  ulimit -u "$_skaha_most" 2>/dev/null || ulimit -p "$_skaha_most" 2>/dev/null
fi
if ! _skaha_found "$1"; then
  printf 'cannot run "%s": no such command in this session\\n' "$1" >&2
  exit 127
fi
case $_skaha_variables in
  # The names in it are plain ones, and its values are the text of variables.
  export*) eval "$_skaha_variables"; exec "$@" ;;
esac
# What follows would take such a name for one more variable.
case $1 in *=*) set -- nice -n 0 "$@" ;; esac
case $_skaha_variables in
  -*) exec ${environmentProgram} -S "$_skaha_variables" "$@" ;;
esac
while [ "$_skaha_variables" -gt 0 ]; do
  _skaha_variables=$((_skaha_variables - 1))
  eval 'set -- "\${_e'"$_skaha_variables"'}" "$@"'
done
exec ${environmentProgram} -i -- "$@"
`;

/**
 * The program of a supervisor that takes one session after the other. It is started as
 * `/bin/sh standby.sh SESSIONS GROUPS…`, goes into the groups, and reads from its input the key of a
 * session in a line; what is to be started it reads from its fourth stream, in which every word is
 * quoted. For each session it does what the supervisor above does, in the same order, and says at first
 * and at last in a line that it is free. When its input ends it goes, and takes what is left of its
 * process group with it.
 */
export const standbyScript = `# Runs sessions of the local Science Platform, one after the other.
_skaha_sessions=$1
shift
umask 077
_skaha_limits=
for _skaha_line in "$@"; do
  echo 0 > "$_skaha_line" || exit 1
  _skaha_limits="$_skaha_limits$_skaha_line
"
done
read -r _skaha_line < "/proc/$$/stat" || exit 1
set -f
set -- \${_skaha_line##*) }
_skaha_began=\${20}
set +f
read -r _skaha_boot < /proc/sys/kernel/random/boot_id || _skaha_boot=
_skaha_record="$$
$_skaha_began
$_skaha_boot
\${_skaha_limits%?}"
set --
# Signals are for the command; this shell outlives them to record how it ended, and outlives a platform
# that does not hear its reports any more.
trap : HUP INT TERM PIPE
echo "free $$"

# What nothing confines begins right here; to read the starter's file each time would cost more.
_skaha_start() {
${starterScript}}
_skaha_begin() {
  . /dev/fd/3
  exec < /dev/null >&6 2>&6 3>&- 6>&-
  if [ "$1" != . ]; then exec "$@" 4> "$_skaha_state/enclosure"; fi
  shift 2
  _skaha_start "$@"
}
while read -r _skaha_key; do
  _skaha_state=$_skaha_sessions/$_skaha_key
  _skaha_claim=$_skaha_state${claimSuffix}
  _skaha_report=
  set -C
  # One file, made here and kept open, is the claim, says who has it, and how the session ended.
  {
    set +C
    _skaha_report=unrecorded
    if printf '%s\\n' "$_skaha_record" >&5; then
      # Without a log, nobody would learn why it does not begin.
      {
        ( exec 5>&-; _skaha_begin )
        printf 'exit %s\\n' "$?" >&5 || kill -KILL 0
        _skaha_report=free
      } 6>> "$_skaha_state${logSuffix}"
    fi
  } 5> "$_skaha_claim"
  set +C
  if [ -z "$_skaha_report" ]; then
    if [ -e "$_skaha_claim" ]; then _skaha_report=lost; else _skaha_report=unrecorded; fi
  fi
  echo "$_skaha_report"
done
kill -KILL 0
`;
