#!/bin/bash
# Becomes a supervisor with COUNT programs that run `probe WORDS`: start.sh PEER COUNT LOGS WORDS…
# LOGS: file (rotated at 50 MB, ten kept), container (standard output), none.
peer=$1 count=$2 logs=$3
shift 3
mkdir -p /run/sshd /var/log/supervisor /run/service

supervisord_programs() {
  printf '[program:p]\ncommand=/programs/probe %s\nprocess_name=p%%(process_num)04d\nnumprocs=%s\nstartsecs=0\n' "$*" "$count"
  printf 'redirect_stderr=true\nstdout_logfile=%s\n' "$target"
  [[ $logs == file ]] && printf 'stdout_logfile_maxbytes=50MB\nstdout_logfile_backups=10\n' || printf 'stdout_logfile_maxbytes=0\n'
}

s6_programs() {
  local name
  for ((number = 0; number < count; number++)); do
    name=/run/service/p$number
    mkdir "$name"
    printf '#!/bin/sh\nexec /programs/probe %s\n' "$*" >"$name/run"
    chmod +x "$name/run"
    [[ $logs == file ]] || continue
    mkdir "$name/log"
    printf '#!/bin/sh\nexec s6-log n10 s50000000 /var/log/supervisor/p%s\n' "$number" >"$name/log/run"
    chmod +x "$name/log/run"
  done
}

case $logs in
  file) target='/var/log/supervisor/%(program_name)s_%(process_num)04d.log' ;;
  container) target=/dev/stdout ;;
  none) target=NONE ;;
esac
case $peer in
  ai-dock) supervisord_programs "$@" >/etc/supervisor/supervisord/conf.d/p.conf ;;
  supervisord)
    supervisord_programs "$@" >/etc/supervisor/conf.d/p.conf
    sed -i 's/^\[supervisord\]/&\nminfds=10000\nminprocs=1000/' /etc/supervisor/supervisord.conf
    ;;
  s6) s6_programs "$@" ;;
esac
/programs/probe clock
case $peer in
  ai-dock) exec /usr/local/bin/ai-dock init.sh ;;
  supervisord) exec /usr/bin/supervisord -n -c /etc/supervisor/supervisord.conf ;;
  s6) exec s6-svscan -c 2000 /run/service ;;
  tini) exec tini -- /programs/probe "$@" ;;
esac
