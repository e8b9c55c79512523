#!/bin/bash
set -eo pipefail
umask 002

source /opt/ai-dock/bin/build/layer0/common.sh

# Tidy up and keep the image small
apt-get clean -y
mkdir -p /opt/app/src && printf 'x = 1\n' >/opt/app/src/main.py && ln -s /etc /opt/app/etc
fix-permissions.sh -o container
rm /etc/ld.so.cache
ldconfig
