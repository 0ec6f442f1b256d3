"""Cryptography behind one module: a master key, a key per owner, sealed text, and digests that need a key.

AES-256-GCM and HMAC-SHA-256 by the `cryptography` package; SM4 and SM3 could take their places here and nowhere else.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from store.database import Connection, StoreError
from store.sql import queries

_Q: Final = queries("sealing")

KEY_BYTES: Final = 32
SALT_BYTES: Final = 16
_NONCE_BYTES: Final = 12


class KeyUnusable(StoreError):
    """SHOUWANG_SECRET_KEY_FILE is not the key these texts were sealed under; restore the file it was made with."""


class TextErased(StoreError):
    """The text's key was destroyed: the person was erased."""


class Keyring:
    """The master key in memory: wraps the owners' keys and seals single secrets. Never shows itself."""

    def __init__(self, master_key: bytes) -> None:
        if len(master_key) != KEY_BYTES:
            raise KeyUnusable(f"SHOUWANG_SECRET_KEY_FILE: {KEY_BYTES} bytes are needed, {len(master_key)} were found")
        self._cipher = AESGCM(master_key)
        self._mac_key = hmac.digest(master_key, b"shouwang keyed hash", "sha256")
        seed = hmac.digest(master_key, b"shouwang signature", "sha256")
        self._signing_key = Ed25519PrivateKey.from_private_bytes(seed)

    @classmethod
    def load_or_create(cls, path: Path) -> Keyring:
        """Read the key file, or make one that only its owner can read."""
        if not path.exists():
            _make_key_file(path)
        return cls(path.read_bytes())

    def seal(self, text: str, *, context: str) -> bytes:
        """Seal one secret under the master key; `context` says what it is and must be the same at opening."""
        return _seal(self._cipher, text.encode(), context)

    def open(self, sealed: bytes, *, context: str) -> str:
        return _open(self._cipher, sealed, context).decode()

    def keyed_hash(self, text: str) -> bytes:
        """A hash that cannot be searched by guessing without the key: identity numbers, session secrets."""
        return hmac.digest(self._mac_key, text.encode(), "sha256")

    def sign(self, data: bytes) -> bytes:
        """The site's signature (Ed25519): whoever has `verifying_pem` can check it, and nobody else can make it."""
        return self._signing_key.sign(data)

    def verifying_pem(self) -> str:
        """The public half, to be handed out once, by another way than what is signed."""
        public = self._signing_key.public_key()
        return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def wrap(self, key: bytes, *, owner: str) -> bytes:
        return _seal(self._cipher, key, f"key of {owner}")

    def unwrap(self, wrapped: bytes, *, owner: str) -> bytes:
        return _open(self._cipher, wrapped, f"key of {owner}")

    def __repr__(self) -> str:
        return "Keyring(…)"


def _make_key_file(path: Path) -> None:
    """Write a new key beside the path and link it there whole: parts that start together agree on one."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()


async def owner_cipher(connection: Connection, keyring: Keyring, owner: str) -> AESGCM:
    """The cipher of an owner's texts, made at first use; TextErased once it was destroyed."""
    fresh = secrets.token_bytes(KEY_BYTES)
    row = await connection.fetchrow(_Q.key_of, owner, keyring.wrap(fresh, owner=owner))
    assert row is not None, "the query inserts what it does not find"
    if row["wrapped"] is None:
        raise TextErased(f"the texts of {owner} were erased")
    return AESGCM(keyring.unwrap(row["wrapped"], owner=owner))


def seal_text(cipher: AESGCM, text: str, *, context: str) -> bytes:
    return _seal(cipher, text.encode(), context)


def open_text(cipher: AESGCM, sealed: bytes, *, context: str) -> str:
    return _open(cipher, sealed, context).decode()


def _seal(cipher: AESGCM, data: bytes, context: str) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, data, context.encode())


def _open(cipher: AESGCM, sealed: bytes, context: str) -> bytes:
    try:
        return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], context.encode())
    except InvalidTag as error:
        raise KeyUnusable(KeyUnusable.__doc__) from error


def is_signed(data: bytes, signature: bytes, pem: str) -> bool:
    """Whether the site with this public key signed exactly these bytes; False for a key that is none."""
    try:
        key = load_pem_public_key(pem.encode())
        if not isinstance(key, Ed25519PublicKey):
            return False
        key.verify(signature, data)
    except (ValueError, InvalidSignature):
        return False
    return True


#: What a guess at a file's passphrase costs (OWASP's figure for PBKDF2 with SHA-256).
FILE_ITERATIONS: Final = 600_000


def lock_file(data: bytes, passphrase: str) -> bytes:
    """A file under a passphrase, as `openssl enc -d -aes-256-cbc -pbkdf2 -iter 600000` opens it: who gets it needs
    no program of ours. Slow on purpose: not for an event loop."""
    salt = secrets.token_bytes(8)
    made = hashlib.pbkdf2_hmac("sha256", passphrase.encode(), salt, FILE_ITERATIONS, dklen=48)
    padder = padding.PKCS7(128).padder()
    padded = padder.update(data) + padder.finalize()
    encryptor = Cipher(algorithms.AES256(made[:32]), modes.CBC(made[32:])).encryptor()
    return b"Salted__" + salt + encryptor.update(padded) + encryptor.finalize()
