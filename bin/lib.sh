# Shared by the scripts in bin/: where the repository is, what must be installed, and quiet steps with a log.
# Sourced by bash, never run.

set -euo pipefail

SPARK_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
SPARK_LOGS="$SPARK_ROOT/build/logs"

# Debian's packages, by what needs them.
PACKAGES_BUILD=(g++ cmake ninja-build libboost1.81-dev libboost-json1.81-dev libsqlite3-dev libcurl4-openssl-dev libssl-dev
  zlib1g-dev libcli11-dev libfmt-dev libprotozero-dev libpq-dev)
PACKAGES_TEST=(libgtest-dev libgmock-dev pkgconf python3 python3-jsonschema python3-grpcio openssl postgresql)
PACKAGES_CHECK=(clang-format-14 git python3)
# Any Node with its npm will do. Debian's npm is hundreds of packages, and conflicts with that of other origins.
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  PACKAGES_TEST+=(nodejs npm)
fi

say() { printf '%s\n' "$*"; }

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# need <package>...: installs those of Debian's packages that are missing, or says how to.
need() {
  if ! command -v dpkg-query >/dev/null; then
    say "This is no Debian, so these must already be there in some form: $*"
    return
  fi
  local installed package
  local missing=()
  # dpkg-query fails when it has never heard of one of the packages; what it knows it prints nevertheless.
  installed="$(dpkg-query -W -f '${db:Status-Abbrev}|${Package}|\n' "$@" 2>/dev/null || true)"
  for package in "$@"; do
    [[ "$installed" == *"ii |$package|"* ]] || missing+=("$package")
  done
  ((${#missing[@]})) || return 0

  # --no-remove: Boost 1.81 conflicts with 1.74, and what is on this machine is not ours to remove.
  local install=(apt-get install -y -qq --no-install-recommends --no-remove "${missing[@]}")
  local as_root=()
  if ((EUID != 0)); then
    if ! command -v sudo >/dev/null; then
      say "Missing packages; as root, run:"
      fail "  apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
    fi
    as_root=(sudo)
  fi
  as_root+=(env DEBIAN_FRONTEND=noninteractive)
  say "Installing from Debian's packages: ${missing[*]}"
  logged apt-update "${as_root[@]}" apt-get update -qq
  if ! (logged apt-install "${as_root[@]}" "${install[@]}"); then
    say "If the log speaks of Boost 1.74: it conflicts with 1.81; 'apt-get remove libboost1.74-dev' makes room." >&2
    exit 1
  fi
}

# logged <name> <command>...: runs the command with its output in build/logs/<name>.log; shows the log's end if it fails.
logged() {
  local name="$1" log="$SPARK_LOGS/$1.log"
  shift
  mkdir -p "$SPARK_LOGS"
  if ! "$@" >"$log" 2>&1; then
    {
      say "FAILED: $name. The end of $log:"
      grep -nE '(error|Error|FAILED|fatal)' "$log" | head -n 20 || true
      say "..."
      tail -n 40 "$log"
    } >&2
    exit 1
  fi
}

# jobs: how many compilers at once; a unit with Asio and a sanitizer takes more than 1 GB.
jobs_at_once() {
  local by_memory
  by_memory="$(awk '/^MemAvailable:/ { print int($2 / 1500000) }' /proc/meminfo 2>/dev/null || echo 2)"
  local count
  count="$(nproc)"
  ((by_memory < count)) && count="$by_memory"
  ((count < 1)) && count=1
  say "$count"
}

# configure <preset> [cmake arguments]: only when it was not configured so before; the build itself notices changed CMake files.
configure() {
  local preset="$1" folder="$SPARK_ROOT/build/$1"
  shift
  local werror=OFF
  [[ "${CI:-}" == true ]] && werror=ON
  local wanted
  wanted="$(cd "$SPARK_ROOT" && cksum CMakePresets.json) -DSPARK_WERROR=$werror $*"
  if [[ -f "$folder/build.ninja" && "$(cat "$folder/.configured" 2>/dev/null)" == "$wanted" ]]; then
    return
  fi
  (cd "$SPARK_ROOT" && logged "configure-$preset" cmake --preset "$preset" "-DSPARK_WERROR=$werror" "$@")
  printf '%s\n' "$wanted" >"$folder/.configured"
}

# compile <command>...: g++ 12 now and then dies of saving a precompiled header, and does it when asked again.
compile() {
  local output status=0
  output="$(mktemp)"
  "$@" >"$output" 2>&1 || status=$?
  cat "$output"
  if ((status != 0)) && grep -q 'internal compiler error: in gt_pch_save' "$output"; then
    status=0
    "$@" || status=$?
  fi
  rm -f "$output"
  return "$status"
}

# build <preset> [targets]: says how long it took, if it took long enough to be noticed.
build() {
  local preset="$1" begin=$SECONDS
  shift
  local targets=()
  (($#)) && targets=(--target "$@")
  # A terminal is told that something happens; a pipe gets one line at the end.
  [[ -t 1 ]] && printf 'Building %s (log: build/logs/build-%s.log) ...\r' "$preset" "$preset"
  logged "build-$preset" compile cmake --build "$SPARK_ROOT/build/$preset" -j "$(jobs_at_once)" "${targets[@]}"
  [[ -t 1 ]] && printf '\033[K'
  ((SECONDS - begin < 3)) || say "Built $preset in $((SECONDS - begin)) s"
}

# Sanitizers end a program at its first finding, with a stack.
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_leaks=1:strict_string_checks=1}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}"
export TSAN_OPTIONS="${TSAN_OPTIONS:-halt_on_error=1:second_deadlock_stack=1}"
