# Runs at every boot, before the programs start. What it exports reaches the app, shells and ssh sessions.
export APP_PORT=${APP_PORT:-8188}
export APP_GREETING=${APP_GREETING:-"Hello from ${WORKSPACE}"}
