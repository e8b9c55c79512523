# shellcheck shell=bash
# A Caddy for tests and images: the machine's own, or Debian's package of its unstable suite. Sourced, never run.

# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

CADDY_ROOT=$CACHE/caddy

# The path of a Caddy; nothing where there is none.
caddy_path() {
  if [[ -x $CADDY_ROOT/usr/bin/caddy ]]; then
    echo "$CADDY_ROOT/usr/bin/caddy"
  else
    command -v caddy || true
  fi
}

# What caddy_install is going to bring in, in words.
caddy_plan() {
  if [[ -z $(caddy_path) ]] && debian_mirror >/dev/null; then
    echo "Caddy, unpacked in $CADDY_ROOT from Debian's unstable suite"
  fi
}

caddy_install() {
  if [[ -z $(caddy_path) ]] && debian_mirror >/dev/null; then unpack_sid "$CADDY_ROOT" caddy; fi
}
