#!/bin/false

source /opt/ai-dock/etc/environment.sh

function build_main() {
    # An account, which this test does not leave to the boot.
    useradd --create-home --shell /bin/bash tester

    if [[ -z $APP_BUILD_REF ]]; then
        export APP_BUILD_REF="v1.2 it's \$(id)"
        env-store APP_BUILD_REF
    fi
    if [[ $APP_VERSION == latest ]]; then
        export APP_VERSION=1.6
        env-store APP_VERSION
    fi

    # A node version manager brings a function and a search path.
    export NVM_DIR=/opt/nvm
    env-store.sh NVM_DIR
    mkdir -p "$NVM_DIR" "$APP_VENV/bin"
    printf 'nvm() { printf "node %%s for %%s\\n" "$2" "$(id -un)"; }\nexport PATH=%s/bin:$PATH\n' "$NVM_DIR" >"$NVM_DIR/nvm.sh"
    printf 'source %s/nvm.sh\n' "$NVM_DIR" >>/opt/ai-dock/etc/environment.sh
    printf '[ -s /opt/none ] && source /opt/none\nexport LD_LIBRARY_PATH=$LD_LIBRARY_PATH:/opt/app/lib\n:\n' \
        >>/opt/ai-dock/etc/environment.sh

    source venv-set.sh app
    [[ $APP_VENV_PIP == /opt/environments/python/app/bin/pip ]]
}

build_main "$@"
