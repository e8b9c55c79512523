#!/bin/bash

trap stop EXIT

LISTEN_PORT=${APP_PORT_LOCAL:-18188}
METRICS_PORT=${APP_METRICS_PORT:-28188}
SERVICE_URL="${APP_URL:-}"

function stop() {
    kill $(jobs -p) >/dev/null 2>&1
    rm /run/http_ports/$PROXY_PORT >/dev/null 2>&1
    fuser -k -SIGTERM ${LISTEN_PORT}/tcp >/dev/null 2>&1 &
    wait -n
}

function start() {
    # As an app that looks once.
    printf "Models: %s\n" "$(ls /opt/App/models/checkpoints)"
    source /opt/ai-dock/etc/environment.sh
    source /opt/ai-dock/bin/venv-set.sh serviceportal
    source /opt/ai-dock/bin/venv-set.sh app

    if [[ ! -v APP_PORT || -z $APP_PORT ]]; then
        APP_PORT=${APP_PORT_HOST:-8188}
    fi
    PROXY_PORT=$APP_PORT
    SERVICE_NAME="The App"

    announcement="$(
      jq --null-input \
        --arg listen_port "${LISTEN_PORT}" \
        --arg metrics_port "${METRICS_PORT}" \
        --arg proxy_port "${PROXY_PORT}" \
        --arg proxy_secure "${PROXY_SECURE,,}" \
        --arg service_name "${SERVICE_NAME}" \
        --arg service_url "${SERVICE_URL}" \
        '$ARGS.named'
    )"
    printf "%s" "$announcement" >/run/http_ports/$PROXY_PORT

    # What has to be there before the app starts
    if [[ -f /run/workspace_sync || -f /run/container_config ]]; then
        printf "Waiting for workspace sync...\n"
        fuser -k -SIGKILL ${LISTEN_PORT}/tcp >/dev/null 2>&1 &
        wait -n
        "$SERVICEPORTAL_VENV_PYTHON" /opt/ai-dock/fastapi/logviewer/main.py \
            -p $LISTEN_PORT \
            -r 5 \
            -s "${SERVICE_NAME}" \
            -t "Preparing ${SERVICE_NAME}" &
        page=$!
        while [[ -f /run/workspace_sync || -f /run/container_config ]]; do
            sleep 0.2
        done
        printf "Page while waiting: %s\n" "$(ps -o args= -p $page)"
        kill $page &
        wait -n
    fi

    printf "%s started: %s\n" "${SERVICE_NAME}" "$(date +"%x %T.%3N")" >>/var/log/timing_data
    printf "Starting %s with: %s\n" "${SERVICE_NAME}" "$(cat /etc/app_args.conf)"
    cd /opt/App
    source "$APP_VENV/bin/activate"
    LD_PRELOAD=libtcmalloc.so \
        python main.py $(cat /etc/app_args.conf) --port ${LISTEN_PORT}
}

start 2>&1
