#!/bin/bash
# An example of a provisioning script: it runs at every start, before any program does.
#   from a URL or a path in the container:  PROVISIONING_SCRIPT=https://example.com/provisioning.sh
#   from this machine: mount it at /opt/ai-dock/bin/provisioning.sh (see compose.yaml)
# What it exports reaches every program; its output is in `docker logs` and `ai-dock logs provisioning`.
set -euo pipefail

# A package from the distribution:
#   apt-get -q update && $APT_INSTALL ffmpeg

# A model, fetched once into the volume; curl -C - goes on where an earlier start was interrupted:
#   mkdir -p "${WORKSPACE}models"
#   curl --fail --location --retry 3 -C - -o "${WORKSPACE}models/model.safetensors" https://example.com/model.safetensors

export PROVISIONED_AT
PROVISIONED_AT=$(date --iso-8601=seconds)
echo "provisioned ${WORKSPACE} at ${PROVISIONED_AT}"
