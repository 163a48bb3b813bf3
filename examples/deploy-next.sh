#!/bin/bash
# deploy.sh with more memory: the rest is only written in another way.
set -e
docker network create web -d bridge
docker container run --detach --name=web --network=web --memory=1g --cpus=1.5 --publish=127.0.0.1:8080:80 \
  --annotation=team=search nginx:1.27
