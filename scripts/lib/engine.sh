#!/usr/bin/env bash
# A Docker engine for whoever calls: the one that answers, else a private one made of Debian packages.
#
#   eval "$(scripts/lib/engine.sh env)"   engine up, DOCKER_HOST and PATH for this shell
#   scripts/lib/engine.sh status          which engine would be used
#   scripts/lib/engine.sh stop            ends the private engine
#
# Sourced, it gives engine_up, engine_stop and ENGINE_STARTED (true when this shell's run started the daemon).

# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

ENGINE=$CACHE/engine
ENGINE_ROOT=$ENGINE/root
ENGINE_SOCKET=$ENGINE/docker.sock
ENGINE_STARTED=false

# From Debian's unstable suite: the engine older releases carry knows no named contexts and no heredocs.
ENGINE_PACKAGES=(docker.io docker-cli containerd tini-static docker-buildx docker-compose rclone)
# How long the daemon may take to answer, and to end, in tenths of a second.
ENGINE_START_LIMIT=600
ENGINE_STOP_LIMIT=200

engine_answers() { docker info >/dev/null 2>&1 </dev/null; }

engine_private_answers() {
  [[ -S $ENGINE_SOCKET ]] && DOCKER_HOST=unix://$ENGINE_SOCKET "$ENGINE_ROOT/usr/bin/docker" info >/dev/null 2>&1 </dev/null
}

engine_export() {
  export DOCKER_HOST=unix://$ENGINE_SOCKET
  case :$PATH: in
    *:"$ENGINE_ROOT/usr/bin":*) ;;
    *) export PATH=$ENGINE_ROOT/usr/bin:$ENGINE_ROOT/usr/sbin:$PATH ;;
  esac
}

# Makes an engine answer, and sets DOCKER_HOST and PATH where that is the private one.
engine_up() {
  if [[ ${DOCKER_HOST:-} != "unix://$ENGINE_SOCKET" ]] && have docker && engine_answers; then
    docker buildx version >/dev/null 2>&1 || die "the Docker engine here has no buildx: install the package docker-buildx"
    docker compose version >/dev/null 2>&1 || die "the Docker engine here has no compose: install the package docker-compose"
    return
  fi
  case ${DOCKER_HOST:-} in
    '' | "unix://$ENGINE_SOCKET") ;;
    *) die "no Docker engine answers at DOCKER_HOST=$DOCKER_HOST" ;;
  esac
  [[ $EUID -eq 0 ]] || die "no Docker engine answers, and starting a private one needs root: install Docker, or run this as root"
  mkdir -p "$ENGINE"
  # One start at a time; the daemon itself must not inherit the lock.
  exec 9>"$ENGINE/lock"
  flock 9
  if ! engine_private_answers; then
    engine_install
    engine_start
  fi
  engine_link_plugins
  exec 9>&-
  engine_export
}

engine_is_needed() { ! { have docker && engine_answers; } && ! engine_private_answers; }

# The packages that a private engine needs of the machine itself, of which some are missing.
engine_lacks() {
  lacking runc runc iptables iptables mmdebstrap mmdebstrap
  [[ -e /etc/ssl/certs/ca-certificates.crt ]] || echo ca-certificates
}

# What engine_up is going to bring in, in words.
engine_plan() {
  engine_is_needed || return 0
  if [[ ! -e $ENGINE_ROOT/.complete ]]; then
    echo "a private Docker engine, as none answers, in $ENGINE: ${ENGINE_PACKAGES[*]}"
    echo "  unpacked there from Debian's unstable suite, of which the machine's own apt never hears"
  fi
  echo 'its daemon, which runs as root with iptables rules and networks of its own; scripts/lib/engine.sh stop ends it'
}

engine_install() {
  local missing
  mapfile -t missing < <(engine_lacks)
  [[ ${#missing[@]} -eq 0 ]] || apt_install "${missing[@]}"
  if [[ ! -e $ENGINE_ROOT/.complete ]]; then engine_unpack; fi
}

engine_unpack() {
  debian_mirror >/dev/null || die "no Docker engine answers, and a private one can only be made on Debian: install Docker first"
  step "No Docker engine answers: getting a private one from Debian's packages"
  rm -rf "$ENGINE_ROOT"
  unpack_sid "$ENGINE_ROOT" "${ENGINE_PACKAGES[@]}"
}

# Docker looks for plugins in the user's own folder; one that is already there is the user's choice.
engine_link_plugins() {
  local folder=${DOCKER_CONFIG:-$HOME/.docker}/cli-plugins plugin from
  mkdir -p "$folder"
  for plugin in docker-buildx docker-compose; do
    from=$(find "$ENGINE_ROOT/usr" -path "*/cli-plugins/$plugin" | head -n 1)
    [[ -n $from ]] || die "the engine's packages hold no $plugin"
    if [[ ! -e $folder/$plugin ]]; then ln -sfn "$from" "$folder/$plugin"; fi
  done
}

# In a container with a cgroup namespace of its own no process may stay at the root of cgroup v2, or the engine cannot
# make groups for containers below it.
engine_make_cgroup() {
  local root=/sys/fs/cgroup
  if [[ ! -e $root/cgroup.controllers || $(cat /proc/self/cgroup) != 0::/ ]]; then return; fi
  mkdir -p "$root/init"
  # Some end meanwhile, and a few of the kernel's cannot be moved.
  xargs -rn 1 <"$root/cgroup.procs" >"$root/init/cgroup.procs" 2>/dev/null || true
  sed 's/ / +/g; s/^/+/' <"$root/cgroup.controllers" >"$root/cgroup.subtree_control" || true
}

engine_start() {
  local pid tenths=0
  engine_make_cgroup
  # A pid file from before a reboot may name some other living process, and dockerd would refuse to start.
  rm -f "$ENGINE/pid" "$ENGINE_SOCKET"
  note "starting the private engine, log in $ENGINE/dockerd.log"
  (
    exec 9>&-
    exec setsid --fork env PATH="$ENGINE_ROOT/usr/bin:$ENGINE_ROOT/usr/sbin:$PATH" dockerd --data-root "$ENGINE/data" --exec-root "$ENGINE/exec" --host "unix://$ENGINE_SOCKET" \
      --pidfile "$ENGINE/pid" --init-path "$ENGINE_ROOT/usr/bin/tini-static"
  ) </dev/null >"$ENGINE/dockerd.log" 2>&1
  until engine_private_answers; do
    ((++tenths < ENGINE_START_LIMIT)) || {
      tail -n 20 "$ENGINE/dockerd.log" >&2
      die 'the private engine does not answer'
    }
    pid=$(cat "$ENGINE/pid" 2>/dev/null || true)
    if [[ $tenths -gt 50 && -n $pid ]] && ! kill -0 "$pid" 2>/dev/null; then
      tail -n 20 "$ENGINE/dockerd.log" >&2
      die 'the private engine ended at once'
    fi
    sleep 0.1
  done
  # shellcheck disable=SC2034 # read by those who source this
  ENGINE_STARTED=true
}

# Ends the private engine; its data stay for the next time.
engine_stop() {
  local pid tenths=0
  pid=$(cat "$ENGINE/pid" 2>/dev/null) || return 0
  [[ $(readlink "/proc/$pid/exe" 2>/dev/null) == */dockerd ]] || return 0
  kill "$pid" 2>/dev/null || true
  while kill -0 "$pid" 2>/dev/null && ((++tenths < ENGINE_STOP_LIMIT)); do sleep 0.1; done
  if kill -0 "$pid" 2>/dev/null; then die "the private engine (pid $pid) does not end"; fi
}

engine_status() {
  if have docker && engine_answers; then
    say "a Docker engine answers (${DOCKER_HOST:-default socket})"
  elif engine_private_answers; then
    say "the private engine answers (unix://$ENGINE_SOCKET)"
  else
    say 'no Docker engine answers'
    return 1
  fi
}

engine_main() {
  set -euo pipefail
  case ${1:-} in
    env)
      engine_up
      if [[ -n ${DOCKER_HOST:-} ]]; then printf 'export DOCKER_HOST=%q\n' "$DOCKER_HOST"; fi
      printf 'export PATH=%q\n' "$PATH"
      ;;
    status) engine_status ;;
    stop) engine_stop ;;
    *) die 'usage: engine.sh env|status|stop' ;;
  esac
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then engine_main "$@"; fi
