#!/bin/bash

trap stop EXIT

LISTEN_PORT=38188

function stop() {
    kill $(jobs -p) >/dev/null 2>&1
}

function start() {
    source /opt/ai-dock/etc/environment.sh
    source /opt/ai-dock/bin/venv-set.sh app
    cd /opt/ai-dock/share && "$APP_VENV_PYTHON" serve.py "$LISTEN_PORT"
}

start 2>&1
