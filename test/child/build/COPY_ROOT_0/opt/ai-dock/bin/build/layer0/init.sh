#!/bin/bash
set -eo pipefail
umask 002

source /opt/ai-dock/bin/build/layer0/common.sh
