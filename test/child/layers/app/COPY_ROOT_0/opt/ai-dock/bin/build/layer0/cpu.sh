#!/bin/false

printf 'app, layer0 for %s\n' "$XPU_TARGET"
