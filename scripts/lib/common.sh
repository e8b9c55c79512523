# shellcheck shell=bash
# What every script here shares: words on the terminal, the cache folder, apt. Sourced, never run.

# shellcheck disable=SC2034 # for those who source this
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
HOME=${HOME:-$(getent passwd "$EUID" | cut -d : -f 6)}
# shellcheck disable=SC2034
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/ai-dock

if [[ -t 2 && -z ${NO_COLOR:-} && ${TERM:-dumb} != dumb ]]; then
  BOLD=$'\e[1m' DIM=$'\e[2m' RED=$'\e[31m' YELLOW=$'\e[33m' GREEN=$'\e[32m' RESET=$'\e[0m'
else
  BOLD='' DIM='' RED='' YELLOW='' GREEN='' RESET=''
fi

# All of these print to stderr: stdout belongs to the answer a script was asked for.
say() { printf '%s\n' "$*" >&2; }
step() { printf '%s==>%s %s\n' "$GREEN$BOLD" "$RESET" "$*" >&2; }
note() { printf '    %s%s%s\n' "$DIM" "$*" "$RESET" >&2; }
warn() { printf '%swarning:%s %s\n' "$YELLOW" "$RESET" "$*" >&2; }
die() {
  printf '%serror:%s %s\n' "$RED" "$RESET" "$*" >&2
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# run_quiet WHAT COMMAND…: the command's output is shown only when it fails.
run_quiet() {
  local what=$1 output
  shift
  if ! output=$("$@" 2>&1 </dev/null); then
    printf '%s\n' "$output" >&2
    die "$what failed"
  fi
}

as_root() {
  if [[ $EUID -eq 0 ]]; then
    "$@"
  elif have sudo; then
    sudo -n "$@"
  else
    die "'$1' needs root, and there is no sudo"
  fi
}

# apt_install PACKAGE…: from the machine's own release; an index is fetched only when the first try finds none.
apt_install() {
  have apt-get || die "cannot install $*: this machine has no apt-get"
  note "installing $*"
  local command=(as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120)
  if ! "${command[@]}" install -y --no-install-recommends "$@" </dev/null >/dev/null 2>&1; then
    run_quiet 'apt-get update' "${command[@]}" update
    run_quiet "installing $*" "${command[@]}" install -y --no-install-recommends "$@"
  fi
}

# apt_unpack PACKAGE FOLDER: its files there and nowhere else, so that no service starts; what it depends on is not fetched.
apt_unpack() {
  local work
  mkdir -p "$2"
  work=$(mktemp -d "$2.XXXXXX")
  # A client without root has no right to the package lists' sandbox.
  (cd "$work" && run_quiet "downloading $1" apt-get -qq -o APT::Sandbox::User=root download "$1") || exit 1
  dpkg -x "$work/$1"_*.deb "$2"
  rm -rf "$work"
}

# need COMMAND PACKAGE: installs the package when the command is missing.
need() { have "$1" || apt_install "$2"; }

# lacking COMMAND PACKAGE…: the packages whose commands are missing, one a line.
lacking() {
  while (($# > 1)); do
    have "$1" || printf '%s\n' "$2"
    shift 2
  done
}

# announce: says what is about to be installed, which it reads one a line, before anything is.
announce() {
  local line lines
  mapfile -t lines
  if ((${#lines[@]} == 0)); then return; fi
  step 'About to install on this machine'
  for line in "${lines[@]}"; do note "$line"; done
}

# announce_packages PACKAGE…: the line for packages of the machine's own release.
announce_packages() {
  if (($# > 0)); then printf "packages of this machine's own release: %s\n" "$*"; fi
}

# The URI this machine itself fetches Debian from, read from its own apt sources.
debian_mirror() {
  local codename
  # shellcheck source=/dev/null
  codename=$(. /etc/os-release && printf '%s' "${ID:-}:${VERSION_CODENAME:-}")
  [[ $codename == debian:?* ]] || return 1
  # shellcheck disable=SC2016 # $(…) here are fields of apt's own format
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    awk -v release="${codename#*:}" '$2 == release && $3 == "main" { print $1; exit }'
}

# unpack_sid FOLDER PACKAGE…: unpacks packages of Debian's unstable suite, once. They come through a second apt root, so that
# the machine's own apt never hears of another suite.
unpack_sid() {
  local folder=$1 mirror work keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  shift
  if [[ -e $folder/.complete ]]; then return; fi
  mirror=$(debian_mirror) || die "$* can only be had on Debian here"
  [[ -n $mirror ]] || die "no Debian mirror found in this machine's apt sources"
  mkdir -p "$folder"
  work=$(mktemp -d "$folder.XXXXXX")
  mkdir -p "$work"/{etc/preferences.d,etc/sources.list.d,lists/partial,cache/archives/partial,debs}
  : >"$work/status"
  printf 'deb [signed-by=%s] %s sid main\n' "$keyring" "$mirror" >"$work/etc/sources.list"
  local options=(-qq
    -o Dir::Etc::sourcelist="$work/etc/sources.list" -o Dir::Etc::sourceparts="$work/etc/sources.list.d"
    -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts="$work/etc/preferences.d"
    -o Dir::State::lists="$work/lists" -o Dir::State::status="$work/status" -o Dir::Cache="$work/cache"
    -o APT::Sandbox::User=root -o Acquire::Languages=none -o Acquire::Retries=3)
  run_quiet 'apt-get update for sid' apt-get "${options[@]}" update
  (cd "$work/debs" && run_quiet "downloading $*" apt-get "${options[@]}" download "$@") || exit 1
  local deb
  for deb in "$work"/debs/*.deb; do dpkg -x "$deb" "$folder"; done
  rm -rf "$work"
  touch "$folder/.complete"
}

# What is built with comes from the lockfile alone; it is installed anew only when the lockfile is newer.
toolchain_is_old() { [[ ! $ROOT/node_modules/.package-lock.json -nt $ROOT/package-lock.json ]]; }

toolchain_plan() {
  if toolchain_is_old; then echo 'node_modules/ from package-lock.json (npm ci)'; fi
}

install_toolchain() {
  need npm npm
  if toolchain_is_old; then
    note 'npm ci'
    (cd "$ROOT" && run_quiet 'npm ci' npm ci --no-audit --no-fund) || exit 1
  fi
}
