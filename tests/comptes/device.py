"""A device that keeps a passkey, as a phone does: it makes a pair of keys and signs what a page asks, or lies when told to."""

from __future__ import annotations

import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, MADE = 0x01, 0x04, 0x40  # flags: somebody touched it; it knew them; it says which key it made


def to_text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def to_bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Device:
    """One passkey, once it is made; `count` is how often it signed, 0 for ever when it does not count."""

    def __init__(self, origin: str, *, counts: bool = True) -> None:
        self.origin, self.counts, self.count = origin, counts, 0
        self.id = secrets.token_bytes(32)
        self.key = ec.generate_private_key(ec.SECP256R1())

    def make(self, asked: dict[str, Any], *, transports: tuple[str, ...] = ("internal",), **lies: Any) -> str:
        """The answer to what navigator.credentials.create is asked, as JSON."""
        self.handle = to_bytes(asked["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}  # COSE's names of an ES256 key
        id = lies.pop("id", self.id)
        made = bytes(16) + len(id).to_bytes(2) + id + cbor2.dumps(public)
        said, seen = self._client("webauthn.create", asked, lies), self._seen(asked["rp"]["id"], MADE, lies)
        attested = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": seen + made})
        answer = {"clientDataJSON": to_text(said), "attestationObject": to_text(attested), "transports": list(transports)}
        return self._sent(id, answer)

    def sign(self, asked: dict[str, Any], **lies: Any) -> str:
        """The answer to what navigator.credentials.get is asked, as JSON."""
        said, seen = self._client("webauthn.get", asked, lies), self._seen(asked["rpId"], 0, lies)
        signature = self.key.sign(seen + sha256(said).digest(), ec.ECDSA(SHA256()))
        answer = {"clientDataJSON": to_text(said), "authenticatorData": to_text(seen), "signature": to_text(signature)}
        handle = lies.get("handle", self.handle)
        return self._sent(self.id, answer | ({"userHandle": to_text(handle)} if handle else {}))

    def _client(self, type: str, asked: dict[str, Any], lies: dict[str, Any]) -> bytes:
        said = {"type": type, "challenge": asked["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(said | {name: lies[name] for name in said.keys() & lies.keys()}).encode()

    def _seen(self, rp_id: str, flags: int, lies: dict[str, Any]) -> bytes:
        if self.counts:
            self.count += 1
        count = lies.get("count", self.count)
        flags |= lies.get("flags", PRESENT | VERIFIED)
        return sha256(lies.get("rp_id", rp_id).encode()).digest() + bytes([flags]) + count.to_bytes(4)

    def _sent(self, id: bytes, answer: dict[str, Any]) -> str:
        whole = {"id": to_text(id), "rawId": to_text(id), "type": "public-key", "response": answer}
        return json.dumps(whole | {"clientExtensionResults": {}, "authenticatorAttachment": "platform"})
