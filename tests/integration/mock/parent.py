"""Whether a program ends with the one that started it: even one that stands still."""
import os
import signal
import subprocess
import sys
import time

# Starts the program, says what it says first and its process, does the rest and ends itself.
START = """
import os, signal, subprocess, sys
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, text=True)
print(child.stdout.readline(), child.pid, flush=True)
"""


def ends_soon(pid):
    for _ in range(200):
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii") as file:
                if file.read().rpartition(")")[2].split()[0] == "Z":
                    return True
        except FileNotFoundError:
            return True
        time.sleep(0.02)
    return False


def check_that_it_ends_too(*command):
    """Fails if it does not; ends it then."""
    # One that stands still can be ended by SIGKILL alone.
    for then in "", "os.kill(child.pid, signal.SIGSTOP)":
        result = subprocess.run([sys.executable, "-c", START + then, *command], timeout=20,
                                capture_output=True, text=True, check=True)
        pid = int(result.stdout.split()[-1])
        if not ends_soon(pid):
            os.kill(pid, signal.SIGKILL)
            raise AssertionError(f"{command[0]} is still there {then}")
