/** How a supervisor ends that finds its session taken. */
export const claimLost = 75;

/** How a supervisor ends that cannot write down who it is; the command was not started. */
export const cannotRecord = 74;

/**
 * The program that stands over one session. It is started as
 * `/bin/sh supervisor.sh STATE COMMAND ARGUMENTS…`; nothing is ever pasted into its text.
 *
 * It claims the session by making a directory, which succeeds once only; records who it is, so that
 * a later platform can tell it from another process with its number; runs the command with the
 * session's streams; leaves the exit status in one step; and takes what is left of its process
 * group with it when it goes, as the end of a container would.
 */
export const supervisorScript = `# Runs one session of the local Science Platform.
_skaha_state=$1
shift
exec 3>&2 2>/dev/null
mkdir "$_skaha_state/claim" || exit ${claimLost}

_skaha_identity() {
  printf '%s\\n' "$$"
  if [ -r "/proc/$$/stat" ]; then
    read -r _skaha_line < "/proc/$$/stat"
    set -f
    set -- \${_skaha_line##*) }
    printf '%s\\n' "\${20}"
  else
    LC_ALL=C ps -o lstart= -p "$$"
  fi
  if [ -r /proc/sys/kernel/random/boot_id ]; then cat /proc/sys/kernel/random/boot_id; fi
}
_skaha_identity > "$_skaha_state/claim/pid.new" || exit ${cannotRecord}
mv "$_skaha_state/claim/pid.new" "$_skaha_state/claim/pid" || exit ${cannotRecord}

_skaha_found() (
  case $1 in
    '') exit 1 ;;
    */*) [ -x "$1" ] && [ ! -d "$1" ]; exit ;;
  esac
  set -f
  IFS=:
  for _skaha_directory in $PATH; do
    if [ -x "$_skaha_directory/$1" ] && [ ! -d "$_skaha_directory/$1" ]; then exit 0; fi
  done
  exit 1
)

# Signals are for the command; this shell outlives them to record how it ended.
trap : HUP INT TERM
if _skaha_found "$1"; then
  ( exec "$@" 2>&3 3>&- )
  _skaha_status=$?
else
  printf 'cannot run "%s": no such command in this session\\n' "$1" >&3
  _skaha_status=127
fi
printf '%s\\n' "$_skaha_status" > "$_skaha_state/exit.new"
mv "$_skaha_state/exit.new" "$_skaha_state/exit"
kill -KILL 0
`;
