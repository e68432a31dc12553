"""Shows Doxygen the public headers' comments as comments of its own kind. One before a declaration describes
it, one behind a member that member; where a line or a group has several, each of them."""
import re
import sys

# Members that every struct of a kind has; what they mean stands here once.
COMMON = {
    'upbit_event event;': 'what all events have',
    'size_t struct_size;': 'sizeof this struct, as the program was compiled; the INIT macro sets it',
}
MEMBER = re.compile(r'    ((?:const )?(?:struct )?\w+) (\*?(?:const \*)?)'
                    r'(\w+(?:\[\w+\])?(?:, \*?\w+(?:\[\w+\])?)*);(.*)')


def member(line):
    """A line with one or more members, as one line each."""
    found = MEMBER.match(line)
    if found is None:
        return [line]
    kind, pointer, names, rest = found.groups()
    what = COMMON.get(line.strip())
    rest = rest.replace('/*', '/**<', 1) or (' /**< %s */' % what if what else '')
    out = []
    for name in names.split(', '):
        comment = ' /**< always 0 */' if name == 'reserved' else rest
        out.append('    %s %s%s;%s' % (kind, '' if name[0] == '*' else pointer, name, comment))
    if rest.count('*/') == 0 and '/**<' in rest:  # it goes on below, behind the last one only
        out = [o if o is out[-1] else o.split(' /**<')[0] + rest + ' */' for o in out]
    return out


def marked(text):
    out = []
    for line in text.split('\n'):
        if MEMBER.match(line):
            out += member(line)
        elif '/*' in line and line[:line.index('/*')].strip():
            out.append(line.replace('/*', '/**<', 1))
        else:
            out.append(line.replace('/*', '/**', 1))
    return '\n'.join(out)


if __name__ == '__main__':
    with open(sys.argv[1], encoding='utf-8') as header:
        sys.stdout.write(marked(header.read()))
