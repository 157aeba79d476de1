"""What a Python program says to a running `glazier serve`, over HTTP: one file, of the standard library alone.

    from glazier import Glazier
    net = Glazier("http://127.0.0.1:8080", token)
    answer = net.say("deny(dstHost=10.0.0.2, srcHost=10.0.0.3) on aliceAC.")
    if not answer["accepted"]:
        print(answer["statements"][0]["certificate"]["reason"])
    for event in net.events(after=-1):
        print(event["record"], event["text"])

What may be repeated safely is repeated, through restarts of the server, until `patience` (seconds) is over: questions
change nothing, and a statement has a key by which it is decided once.
"""

import http.client
import ipaddress
import json
import re
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

__all__ = ["Glazier", "Refusal"]

# Too much at once, or a server that stops or is full.
_BY_CHANCE = {408, 429, 502, 503, 504}
# Seconds of silence after which a stream is dead: the server's heartbeat comes every 15.
_SILENCE = 45


class Refusal(Exception):
    """The server's own refusal: a sentence, a stable `code`, and what to do (`help`)."""

    def __init__(self, status, error):
        super().__init__(error.get("message", f"the server answers with {status}"))
        self.status = status
        self.code = error.get("code", "unknown")
        self.help = error.get("help")
        self.diagnostics = error.get("diagnostics", [])


class Glazier:
    def __init__(self, url, token=None, patience=30.0, context=None, cert=None, key=None, ca=None):
        """`cert` and `key` (paths of PEM) say who asks in place of a token, over https alone; `ca` is the authority of the
        server's certificate. `context`: an `ssl.SSLContext` of your own instead of these."""
        # What no patience mends is said at once.
        if not _is_address(url):
            raise ValueError(f"{url!r} is no address of a server: write http://127.0.0.1:8080")
        if token is not None and not re.fullmatch(r"[!-~]+", token):
            raise ValueError("a token is one word of ASCII, without blanks or the end of a line")
        if token is not None and url.startswith("http:") and not _is_here(url):
            raise ValueError(f"without TLS a token that is sent to {url} could be read on the way: write https://HOST:PORT")
        if cert and not url.startswith("https:"):
            raise ValueError("a certificate is shown over https:// alone")
        if context is None and (cert or ca):
            context = _context(cert, key, ca)
        self._url = url.rstrip("/")
        self._token = token
        self._patience = patience
        self._context = context

    def say(self, statements, key=None):
        """Says a statement, or a list of them that are accepted together or not at all. A rejection is an answer."""
        if key is not None and not re.fullmatch(r"[ -~]{1,200}", key):
            raise ValueError("a key has 1 to 200 signs of ASCII")
        texts = [statements] if isinstance(statements, str) else statements
        if not isinstance(texts, (list, tuple)) or not all(isinstance(one, str) for one in texts):
            raise TypeError("a statement is text with its full stop, and several are a list of such")
        body = {"text": statements} if isinstance(statements, str) else {"texts": list(texts)}
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        return self._json("/v1/statements", body=body, headers=headers)

    def shares(self, **page):
        return self._get("/v1/shares", page)

    def requests(self, **given):
        """`share`, `limit`, `skip`."""
        return self._get("/v1/requests", given)

    def schedule(self, share, **page):
        return self._get("/v1/schedule/" + urllib.parse.quote(share, safe=""), page)

    def available(self, rate, flows, share, **given):
        return self._get("/v1/available", {"rate": rate, "flows": flows, "share": share, **given})

    def explain(self, of):
        return self._get("/v1/explain", {"of": of})

    def tokens(self):
        return self._get("/v1/tokens", {})

    def make_token(self, name):
        """It is not repeated: a token that was made and never read would stay."""
        return self._json("/v1/tokens", body={"name": name}, safe=False)["token"]

    def revoke_tokens(self, name, **one):
        """`token` or `id`: that one; neither: all of the name."""
        return self._json("/v1/tokens", method="DELETE", body={"name": name, **one}, safe=False)["revoked"]

    def events(self, after=None):
        """What is recorded, one after the other and none twice, through restarts of the server."""
        while True:
            query = "" if after is None else f"?after={after}"
            # This gives up once patience is over.
            stream = self._open("/v1/events" + query, timeout=_SILENCE)
            try:
                with stream:
                    fields = {}
                    for line in stream:
                        line = line.decode().rstrip("\n")
                        opened = re.fullmatch(r": records follow after (-?\d+)", line)
                        if opened and after is None:
                            after = int(opened.group(1))
                        elif line:
                            name, _, value = line.partition(": ")
                            fields[name] = value
                        else:
                            # What has no id is no record.
                            if "data" in fields and "id" in fields:
                                after = int(fields["id"])
                                yield json.loads(fields["data"])
                            fields = {}
            except (OSError, http.client.HTTPException):
                # A stream that breaks off is opened again after its last record.
                pass
            time.sleep(0.1)

    def _get(self, path, given):
        query = urllib.parse.urlencode({name: value for name, value in given.items() if value is not None})
        return self._json(path + ("?" + query if query else ""))

    def _json(self, path, **ask):
        return self._open(path, read=True, **ask)

    def _open(self, path, method=None, body=None, headers=None, safe=True, timeout=30, read=False):
        until = time.monotonic() + self._patience
        wait = 0.1
        while True:
            request = urllib.request.Request(self._url + path, method=method or ("GET" if body is None else "POST"))
            if self._token is not None:
                request.add_header("Authorization", "Bearer " + self._token)
            for name, value in (headers or {}).items():
                request.add_header(name, value)
            if body is not None:
                request.add_header("Content-Type", "application/json")
                request.data = json.dumps(body).encode()
            may_go_on = safe and time.monotonic() + wait < until
            try:
                response = urllib.request.urlopen(request, timeout=timeout, context=self._context)
                if not read:
                    return response
                with response:
                    return json.load(response)
            except urllib.error.HTTPError as error:
                with error:
                    refusal = _refusal(error)
                if not (may_go_on and error.code in _BY_CHANCE):
                    raise refusal from None
            except (OSError, http.client.HTTPException, ValueError) as error:
                if not may_go_on:
                    raise ConnectionError(f"the server does not answer: {error}") from error
            time.sleep(wait)
            wait = min(2 * wait, 2)


def _context(cert, key, ca):
    try:
        context = ssl.create_default_context(cafile=ca)
    except ssl.SSLError as error:
        raise ValueError(f"{ca} holds no certificate in PEM") from error
    try:
        if cert:
            context.load_cert_chain(cert, key, password=_locked)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise ValueError(f"{key or cert} is the key of another certificate") from error
        raise ValueError(f"{cert} and {key or cert} hold no certificate and its key in PEM") from error
    return context


def _locked():
    raise ValueError("the key is locked with a passphrase: `openssl pkey -in FILE -out OPENED` makes one without")


def _is_address(url):
    """Whether it is http:// or https:// with a host and no blank, and its port, if it names one, is one of TCP."""
    try:
        parts = urllib.parse.urlsplit(url)
        return bool(re.fullmatch(r"https?://[^\s\x00-\x20\x7f]+", url) and parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _is_here(url):
    """Whether an address is of this machine."""
    host = urllib.parse.urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _refusal(error):
    try:
        return Refusal(error.code, json.load(error).get("error", {}))
    except (ValueError, OSError):
        return Refusal(error.code, {})
