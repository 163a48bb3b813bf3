#!/bin/sh
# on another engine
exec docker --context=far --debug run \
  --rm \
  busybox true
