#!/bin/bash
# What a team may have in its repository: docker lines as people write them.
set -e
docker network create --driver bridge web
docker run -d --name web --net web \
  -p 127.0.0.1:8080:80 -m 512m --cpus 1.5 \
  --annotation team=search nginx:1.27
