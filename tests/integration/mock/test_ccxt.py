#!/usr/bin/python3
"""ccxt, a client that others wrote, against upbit-mock: what both understand is not this project's own
reading of the exchange. Skipped where there is no Node or the package cannot be had. Arguments: the
program, the build directory, into which the package goes. Prints TAP."""
import os
import shutil
import subprocess
import sys

from exchange import Mock

VERSION = "4.5.84"
HERE = os.path.dirname(os.path.abspath(__file__))


def node_version(node):
    try:
        text = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30).stdout
        return int(text.lstrip("v").split(".")[0])
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return 0


def install(folder):
    """Why it cannot be had, None when it is there. No script of the package runs."""
    done = os.path.join(folder, "ccxt-" + VERSION)
    if os.path.exists(done):
        return None
    npm = shutil.which("npm")
    if not npm:
        return "no npm"
    if os.environ.get("UPBIT_TEST_OFFLINE"):
        return "UPBIT_TEST_OFFLINE is set"
    os.makedirs(folder, exist_ok=True)
    command = [npm, "install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", "--no-save",
               "--fetch-retries=0", "--fetch-timeout=20000", "ccxt@" + VERSION]
    try:
        got = subprocess.run(command, capture_output=True, text=True, timeout=90, cwd=folder)
    except subprocess.TimeoutExpired:
        return "npm took longer than 90 s"
    if got.returncode != 0:
        return "npm: " + " ".join((got.stderr or got.stdout).split())[:200]
    with open(done, "w", encoding="ascii"):
        pass
    return None


def main():
    node = shutil.which("node")
    folder = os.path.join(sys.argv[2], "tests", "ccxt")
    version = node_version(node) if node else 0
    reason = "no Node 18 or later" if version < 18 else install(folder)
    if reason:
        print(f"1..0 # SKIP ccxt: {reason}")
        return 0
    with Mock("--private-rate", 0) as mock:
        try:
            got = subprocess.run([node, os.path.join(HERE, "ccxt_client.cjs"), folder, str(mock.port)], timeout=150,
                                 cwd=folder)
        except subprocess.TimeoutExpired:
            print("Bail out! ccxt did not end")
            return 1
    return got.returncode


sys.exit(main())
