#!/bin/sh
# Regenerates Sources/OTLP/Generated from proto/.
#
# Needs protoc (Debian: protobuf-compiler). The Swift generator is built from the swift-protobuf
# that the package already uses, so that generated code and library always fit; or give another
# one as PROTOC_GEN_SWIFT.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
checkout=$root/.build/checkouts/swift-protobuf
out=$root/Sources/OTLP/Generated

command -v protoc >/dev/null || { echo "protoc is missing: apt-get install protobuf-compiler" >&2; exit 1; }

if [ -z "${PROTOC_GEN_SWIFT:-}" ]; then
    [ -d "$checkout" ] || swift package --package-path "$root" resolve
    scratch=$root/.build/protoc-gen-swift
    mkdir -p "$scratch"
    swift build --package-path "$checkout" --scratch-path "$scratch" -c release --product protoc-gen-swift
    PROTOC_GEN_SWIFT=$scratch/release/protoc-gen-swift
fi

new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT
# shellcheck disable=SC2046 # file names in proto/ have no spaces
protoc --proto_path="$root/proto" --plugin="protoc-gen-swift=$PROTOC_GEN_SWIFT" --swift_out="$new" \
    --swift_opt=Visibility=Internal --swift_opt=FileNaming=DropPath \
    $(cd "$root/proto" && find . -name '*.proto' | sed 's|^\./||' | sort)

mkdir -p "$out"
rm -f "$out"/*.pb.swift
for file in "$new"/*.pb.swift; do
    { echo "// swift-format-ignore-file"; cat "$file"; } >"$out/$(basename "$file")"
done
