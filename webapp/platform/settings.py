"""The only reader of the environment. A setting that makes no sense stops the start with one
line."""

import contextlib
import ipaddress
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

POSTGRES_SCHEMES = ("postgres", "postgresql", "postgresql+psycopg")
SHORTEST_SECRET = 32
CEP_PROVIDERS = ("viacep", "brasilapi", "opencep", "awesomeapi", "sample")
_TEN_YEARS = 10 * 365 * 24 * 3600
CNPJ_PROVIDERS = ("brasilapi", "receitaws", "opencnpj")


class SettingsError(ValueError):
    """One line that says which setting and why."""


@dataclass(frozen=True)
class Settings:
    data_dir: Path
    database_url: str
    redis_url: str
    secret_key: str
    proxies: int = 0
    hsts_subdomains: bool = False
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = "http://127.0.0.1:8000"
    demo: bool = False
    web_workers: int = 2
    job_workers: int = 2
    worker_memory_mb: int = 512
    viacep_url: str = "https://viacep.com.br/ws"
    cep_providers: tuple[str, ...] = ("viacep", "brasilapi", "opencep")
    cnpj_providers: tuple[str, ...] = ()
    melhor_envio_url: str = "https://melhorenvio.com.br"
    smtp_url: str | None = None
    imap_url: str | None = None
    nfe_environment: str = "homologation"
    nfe_environment_from_env: bool = False
    nfe_authority: str = "sandbox"
    nfe_certificate: Path | None = None
    nfe_certificate_password: str = ""
    review_policy: str = "exceptions"
    review_policy_from_env: bool = False
    log_format: str = "text"
    clock_ahead: int = 0

    @property
    def secure(self) -> bool:
        """Whether people reach the shop by https, which turns on Secure and `__Host-` cookies and
        HSTS."""
        return self.public_url.startswith("https://")

    @property
    def is_local(self) -> bool:
        """Whether only this machine reaches the shop."""
        return _is_loopback(self.host) and _is_loopback(urlsplit(self.public_url).hostname)

    @property
    def production(self) -> bool:
        return self.nfe_environment == "production"

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> "Settings":
        """Reads `env`; makes DATA_DIR and SECRET_KEY when they are not there. Raises
        SettingsError."""
        data_dir = _writable_dir(Path(env.get("DATA_DIR") or "var"))
        port = _number(env, "PORT", 8000, 1, 65535)
        demo = _choice(env, "DEMO", ("0", "1"), "0") == "1"
        settings = cls(
            data_dir=data_dir,
            database_url=_database_url(env.get("DATABASE_URL"), data_dir),
            redis_url=_redis_url(env.get("REDIS_URL"), data_dir),
            secret_key=env.get("SECRET_KEY") or _kept_secret(data_dir / "secret_key"),
            proxies=_number(env, "PROXIES", 0, 0, 9),
            hsts_subdomains=_choice(env, "HSTS_SUBDOMAINS", ("0", "1"), "0") == "1",
            host=env.get("HOST") or "127.0.0.1",
            port=port,
            public_url=_public_url(env.get("PUBLIC_URL") or f"http://127.0.0.1:{port}"),
            demo=demo,
            web_workers=_number(env, "WEB_WORKERS", 2, 1, 64),
            job_workers=_number(env, "JOB_WORKERS", 2, 1, 64),
            worker_memory_mb=_number(env, "WORKER_MEMORY_MB", 512, 256, 1_000_000),
            viacep_url=_http_url(env, "VIACEP_URL", "https://viacep.com.br/ws"),
            cep_providers=_providers(
                env, "CEP_PROVIDERS", CEP_PROVIDERS, _usual_cep_providers(demo)
            ),
            cnpj_providers=_providers(env, "CNPJ_PROVIDERS", CNPJ_PROVIDERS, ()),
            melhor_envio_url=_http_url(env, "MELHOR_ENVIO_URL", "https://melhorenvio.com.br"),
            smtp_url=_smtp_url(env.get("SMTP_URL")),
            imap_url=_imap_url(env.get("IMAP_URL")),
            nfe_environment=_choice(
                env, "NFE_ENVIRONMENT", ("homologation", "production"), "homologation"
            ),
            nfe_environment_from_env=bool(env.get("NFE_ENVIRONMENT")),
            nfe_authority=_choice(env, "NFE_AUTHORITY", ("sandbox", "sefaz"), "sandbox"),
            nfe_certificate=Path(env["NFE_CERTIFICATE"]) if env.get("NFE_CERTIFICATE") else None,
            nfe_certificate_password=env.get("NFE_CERTIFICATE_PASSWORD", ""),
            review_policy=_choice(env, "REVIEW_POLICY", ("exceptions", "all"), "exceptions"),
            review_policy_from_env=bool(env.get("REVIEW_POLICY")),
            log_format=_choice(env, "LOG_FORMAT", ("text", "json"), "text"),
            clock_ahead=_number(env, "CLOCK_AHEAD", 0, -_TEN_YEARS, _TEN_YEARS),
        )
        settings._refuse_nonsense()
        return settings

    def _refuse_nonsense(self) -> None:
        if self.production and self.nfe_authority == "sandbox":
            raise SettingsError(
                "NFE_ENVIRONMENT=production with NFE_AUTHORITY=sandbox: the sandbox has no fiscal "
                "value, so production documents cannot go to it"
            )
        if self.demo and self.nfe_authority != "sandbox":
            raise SettingsError(
                "DEMO=1 with NFE_AUTHORITY=sefaz: the demo's orders are invented, and their NF-e "
                "would go to SEFAZ; say DEMO=0"
            )
        if not self.is_local and _is_guessed(self.secret_key):
            raise SettingsError(
                f"SECRET_KEY: use at least {SHORTEST_SECRET} random characters, as "
                "python3 -c 'import secrets; print(secrets.token_hex())' prints them"
            )
        if self.nfe_certificate and not self.nfe_certificate.is_file():
            raise SettingsError(f"NFE_CERTIFICATE: there is no file {self.nfe_certificate}")


def inherited(more: Mapping[str, str]) -> dict[str, str]:
    """The environment of a program that is started from here: this one's, with `more`."""
    return {**os.environ, **more}


def _choice(env, name, allowed, default):
    value = env.get(name) or default
    if value not in allowed:
        raise SettingsError(f"{name}={value}: use {' or '.join(allowed)}")
    return value


def _number(env, name, default, low, high):
    written = env.get(name) or str(default)
    digits = written.removeprefix("-") if low < 0 else written
    if not (digits.isascii() and digits.isdigit() and low <= int(written) <= high):
        raise SettingsError(f"{name}={written}: use a whole number from {low} to {high}")
    return int(written)


def _http_url(env, name, default):
    url = (env.get(name) or default).rstrip("/")
    if not _is_url(url, ("http", "https")):
        raise SettingsError(
            f"{name}={url}: use an address such as https://host or http://host:port"
        )
    return url


def _public_url(url):
    return _http_url({"PUBLIC_URL": url}, "PUBLIC_URL", url)


def _is_url(url, schemes, needs_host=True):
    """Whether it is of one of these schemes, with a host and a port that is a number, should it
    have one."""
    try:
        parts = urlsplit(url)
        return (
            parts.scheme in schemes and bool(parts.hostname or not needs_host) and parts.port != 0
        )
    except ValueError:
        return False


def _writable_dir(path):
    path = path.absolute()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = path / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise SettingsError(f"DATA_DIR={path}: cannot write there ({error.strerror})") from error
    return path


def _database_url(url, data_dir):
    if not url:
        return f"sqlite:///{data_dir / 'balcao.sqlite3'}"
    if url.startswith("sqlite:///"):
        return url
    # What it is reached by: a password may hold signs that only the driver understands.
    scheme, _, rest = url.partition("://")
    if scheme not in POSTGRES_SCHEMES or not _is_url(
        f"{scheme}://{rest.rpartition('@')[2]}", POSTGRES_SCHEMES, needs_host=False
    ):
        raise SettingsError(
            "DATABASE_URL: use postgresql://user:password@host:port/name or sqlite:///…"
        )
    return f"postgresql+psycopg://{rest}"


def _redis_url(url, data_dir):
    if not url:
        return f"unix://{quote(str(data_dir / 'redis.sock'))}"
    if not _is_url(url, ("redis", "rediss", "unix"), needs_host=False):
        raise SettingsError("REDIS_URL: use redis://:password@host:port/0, rediss://… or unix://…")
    return url


def _smtp_url(url):
    if not url:
        return None
    if not _is_url(url, ("smtp", "smtps", "smtp+starttls")):
        raise SettingsError(
            "SMTP_URL: use smtp://host:port, smtp+starttls://user:password@host:port or smtps://…"
        )
    return url


def _imap_url(url):
    if url and not _is_url(url, ("imap", "imaps")):
        raise SettingsError("IMAP_URL: use imaps://user:password@host/INBOX or imap://…")
    return url or None


def _usual_cep_providers(demo):
    return ("viacep", "brasilapi", "opencep") + (("sample",) if demo else ())


def _providers(env, setting, known, default):
    written = env.get(setting)
    names = (
        tuple(part.strip() for part in written.split(",") if part.strip()) if written else default
    )
    for name in names:
        if name not in known:
            raise SettingsError(f"{setting}: there is no provider {name}; use {', '.join(known)}")
    return names


def _is_guessed(secret):
    return len(secret) < SHORTEST_SECRET or len(set(secret)) < SHORTEST_SECRET // 4


def _is_loopback(host):
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _kept_secret(path):
    """The secret of this DATA_DIR, made once: written aside and linked into place, so that of two
    starts at once both read the whole secret of the first."""
    if not path.exists():
        aside = path.with_name(f"{path.name}-{os.getpid()}")
        with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
        with contextlib.suppress(FileExistsError):
            os.link(aside, path)
        aside.unlink()
    return path.read_text()
