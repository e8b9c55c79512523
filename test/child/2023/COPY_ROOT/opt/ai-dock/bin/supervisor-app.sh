#!/bin/bash

trap 'kill $(jobs -p) >/dev/null 2>&1' EXIT

PORT=${APP_PORT:-8188}
SERVICE="App"

printf "Starting %s...\n" ${SERVICE}

PLATFORM_FLAGS=
if [[ $XPU_TARGET = "CPU" ]]; then
  PLATFORM_FLAGS="--cpu"
fi

if [[ $CF_QUICK_TUNNELS = "true" ]]; then
  cloudflared tunnel --url localhost:${PORT} > /var/log/supervisor/quicktunnel-app.log 2>&1 &
fi

# What provisioning left there: this fails, and with it the app, when it has not ended yet.
if [[ -e /opt/ai-dock/bin/provisioning.sh ]] && ! cat ${WORKSPACE}app/model; then
  exit 1
fi

if [[ ${WORKSPACE_MOUNTED} = "true" ]]; then
  printf "the workspace is a mount\n"
fi

perl /opt/app/serve.pl ${PORT} ${PLATFORM_FLAGS}
