#!/bin/false

source /opt/ai-dock/etc/environment.sh

build_python_main() {
    # Words of a variable of the base; what is there already needs no network.
    $APT_INSTALL bash

    python3 -m venv --without-pip "$NOTEBOOK_VENV"
    # The node version manager is a function that environment.sh brings; where the base has none, this layer does.
    if [[ $(type -t nvm) != function ]]; then
        build_python_install_node
        source /opt/ai-dock/etc/environment.sh
    fi
    printf 'node: %s\n' "$(nvm use default)"
}

build_python_install_node() {
    export NVM_DIR=/opt/node-versions
    env-store NVM_DIR
    mkdir -p "$NVM_DIR"
    cat >"$NVM_DIR/nvm.sh" <<'SCRIPT'
nvm() { printf 'Now using %s\n' "${2:?}"; }
SCRIPT
    printf '[ -s "$NVM_DIR/nvm.sh" ] && \\. "$NVM_DIR/nvm.sh"\n' >>/opt/ai-dock/etc/environment.sh
}

build_python_main "$@"
