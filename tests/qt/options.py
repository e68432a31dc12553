"""Every option of the C library can be set by the bridge: each field of the C struct is assigned there.

    options.py OPTIONS_H STRUCT SOURCE...
"""
import re
import sys


def main(header, struct, *sources):
    with open(header, encoding='utf-8') as text:
        body = re.search(r'typedef struct %s \{(.*?)\n\} %s;' % (struct, struct), text.read(), re.S)
    if body is None:
        print('no struct %s in %s' % (struct, header))
        return 1
    plain = re.sub(r'/\*.*?\*/', '', body.group(1), flags=re.S)
    fields = re.findall(r'(\w+)\s*;', plain)
    code = ''
    for name in sources:
        with open(name, encoding='utf-8') as text:
            code += text.read()
    # struct_size is set by the initialiser, log_context goes with the log function.
    missing = [field for field in fields if field not in ('struct_size', 'log_context')
               and not re.search(r'\bo\.%s = ' % field, code)]
    if len(fields) < 5 or missing:
        print('%s: %d fields, not set by the bridge: %s' % (struct, len(fields),
                                                            ' '.join(missing) or 'none'))
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
