#!/bin/sh
# npx pnpm exec sh examples/ci-gate.sh tcpserver 9000
# A gate in a pipeline: starts any server (the last word is its port), and passes when that server speaks HELLO, which
# is later than the moment at which its port is open.
set -eu
for port; do :; done

"$@" >/dev/null &
server=$!
trap 'kill "$server"' EXIT

npx @hs/client 127.0.0.1 "$port" --wait 30s --quiet
echo 'the server speaks HELLO: going on'

# Prints:
# the server speaks HELLO: going on
