#!/bin/sh
# Makes resources/firmware/ from Debian's `seabios` package: the two firmware files, their licence texts, checksums.
# Run by hand on Debian 12 when the version below changes; the results are committed. Needs apt-get and dpkg-deb, not root.
set -eu

version=1.16.2-1 # keep in step with resources/firmware/LICENCE.md

repo=$(cd "$(dirname "$0")/.." && pwd)
out=$repo/resources/firmware
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$work"
apt-get download "seabios=$version" || {
  echo "fetch-firmware: Debian no longer offers seabios $version; set the version it offers in $0 and in LICENCE.md" >&2
  exit 1
}
dpkg-deb -x seabios_*.deb package

# The sizes are part of the contract with the engine: v86 maps these two at fixed addresses.
expect_size() {
  actual=$(wc -c <"$1")
  [ "$actual" -eq "$2" ] || { echo "fetch-firmware: $1 has $actual bytes, expected $2" >&2; exit 1; }
}
expect_size package/usr/share/seabios/bios.bin 131072
expect_size package/usr/share/seabios/vgabios-stdvga.bin 39936

mkdir -p "$out"
install -m 644 package/usr/share/seabios/bios.bin "$out/seabios.bin"
install -m 644 package/usr/share/seabios/vgabios-stdvga.bin "$out/vgabios-stdvga.bin"
install -m 644 package/usr/share/doc/seabios/copyright "$out/COPYRIGHT.debian"
# The LGPL 3 is a set of permissions on top of the GPL 3, so both texts belong with the binaries.
install -m 644 /usr/share/common-licenses/LGPL-3 "$out/COPYING.LESSER"
install -m 644 /usr/share/common-licenses/GPL-3 "$out/COPYING"

cd "$out"
sha256sum seabios.bin vgabios-stdvga.bin >SHA256SUMS
cat SHA256SUMS
