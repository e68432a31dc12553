#!/bin/sh
# Installs the Debian packages that examples_gui/run and tests/run need, by named sets:
#
#     subprojects/packages.sh library qt python examples tests
#
# With nothing missing it only asks dpkg, a few milliseconds and no apt at all; so both commands can
# afford to call it every time. Needs root or sudo only when something is missing.
# UPBIT_PACKAGES=skip leaves the system alone, for machines where packages come another way.
set -eu

packages_of()
{
    case $1 in
        # dpkg-dev tells Meson Debian's library directory; without it things are installed where
        # neither the dynamic loader nor CMake looks.
        library)
            echo gcc libc6-dev dpkg-dev pkg-config meson ninja-build libssl-dev zlib1g-dev \
                libcurl4-openssl-dev ca-certificates ;;
        # qttools5-dev-tools compiles the translations.
        qt) echo g++ qtbase5-dev qttools5-dev-tools ;;
        # The package itself needs python3-dev to build and nothing but python3 to run. The next four are
        # for its PyQt5 classes, mesonpy and patchelf are for pip; the rest is for its tests and benchmark.
        python)
            echo python3 python3-dev python3-pyqt5 pyqt5-dev sip-tools python3-pyqtbuild \
                python3-websockets python3-pip python3-mesonpy patchelf python3-pytest mypy black flake8 ;;
        # Without a Korean font the windows show boxes.
        examples) echo fonts-nanum ;;
        # openssl makes the throw-away certificates, cmake and g++ build the consumer, libc6-dbg is
        # what valgrind needs to understand the dynamic loader, spin checks the models, gdb makes
        # core files, doxygen reads the headers, ccache compiles once what is the same in several variants.
        tests)
            echo check ccache g++ git cmake make openssl python3 shellcheck valgrind libc6-dbg xvfb \
                xauth procps spin gdb doxygen ;;
        # What the benchmarks compare with; the tests do without (tests/bench/run).
        peers)
            echo libsimdjson-dev libboost-dev libboost-system-dev rapidjson-dev libwebsockets-dev \
                libqt5websockets5-dev python3-pyqt5.qtwebsockets python3-websockets ;;
        *)
            echo "packages.sh: no package set '$1' (library, qt, python, examples, tests, peers)" >&2
            return 1 ;;
    esac
}

[ "${UPBIT_PACKAGES:-}" != skip ] || exit 0

wanted=
for set in "$@"; do
    list=$(packages_of "$set") || exit 2
    wanted="$wanted $list"
done
[ -n "$wanted" ] || { echo "usage: packages.sh library|qt|python|examples|tests|peers ..." >&2; exit 2; }

if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
    echo "packages.sh: this is not a Debian system. Install what these packages hold, then set" >&2
    echo "UPBIT_PACKAGES=skip:$wanted" >&2
    exit 1
fi

missing=
for package in $wanted; do
    # "ii " is installed and configured; anything else (unknown, removed, half-configured) is not.
    # shellcheck disable=SC2016 # the dollar is dpkg-query's
    status=$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null) || status=
    case $status in
        ii*) ;;
        *) case " $missing " in *" $package "*) ;; *) missing="$missing $package" ;; esac ;;
    esac
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -eq 0 ]; then
    as_root=
elif command -v sudo >/dev/null 2>&1; then
    as_root=sudo
else
    echo "packages.sh: neither root nor sudo. Let somebody who may install:$missing" >&2
    exit 1
fi

apt()
{
    # Everything goes to stderr: the callers' stdout is theirs. sudo forgets the environment, so what
    # apt must know is said again. Another apt at work is waited for.
    $as_root env DEBIAN_FRONTEND=noninteractive ${http_proxy:+"http_proxy=$http_proxy"} \
        ${https_proxy:+"https_proxy=$https_proxy"} \
        apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" >&2 </dev/null
}

echo "packages.sh: installing$missing" >&2
# An old list may still do when the mirror cannot be reached, e.g. from a full package cache.
apt update || echo "packages.sh: the package lists could not be refreshed; trying with the old" >&2
# shellcheck disable=SC2086 # one word per package is wanted
if ! apt install -y --no-install-recommends $missing; then
    echo "packages.sh: apt-get could not install:$missing" >&2
    echo "packages.sh: see its messages above; check the network and the package sources" >&2
    exit 1
fi
