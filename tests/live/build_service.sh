#!/bin/sh
# Builds the service with whatever go there is, out of its standard library alone.
# Usage: build_service.sh GO OUTPUT
set -eu
here=$(cd "$(dirname "$0")" && pwd)
output=$(pwd)/$2
# Nothing is fetched, nothing is kept outside of the build folder unless GOCACHE says so.
export GOCACHE="${GOCACHE:-$output.cache}" GOPATH="$output.path"
export GOFLAGS="-mod=mod -buildvcs=false -trimpath" GOTOOLCHAIN=local GOPROXY=off
export CGO_ENABLED=0
cd "$here/service"
exec "$1" build -o "$output" .
