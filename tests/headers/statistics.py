"""docs/STATISTICS.md has every field of the statistics with the kind its header gives it, and no other.

    statistics.py INCLUDE_DIRECTORY STATISTICS_MD
"""
import os
import re
import sys

STRUCTS = {'upbit_stats': 'stats.h', 'upbit_latency': 'stats.h', 'upbit_proxy_stats': 'proxy.h'}


def in_header(text, struct):
    """name -> kind of each field."""
    body = re.search(r'typedef struct %s \{(.*?)\n\} %s;' % (struct, struct), text, re.S).group(1)
    fields = {}
    for kind, names, comment in re.findall(r'\n    (\w[\w ]*?) ([\w\[\], ]+);\s*/\*(.*?)\*/', body, re.S):
        for name in re.sub(r'\[\w+\]', '', names).split(','):
            fields[name.strip()] = 'latency' if kind == 'upbit_latency' else comment.split()[0].strip(':s')
    plain = re.sub(r'/\*.*?\*/', '', body, flags=re.S)
    return fields, len(re.findall(r'(?:^|[ ,])\w+(?:\[\w+\])?(?=[;,])', plain))


def on_page(text, struct):
    section = re.search(r'\n## [^\n]*: %s\n(.*?)(?=\n## |\Z)' % struct, text, re.S).group(1)
    return {name: (kind, unit) for name, kind, unit in
            re.findall(r'^\| `(\w+)` \| (\w+) \| ([^|]+) \|', section, re.M)}


def main(include, page):
    with open(page, encoding='utf-8') as source:
        text = source.read()
    failed = 0
    print('1..%d' % len(STRUCTS))
    for number, (struct, header) in enumerate(STRUCTS.items(), 1):
        with open(os.path.join(include, header), encoding='utf-8') as source:
            fields, count = in_header(source.read(), struct)
        told = on_page(text, struct)
        fields.pop('reserved', None)
        faults = ['%s: not on the page' % f for f in fields if f not in told]
        faults += ['%s: not in the header' % f for f in told if f not in fields]
        faults += ['%s: %s in the header, %s on the page' % (f, fields[f], told[f][0])
                   for f in fields if f in told and fields[f] != told[f][0]]
        faults += ['%s: no unit' % f for f in told if not told[f][1].strip()]
        if count - (struct == 'upbit_stats') > len(fields):
            faults.append('a field without a comment: %d of %d have one' % (len(fields), count))
        failed += bool(faults)
        print('%sok %d - %s' % ('not ' if faults else '', number, struct))
        for fault in faults:
            print('#   ' + fault)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
