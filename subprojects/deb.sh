#!/bin/sh
# Builds the Debian packages from a clean tree: what git has committed, not what lies about.
#
#     subprojects/deb.sh [--out DIR] [--no-qt] [--no-python] [--work DIR] [--installed DIR]
#
# The .deb files go to DIR (default: deb, in the present directory; it must not exist, or be empty). A
# source tree without git is taken as it is. Needs the package sets "library" (and "qt", "python") of
# subprojects/packages.sh, nothing else: no debhelper. control, copyright and the lists of files are in
# subprojects/debian; DEBFULLNAME and DEBEMAIL say who packages. The time in the packages is the commit's (SOURCE_DATE_EPOCH). --installed takes what
# meson install has put into DIR/usr in place of a build of its own; that is for tests.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
PATH=/usr/bin:/bin:/usr/sbin:/sbin:$PATH
export PATH LC_ALL=C

out=deb qt=enabled python=enabled work='' installed=''
while [ $# -gt 0 ]; do
    case $1 in
        --out) out=$2; shift ;;
        --work) work=$2; shift ;;
        --installed) installed=$(cd "$2" && pwd); shift ;;
        --no-qt) qt=disabled ;;
        --no-python) python=disabled ;;
        --help) sed -n '2,11s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) echo "deb.sh: no such option: $1; try --help" >&2; exit 2 ;;
    esac
    shift
done
for tool in dpkg-deb dpkg-shlibdeps dpkg-architecture meson ninja strip; do
    command -v $tool >/dev/null || { echo "deb.sh: no $tool; see subprojects/packages.sh" >&2; exit 1; }
done
mkdir -p "$out"
out=$(cd "$out" && pwd)
[ -z "$(ls -A "$out")" ] || { echo "deb.sh: $out is not empty; nothing is overwritten" >&2; exit 1; }
if [ -z "$work" ]; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    trap 'exit 1' INT TERM
fi

# The tree, as committed.
mkdir -p "$work/source"
if git -C "$top" rev-parse --git-dir >/dev/null 2>&1; then
    git -C "$top" archive HEAD | tar -x -C "$work/source"
    SOURCE_DATE_EPOCH=$(git -C "$top" log -1 --format=%ct)
    [ -z "$(git -C "$top" status --porcelain --untracked-files=no)" ] ||
        echo "deb.sh: there are changes that are not committed; they are not in the packages" >&2
else
    tar -c -C "$top" --exclude='./build*' --exclude=./.git . | tar -x -C "$work/source"
    SOURCE_DATE_EPOCH=$(stat -c %Y "$top/meson.build")
fi
export SOURCE_DATE_EPOCH
debian=$work/source/subprojects/debian
version=$(sed -n "s/.*version: '\([0-9.]*\)',.*/\1/p" "$work/source/meson.build" | head -1)-1
maintainer="${DEBFULLNAME:-upbit-live authors} <${DEBEMAIL:-upbit-live@localhost}>"
arch=$(dpkg-architecture -qDEB_HOST_ARCH)
triplet=$(dpkg-architecture -qDEB_HOST_MULTIARCH)

echo "deb.sh: upbit-live $version for $arch (qt: $qt, python: $python)" >&2
quietly()
{
    "$@" >"$work/log" 2>&1 || { tail -40 "$work/log" >&2; echo "deb.sh: failed: $*" >&2; exit 1; }
}
if [ -n "$installed" ]; then
    cp -a "$installed" "$work/all"
else
    flags="-ffile-prefix-map=$work=. -fstack-protector-strong -D_FORTIFY_SOURCE=2"
    quietly meson setup "$work/build" "$work/source" --prefix=/usr --libdir="lib/$triplet" \
        --buildtype=debugoptimized --wrap-mode=nodownload -Dtests=false -Dexamples=false -Dqt=$qt \
        -Dpython=$python -Dc_args="$flags" -Dcpp_args="$flags" -Dc_link_args=-Wl,-z,relro,-z,now \
        -Dcpp_link_args=-Wl,-z,relro,-z,now
    quietly ninja -C "$work/build" -j "${DEB_JOBS:-$(nproc)}"
    quietly env DESTDIR="$work/all" meson install -C "$work/build" --no-rebuild --quiet
fi
# Where Debian has Python packages; Meson's own idea of it differs between versions.
if [ $python = enabled ]; then
    found=$(find "$work/all/usr" -type d -name upbit_live -path '*python3*')
    mkdir -p "$work/all/usr/lib/python3/dist-packages"
    [ "$found" = "$work/all/usr/lib/python3/dist-packages/upbit_live" ] ||
        mv "$found" "$work/all/usr/lib/python3/dist-packages/"
    find "$work/all" -name __pycache__ -type d -prune -exec rm -rf {} +
fi

# debian/PACKAGE.files names what goes where; nothing may be left over, nothing missing.
fill()
{
    while read -r pattern; do
        case $pattern in ''|\#*) continue ;; esac
        pattern=$(echo "$pattern" | sed "s|TRIPLET|$triplet|")
        matched=
        for path in "$work"/all/$pattern; do
            [ -e "$path" ] || [ -L "$path" ] || continue
            matched=yes
            to=$2/$(dirname "${path#"$work/all/"}")
            mkdir -p "$to"
            mv "$path" "$to/"
        done
        [ -n "$matched" ] || { echo "deb.sh: $1: nothing is called $pattern" >&2; exit 1; }
    done <"$debian/$1.files"
}
section_of() # the paragraph of control that begins with "Package: $1"
{
    awk -v want="Package: $1" 'BEGIN { RS = ""; FS = "\n" } $1 == want' "$debian/control"
}

packages="libupbit-live0 libupbit-live-dev upbit-live-tools"
[ $qt = disabled ] || packages="$packages libupbit-live-qt5-0 libupbit-live-qt5-dev upbit-live-qt5-tools"
# Before the package whose directory it shares; there is none without SIP.
[ -z "$(find "$work/all" -name '_qt.pyi')" ] || packages="$packages python3-upbit-live-qt"
[ $python = disabled ] || packages="$packages python3-upbit-live"

for package in $packages; do
    fill "$package" "$work/$package"
done
left=$(cd "$work/all" && find . -type f -o -type l)
[ -z "$left" ] || { echo "deb.sh: in no package: $left" >&2; exit 1; }

mkdir -p "$work/shlibs/debian"
# What dpkg-shlibdeps takes for its source, and what it would learn from an installed libupbit-live0.
cp "$debian/control" "$work/shlibs/debian/control"
{
    echo "libupbit-live 0 libupbit-live0 (>= ${version%-*})"
    [ $qt = disabled ] || echo "libupbit-live-qt5 0 libupbit-live-qt5-0 (>= ${version%-*})"
    [ $qt = disabled ] || echo "libupbit-live-qt5widgets 0 libupbit-live-qt5-0 (>= ${version%-*})"
} >"$work/shlibs/debian/shlibs.local"
libraries=
for package in $packages; do
    [ ! -d "$work/$package/usr/lib/$triplet" ] ||
        libraries="$libraries -l$work/$package/usr/lib/$triplet"
done

for package in $packages; do
    tree=$work/$package
    doc=$tree/usr/share/doc/$package
    mkdir -p "$tree/DEBIAN" "$doc"
    cp "$debian/copyright" "$doc/copyright"
    sed "s/@VERSION@/$version/; s/@MAINTAINER@/$maintainer/; s/@DATE@/$(date -u -R -d "@$SOURCE_DATE_EPOCH")/" \
        "$debian/changelog" | gzip -9n >"$doc/changelog.Debian.gz"
    gzip -9n <"$work/source/docs/CHANGELOG.md" >"$doc/changelog.gz"
    [ ! -d "$tree/usr/share/man" ] || find "$tree/usr/share/man" -type f -exec gzip -9n {} +
    # -e: everything of ELF that is run or loaded. No name of ours has a blank in it.
    elf=
    find "$tree" -type f ! -name '*.a' ! -path '*/DEBIAN/*' >"$work/files"
    while read -r file; do
        [ "$(head -c 4 "$file" | od -An -c | tr -d ' ')" = '177ELF' ] || continue
        case $file in
            */bin/*) strip --remove-section=.comment --remove-section=.note "$file" ;;
            *) strip --strip-unneeded --remove-section=.comment --remove-section=.note "$file"
               chmod 644 "$file" ;;
        esac
        elf="$elf -e$file"
    done <"$work/files"
    find "$tree" -name '*.a' -exec strip --strip-debug --enable-deterministic-archives {} +
    shlibs=
    if [ -n "$elf" ]; then
        # shellcheck disable=SC2086 # one word each is wanted
        (cd "$work/shlibs" && dpkg-shlibdeps -O $libraries $elf) >"$work/substvars" 2>"$work/log" ||
            { cat "$work/log" >&2; exit 1; }
        shlibs=$(sed -n 's/^shlibs:Depends=//p' "$work/substvars")
        # Its own packages stand there with their exact version already.
        shlibs=$(echo "$shlibs" | sed 's/libupbit-live0 ([^)]*), //; s/, libupbit-live0 ([^)]*)//
            s/libupbit-live-qt5-0 ([^)]*), //; s/, libupbit-live-qt5-0 ([^)]*)//')
    fi
    pythons=
    case $package in python3-*)
        # The extension fits the Python it was built for.
        minor=$(/usr/bin/python3 -c 'import sys; print(sys.version_info[1])')
        pythons="python3 (>= 3.$minor), python3 (<< 3.$((minor + 1)))" ;;
    esac
    {
        section_of "$package" | sed -n '1p'
        echo "Source: upbit-live"
        echo "Version: $version"
        echo "Maintainer: $maintainer"
        echo "Priority: optional"
        echo "Installed-Size: $(du -k -s --apparent-size "$tree" | cut -f1)"
        section_of "$package" | sed "1d; s/Architecture: any/Architecture: $arch/
            s/\${version}/$version/g; s/\${shlibs}/$shlibs/; s/\${python}/$pythons/"
    } | awk '/^Description/ { d = 1 } d { later = later "\n" $0; next } { print } END { print substr(later, 2) }' \
        >"$tree/DEBIAN/control"
    case $package in
        libupbit-live0)
            echo "libupbit-live 0 libupbit-live0 (>= ${version%-*})" >"$tree/DEBIAN/shlibs" ;;
        libupbit-live-qt5-0)
            for name in qt5 qt5widgets; do
                echo "libupbit-live-$name 0 libupbit-live-qt5-0 (>= ${version%-*})"
            done >"$tree/DEBIAN/shlibs" ;;
    esac
    [ ! -f "$tree/DEBIAN/shlibs" ] || echo "activate-noawait ldconfig" >"$tree/DEBIAN/triggers"
    (cd "$tree" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$tree/DEBIAN/md5sums"
    find "$tree" -type d -exec chmod 755 {} +
    find "$tree" -newermt "@$SOURCE_DATE_EPOCH" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
    quietly dpkg-deb --root-owner-group "-Z${DEB_COMPRESSION:-xz}" --build "$tree" "$out/${package}_${version}_$arch.deb"
    echo "deb.sh: $out/${package}_${version}_$arch.deb" >&2
done
