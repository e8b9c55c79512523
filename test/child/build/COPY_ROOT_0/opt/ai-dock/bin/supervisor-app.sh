#!/bin/bash

function start() {
    source /opt/ai-dock/etc/environment.sh
    source /opt/ai-dock/bin/venv-set.sh serviceportal
    source /opt/ai-dock/bin/venv-set.sh app

    "$SERVICEPORTAL_VENV_PYTHON" /opt/ai-dock/fastapi/logviewer/main.py -p 18188 -r 5 -s App -t "Preparing App" &
    waiting=$!
    while kill -0 "$waiting" && [[ $(ps -o args= -p "$waiting") != sleep* ]]; do sleep 0.05; done
    printf 'placeholder: %s\n' "$(ps -o args= -p "$waiting")"
    kill "$waiting"
    wait "$waiting"

    source /opt/ai-dock/etc/environment.sh
    nvm use default
    printf '%s=%s\n' ref "$APP_BUILD_REF" version "$APP_VERSION" path "$PATH" lib "$LD_LIBRARY_PATH" python "$APP_VENV_PYTHON" \
        args "$APP_ARGS" kept "$KEPT" node "$APP_NODE" token "$APP_TOKEN"
    exec sleep infinity
}

start 2>&1
