#!/bin/false

export APP_SOCKET="/run/app of $(nvm use hook 2>/dev/null || echo nobody)"
source /opt/ai-dock/etc/environment.sh
export APP_NODE="$(nvm use hook)"
export APP_ARGS='--port 1'
env-store APP_ARGS
export APP_ARGS='--port 1 and the export that comes later'
KEPT="it's kept" env-store KEPT
