"""Tokens made by the library, verified by Python's own hmac, hashlib and json."""
import base64
import hashlib
import hmac
import json
import subprocess
import sys
import uuid

HASHES = {'HS256': hashlib.sha256, 'HS512': hashlib.sha512}
QUERIES = (None, '', 'market=KRW-BTC', 'states[]=wait&states[]=watch&page=1&limit=100',
           'identifier=a b+c%25&market=KRW-BTC', 'identifier=주문')
SECRETS = ('s', 'test-secret', 'x' * 63, 'x' * 64, 'x' * 65, 'x' * 127, 'x' * 128, 'x' * 129, '~' * 256)


def decode(part):
    assert '=' not in part and '+' not in part and '/' not in part, part
    return base64.urlsafe_b64decode(part + '=' * (-len(part) % 4))


def check(program, algorithm, access, secret, query, nonces):
    command = [program, algorithm, access, secret] + ([query] if query is not None else [])
    token = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    header, payload, signature = token.split('.')
    assert json.loads(decode(header)) == {'alg': algorithm, 'typ': 'JWT'}, header
    mac = hmac.new(secret.encode(), (header + '.' + payload).encode(), HASHES[algorithm]).digest()
    assert hmac.compare_digest(mac, decode(signature)), (algorithm, len(secret))
    claims = json.loads(decode(payload))
    assert claims.pop('access_key') == access
    nonce = claims.pop('nonce')
    assert uuid.UUID(nonce).version == 4 and str(uuid.UUID(nonce)) == nonce, nonce
    assert nonce not in nonces, nonce
    nonces.add(nonce)
    if query:
        assert claims.pop('query_hash') == hashlib.sha512(query.encode()).hexdigest(), query
        assert claims.pop('query_hash_alg') == 'SHA512'
    assert claims == {}, claims


def main():
    program, nonces = sys.argv[1], set()
    for algorithm in HASHES:
        for secret in SECRETS:
            for query in QUERIES:
                check(program, algorithm, 'test-access', secret, query, nonces)
        check(program, algorithm, 'A' * 128, '~' * 256, 'q' * 1000, nonces)
    for access in ('', 'A' * 129, 'a"b', 'a\\b', 'a b', 'a\nb', 'ä'):
        assert subprocess.run([program, 'HS512', access, 's'], check=False,
                              capture_output=True).returncode == 1, access
    print('%d tokens verified' % len(nonces))


main()
