"""A real OpenID provider (idpyoidc) served on loopback, and ways to make it lie.

provider.person |= {"email": "…"}      # who is at the keyboard, by whatever means
provider.acr = "eidas1"                # how they proved it
provider.lie = "userinfo-signature"    # what the next answer falsifies (see ``LIES``)
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptojwt.jwk.ec import new_ec_key
from cryptojwt.jwk.rsa import new_rsa_key
from cryptojwt.jws.jws import JWS, factory
from idpyoidc.server import Server
from idpyoidc.server.configure import OPConfiguration
from idpyoidc.server.oidc.session import Session
from idpyoidc.server.user_authn.user import NoAuthn

CLIENT_ID, CLIENT_SECRET = "cosigne-essai", "un secret de client assez long 0123456789"
CALLBACK, LOGGED_OUT = "http://testserver/connexion/proconnect/retour/", "http://testserver/deconnexion/proconnect/"
STRONG, WEAK = "https://proconnect.gouv.fr/assurance/consistency-checked-2fa", "eidas1"
LIES = ("userinfo-signature", "userinfo-audience", "userinfo-plain", "userinfo-subject", "id-signature", "id-audience",
        "id-issuer", "id-nonce", "id-expired", "id-none")  # fmt: skip


class Somebody(NoAuthn):
    """Whoever the test says is there."""

    uid = ""

    def authenticated_as(self, client_id: str, cookie: Any = None, **kwargs: Any) -> tuple[dict[str, str], int]:
        return {"uid": self.uid}, 0


class EndSession(Session):
    """Browsers come there: no client authenticates itself, its identity is in the token it gave them."""

    def client_authentication(self, request: Any, http_info: Any = None, **kwargs: Any) -> dict[str, str]:
        return {}


class Provider:
    """The provider's state: what its next answers will say."""

    def __init__(self, port: int, algorithm: str) -> None:
        self.issuer, self.algorithm = f"http://127.0.0.1:{port}", algorithm
        self.person: dict[str, Any] = {}
        #: Who it is for the provider, whatever they are called: the subject is drawn from it.
        self.uid = "personne"
        self.acr, self.lie = STRONG, ""
        #: Paths asked for, what the last authorization and the last logout were asked with.
        self.asked: list[str] = []
        self.requested: dict[str, str] = {}
        self.left: dict[str, str] = {}
        self.sessions_ended = 0
        self.server = Server(OPConfiguration(conf=self._configuration()), cwd="/")
        self.server.context.cdb[CLIENT_ID] = {
            "client_secret": CLIENT_SECRET,
            "redirect_uris": [(CALLBACK, {})],
            "post_logout_redirect_uri": [(LOGGED_OUT, {})],
            "response_types": ["code"],
            "response_types_supported": ["code"],
            "token_endpoint_auth_method": "client_secret_post",
            "userinfo_signed_response_alg": algorithm,
            "id_token_signed_response_alg": algorithm,
            "allowed_scopes": ["openid", "email", "siret", "given_name", "usual_name"],
        }
        self.server.keyjar.add_symmetric(CLIENT_ID, CLIENT_SECRET)

    def _configuration(self) -> dict[str, Any]:
        endpoint = "idpyoidc.server.oidc."
        known = {"claims_parameter_supported": True, "response_types_supported": ["code"]}
        return {
            "issuer": self.issuer,
            "httpc_params": {"verify": False},
            "key_conf": {"key_defs": [{"type": "RSA", "key": "", "use": ["sig"]},
                                      {"type": "EC", "crv": "P-256", "use": ["sig"]}]},
            "preference": {"subject_types_supported": ["public"]},
            "token_handler_args": {
                "key_conf": {"key_defs": [{"type": "OCT", "bytes": 24, "use": ["enc"], "kid": "code"}]},
                "code": {"lifetime": 600, "kwargs": {"crypt_conf": _crypt()}},
                "token": {"class": "idpyoidc.server.token.jwt_token.JWTToken", "kwargs": {"lifetime": 3600}},
                "refresh": {"class": "idpyoidc.server.token.jwt_token.JWTToken", "kwargs": {"lifetime": 3600}},
                "id_token": {"class": "idpyoidc.server.token.id_token.IDToken", "kwargs": {}},
            },
            "session_params": {"encrypter": _crypt()},
            "cookie_handler": {"class": "idpyoidc.server.cookie_handler.CookieHandler", "kwargs": {
                "keys": {"key_defs": [{"type": "OCT", "use": ["enc"], "kid": "enc"},
                                      {"type": "OCT", "use": ["sig"], "kid": "sig"}]}, "name": {"session": "op"}}},
            "endpoint": {
                "provider_config": {"path": ".well-known/openid-configuration", "kwargs": {},
                                    "class": endpoint + "provider_config.ProviderConfiguration"},
                "authorization": {"path": "authorize", "class": endpoint + "authorization.Authorization",
                                  "kwargs": known},
                "token": {"path": "token", "class": endpoint + "token.Token",
                          "kwargs": {"client_authn_method": ["client_secret_post", "client_secret_basic"]}},
                "userinfo": {"path": "userinfo", "class": endpoint + "userinfo.UserInfo", "kwargs": {}},
                "session": {"path": "logout", "class": EndSession,
                            "kwargs": {"post_logout_uri_path": "done", "signing_alg": "ES256",
                                       "logout_verify_url": f"{self.issuer}/verify-logout"}},
            },
            "userinfo": {"class": "idpyoidc.server.user_info.UserInfo", "kwargs": {"db": {}}},
            "authentication": {"seen": {"acr": STRONG, "class": Somebody, "kwargs": {"user": "personne"}}},
            "add_on": {"pkce": {"function": "idpyoidc.server.oauth2.add_on.pkce.add_support",
                                "kwargs": {"essential": True}}},
            "scopes_to_claims": {"openid": ["sub"], "email": ["email", "email_verified"], "siret": ["siret"],
                                 "given_name": ["given_name"], "usual_name": ["usual_name"]},
        }  # fmt: skip


def _crypt() -> dict[str, Any]:
    return {"kwargs": {"keys": {"key_defs": [{"type": "OCT", "bytes": 24, "use": ["enc"], "kid": "password"},
                                             {"type": "OCT", "bytes": 24, "use": ["enc"], "kid": "salt"}]},
                       "iterations": 1}}  # fmt: skip


class Handler(BaseHTTPRequestHandler):
    """HTTP in front of the library; ``provider`` is set by :func:`serve`."""

    provider: Provider

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        self.provider.asked.append(address.path)
        routes = {"/.well-known/openid-configuration": self.discovery, "/jwks": self.keys, "/authorize": self.authorize,
                  "/userinfo": self.userinfo, "/logout": self.logout, "/verify-logout": self.verify_logout}  # fmt: skip
        routes.get(address.path, self.unknown)(query)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.provider.asked.append(self.path)
        self.token(body) if self.path == "/token" else self.unknown({})

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on the tests' output."""

    # --- Endpoints --------------------------------------------------------------------------------------------------

    def discovery(self, query: dict[str, str]) -> None:
        known = {name: value for name, value in self.provider.server.context.provider_info.items() if name != "jwks"}
        self.send(200, json.dumps({**known, "jwks_uri": f"{self.provider.issuer}/jwks"}), "application/json")

    def keys(self, query: dict[str, str]) -> None:
        self.send(200, json.dumps(self.provider.server.keyjar.export_jwks()), "application/json")

    def authorize(self, query: dict[str, str]) -> None:
        provider = self.provider
        provider.requested = query
        context = provider.server.context
        context.userinfo.db[provider.uid] = dict(provider.person)
        context.authn_broker.db["seen"]["acr"] = provider.acr
        context.authn_broker.db["seen"]["method"].uid = provider.uid
        endpoint = provider.server.endpoint["authorization"]
        request = endpoint.parse_request(query)
        given = endpoint.process_request(request)
        answer = endpoint.do_response(request=request, **given)
        cookies = [f"{c['name']}={c['value']}; Path=/" for c in given.get("cookie", [])]
        self.send(302, "", location=answer["response"], cookies=cookies)

    def token(self, body: str) -> None:
        endpoint = self.provider.server.endpoint["token"]
        request = endpoint.parse_request(body, http_info={"headers": {}, "method": "POST", "url": self.path})
        given = request if "error" in request else endpoint.process_request(request)
        if "error" in given:
            self.send(400, json.dumps({"error": given["error"]}), "application/json")
            return
        answer = json.loads(endpoint.do_response(request=request, **given)["response"])
        answer["id_token"] = self.lied("id", answer["id_token"])
        self.send(200, json.dumps(answer), "application/json")

    def userinfo(self, query: dict[str, str]) -> None:
        endpoint = self.provider.server.endpoint["userinfo"]
        headers = {"authorization": self.headers["Authorization"]}
        request = endpoint.parse_request({}, http_info={"headers": headers, "method": "GET", "url": self.path})
        if "error" in request:
            self.send(401, json.dumps({"error": request["error"]}), "application/json")
            return
        signed = endpoint.do_response(request=request, **endpoint.process_request(request))["response"]
        if self.provider.lie == "userinfo-plain":
            self.send(200, json.dumps(factory(signed).jwt.payload()), "application/json")
        else:
            self.send(200, self.lied("userinfo", signed), "application/jwt")

    def logout(self, query: dict[str, str]) -> None:
        provider, endpoint = self.provider, self.provider.server.endpoint["session"]
        provider.left = query
        pairs = (part.strip().partition("=") for part in (self.headers["Cookie"] or "").split(";"))
        cookies = [{"name": name, "value": value} for name, _, value in pairs]
        request = endpoint.parse_request(query, http_info={"headers": {}, "cookie": cookies})
        answer = endpoint.process_request(request, http_info={"cookie": cookies})
        self.send(302, "", location=answer["redirect_location"])

    def verify_logout(self, query: dict[str, str]) -> None:
        """The page on which the person agrees, who does."""
        endpoint = self.provider.server.endpoint["session"]
        agreed = endpoint.unpack_signed_jwt(query["sjwt"])
        endpoint.do_verified_logout(agreed["sid"])
        self.provider.server.context.session_manager.revoke_client_session(agreed["sid"])
        self.provider.sessions_ended += 1
        self.send(302, "", location=agreed["redirect_uri"])

    def unknown(self, query: dict[str, str]) -> None:
        self.send(404, "")

    # --- Lying ------------------------------------------------------------------------------------------------------

    def lied(self, which: str, token: str) -> str:
        """The token as it is, or falsified as ``provider.lie`` says."""
        provider = self.provider
        subject, _, lie = provider.lie.partition("-")
        if subject != which:
            return token
        claims, header = factory(token).jwt.payload(), factory(token).jwt.headers
        claims |= {
            "audience": {"aud": ["un-autre-client"]}, "nonce": {"nonce": "celui d'une autre demande"},
            "issuer": {"iss": "https://ailleurs.example"}, "expired": {"exp": claims["iat"] - 4000},
            "subject": {"sub": "quelqu'un d'autre"},
        }.get(lie, {})  # fmt: skip
        if lie == "none":
            return JWS(json.dumps(claims), alg="none").sign_compact([])
        kind = "RSA" if provider.algorithm == "RS256" else "EC"
        key = provider.server.keyjar.get_signing_key(kind)[0]
        if lie == "signature":
            # Another key under the name of the right one.
            key = new_rsa_key(kid=header["kid"]) if kind == "RSA" else new_ec_key("P-256", kid=header["kid"])
        return JWS(json.dumps(claims), alg=provider.algorithm, kid=header["kid"]).sign_compact([key], kid=header["kid"])

    def send(self, status: int, text: str, kind: str = "text/plain", location: str = "", cookies: Any = ()) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if location:
            self.send_header("Location", location)
        for cookie in cookies:
            self.send_header("Set-Cookie", cookie)
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def serve(algorithm: str = "RS256") -> Iterator[Provider]:
    """The provider, answering on a free port of loopback until the block ends."""
    handler = type("ProviderHandler", (Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    handler.provider = provider = Provider(server.server_address[1], algorithm)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
