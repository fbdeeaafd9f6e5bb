#!/bin/sh
# Makes resources/demo-guest/: kernel, initial file system and CD image of the demo guest, from Debian 12 packages.
#
#   scripts/build-demo-guest.sh [--keep-kernel] [WORK_FOLDER]
#
# Run by hand when something under scripts/demo-guest/ or a version below changes; the results are committed. The kernel
# takes five minutes on two processors; a WORK_FOLDER that is kept makes the next run short, and --keep-kernel takes the
# committed one. Nothing is installed, no root.
# Needs: gcc make flex bison bc lz4 libelf-dev cpio xorriso, and `dpkg --add-architecture i386` once.
set -eu

linux=6.1.192-2                                 # source package linux
busybox=1:1.35.0-4+deb12u1+b1                   # source package busybox 1:1.35.0-4+deb12u1
glibc=2.36-9+deb12u14                           # linked into busybox-static
syslinux=3:6.04~git20190206.bf6db5b4+dfsg1-3    # source package syslinux
export SOURCE_DATE_EPOCH=1717200000             # 2024-06-01: every date in the results

repo=$(cd "$(dirname "$0")/.." && pwd)
parts=$repo/scripts/demo-guest
out=$repo/resources/demo-guest
keep_kernel=
if [ "${1:-}" = --keep-kernel ]; then
  keep_kernel=yes
  shift
fi
if [ $# -gt 0 ]; then
  mkdir -p "$1"
  work=$(cd "$1" && pwd)
else
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
fi
umask 022
export LC_ALL=C

# fetch PACKAGE VERSION: unpacks it to $work/packages/PACKAGE.
fetch() {
  local folder=$work/packages/$1
  [ "$(cat "$folder/version" 2>/dev/null)" != "$2" ] || return 0
  rm -rf "$folder"
  mkdir -p "$folder"
  (cd "$folder" && apt-get download "$1=$2" && dpkg-deb -x ./*.deb . && rm ./*.deb) || {
    echo "build-demo-guest: Debian no longer offers $1 $2; set the version it offers in $0" >&2
    exit 1
  }
  echo "$2" >"$folder/version"
}

build_kernel() {
  local tree=$work/linux-$linux
  if [ ! -d "$tree" ]; then
    fetch linux-source-6.1 "$linux"
    mkdir "$tree.new"
    tar -C "$tree.new" --strip-components=1 -xf "$work/packages/linux-source-6.1/usr/src/linux-source-6.1.tar.xz"
    mv "$tree.new" "$tree"
  fi
  (
    cd "$tree"
    export ARCH=i386 KBUILD_BUILD_USER=innkeeper KBUILD_BUILD_HOST=demo KBUILD_BUILD_VERSION=1
    KBUILD_BUILD_TIMESTAMP=$(date -u -d "@$SOURCE_DATE_EPOCH")
    export KBUILD_BUILD_TIMESTAMP
    make -s tinyconfig
    cp .config "$work/tiny.config"
    scripts/kconfig/merge_config.sh -m -O . "$work/tiny.config" "$parts/kernel-fragment.config" >"$work/merge.log"
    make -s olddefconfig
    check_config
    nice make -s -j"$(nproc)" bzImage
  )
  cp "$tree/arch/x86/boot/bzImage" "$tree/.config" "$work/"
}

# A wish that Kconfig silently dropped is an error, not a surprise at boot.
check_config() {
  local line
  grep -E '^(# )?CONFIG_' "$parts/kernel-fragment.config" | while read -r line; do
    case $line in
    '# '*) ! grep -q "^$(echo "$line" | cut -d' ' -f2)=" .config ;;
    *) grep -qxF "$line" .config ;;
    esac || { echo "build-demo-guest: the kernel's configuration did not take: $line" >&2; exit 1; }
  done
}

build_initrd() {
  local root=$work/root applet
  fetch busybox-static:i386 "$busybox"
  rm -rf "$root"
  mkdir -p "$root"
  (
    cd "$root"
    mkdir -p bin sbin usr/bin usr/sbin dev proc sys root run mnt tmp var/log
    cp -R "$parts/rootfs/." .
    cp "$out/VERSION" etc/innkeeper-version
    cp "$work/packages/busybox-static:i386/bin/busybox" bin/busybox
    for applet in $(bin/busybox --list-full); do
      [ "$applet" = linuxrc ] || [ -e "$applet" ] || ln -s /bin/busybox "$applet"
    done
    find . -type f -exec chmod 644 {} +
    grep -rl '^#!/bin/sh' . | xargs chmod 755 bin/busybox
    find . -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
    find . | sort | cpio --quiet --reproducible -o -H newc -R 0:0 | gzip -9n >"$work/initrd.gz"
  )
}

build_iso() {
  local tree=$work/iso
  fetch isolinux "$syslinux"
  fetch syslinux-common "$syslinux"
  rm -rf "$tree"
  mkdir -p "$tree/boot" "$tree/isolinux"
  cp "$work/bzImage" "$work/initrd.gz" "$tree/boot/"
  cp "$work/packages/isolinux/usr/lib/ISOLINUX/isolinux.bin" "$tree/isolinux/"
  for module in ldlinux libcom32 libutil vesamenu; do
    cp "$work/packages/syslinux-common/usr/lib/syslinux/modules/bios/$module.c32" "$tree/isolinux/"
  done
  sed "s/@CMDLINE@/$(cat "$out/cmdline")/" "$parts/isolinux.cfg" >"$tree/isolinux/isolinux.cfg"
  cp "$out/LICENCE.md" "$out/SOURCES.md" "$out/COPYING" "$out/COPYING.LIB" "$tree/"
  find "$tree" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
  xorriso -as mkisofs -quiet -o "$work/demo.iso" -V INNKEEPER_DEMO -J -R \
    -b isolinux/isolinux.bin -c isolinux/boot.cat -no-emul-boot -boot-load-size 4 -boot-info-table \
    -isohybrid-mbr "$work/packages/isolinux/usr/lib/ISOLINUX/isohdpfx.bin" "$tree"
}

write_sources() {
  cat >"$out/SOURCES.md" <<END
# Demo guest: what it was built from

Every program in the demo guest comes unmodified from Debian 12 ("bookworm"). Written by \`scripts/build-demo-guest.sh\`.

| part | Debian package | Debian source package | version of the source | licence |
|---|---|---|---|---|
| kernel (\`bzImage\`) | linux-source-6.1 $linux | linux | $linux | GPL-2.0 |
| programs (\`initrd.gz\`) | busybox-static $busybox (i386) | busybox | ${busybox%+b*} | GPL-2.0 |
| C library inside them | libc6-dev $glibc (i386) | glibc | $glibc | LGPL-2.1 or later |
| boot loader (\`demo.iso\`) | isolinux, syslinux-common $syslinux | syslinux | $syslinux | GPL-2.0 or later |

On a Debian system with source entries switched on, \`apt-get source NAME=VERSION\` fetches each. Debian keeps every version it
ever published in its snapshot archive, under the same name and version.

The kernel was compiled with $(gcc --version | head -n 1), configuration: \`kernel.config\`.
The scripts inside the guest are Innkeeper's own: \`scripts/demo-guest/rootfs/\`.
END
}

mkdir -p "$out"
if [ -n "$keep_kernel" ]; then
  cp "$out/bzImage" "$work/"
  cp "$out/kernel.config" "$work/.config"
else
  build_kernel
  write_sources
fi
build_initrd
install -m 644 /usr/share/common-licenses/GPL-2 "$out/COPYING"
install -m 644 /usr/share/common-licenses/LGPL-2.1 "$out/COPYING.LIB"
build_iso
install -m 644 "$work/bzImage" "$work/initrd.gz" "$work/demo.iso" "$out/"
install -m 644 "$work/.config" "$out/kernel.config"
cd "$out"
sha256sum bzImage initrd.gz demo.iso cmdline kernel.config VERSION >SHA256SUMS
ls -l bzImage initrd.gz demo.iso
