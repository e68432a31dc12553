#!/usr/bin/python3
"""upbit-mock verifies the tokens of the private half: every way in which one can be wrong, where keys
come from, and that no secret comes out again. Argument: the program. Prints TAP."""
import hashlib
import json
import os
import re
import subprocess
import tempfile
import time
import uuid

from exchange import MOCK, Mock, b64, bearer, parse, run, sign, token

QUIET = ("--codes", 5, "--rate", 0, "--private-rate", 0)
HEAD = {"alg": "HS512", "typ": "JWT"}


def claims(**more):
    return {"access_key": "test-access", "nonce": str(uuid.uuid4()), **more}


def made(head, payload, alg="HS512", secret="test-secret"):
    text = b64(head) + "." + b64(payload)
    return text + "." + sign(text, alg, secret)


def verdict(mock, value, path="/v1/accounts"):
    """Status and name of the error with this Authorization, (200, None) when it is good."""
    status, _, body = mock.http(path, headers=[] if value is None else [f"Authorization: {value}"])
    return status, None if status == 200 else parse(body)["error"]["name"]


def other_last(text):
    """The same bytes in another spelling: bits that no byte has are set."""
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return text[:-1] + last[last.index(text[-1]) ^ 1]


GOOD = (200, None)
BAD = (401, "jwt_verification")
PAYLOAD = (401, "invalid_query_payload")
SHA = hashlib.sha512(b"").hexdigest()


def cases():
    now = time.time()
    whole = token()
    head, body, signature = whole.split(".")
    yield "a good one", "Bearer " + whole, GOOD
    yield "HS256", "Bearer " + token(alg="HS256"), GOOD
    yield "a scheme in lower case", "bearer " + token(), GOOD
    yield "no typ", "Bearer " + made({"alg": "HS512"}, claims()), GOOD
    yield "the hash of nothing", "Bearer " + token(query_hash=SHA, query_hash_alg="SHA512"), GOOD
    yield "times that fit", "Bearer " + token(iat=now, nbf=now, exp=now + 60), GOOD
    yield "claims nobody asked for", "Bearer " + token(more={"a": [1]}), GOOD
    yield "no header", None, (401, "no_authorization_token")
    yield "no scheme", token(), BAD
    yield "another scheme", "Basic " + token(), BAD
    yield "no token", "Bearer x", BAD
    yield "two parts", "Bearer " + head + "." + body, BAD
    yield "four parts", "Bearer " + token() + ".x", BAD
    yield "no signature", "Bearer " + head + "." + body + ".", BAD
    yield "alg none, unsigned", "Bearer " + b64({"alg": "none"}) + "." + b64(claims()) + ".", BAD
    yield "alg none, signed", "Bearer " + made({"alg": "none"}, claims()), BAD
    yield "alg None", "Bearer " + made({"alg": "None", "typ": "JWT"}, claims()), BAD
    yield "HS384", "Bearer " + token(alg="HS384"), BAD
    yield "RS256 by name", "Bearer " + made({"alg": "RS256"}, claims(), "HS256"), BAD
    yield "HS256 said, HS512 done", "Bearer " + made({"alg": "HS256"}, claims(), "HS512"), BAD
    yield "no alg", "Bearer " + made({"typ": "JWT"}, claims()), BAD
    yield "another typ", "Bearer " + made({"alg": "HS512", "typ": "JWE"}, claims()), BAD
    yield "another secret", "Bearer " + token(secret="test-secreT"), BAD
    yield "an empty secret", "Bearer " + token(secret=""), BAD
    yield "the signature of another", "Bearer " + token().rsplit(".", 1)[0] + "." + signature, BAD
    yield "a changed payload", "Bearer " + head + "." + b64(claims()) + "." + signature, BAD
    yield "half a signature", "Bearer " + token()[:-40], BAD
    yield "padding", "Bearer " + token() + "==", BAD
    padded = b64(HEAD) + "=." + b64(claims())
    yield "padding that is signed", "Bearer " + padded + "." + sign(padded), BAD
    yield "bits left over", "Bearer " + other_last(token()), BAD
    plain = b64(HEAD) + "." + b64(claims()).replace("-", "+").replace("_", "/") + "+"
    yield "the other alphabet", "Bearer " + plain + "." + sign(plain), BAD
    blank = b64(HEAD) + " ." + b64(claims())
    yield "a blank inside", "Bearer " + blank + "." + sign(blank), BAD
    yield "a header that is no object", "Bearer " + made([1], claims()), BAD
    yield "a payload that is no object", "Bearer " + made(HEAD, ["access_key"]), BAD
    yield "no JSON", "Bearer " + made(b"{", b"}"), BAD
    yield "8 KiB and more", "Bearer " + token(more="x" * 9000), BAD
    yield "no access key", "Bearer " + token(access=None), PAYLOAD
    yield "an access key that is a number", "Bearer " + token(access=1), PAYLOAD
    yield "an unknown key", "Bearer " + token(access="nobody"), (401, "invalid_access_key")
    yield "no nonce", "Bearer " + token(nonce=None), PAYLOAD
    yield "an empty nonce", "Bearer " + token(nonce=""), PAYLOAD
    yield "a nonce that is a number", "Bearer " + token(nonce=7), PAYLOAD
    yield "a nonce of 129", "Bearer " + token(nonce="n" * 129), PAYLOAD
    yield "a nonce of 128", "Bearer " + token(nonce="n" * 128), GOOD
    yield "expired", "Bearer " + token(exp=now - 10), BAD
    yield "not yet", "Bearer " + token(nbf=now + 60), BAD
    yield "from the future", "Bearer " + token(iat=now + 60), BAD
    yield "a time that is a word", "Bearer " + token(exp="later"), BAD
    yield "a hash of something", "Bearer " + token("market=KRW-BTC"), PAYLOAD
    yield "another hash", "Bearer " + token(query_hash=SHA, query_hash_alg="SHA256"), PAYLOAD


def test_tokens_one_by_one():
    with Mock(*QUIET) as mock:
        for name, value, want in cases():
            got = verdict(mock, value)
            while got[0] == 429:
                time.sleep(0.05)
                got = verdict(mock, re.sub("Bearer .*", "Bearer " + token(), value))
            assert got == want, (name, value, got)


def test_the_query_is_hashed_as_it_was_sent():
    path = "/v1/orders/closed?states%5B%5D=done&states%5B%5D=cancel&start_time=2026-01-01T00%3A00%3A00%2B09%3A00"
    plain = "states[]=done&states[]=cancel&start_time=2026-01-01T00:00:00+09:00"
    for hashed, want in [
            (plain, GOOD), (path.split("?")[1], PAYLOAD), (None, PAYLOAD), ("", PAYLOAD),
            ("states[]=cancel&states[]=done&start_time=2026-01-01T00:00:00+09:00", PAYLOAD),
            (plain + "&", PAYLOAD), (plain.upper(), PAYLOAD)]:
        with Mock(*QUIET) as mock:
            assert verdict(mock, "Bearer " + token(hashed), path) == want, (hashed, want)
    with Mock(*QUIET) as mock:
        upper = hashlib.sha512(b"uuid=x").hexdigest().upper()
        assert verdict(mock, "Bearer " + token(query_hash=upper), "/v1/order?uuid=x") == PAYLOAD
        no_alg = token(query_hash=upper.lower())
        assert verdict(mock, "Bearer " + no_alg, "/v1/order?uuid=x") == (404, "order_not_found")
        # A plus of the query is a blank to some: both readings are one query.
        for text in ("uuid=a+b", "uuid=a b"):
            assert verdict(mock, "Bearer " + token(text), "/v1/order?uuid=a+b")[0] == 404
        both = bearer() + bearer()
        assert mock.http("/v1/accounts", headers=both)[0] == 401


def test_a_body_is_hashed_flat_and_in_its_order():
    order = {"market": "KRW-BTC", "side": "bid", "volume": "0.001", "price": "100000000", "ord_type": "limit"}
    with Mock(*QUIET) as mock:
        assert mock.call("POST", "/v1/orders/test", body=order)[0] == 201
        turned = "&".join(f"{k}={v}" for k, v in reversed(order.items()))
        status, _, body = mock.http("/v1/orders/test", "POST", json.dumps(order).encode(), bearer(turned))
        assert status == 401 and parse(body)["error"]["name"] == "invalid_query_payload"
        form = "&".join(f"{k}={v}" for k, v in order.items())
        status, _, _ = mock.http("/v1/orders/test", "POST", form.encode(), bearer(form) + [
            "Content-Type: application/x-www-form-urlencoded"])
        assert status == 201
        for body in (b"{", b"[1]", b'{"a":{"b":1}}', b"\xff"):
            assert mock.http("/v1/orders/test", "POST", body, bearer(""))[0] in (400, 401), body


def test_a_nonce_is_good_once():
    with Mock("--codes", 5, "--rate", 0, "--time-scale", 2000, "--idle-timeout", 0) as mock:
        one = "Bearer " + token()
        assert verdict(mock, one) == GOOD
        assert verdict(mock, one) == (401, "nonce_used")
        # Of another query, by the other algorithm, on the stream: it is used up.
        again = token(nonce="mine")
        assert verdict(mock, "Bearer " + again) == GOOD
        assert verdict(mock, "Bearer " + token(nonce="mine", alg="HS256")) == (401, "nonce_used")
        with mock.private([f"Authorization: Bearer {token(nonce='mine')}"]) as ws:
            assert ws.message()["error"]["name"] == "INVALID_AUTH"
        # One that was not signed well did not use anything up.
        assert verdict(mock, "Bearer " + token(nonce="other", secret="x")) == BAD
        assert verdict(mock, "Bearer " + token(nonce="other")) == GOOD
        for n in range(700):  # the table of them grows
            assert verdict(mock, "Bearer " + token(nonce=f"n{n}"))[0] == 200
        for n in (0, 127, 128, 600, 699):
            assert verdict(mock, "Bearer " + token(nonce=f"n{n}")) == (401, "nonce_used"), n


def test_keys_change_while_it_runs():
    with Mock(*QUIET) as mock:
        def now():
            return verdict(mock, "Bearer " + token())
        mock.control("key?expired=1")
        assert now() == (401, "expired_access_key")
        mock.control("key?expired=0&revoked=1")
        assert now() == (401, "invalid_access_key")
        mock.control("key?revoked=0&ips=10.0.0.1,10.0.0.2")
        assert now() == (401, "no_authorization_ip")
        mock.control("key?ips=10.0.0.1,127.0.0.1")
        assert now() == GOOD
        mock.control("key?ips=10.0.0.1")
        mock.control("key?ips=")
        assert now() == GOOD
        mock.control("key?access=test-access&scopes=orders,trade")
        assert now() == (403, "out_of_scope")
        assert verdict(mock, "Bearer " + token(), "/v1/orders/open") == GOOD
        mock.control("key?scopes=assets")
        assert now() == GOOD
        assert verdict(mock, "Bearer " + token(), "/v1/orders/open") == (403, "out_of_scope")
        assert mock.call("DELETE", "/v1/order", [("uuid", "x")])[0] == 403
        assert mock.call("POST", "/v1/orders", body={"market": "KRW-BTC"})[0] == 403
        mock.control("key?scopes=&expired=1")
        mock.control("reset")
        assert now() == GOOD and verdict(mock, "Bearer " + token(), "/v1/orders/open") == GOOD


FILE = """# a comment

first  first-secret   scopes=assets pocket=one
second second-secret ips=::1,10.0.0.1\tpocket=two
third third-secret pocket=one expires=2020-01-01T00:00:00Z
fourth fourth-secret expires=never
"""


def test_keys_of_a_file_and_of_the_environment():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "keys")
        with open(path, "w", encoding="ascii") as file:
            file.write(FILE)
        lines = ";".join(FILE.splitlines())
        for arguments, env in ((("--keys-file", path), {}), ((), {"UPBIT_MOCK_KEYS": lines})):
            with Mock(*QUIET, *arguments, env=env) as mock:
                def get(access, what="/v1/accounts", **more):
                    one = token(access=access, secret=access + "-secret", **more)
                    return verdict(mock, "Bearer " + one, what)
                # A nonce is used by its key alone.
                assert get("first", nonce="n") == get("fourth", nonce="n") == GOOD
                assert get("fourth", nonce="n") == (401, "nonce_used")
                assert get("test") == (401, "invalid_access_key")
                assert get("first") == GOOD and get("first", "/v1/orders/open")[0] == 403
                assert get("second") == (401, "no_authorization_ip")
                assert get("third") == (401, "expired_access_key") and get("fourth") == GOOD
                with open(f"/proc/{mock.process.pid}/environ", "rb") as file:
                    assert b"-secret" not in file.read()
                with open(f"/proc/{mock.process.pid}/cmdline", "rb") as file:
                    assert b"-secret" not in file.read()


def test_wrong_keys_end_the_start_and_show_nothing():
    wrong = [("only", "line 1: an access key and no secret"), ("a geheim\na geheim2", "line 2: .*twice"),
             ("a geheim x=1", "line 1: an option that is none"), ("a geheim scopes=money", "an option"),
             ("a geheim ips=" + ",".join(["1.1.1.1"] * 11), "an option"), ("# nothing", "holds no key"),
             ("a geheim expires=tomorrow", "an option"), ("a geheim pocket=", "an option"),
             ("a geheim pocket=a\"b", "an option"), ("a geheim" + "x" * 300, "too long"),
             ("\n".join(f"k{n} geheim" for n in range(65)), "more than 64 keys"), ("a geheim\0", "not a file of keys"),
             ("#" * 70000, "not a file of keys"), (None, "No such file")]
    with tempfile.TemporaryDirectory() as folder:
        for text, words in wrong:
            path = os.path.join(folder, "keys" if text is not None else "none")
            with open(os.path.join(folder, "keys"), "w", encoding="ascii") as file:
                file.write(text or "")
            got = subprocess.run([MOCK, "--keys-file", path], capture_output=True, text=True, timeout=20)
            assert got.returncode == 1 and got.stdout == "" and re.search(words, got.stderr), (text, got)
            assert "geheim" not in got.stderr, got.stderr


def test_no_answer_shows_a_secret():
    with Mock(*QUIET, "--verbose") as mock:
        tokens = [token(), token(secret="wrong-secret"), token()]
        for one in tokens[:2]:
            verdict(mock, "Bearer " + one)
        with mock.private([f"Authorization: Bearer {tokens[2]}"]) as ws:
            ws.want({"type": "myAsset"})
            ws.say([{"ticket": "t"}, {"method": "LIST_SUBSCRIPTIONS"}])
            ws.message()
            shown = b"".join(mock.http("/mock/" + name)[2] for name in ("stats", "received", "journal", "events"))
    assert b"(not shown)" in shown and "private" in mock.said
    shown += mock.said.encode()
    for secret in ("test-secret", *tokens, *(t.split(".")[2] for t in tokens)):
        assert secret.encode() not in shown, secret


run(globals())
