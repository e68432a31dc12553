"""Every text of the sources stands in the Korean file, translated, and nothing else does.

usage: translations.py LUPDATE FILE.ts INCLUDE-DIRECTORY SOURCE-DIRECTORY...
"""
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree


def texts(path):
    """{(context, source): translation}, '' where there is none."""
    found = {}
    for context in ElementTree.parse(path).getroot().iter('context'):
        for message in context.iter('message'):
            translation = message.find('translation')
            done = translation is not None and translation.get('type') is None
            found[context.findtext('name'), message.findtext('source')] = \
                (translation.text or '') if done else ''
    return found


def main(lupdate, translated, include, *sources):
    with tempfile.TemporaryDirectory() as directory:
        fresh = directory + '/fresh.ts'
        subprocess.run([lupdate, '-silent', '-locations', 'none', '-target-language', 'ko',
                        '-I', include, *sources, '-ts', fresh], check=True)
        wanted = texts(fresh)
    have = texts(translated)
    wrong = [f'not in {translated}: {key}' for key in sorted(wanted.keys() - have.keys())]
    wrong += [f'no longer in the sources: {key}' for key in sorted(have.keys() - wanted.keys())]
    wrong += [f'not translated: {key}' for key, text in sorted(have.items()) if not text]
    places = ('%1', '%2', '%3', '%4', '%L1')
    wrong += [f'places differ: {key}' for key, text in sorted(have.items())
              if [p for p in places if p in key[1]] != [p for p in places if p in text]]
    if not wanted:
        wrong.append('no texts found at all')
    print(f'{len(have)} texts')
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
