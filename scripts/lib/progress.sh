# shellcheck shell=bash
# Telling a person what a long script is doing. Sourced; needs bash.
#
#   step TITLE COMMAND...   runs COMMAND with its output in $log, shows the title, the seconds it
#                           took, and on failure the end of its output; then exits the script.
#   note / die TEXT         one line out / one line to stderr and exit 1.
#
# Call `step` at the top level of a script or function only, never behind `if`, `!`, `&&` or `||`:
# bash would then ignore `set -e` inside the command.

log=${log:-/dev/null}
step_pid=

note() { printf '%s\n' "$*"; }

die() {
  printf '%s: error: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# Stops the running step with everything it has started. For EXIT and signal traps.
stop_step() {
  [ -n "$step_pid" ] || return 0
  kill -TERM -- "-$step_pid" 2>/dev/null || true
  wait "$step_pid" 2>/dev/null || true
  step_pid=
}

step() {
  local title=$1 began=$SECONDS status=0 log_start
  shift
  log_start=$(stat -c %s "$log" 2>/dev/null || echo 0)
  printf '== %s\n' "$title" >>"$log"
  [ -t 1 ] || printf '  ...  %s\n' "$title"
  # A process group of its own, so that stop_step reaches compilers and packagers alike.
  set -m
  (
    set +m
    set -euo pipefail
    "$@"
  ) </dev/null >>"$log" 2>&1 &
  step_pid=$!
  set +m
  if [ -t 1 ]; then
    while kill -0 "$step_pid" 2>/dev/null; do
      printf '\r  %3ds  %s ' $((SECONDS - began)) "$title"
      sleep 0.2
    done
    printf '\r\033[K'
  fi
  wait "$step_pid" || status=$?
  step_pid=
  if [ "$status" -eq 0 ]; then
    printf '  %3ds  %s\n' $((SECONDS - began)) "$title"
    return 0
  fi
  printf 'FAILED after %d s (status %d): %s\n' $((SECONDS - began)) "$status" "$title" >&2
  printf -- '--- the end of its output:\n' >&2
  tail -c "+$((log_start + 1))" "$log" | tail -n 20 | sed 's/^/  | /' >&2
  printf -- '--- the whole log: %s\n' "$log" >&2
  exit 1
}
