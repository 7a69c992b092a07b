#!/bin/sh
# A Redis as SONiC's is set up, which says that CONFIG_DB is whole as `config reload` does.
socket=/var/run/redis/redis.sock
(until redis-cli -s $socket -n 4 SET CONFIG_DB_INITIALIZED 1 >/dev/null 2>&1; do sleep 0.2; done) &
exec redis-server --port 0 --unixsocket $socket --unixsocketperm 770 --databases 16 --dir /data \
  --notify-keyspace-events AKE --save 60 1 --appendonly no --client-output-buffer-limit "pubsub 0 0 0"
