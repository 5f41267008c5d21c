# Sourced by .ci/run and .ci/test: runs named parts one after the other. A part that fails does not keep the others from running.
# shellcheck shell=bash
_failed=()
_took=()

# part NAME COMMAND…: run a part, and note how long it took and whether it failed.
part() {
  local name=$1 begun=$SECONDS status=0
  shift
  "$@" || status=$?
  _took+=("$(printf '%4d s  %s%s' $((SECONDS - begun)) "$name" "$([ $status = 0 ] || echo "  FAILED ($status)")")")
  [ $status = 0 ] || _failed+=("$name")
}

# Print what each part took and which failed. Returns 1 if one failed.
summary() {
  printf '\n%s\n' "$1"
  printf '  %s\n' "${_took[@]}"
  [ ${#_failed[@]} = 0 ] && return 0
  printf '  %d of %d parts failed: %s\n' ${#_failed[@]} ${#_took[@]} "$(printf '%s, ' "${_failed[@]}" | sed 's/, $//')"
  return 1
}
