"""What the tests of the programs share: a mock exchange, waiting for conditions, and TAP."""
import os
import subprocess
import sys
import time
import urllib.request

CLEAN = {k: v for k, v in os.environ.items() if not k.startswith("UPBIT_")}


class Mock:
    """The mock exchange, as long as the with lasts."""

    def __init__(self, program, *arguments):
        self.process = subprocess.Popen([program, "--port", "0", "--parent-death", *arguments],
                                        stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().split()[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()

    def post(self, order):
        base = "http" + self.url.removeprefix("ws").removesuffix("/websocket/v1")
        urllib.request.urlopen(urllib.request.Request(f"{base}/mock/{order}", method="POST"), timeout=20).close()


def until(condition, what, seconds=60):
    """Waits for a condition, not for a time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "never: " + what
        time.sleep(0.02)


KEYS = {"UPBIT_ACCESS_KEY": "test-access", "UPBIT_SECRET_KEY": "test-secret"}


def keys_are_taken(process):
    """A program that was started with KEYS has them in its environment no more, and lives."""
    def gone():
        with open(f"/proc/{process.pid}/environ", "rb") as environ:
            return b"test-secret" not in environ.read()
    until(gone, "the keys leave the environment")
    assert process.poll() is None, process.communicate()


def main(tests):
    """Runs every test_ of the module; the exit status."""
    chosen = [(name, test) for name, test in tests.items() if name.startswith("test_")]
    print(f"1..{len(chosen)}")
    failed = 0
    for number, (name, test) in enumerate(chosen, 1):
        try:
            skip = test()
            print(f"ok {number} - {name}" + (f" # SKIP {skip}" if skip else ""), flush=True)
        except Exception as error:  # every kind of failure is one failed test
            failed += 1
            print(f"not ok {number} - {name}\n# " + repr(error).replace("\n", "\n# "), flush=True)
    sys.exit(1 if failed else 0)
