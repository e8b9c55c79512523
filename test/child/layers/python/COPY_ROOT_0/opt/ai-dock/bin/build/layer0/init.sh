#!/bin/bash
# The build fails where any of its commands does.
set -eo pipefail
umask 002

source /opt/ai-dock/bin/build/layer0/common.sh

case $XPU_TARGET in
    CPU) source /opt/ai-dock/bin/build/layer0/cpu.sh ;;
    *) printf 'This test has layers for CPU only, not for "%s"\n' "$XPU_TARGET" >&2; exit 1 ;;
esac

source /opt/ai-dock/bin/build/layer0/clean.sh
