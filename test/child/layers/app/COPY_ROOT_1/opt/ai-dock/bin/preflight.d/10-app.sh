#!/bin/false

# Sourced by init.sh.
function preflight_main() {
    if [[ ${AUTO_UPDATE,,} == "true" ]]; then
        /opt/ai-dock/bin/update-app.sh
    fi
    printf "%s" "${APP_ARGS}" >/etc/app_args.conf
}

sudo chown user.ai-dock /var/log/timing_data

preflight_main "$@"
