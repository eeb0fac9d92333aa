"""What a form carries until it comes back, bound to the person it was opened for: unchanged, and nobody else's."""

import hashlib
import hmac


class Bound:
    """secret: any that all replicas have, never used as it is. With another one open forms are no longer ours."""

    def __init__(self, secret: str) -> None:
        self._key = hashlib.sha256(f"form:{secret}".encode()).digest()

    def bind(self, person: str, held: str) -> str:
        return f"{self._tag(person, held)}:{held}"

    def held(self, person: str, bound: str) -> str | None:
        """None unless we bound it, to this person."""
        tag, _, held = bound.partition(":")
        good = hmac.compare_digest(tag.encode("utf-8", "replace"), self._tag(person, held).encode())
        return held if good else None

    def _tag(self, person: str, held: str) -> str:
        said = f"{person}\0{held}".encode("utf-8", "replace")
        return hmac.new(self._key, said, hashlib.sha256).hexdigest()[:32]
