#!/bin/false

source /opt/ai-dock/etc/environment.sh

build_app_main() {
    "python$PYTHON_VERSION" -m venv --without-pip "$APP_VENV"
    source venv-set.sh app
    [[ $APP_VENV_PYTHON == /opt/environments/python/app/bin/python ]]
}

build_app_main "$@"
