#!/usr/bin/env bash
# What `./dev run` shows: a hub with its embedded defaults, two agents, and a command for every way a command can end.
# It stays until it is interrupted. Usage: test/demo/run.sh BINDIR
set -euo pipefail

bin=$(cd "${1:?usage: run.sh BINDIR (the folder with aldisd and aldis)}" && pwd)
aldis=$bin/aldis
folder=$(mktemp -d)
agents=()
hub=

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
die() { printf '%s\n' "$*" >&2; exit 1; }

# until_for SECONDS COMMAND...: wait until it succeeds; fails when it does not in time, or when the hub ends.
until_for() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >"$folder/probe" 2>&1; do
        [ "$SECONDS" -lt "$end" ] && kill -0 "$hub" 2>/dev/null || return 1
        sleep 0.05
    done
}

# Ask them to end, and insist after a while: each of them takes five seconds at most to finish what it does.
stop() {
    local end process
    trap '' INT TERM
    for process in "${agents[@]}" $hub; do
        kill -TERM "$process" 2>/dev/null || true
        end=$((SECONDS + 8))
        while kill -0 "$process" 2>/dev/null; do
            [ "$SECONDS" -lt "$end" ] || kill -KILL "$process" 2>/dev/null || true
            sleep 0.05
        done
    done
    rm -rf "$folder"
}
trap stop EXIT
trap 'exit 0' INT TERM

# --- the hub --------------------------------------------------------------------------------------------------------

say 'aldisd'
"$bin/aldisd" >"$folder/doors" 2>"$folder/log" &
hub=$!
until_for 20 grep -qx ready "$folder/doors" || {
    cat "$folder/log" >&2
    die 'The hub could not be started: see the line above. Perhaps one runs already: try `aldis targets`, or stop it.'
}
cat "$folder/doors"
socket=$(sed -n 's/^door unix //p' "$folder/doors")
http=$(sed -n 's/^door http //p' "$folder/doors")
if [ -n "$socket" ]; then
    export ALDIS_URL=unix:$socket
else
    export ALDIS_URL=ws://$http # no place for sockets: XDG_RUNTIME_DIR is not set
fi

# --- two agents that serve one target -------------------------------------------------------------------------------

say "aldis agent --target demo --on upper='tr a-z A-Z' --on broken=... --on slow=... --on whoami=...    (twice)"
for name in one two; do
    "$aldis" agent --target demo \
        --on upper='tr a-z A-Z' \
        --on broken='echo "the shutter is stuck" >&2; exit 7' \
        --on slow='sleep 30' \
        --on whoami="echo \"agent $name, process \$PPID\"" 2>"$folder/agent-$name" &
    agents+=($!)
done
both_there() { [ "$("$aldis" channels --json --target demo | grep -o '"state":"live"' | wc -l)" -eq 2 ]; }
one_primary() { "$aldis" channels --json --target demo | grep -q '"primary":true'; }
until_for 20 both_there && until_for 20 one_primary || {
    cat "$folder"/agent-* >&2
    die 'The agents did not register.'
}
"$aldis" targets

# --- commands -------------------------------------------------------------------------------------------------------

# As one would type it.
quoted() {
    local word words=()
    for word in "$@"; do
        case $word in *[!A-Za-z0-9_./=-]*) word="'$word'" ;; esac
        words+=("$word")
    done
    printf '%s' "${words[*]}"
}

# show MEANING ARGUMENT...: call, with the whole outcome, then its story.
show() {
    local status=0 id
    say "aldis call $(quoted "${@:2}")"
    "$aldis" call --json "${@:2}" >"$folder/outcome" 2>/dev/null || status=$?
    cat "$folder/outcome"
    printf 'exit status %d: %s\n\n' "$status" "$1"
    id=$(sed -n 's/^{"id":"\([^"]*\)".*/\1/p' "$folder/outcome")
    "$aldis" explain "$id" | sed 's/^/    /'
}

show 'succeeded, with the reply' demo upper '"sos"'
show 'failed: the agent ran it, and says it went wrong' demo broken
show 'expired: the deadline came first' --deadline 1s demo slow
show 'refused: there is nobody of that name' nobody upper '"sos"'
show 'succeeded: every channel of the target did' --mode all demo whoami

# --- stay -----------------------------------------------------------------------------------------------------------

say 'The hub is yours until you press Ctrl-C. In another terminal, for example:'
cat <<TRY

    export PATH=$bin:\$PATH ALDIS_URL=$ALDIS_URL
    aldis call demo upper '"hello"'
    aldis call --deadline 60s demo slow          # then Ctrl-C it, or kill an agent: kill -9 ${agents[0]}
    aldis agent --target mine --on uptime=uptime
    aldis channels
    aldis help

It listens at  ws://$http  (Gravitee connectors: http://$http)${socket:+  and  unix:$socket}
The dashboard: http://$http/
The API:       curl http://$http/api/v1/hub
TRY

status=0
wait "$hub" || status=$?
cat "$folder/log" >&2
die "The hub ended by itself, with status $status."
