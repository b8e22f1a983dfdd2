"""SignIn: the token of one backend, had when it first asks for one, and had anew when it ends."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from fletching.extend import redact
from fletching_flyte.config import AuthType
from fletching_flyte.problems import BackendError, FlyteAuthenticationException
from fletching_flyte.tokens import Token, TokenFile

if TYPE_CHECKING:
    from collections.abc import Callable

    from flyteidl.service.auth_pb2 import OAuth2MetadataResponse, PublicClientAuthConfigResponse

    from fletching_flyte.config import PlatformConfig

    Metadata = tuple[PublicClientAuthConfigResponse, OAuth2MetadataResponse]

__all__ = ["SignIn"]


class SignIn:
    """Gives the header that calls carry. Threads may ask at once: one of them signs in, the others wait for it.

    Args:
        platform: says how.
        metadata: asks the backend what its clients have to know.
    """

    def __init__(self, platform: PlatformConfig, metadata: Callable[[], Metadata]) -> None:
        self._platform = platform
        self._ask = metadata
        self._metadata: Metadata | None = None
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._key = "authorization"
        self._file: TokenFile | None = None
        if platform.auth_mode is AuthType.PKCE and platform.token_cache:
            self._file = TokenFile(platform.endpoint, platform.client_id or "", " ".join(platform.scopes))
            self._token = self._file.read()

    @property
    def possible(self) -> bool:
        """Whether there is anything to sign in with."""
        return self._platform.auth_mode is not AuthType.NONE

    def current(self) -> Token | None:
        """Return the token that calls carry; None before the backend has asked for one.

        One that has ended is replaced first.
        """
        token = self._token
        if token is None or token.fresh:
            return token
        return self.renew(token)

    def header(self, token: Token | None) -> list[tuple[str, str]]:
        """Return the metadata of a call."""
        if token is None:
            return []
        if self._metadata is None and self._file is not None:
            self._describe()  # the token comes from the file, and the backend says where it wants to see it
        return [(self._key, f"Bearer {token.access}")]

    def renew(self, used: Token | None) -> Token:
        """Return another token than the one that was used, and keep it.

        Raises:
            FlyteAuthenticationException: there is none.
        """
        with self._lock:
            if self._token is not used and self._token is not None:
                return self._token  # another thread was faster
            made = self._made(used)
            self._token = made
            if self._file is not None:
                self._file.write(made)
            return made

    def _made(self, used: Token | None) -> Token:
        mode = self._platform.auth_mode
        if mode is AuthType.EXTERNAL_COMMAND:
            with suppress(FlyteAuthenticationException):
                self._describe()  # for the name of the header; one that says nothing wants the usual one
            return self._from_command()
        client, server = self._describe()
        if mode is AuthType.CLIENT_SECRET:
            return self._from_secret(client, server)
        name = self._platform.client_id or client.client_id
        if used is not None and used.refresh:
            from fletching_flyte.oauth import request_token

            form = {"grant_type": "refresh_token", "refresh_token": used.refresh, "client_id": name}
            try:
                return request_token(self._platform, server.token_endpoint, form)
            except FlyteAuthenticationException:
                pass  # it has ended as well: somebody has to sign in
        from fletching_flyte.pkce import sign_in_with_browser

        return sign_in_with_browser(
            self._platform,
            authorization_endpoint=server.authorization_endpoint,
            token_endpoint=server.token_endpoint,
            client_id=name,
            redirect_uri=client.redirect_uri,
            scopes=self._platform.scopes or tuple(client.scopes),
            audience=self._platform.audience or client.audience,
        )

    def _from_secret(self, client: PublicClientAuthConfigResponse, server: OAuth2MetadataResponse) -> Token:
        from fletching_flyte.oauth import request_token

        if not self._platform.client_id:
            raise FlyteAuthenticationException("auth mode 'ClientSecret' needs client_id (clientId in flytectl's file)")
        form = {"grant_type": "client_credentials", "scope": " ".join(self._platform.scopes or client.scopes)}
        audience = self._platform.audience or client.audience
        if audience:
            form["audience"] = audience
        pair = (self._platform.client_id, self._platform.client_secret())
        return request_token(self._platform, server.token_endpoint, form, client=pair)

    def _from_command(self) -> Token:
        import subprocess

        command = self._platform.command
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise FlyteAuthenticationException(f"the command {command[0]!r} gave no token: {error}") from error
        if done.returncode:
            said = redact(done.stderr.strip().rpartition("\n")[2])
            raise FlyteAuthenticationException(
                f"the command {command[0]!r} gave no token: it exited with {done.returncode}"
                + (f": {said}" * bool(said))
            )
        text = done.stdout.strip()
        if not text or any(map(str.isspace, text)):
            raise FlyteAuthenticationException(
                f"the command {command[0]!r} printed no token; it has to print one, and nothing else"
            )
        return Token(access=text)

    def _describe(self) -> Metadata:
        """Return what the backend says about signing in; it is asked once."""
        if self._metadata is None:
            try:
                self._metadata = self._ask()
            except BackendError as error:
                raise FlyteAuthenticationException(
                    f"{self._platform.endpoint} does not say how to sign in: {error}"
                ) from error
            self._key = self._metadata[0].authorization_metadata_key.lower() or self._key
        return self._metadata
