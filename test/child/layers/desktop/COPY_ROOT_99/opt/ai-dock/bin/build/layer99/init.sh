#!/bin/bash
set -eo pipefail
umask 002

mkdir -pm755 /etc/apt/keyrings
# This script sources nothing: what it calls has to be on PATH, and to store what is exported here.
export EXTRA_VERSION="$(date -ud @0 +%Y.%m)"
env-store EXTRA_VERSION

apt-get clean -y

fix-permissions.sh -o container

rm -rf /tmp/*

rm /etc/ld.so.cache
ldconfig
