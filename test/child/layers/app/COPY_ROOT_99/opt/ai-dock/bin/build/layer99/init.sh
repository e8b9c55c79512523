#!/bin/bash
set -eo pipefail
umask 002

# A first model, and a trial run with the allocator that the app is started with, too.
printf 'a small model\n' >/opt/storage/models/lora/from-image.safetensors
cd /opt/App
source "$APP_VENV/bin/activate"
LD_PRELOAD=libtcmalloc.so python -c 'print("trial:", "tcmalloc" in open("/proc/self/maps").read())'
deactivate

fix-permissions.sh -o container
