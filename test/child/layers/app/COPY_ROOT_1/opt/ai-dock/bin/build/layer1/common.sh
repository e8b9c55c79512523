#!/bin/false

source /opt/ai-dock/etc/environment.sh

build_app_install() {
    if [[ -z $APP_BUILD_REF ]]; then
        export APP_BUILD_REF="v2.1"
        env-store APP_BUILD_REF
    fi

    # What a clone of the app as root would leave.
    mkdir -p /opt/App/custom_nodes /opt/App/models/{checkpoints,loras} /opt/App/output
    cd /opt/App
    git init -q
    printf 'import runpy, sys\nsys.argv = ["serve.py", sys.argv[-1]]\nrunpy.run_path("/opt/ai-dock/share/serve.py", run_name="__main__")\n' >main.py
    git add main.py
    git -c user.name=test -c user.email=test@example.org commit -qm "$APP_BUILD_REF"
    git tag "$APP_BUILD_REF"
}

build_app_install "$@"
