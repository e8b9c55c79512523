#!/usr/bin/env bash
# Prints compose.yaml for a Swarm, with .env taken in:
#
#   scripts/lib/swarm.sh | docker stack deploy --detach=false -c - ai-dock
#   scripts/lib/swarm.sh -f mine.yaml | …     with an override of your own
#
# `docker stack deploy` refuses a few things that Compose takes and writes: a name, numbers as text, env_file's long form.
set -euo pipefail
root=$(dirname "${BASH_SOURCE[0]}")/../..
docker compose --project-directory "$root" -f "$root/compose.yaml" -f "$root/compose.swarm.yaml" "$@" config |
  sed -E -e '/^name:/d' -e 's/^( +(published|size): )"([0-9]+)"$/\1\3/'
