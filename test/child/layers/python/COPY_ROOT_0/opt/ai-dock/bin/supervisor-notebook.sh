#!/bin/bash

trap stop EXIT

function stop() {
    kill $(jobs -p) >/dev/null 2>&1
    fuser -k -SIGTERM ${LISTEN_PORT}/tcp >/dev/null 2>&1 &
    rm /run/http_ports/$PROXY_PORT >/dev/null 2>&1
    wait -n
}

function start() {
    source /opt/ai-dock/etc/environment.sh
    source /opt/ai-dock/bin/venv-set.sh serviceportal
    source /opt/ai-dock/bin/venv-set.sh notebook

    LISTEN_PORT=18888
    PROXY_PORT=${NOTEBOOK_PORT_HOST:-8888}
    SERVICE_NAME="Notebook"

    if [[ ${SERVERLESS,,} = "true" ]]; then
        printf "%s is not for serverless containers\n" "$SERVICE_NAME"
        exec sleep 10
    fi

    announcement="$(
      jq --null-input \
        --arg listen_port "${LISTEN_PORT}" \
        --arg metrics_port "28888" \
        --arg proxy_port "${PROXY_PORT}" \
        --arg proxy_secure "${PROXY_SECURE,,}" \
        --arg service_name "${SERVICE_NAME}" \
        --arg service_url "${NOTEBOOK_URL:-}" \
        '$ARGS.named'
    )"
    printf "%s" "$announcement" >/run/http_ports/$PROXY_PORT

    # What the image wrote as root, the account changes by sudo.
    sudo sed -i "s|^workspace=.*|workspace=$WORKSPACE|" /usr/local/share/notebook.conf

    source "$NOTEBOOK_VENV/bin/activate"
    nvm use default
    printf "Starting %s...\n" "$SERVICE_NAME"
    python /opt/ai-dock/share/serve.py "$LISTEN_PORT"
}

start 2>&1
