# Runs one session of the local Science Platform.
_skaha_state=$1
shift
exec 3>&2 2>/dev/null
mkdir "$_skaha_state/claim" || exit 75

# Each record is written at once, with no other program: whoever reads it finds all of it, or takes
# it for one that is not there yet.
_skaha_start() {
  if [ -r "/proc/$$/stat" ]; then
    read -r _skaha_line < "/proc/$$/stat"
    set -f
    set -- ${_skaha_line##*) }
    _skaha_began=${20}
  else
    _skaha_began=$(LC_ALL=C ps -o lstart= -p "$$")
  fi
  _skaha_boot=
  if [ -r /proc/sys/kernel/random/boot_id ]; then
    read -r _skaha_boot < /proc/sys/kernel/random/boot_id
  fi
}
_skaha_start
printf '%s\n%s\n%s\n' "$$" "$_skaha_began" "$_skaha_boot" \
  > "$_skaha_state/claim/pid" || exit 74

# Goes into the groups that hold its limits; a session without its limits must not begin.
_skaha_enter() {
  if [ -f "$_skaha_state/join" ]; then
    while read -r _skaha_line; do
      echo 0 > "$_skaha_line" || { : > "$_skaha_state/unlimited"; exit 1; }
    done < "$_skaha_state/join"
  fi
  if [ -f "$_skaha_state/ulimits" ]; then
    while read -r _skaha_flag _skaha_line; do
      # One that is stricter already stays so.
      ulimit "-$_skaha_flag" "$_skaha_line"
    done < "$_skaha_state/ulimits"
  fi
}

# Signals are for the command; this shell outlives them to record how it ended.
trap : HUP INT TERM
( _skaha_enter; exec "$@" 2>&3 3>&- 4> "$_skaha_state/enclosure" )
_skaha_status=$?
printf '%s\n' "$_skaha_status" > "$_skaha_state/exit"
kill -KILL 0
