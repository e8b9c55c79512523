#!/bin/bash
# Becomes a supervisor with COUNT programs that run PROGRAM WORDS NAME: start.sh PEER COUNT LOGS PROGRAM WORDS…
# LOGS: none; container (the container's output alone); file (a file alone, rotated at 50 MB, ten kept); both (file and
# container's output, which is a pipe into the reader); burst (the programs "held", to file and container's output, and
# "free", to a file alone; 50 MB are kept, in five files); sshd (no output; the program is sshd). supervisord knows no copy:
# a second program with the same bytes stands for the copy. With PREPARE the first start only writes the configuration.
peer=$1 count=$2 logs=$3 program=$4
shift 4
words="$*"
if [[ $logs == sshd ]]; then program=/usr/sbin/sshd words='-D -e'; fi

# section NAME GO LOGFILE MAXBYTES BACKUPS [KEY=VALUE…]
section() {
  printf '[program:%s]\ncommand=%s %s %s\nprocess_name=%s%%(process_num)04d\nnumprocs=%s\nstartsecs=0\nautorestart=true\n' \
    "$1" "$program" "$words" "$2" "$1" "$count"
  printf 'redirect_stderr=true\nstdout_logfile=%s\nstdout_logfile_maxbytes=%s\nstdout_logfile_backups=%s\n' "${@:3:3}"
  if (($# > 5)); then printf '%s\n' "${@:6}"; fi
}

sections() {
  local file='/var/log/supervisor/%(program_name)s_%(process_num)04d.log'
  case $peer-$logs in
    *-none) section p p NONE 0 0 ;;
    ai-dock-sshd) ;;
    *-sshd) section sshd '' NONE 0 0 ;;
    *-container) section p p /dev/stdout 0 0 ;;
    ai-dock-file) section p p "$file" 50MB 10 container_log=false ;;
    ai-dock-both) section p p "$file" 50MB 10 ;;
    ai-dock-burst)
      section held held "$file" 10MB 4
      section free free "$file" 10MB 4 container_log=false
      ;;
    supervisord-file) section p p "$file" 50MB 10 ;;
    supervisord-both)
      section p p "$file" 50MB 10
      section copy p /dev/fd/1 0 0
      ;;
    supervisord-burst)
      section held held "$file" 10MB 4
      section copy held /dev/fd/1 0 0
      section free free "$file" 10MB 4
      ;;
  esac
}

# service NAME GO [LOG SCRIPT OF s6-log]
service() {
  local number name
  for ((number = 0; number < count; number++)); do
    name=/run/service/$1$number
    mkdir -p "$name"
    printf '#!/bin/sh\nexec %s %s %s\n' "$program" "$words" "$2" >"$name/run"
    chmod +x "$name/run"
    if [[ -z $3 ]]; then continue; fi
    mkdir "$name/log"
    printf '#!/bin/sh\nexec s6-log %s /var/log/supervisor/%s%s\n' "$3" "$1" "$number" >"$name/log/run"
    chmod +x "$name/log/run"
  done
}

services() {
  case $logs in
    none | container) service p p '' ;;
    sshd) service sshd '' '' ;;
    file) service p p 'n10 s50000000' ;;
    both) service p p 'n10 s50000000 1' ;;
    burst)
      service held held 'n4 s10000000 1'
      service free free 'n4 s10000000'
      ;;
  esac
}

# A service that waits for all, so that what stops it stops all and leaves dinit itself running.
dinit_services() {
  local number name=p
  if [[ $logs == sshd ]]; then name=sshd; fi
  mkdir -p /etc/dinit.d/programs.d
  printf 'type = internal\nwaits-for: programs\n' >/etc/dinit.d/boot
  printf 'type = internal\nwaits-for.d = programs.d\n' >/etc/dinit.d/programs
  for ((number = 0; number < count; number++)); do
    printf 'type = process\ncommand = %s %s %s\n' "$program" "$words" "$1" >"/etc/dinit.d/$name$number"
    : >"/etc/dinit.d/programs.d/$name$number"
  done
}

configure() {
  mkdir -p /run/sshd /var/log/supervisor /run/service
  if [[ $logs == sshd ]]; then ssh-keygen -A; fi
  case $peer in
    ai-dock) sections >/etc/supervisor/supervisord/conf.d/p.conf ;;
    supervisord)
      sections >/etc/supervisor/conf.d/p.conf
      # Each program costs it two descriptors, and each start closes as many as it may have.
      if ((count > 300)); then sed -i 's/^\[supervisord\]/&\nminfds=4096\nminprocs=2000/' /etc/supervisor/supervisord.conf; fi
      ;;
    s6) services ;;
    dinit) dinit_services "$([[ $logs == sshd ]] || echo p)" ;;
  esac
}

if [[ ! -e /etc/bench-configured ]]; then
  configure
  : >/etc/bench-configured
  if [[ -n $PREPARE ]]; then exit; fi
fi
if [[ $logs == both ]]; then exec > >(exec /programs/reader /run/arrived); fi
/programs/probe clock
case $peer in
  ai-dock) exec /usr/local/bin/ai-dock init.sh ;;
  supervisord) exec /usr/bin/supervisord -n -c /etc/supervisor/supervisord.conf ;;
  s6) exec s6-svscan -c 3000 /run/service ;;
  dinit) exec dinit --container ;;
  tini) exec tini -- "$program" "$@" p ;;
esac
