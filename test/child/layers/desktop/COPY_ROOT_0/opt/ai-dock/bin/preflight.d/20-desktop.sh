#!/bin/false

function preflight_main() {
    same_value SIZE_WIDTH SIZEW
    export BUS_SOCKET="${XDG_RUNTIME_DIR:-/tmp}/bus-${DISPLAY#*:}"
    env-store BUS_SOCKET
    export BUS_ADDRESS="unix:path=${BUS_SOCKET}"
    env-store BUS_ADDRESS

    rm -rf $XDG_RUNTIME_DIR

    home_dir="/home/${USER_NAME}"
    desktop_dir="${home_dir}/Desktop"
    mkdir -p ${desktop_dir}
    chown ${USER_NAME}.${USER_NAME} "${desktop_dir}"
    ln -sf "${WORKSPACE}" "${desktop_dir}"
    locale-gen $LANG
}

# An old name and a new one have the same value, whichever was given.
function same_value() {
    local one two
    one=$(eval echo "\$$1")
    two=$(eval echo "\$$2")
    if [ -z "$one" ]; then
        export $1="$two"
        env-store $1
    elif [ -z "$two" ]; then
        export $2="$one"
        env-store $2
    fi
}

preflight_main "$@"
