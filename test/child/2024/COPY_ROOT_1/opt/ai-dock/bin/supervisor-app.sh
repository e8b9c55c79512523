#!/bin/bash

trap cleanup EXIT

LISTEN_PORT=${APP_PORT_LOCAL:-18188}
METRICS_PORT=${APP_METRICS_PORT:-28188}
SERVICE_URL="${APP_URL:-}"
PROXY_SECURE=true

function cleanup() {
  kill $(jobs -p) >/dev/null 2>&1
  rm /run/http_ports/$PROXY_PORT >/dev/null 2>&1
}

function start() {
  source /opt/ai-dock/etc/environment.sh
  PROXY_PORT=${APP_PORT_HOST:-8188}
  SERVICE_NAME="App"

  file_content="$(
    jq --null-input \
      --arg listen_port "${LISTEN_PORT}" \
      --arg metrics_port "${METRICS_PORT}" \
      --arg proxy_port "${PROXY_PORT}" \
      --arg proxy_secure "${PROXY_SECURE,,}" \
      --arg service_name "${SERVICE_NAME}" \
      --arg service_url "${SERVICE_URL}" \
      '$ARGS.named'
  )"
  printf "%s" "$file_content" >/run/http_ports/$PROXY_PORT

  # Later versions of the base image prepare the workspace while programs run already
  while [[ -f /run/workspace_sync || -f /run/container_config ]]; do
    sleep 1
  done

  printf "Starting %s...\n" ${SERVICE_NAME}
  perl /opt/app/serve.pl ${LISTEN_PORT}
}

start 2>&1
