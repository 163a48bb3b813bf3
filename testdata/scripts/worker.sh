#!/bin/bash
# worker-1
# 2026-07-01T12:00:00Z
export EMPTY=
export HOME=/tmp
export 'OPTS=-Xmx64m -Da=$b'
export 'TEXT=it'"'"'s
two lines
'
umask 0027
exec java -server 'a b'
