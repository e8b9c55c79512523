#!/bin/false

printf 'layer0 for %s\n' "$XPU_TARGET"
