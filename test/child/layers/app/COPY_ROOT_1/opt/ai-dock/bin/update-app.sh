#!/bin/bash
umask 002

source /opt/ai-dock/bin/venv-set.sh app
cd /opt/App
git tag --list | tail -n 1 | sed 's/^/updated to /'
"$APP_VENV_PYTHON" -c 'pass'
