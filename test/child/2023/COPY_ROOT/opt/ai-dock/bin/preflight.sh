#!/bin/bash
# Written to be executed: it ends in `exit`.

function main() {
  write_alias
  export APP_GREETING="hello from preflight"
}

function write_alias() {
  grep -q app-log /root/.bashrc 2>/dev/null || printf "alias app-log='logtail.sh app'\n" >>/root/.bashrc
}

main "$@"; exit
