#!/bin/sh
# start worker-1
#
# 2026-07-01T12:00:00Z
exec docker run \
  --name=worker-1 \
  --user=1000:1000 \
  --detach \
  --read-only \
  '--volume=/a b:/c' \
  '--env=TEXT=two
lines' \
  -- \
  busybox:1.35 sh -c 'echo "it'"'"'s $HOME"'
