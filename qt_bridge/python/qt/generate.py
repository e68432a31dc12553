"""Writes what SIP makes of the *.sip files beside it: generate.py SOURCES OUTPUT QMAKE

Value types and enums are those of upbit_live itself (src/api.h): each is a mapped type of the same
few lines, which are written here from two tables.
"""

import os
import re
import shutil
import subprocess
import sys

EVENTS = {  # C++ class: (Python class, number in upbit_type; 0: any)
    "Event": ("Event", 0),
    "Ticker": ("Ticker", 1),
    "Trade": ("Trade", 2),
    "Orderbook": ("Orderbook", 3),
    "Candle": ("Candle", 4),
    "Order": ("MyOrder", 5),
    "Asset": ("MyAsset", 6),
}
ENUMS = {  # C++ enum: (Python enum, table of upbit_live.enums, value when the argument is left out)
    "CandleUnit": ("CandleUnit", "unit", None),
    "Freshness": ("Freshness", "freshness", None),
    "Health": ("Level", "level", None),
    "LimitGroup": ("LimitGroup", "limit_group", None),
    "OrderState": ("OrderState", "order_state", None),
    "OrderType": ("OrderType", "order_type", None),
    "Policy": ("Policy", "policy", "upbit_live.Policy.DEFAULT"),
    "Session": ("Session", "session", None),
    "Side": ("Side", "ask_bid", None),
    "State": ("State", "state", None),
}
EVENT = """
%MappedType UpbitLive::{name} /TypeHintIn="upbit_live.{python}", TypeHintOut="{out}"/
{{
%TypeHeaderCode
#include "convert.h"
%End
%ConvertFromTypeCode
    return upbitApi()->from_event(sipCpp->handle());
%End
%ConvertToTypeCode
    const upbit_event *event;
    const int known = upbitApi()->to_event(sipPy, {number}, &event);
    if (sipIsErr == NULL)
        return known == 0;
    *sipCppPtr = new UpbitLive::{name}(event);
    return sipGetState(sipTransferObj);
%End
}};
"""
ENUM = """
%MappedType UpbitLive::{name} /TypeHint="upbit_live.{python}"{default}/
{{
%TypeHeaderCode
#include "convert.h"
%End
%ConvertFromTypeCode
    return upbitApi()->from_enum("{table}", static_cast<long>(*sipCpp));
%End
%ConvertToTypeCode
    long number;
    const int known = upbitApi()->to_enum("{table}", sipPy, &number);
    if (sipIsErr == NULL)
        return known == 0;
    *sipCppPtr = new UpbitLive::{name}(static_cast<UpbitLive::{name}>(number));
    return sipGetState(sipTransferObj);
%End
}};
"""
PROJECT = """
[build-system]
requires = ["sip >=6.7", "PyQt-builder"]
build-backend = "sipbuild.api"
[tool.sip]
project-factory = "pyqtbuild:PyQtProject"
[tool.sip.metadata]
name = "upbit_live_qt"
version = "0"
[tool.sip.builder]
qmake = "{qmake}"
[tool.sip.project]
sip-files-dir = "."
sip-include-dirs = ["{bindings}"]
abi-version = "12"
sip-module = "PyQt5.sip"
[tool.sip.bindings.qt]
sip-file = "qt.sip"
protected-is-public = false
"""


def corrected(hints: str) -> str:
    """SIP writes hints of templates by their C++ names, takes the functions of a namespace for methods,
    and has one hint for both directions of an attribute."""

    def value(match: "re.Match[str]") -> str:
        known = EVENTS.get(match[2])
        name = f"upbit_live.{known[0]}" if known else f"'UpbitLive.{match[2]}'"
        return f"{match[1]}[{name}]"

    hints = re.sub(r"(List|Iterable)\[UpbitLive\.(\w+)\]", value, hints)
    hints = re.sub(r"Optional\[(CandleModel|Proxy)\]", r"Optional['UpbitLive.\1']", hints)
    either = "typing.Union[decimal.Decimal, int, str, None]"
    hints = hints.replace(f"# type: {either}", "# type: typing.Optional[decimal.Decimal]")
    for name in ("orderbook", "ticker"):  # None while there is none
        hints = re.sub(rf"(def {name}\(.*-> )(.*): \.\.\.", r"\1typing.Optional[\2]: ...", hints)
    function = r"^    def (\w+)\(self, "
    return re.sub(function, r"    @staticmethod\n    def \1(", hints, flags=re.MULTILINE)


def main(sources: str, output: str, qmake: str) -> None:
    import PyQt5

    place = os.path.join(output, "sip")
    shutil.rmtree(place, ignore_errors=True)
    os.makedirs(place)
    for name in os.listdir(sources):
        if name.endswith(".sip"):
            shutil.copy(os.path.join(sources, name), place)
    with open(os.path.join(place, "generated.sip"), "w", encoding="utf-8") as file:
        for name, (python, number) in EVENTS.items():
            out = f"upbit_live.{python}"
            file.write(EVENT.format(name=name, python=python, number=number, out=out))
        for name, (python, table, default) in ENUMS.items():
            hint = "" if default is None else f', TypeHintValue="{default}"'
            file.write(ENUM.format(name=name, python=python, table=table, default=hint))
    bindings = os.path.join(os.path.dirname(PyQt5.__file__), "bindings")
    with open(os.path.join(place, "pyproject.toml"), "w", encoding="utf-8") as file:
        file.write(PROJECT.format(qmake=qmake, bindings=bindings))
    command = ["sip-build", "--quiet", "--no-compile", "--pep484-pyi", "--concatenate", "1"]
    command += ["--no-version-info", "--build-dir", "made"]
    subprocess.run(command, cwd=place, check=True)
    made = os.path.join(place, "made", "_qt")
    shutil.copy(os.path.join(made, "sip_qtpart0.cpp"), output)
    shutil.copy(os.path.join(made, "sipAPI_qt.h"), output)
    shutil.copy(os.path.join(place, "made", "sip.h"), output)
    with open(os.path.join(made, "_qt.pyi"), encoding="utf-8") as file:
        hints = file.read()
    with open(os.path.join(output, "_qt.pyi"), "w", encoding="utf-8") as file:
        file.write(corrected(hints))
    shutil.rmtree(place)


if __name__ == "__main__":
    main(*sys.argv[1:])
