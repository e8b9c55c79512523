# shellcheck shell=bash
# An nginx for tests of downloads: the machine's own, or its release's package, unpacked, so that no service starts. Sourced,
# never run.

# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

NGINX_ROOT=$CACHE/nginx

nginx_is_there() {
  have nginx || [[ -x /usr/sbin/nginx || -x $NGINX_ROOT/usr/sbin/nginx ]]
}

# What nginx_install is going to bring in, in words.
nginx_plan() {
  if ! nginx_is_there && have apt-get; then echo "nginx, unpacked in $NGINX_ROOT from this machine's own release"; fi
}

nginx_install() {
  if nginx_is_there || ! have apt-get; then return; fi
  apt_unpack nginx "$NGINX_ROOT"
}
