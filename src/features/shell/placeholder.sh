#!/bin/sh
# SERVICEPORTAL_VENV_PYTHON of images without a service portal of their own. Scripts of child images run that portal's
# log page on the port of an app that has to wait, and kill it afterwards. ai-dock's portal shows what an app waits for,
# so that nothing has to be done here but to wait. Anything else is for Python, if there is one.
case ${1-} in
*/fastapi/logviewer/main.py) exec sleep infinity ;;
esac
exec python3 "$@"
