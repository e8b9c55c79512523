#!/bin/false

source /opt/ai-dock/etc/environment.sh

build_desktop_main() {
    # Debian has no command for archives of others' packages any more; published images are Ubuntu's.
    if grep -q ^ID=ubuntu /etc/os-release; then
        add-apt-repository --help >/dev/null
    fi
    locale-gen $LANG

    export TOOL_VERSION="$(printf 'v3.1.4' | sed 's/[^0-9\.\-]*//g')"
    env-store TOOL_VERSION
    mkdir -p /opt/desktop/{bin,lib}
    # A line of the owner of a file as it was written for long.
    chown root.ai-dock /opt/desktop/bin
}

build_desktop_main "$@"
