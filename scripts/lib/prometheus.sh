# shellcheck shell=bash
# A Prometheus, with promtool, for tests of metrics: the machine's own, or its release's package, unpacked, so that no service
# starts. Sourced, never run.

# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

PROMETHEUS_ROOT=$CACHE/prometheus

prometheus_is_there() {
  { have prometheus && have promtool; } || [[ -x $PROMETHEUS_ROOT/usr/bin/prometheus ]]
}

# What prometheus_install is going to bring in, in words.
prometheus_plan() {
  if ! prometheus_is_there && have apt-get; then
    echo "prometheus, unpacked in $PROMETHEUS_ROOT from this machine's own release"
  fi
}

prometheus_install() {
  if prometheus_is_there || ! have apt-get; then return; fi
  apt_unpack prometheus "$PROMETHEUS_ROOT"
}
