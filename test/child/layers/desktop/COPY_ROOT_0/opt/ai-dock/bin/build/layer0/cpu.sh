#!/bin/false

dpkg --print-foreign-architectures | sed 's/^/also for /'
