#!/bin/bash

LISTEN_ADDRESS=${RELAY_ADDRESS:-$(/opt/ai-dock/bin/external-ip-address)}
printf "Relay on <%s>\n" "$LISTEN_ADDRESS"
exec sleep infinity
