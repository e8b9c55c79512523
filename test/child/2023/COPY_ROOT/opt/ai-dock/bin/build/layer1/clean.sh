#!/bin/false

# Tidy up and keep image small
apt-get clean -y
if [[ -x $MAMBA_EXE ]]; then micromamba clean -ay; fi
rm -rf /opt/ai-dock/bin/build/layer1
# Remove the build directory if nothing else is in it
rmdir --ignore-fail-on-non-empty /opt/ai-dock/bin/build
