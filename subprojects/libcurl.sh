#!/bin/sh
# Puts a libcurl with WebSocket support beside the system's, for transport websocket-api:
#
#     subprojects/libcurl.sh DIR
#
# Nothing is installed and root is not needed: the two packages are fetched from the backports of the
# machine's own Debian mirror, with lists and keys apt keeps in DIR, and unpacked there. A build finds
# them by
#
#     meson setup build -Dpkg_config_path=DIR/pkgconfig
#
# Exit status: 0, DIR is ready (or was); 1, it cannot be had, and stderr says why.
set -eu

[ $# -eq 1 ] || { echo "usage: libcurl.sh DIR" >&2; exit 1; }
mkdir -p "$1"
dir=$(cd "$1" && pwd)
[ ! -e "$dir/pkgconfig/libcurl.pc" ] || exit 0

give_up()
{
    echo "libcurl.sh: $*" >&2
    exit 1
}

for program in apt-get dpkg ldd awk; do
    command -v "$program" >/dev/null 2>&1 || give_up "no $program here: install libcurl 8.14 or later"
done
codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release 2>/dev/null || true)
[ -n "$codename" ] || give_up "/etc/os-release names no release"

# The first source of the release's own main component; its backports lie on the same mirror and are
# signed by the same keys.
# shellcheck disable=SC2016 # the dollars are apt-get's
source=$(apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI) $(SOURCESENTRY)' \
    'Created-By: Packages' 2>/dev/null | awk -v r="$codename" '$1 == r && $2 == "main" { print; exit }')
[ -n "$source" ] || give_up "no package source of Debian $codename in apt's settings"
mirror=$(printf '%s\n' "$source" | awk '{ print $3 }')
entry=$(printf '%s\n' "$source" | awk '{ print $4 }')

# The Signed-By field of that source as it stands there, with its further lines; none: the keys apt
# trusts for everything.
signed_by()
{
    case $1 in
        *.sources)
            awk -v r="$codename" 'BEGIN { RS = ""; FS = "\n" }
                $0 ~ "(^|\n)[Ss]uites:[^\n]*[ \t]" r "([ \t\n]|$)" {
                    for (i = 1; i <= NF; i++) {
                        if ($i ~ /^[A-Za-z]/) ours = tolower($i) ~ /^signed-by:/
                        if (ours && $i !~ /^#/) print $i
                    }
                    exit
                }' "$1" ;;
        *)
            sed -n "s/^deb[[:space:]]*\[[^]]*signed-by=\([^] ]*\)[^]]*\][^#]*[[:space:]]${codename}[[:space:]].*/Signed-By: \1/p" "$1" |
                head -n 1 ;;
    esac
}

work=$dir/apt
rm -rf "$work" "$dir/root" "$dir/pkgconfig.new"
mkdir -p "$work/lists/partial" "$work/archives/partial"
{
    echo "Types: deb"
    echo "URIs: $mirror"
    echo "Suites: $codename-backports"
    echo "Components: main"
    [ ! -r "${entry%:*}" ] || signed_by "${entry%:*}"
} >"$work/backports.sources"

apt()
{
    # Of the machine's settings all stay but where lists and packages are. The sandbox's user could not
    # write here.
    apt-get -q -o Dir::Etc::SourceList="$work/backports.sources" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work" -o Dir::Cache::Archives=archives \
        -o APT::Sandbox::User=root -o Acquire::Retries=3 "$@" >&2 </dev/null
}

apt -o APT::Update::Error-Mode=any update || give_up "the lists of $codename-backports cannot be had"
(
    cd "$work"
    apt download "libcurl4/$codename-backports" "libcurl4-openssl-dev/$codename-backports"
) || give_up "$codename-backports has no libcurl that could be fetched"
for package in "$work"/*.deb; do
    dpkg -x "$package" "$dir/root" || give_up "$package cannot be unpacked"
done

# Only the shared library is used: what a static one would need is left out.
pc=$(find "$dir/root/usr/lib" -name libcurl.pc)
library=$(find "$dir/root/usr/lib" -name 'libcurl.so.4')
[ -n "$pc" ] || give_up "the packages hold no libcurl.pc"
[ -n "$library" ] || give_up "the packages hold no libcurl.so.4"
version=$(sed -n 's/^Version: *//p' "$pc")
dpkg --compare-versions "$version" ge 8.14 || give_up "$codename-backports has only libcurl $version"
if missing=$(ldd "$library" | grep 'not found'); then
    give_up "it needs what is not installed: $missing"
fi
mkdir "$dir/pkgconfig.new"
sed -e "s|=/usr|=$dir/root/usr|" -e '/^Requires.private:/d' -e '/^Libs.private:/d' "$pc" \
    >"$dir/pkgconfig.new/libcurl.pc"
rm -rf "$work"
# The last step: what is half done is done again.
mv "$dir/pkgconfig.new" "$dir/pkgconfig"
