#!/bin/sh
exec docker container run \
  --rm \
  busybox sh -c id
