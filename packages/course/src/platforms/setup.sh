#!/usr/bin/env bash
set -euo pipefail
need() {
  command -v "$1" >/dev/null && return
  shift
  [ -n "${lists_are_fresh-}" ] || apt-get update -qq
  lists_are_fresh=yes
  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@"
}
need gcc gcc libc6-dev
need make make
need setpriv util-linux
need ss iproute2
# Where containers may have namespaces, submissions get their own; without them, each runs as a user of its own.
need bwrap bubblewrap || true
PACKAGES
