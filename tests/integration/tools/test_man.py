#!/usr/bin/python3
"""Each installed program has a manual page that knows every option of its --help, and no other; pages are
formatted without a complaint.

    test_man.py PAGES_DIRECTORY PROGRAM...
"""
import os
import re
import shutil
import subprocess
import sys

from harness import main

PAGES, PROGRAMS = sys.argv[1], sys.argv[2:]
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*[a-z]")


def read(name):
    with open(os.path.join(PAGES, name), encoding="utf-8") as page:
        return page.read().replace("\\-", "-").replace("\\&", "")


def test_options_are_those_of_help():
    for program in PROGRAMS:
        name = os.path.basename(program)
        shown = subprocess.run([program, "--help"], capture_output=True, text=True, timeout=30,
                               env={**os.environ, "QT_QPA_PLATFORM": "offscreen"})
        assert shown.returncode == 0, shown.stderr
        page = read(name + ".1")
        options = set(OPTION.findall(shown.stdout))
        assert len(options) >= 3 and options == set(OPTION.findall(page)), \
            (name, options ^ set(OPTION.findall(page)))
        for heading in ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "SEE ALSO"):
            assert f".SH {heading}" in page or (heading, name) == ("EXIT STATUS", "upbit-mock"), (name, heading)


def test_pages_name_one_another_and_all_programs():
    overview = read("upbit-live.7")
    for program in PROGRAMS:
        assert f"{os.path.basename(program)} (1)" in overview, program
    for name in os.listdir(PAGES):
        for other, section in re.findall(r"\.BR (upbit-[a-z-]+) \((\d)\)", read(name) if name[-2:] in (".1", ".7") else ""):
            assert os.path.exists(os.path.join(PAGES, f"{other}.{section}")) or other == "upbit-qt-sink", (name, other)


def test_they_are_formatted_without_a_complaint():
    if shutil.which("groff") is None:
        return "no groff here"
    for name in sorted(os.listdir(PAGES)):
        if name.endswith((".1", ".7")):
            done = subprocess.run(["groff", "-ww", "-man", "-Tutf8", os.path.join(PAGES, name)],
                                  capture_output=True, text=True, timeout=30)
            assert done.returncode == 0 and done.stderr == "" and len(done.stdout) > 500, (name, done.stderr)
    return None


if __name__ == "__main__":
    main(dict(globals()))
