#!/usr/bin/env bash
# What a hub does most, for a program that counts it (cmake/profile.cmake): commands at two sizes, over TCP and a Unix socket,
# many at once and one by one, to one agent and to several; requests and events between links. The counts are those of the hub alone,
# in the folder it was built with. Fails when anything does. Usage: bench/train.sh BINDIR
set -euo pipefail

bin=$(cd "${1:?usage: train.sh BINDIR (the folder with aldisd, aldis and bench_load, built with ALDIS_PROFILE=generate)}" && pwd)
folder=$(mktemp -d)
hub=

stop() {
    [ -z "$hub" ] || kill -KILL "$hub" 2>/dev/null || true
    rm -rf "$folder"
}
trap stop EXIT
trap 'exit 1' INT TERM

# The load is made by an instrumented program as well, whose own counts would blur the hub's: they go away with the folder.
load() {
    GCOV_PREFIX=$folder/load ALDIS_URL=$1 timeout 30 "$bin/aldis" bench --warm-up 1ms "${@:2}" >"$folder/figures"
}

# A control and a host: what they say, how much of it, and how many at once.
links() {
    GCOV_PREFIX=$folder/load timeout 30 "$bin/bench_load" --callers-at "$port" --agents-at "$port" --target 4 --token "$control" \
        --agent-token "$host" --speech "$1" --size "$2" --in-flight "$3" --warm-ms 1 --ms 400 >"$folder/figures"
}

token() {
    GCOV_PREFIX=$folder/load "$bin/aldis" token create "$@" --secret "$folder/secret"
}

"$bin/aldisd" -s http.listen=127.0.0.1:0 -s "unix.path=$folder/socket" -s "link.secret=$folder/secret" -s log.level=warning \
    >"$folder/doors" 2>"$folder/log" &
hub=$!
for ((tries = 0; tries < 200; tries++)); do
    grep -qsx ready "$folder/doors" && break
    kill -0 "$hub" 2>/dev/null || break
    sleep 0.05
done
grep -qsx ready "$folder/doors" || {
    cat "$folder/log" >&2
    exit 1
}
http=ws://$(sed -n 's/^door http //p' "$folder/doors")
port=${http##*:}
control=$(token user bench)
host=$(token host 4)
unix=unix:$folder/socket

for size in 16 1024; do
    load "$http" --size "$size" --callers 4 --in-flight 250 --agents 4 --duration 500ms
    load "$unix" --size "$size" --callers 4 --in-flight 250 --agents 4 --duration 500ms
    load "$unix" --size "$size" --callers 50 --duration 200ms
    load "$http" --size "$size" --duration 100ms
done
load "$unix" --mode all --agents 20 --in-flight 10 --duration 100ms
links link 100 500
links link 1000 100
links link 100 1
links link-events 83 1000

kill -TERM "$hub"
wait "$hub"
hub=
