#!/bin/false

export APP_ORDER="after ${APP_FLAGS:+10-app.sh}"
