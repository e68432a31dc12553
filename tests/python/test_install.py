"""`pip install .` as docs/PYTHON.md says it, without an index and without what this tree has built."""
import glob
import os
import shutil
import subprocess
import sys

import pytest

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def test_pip_installs_a_package_that_works_by_itself(tmp_path):
    pytest.importorskip("mesonpy")
    pytest.importorskip("pip")
    target, copy = str(tmp_path / "target"), str(tmp_path / "copy")
    # meson-python leaves a file in the tree it builds.
    shutil.copytree(TOP, copy, ignore=shutil.ignore_patterns("build*", ".git", "__pycache__"))
    command = [sys.executable, "-m", "pip", "install", "--no-build-isolation", "--no-deps", "--no-index"]
    command += ["--disable-pip-version-check", "--target", target, copy]
    # Not the fast library, the one that is fast to compile.
    command += ["--config-settings=setup-args=-Doptimization=0"]
    quiet = dict(os.environ, TMPDIR=str(tmp_path), PATH="/usr/bin:/bin", PIP_ROOT_USER_ACTION="ignore")
    done = subprocess.run(command, timeout=280, capture_output=True, text=True, env=quiet)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    program = "import upbit_live, sys; m = upbit_live.Manager(url='ws://127.0.0.1:1'); " \
              "p = upbit_live.WebSocketClientProxy('pip', manager=m); p.cleanup(); " \
              "print(upbit_live.__file__, upbit_live.__version__)"
    alone = {k: v for k, v in quiet.items() if k not in ("LD_LIBRARY_PATH", "PYTHONPATH")}
    done = subprocess.run([sys.executable, "-c", program], timeout=60, capture_output=True, text=True,
                          env=dict(alone, PYTHONPATH=target), cwd=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(target)
    assert glob.glob(os.path.join(target, "upbit_live", "py.typed"))
