# Sourced by .ci/run and .ci/test: runs named parts, one after the other or side by side. A part that fails does not keep the
# others from running.
# shellcheck shell=bash
_failed=()
_took=()
_beside=()
_output=$(mktemp -d)
trap 'rm -rf "$_output"' EXIT
trap '_interrupted' INT

_interrupted() {
  local job
  for job in "${_beside[@]}"; do kill -INT -- "-${job%% *}"; done 2>/dev/null
  exit 130
}

# _note NAME SECONDS STATUS: keep for the summary how long a part took and whether it failed.
_note() {
  _took+=("$(printf '%4d s  %s%s' "$2" "$1" "$([ "$3" = 0 ] || echo "  FAILED ($3)")")")
  [ "$3" = 0 ] || _failed+=("$1")
}

# part NAME COMMAND…: run a part.
part() {
  local name=$1 begun=$SECONDS status=0
  shift
  "$@" || status=$?
  _note "$name" $((SECONDS - begun)) "$status"
}

# beside NAME COMMAND…: start a part that runs while the following ones do.
beside() {
  local name=$1 number=${#_beside[@]}
  shift
  set -m # a process group of its own, so that an interruption reaches all of it
  (
    begun=$SECONDS status=0
    "$@" || status=$?
    echo $((SECONDS - begun)) "$status" >"$_output/$number.end"
  ) >"$_output/$number" 2>&1 &
  set +m
  _beside+=("$! $name")
}

# wait_beside: wait for the parts that run beside, and print what each has printed.
wait_beside() {
  local number took status
  for number in "${!_beside[@]}"; do
    wait "${_beside[number]%% *}" 2>/dev/null
    cat "$_output/$number"
    took=0 status=killed
    [ ! -f "$_output/$number.end" ] || read -r took status <"$_output/$number.end"
    _note "${_beside[number]#* }" "$took" "$status"
  done
  _beside=()
}

# Print what each part took and which failed. Returns 1 if one failed.
summary() {
  wait_beside
  printf '\n%s\n' "$1"
  printf '  %s\n' "${_took[@]}"
  [ ${#_failed[@]} = 0 ] && return 0
  printf '  %d of %d parts failed: %s\n' ${#_failed[@]} ${#_took[@]} "$(printf '%s, ' "${_failed[@]}" | sed 's/, $//')"
  return 1
}
