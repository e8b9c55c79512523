#!/bin/bash

trap stop EXIT

LISTEN_PORT=16200
PROXY_PORT=${VNC_PORT_HOST:-6200}

function stop() {
    rm /run/http_ports/$PROXY_PORT >/dev/null 2>&1
    kill $(jobs -p) >/dev/null 2>&1
    sudo rm -rf /tmp/.X-mode
}

function start() {
    source /opt/ai-dock/etc/environment.sh
    source /opt/ai-dock/bin/venv-set.sh serviceportal
    printf '{"listen_port":"%s","proxy_port":"%s","service_name":"Desktop"}\n' "$LISTEN_PORT" "$PROXY_PORT" \
        >/run/http_ports/$PROXY_PORT

    # The page of this program is shown always, until its bus is there, too.
    "$SERVICEPORTAL_VENV_PYTHON" /opt/ai-dock/fastapi/logviewer/main.py -p $LISTEN_PORT -r 5 -s Desktop -t "Preparing" &
    page=$!
    while [[ -f /run/workspace_sync || -f /run/container_config || ! -S "$BUS_SOCKET" ]]; do
        printf "Waiting for the bus...\n"
        sleep 0.2
    done
    kill $page &
    wait -n

    source /opt/ai-dock/etc/environment.sh
    sudo mkdir -pm755 /dev/input
    sudo touch /dev/input/js0
    mkdir -p /home/${USER_NAME}/.vnc
    printf "%s\n" "${#USER_PASSWORD}" >"$HOME/.vnc/password-length"
    echo proxy >/tmp/.X-mode
    python3 /opt/ai-dock/share/serve.py "$LISTEN_PORT"
}

start 2>&1
