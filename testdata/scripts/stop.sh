#!/bin/sh
# stop
exec docker stop w1 w2
