"""Settings shared by every environment. Importing them needs no running database."""

import os
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config.database import database_settings, var_dir

from .accounts import *  # noqa: F403
from .sealing import *  # noqa: F403
from .signing import *  # noqa: F403

BASE_DIR = Path(__file__).resolve().parent.parent.parent
VAR_DIR = var_dir()


def env_bool(name: str, default: bool = False) -> bool:
    """A yes/no environment variable: 1, true, yes, oui (any case) mean yes; unset or empty means `default`."""
    value = os.environ.get(name, "").strip().lower()
    return value in {"1", "true", "yes", "oui"} if value else default


def env_list(name: str) -> list[str]:
    """A comma-separated environment variable; empty when unset."""
    return [item.strip() for item in os.environ.get(name, "").split(",") if item.strip()]


def env_required(name: str) -> str:
    """A mandatory environment variable; stops the start-up with its name when it is missing."""
    value = os.environ.get(name, "")
    if not value:
        raise ImproperlyConfigured(f"La variable d'environnement {name} est obligatoire.")
    return value


# --- Applications -----------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "config",
    "reporting",
    "conventions",
    "funding",
    "posts",
    "parties",
    "core",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "rest_framework",
    "drf_spectacular",
    "django_filters",
    "django_htmx",
    "import_export",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "procrastinate.contrib.django",
    "csp",
]

MIDDLEWARE = [
    # Before everything: probes come without a known host name, a session or, at times, a database.
    "config.middleware.HealthMiddleware",
    # Around the rest, so that its line tells what was really answered.
    "config.middleware.RequestLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    # Above whatever may answer on its own, so that refusals and error pages carry the header as well.
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # Every page needs an account unless its view says otherwise (login_not_required).
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    # Gives allauth the request of the moment.
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "parties.middleware.TenancyMiddleware",
    "config.middleware.BusinessErrorMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "core.context.site",
            ],
        },
    },
]

# --- Database and jobs ------------------------------------------------------------------------------------------------

DATABASES = database_settings()
DATABASE_ROUTERS = ["config.database.RoleRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- People -----------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "parties.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 2 * 3600  # seconds a link received by mail may be used
#: How many proxies add their line to X-Forwarded-For; with none that header, which anyone may send, is not believed.
COSIGNE_PROXY_COUNT = int(os.environ.get("PROXY_COUNT") or 0)
#: Counts of people under these are hidden in the bilans that leave the scheme's staff (reporting.bilan.publication).
COSIGNE_SMALL_NUMBERS = {
    "internal": int(os.environ.get("SMALL_NUMBERS_INTERNAL") or 5),
    "published": int(os.environ.get("SMALL_NUMBERS_PUBLISHED") or 11),
}
#: Communes under so many inhabitants are told together in what leaves (reporting.protection.communes).
COSIGNE_SMALL_COMMUNE = int(os.environ.get("SMALL_COMMUNE") or 2000)
#: Whom to write to about one's data: an address shown on the register page.
COSIGNE_PRIVACY_CONTACT = os.environ.get("PRIVACY_CONTACT", "")
#: Months each thing about people is kept (parties.retention). The journal: sixty at least, the database refuses less.
COSIGNE_RETENTION = {
    "invitations": int(os.environ.get("RETENTION_INVITATIONS") or 12),
    "accounts": int(os.environ.get("RETENTION_ACCOUNTS") or 24),
    "jobs": int(os.environ.get("RETENTION_JOBS") or 3),
    "journal": int(os.environ.get("RETENTION_JOURNAL") or 120),
}
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"

# --- Language and time ------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "fr-fr"
LANGUAGES = [("fr", "Français")]
USE_I18N = True
TIME_ZONE = "Europe/Paris"
USE_TZ = True

# --- Habits enforced while developing and testing --------------------------------------------------------------------

#: A GET request that writes to the database raises (parties.middleware).
COSIGNE_GUARD_GET = False

# --- Files ------------------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
# The pictures of the user guide stay beside its text: the repository shows them too.
STATICFILES_DIRS = [BASE_DIR / "static", ("guide", BASE_DIR / "docs" / "guide" / "images")]
STATIC_ROOT = Path(os.environ.get("STATIC_ROOT") or BASE_DIR / "staticfiles")
MEDIA_ROOT = Path(os.environ.get("MEDIA_ROOT") or VAR_DIR / "files")
# No MEDIA_URL: documents are only served by views that check who asks.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
FILE_UPLOAD_PERMISSIONS = 0o640
#: Processes that render a batch of documents; 0: one per processor, four at most.
COSIGNE_PDF_PROCESSES = int(os.environ.get("PDF_PROCESSES") or 0)
#: Antivirus of the site: path of a function (bytes → what it found, or ""); ClamAV's daemon is known (core.uploads).
COSIGNE_CLAMD_ADDRESS = os.environ.get("CLAMD_ADDRESS", "")
COSIGNE_UPLOAD_SCANNER = os.environ.get("UPLOAD_SCANNER") or ("core.uploads.clamd" if COSIGNE_CLAMD_ADDRESS else "")
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024  # bytes; a whole département's dossier fits
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000  # a month grid of every unit of a département

# --- Browser security -------------------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_NAME = "cosigne_session"
CSRF_COOKIE_NAME = "cosigne_csrf"
CSRF_COOKIE_HTTPONLY = True

# --- API --------------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    # The first one says how to come in when nobody did: 401, "WWW-Authenticate: Bearer".
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "parties.api_auth.ApiTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_THROTTLE_CLASSES": ["core.api.throttling.CallerThrottle"],
    "DEFAULT_THROTTLE_RATES": {
        "caller": os.environ.get("API_RATE") or "600/min",
        "wrong-token": os.environ.get("API_WRONG_TOKEN_RATE") or "20/min",
    },
    "NUM_PROXIES": COSIGNE_PROXY_COUNT,
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_SCHEMA_CLASS": "core.api.schema.Schema",
    "DEFAULT_FILTER_BACKENDS": [
        "django_filters.rest_framework.DjangoFilterBackend",
        "rest_framework.filters.OrderingFilter",
    ],
    "DEFAULT_PAGINATION_CLASS": "core.api.pages.Pages",
    "DEFAULT_PARSER_CLASSES": ["core.api.parsers.JsonParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "EXCEPTION_HANDLER": "core.api.errors.exception_handler",
    "ORDERING_PARAM": "ordering",
    "PAGE_SIZE": 50,
    # Amounts travel as strings ("4666.67"): a JSON number would be read back as a float.
    "COERCE_DECIMAL_TO_STRING": True,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "API Cosigne",
    "DESCRIPTION": "Postes, plans de financement, conventions et titres des intervenants sociaux.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    # It describes, it holds nobody's data: the makers of other software read it before they have an account.
    "SERVE_PUBLIC": True,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "COMPONENT_SPLIT_REQUEST": True,
    # Several objects have a "kind" or a "status": each list of values keeps the name it has in the code.
    "ENUM_NAME_OVERRIDES": {
        name: f"{module}.enums.{name}"
        for module, names in {
            "parties": ("OrganisationKind", "LegalForm", "Capacity", "Gender"),
            "posts": ("PostKind", "UnitKind", "Zone"),
            "funding": (
                *("PlanStatus", "CostKind", "ShareMode", "Source", "KeySource", "KeyBasis"),
                *("TitreKind", "TitreStatus"),
            ),
            "conventions": ("Status", "Family", "PartyRole", "DecisionKind", "Channel", "Anchor"),
        }.items()
        for name in names
    },
}

# --- Messages to the outside and to the log ---------------------------------------------------------------------------

DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL") or "Cosigne <ne-pas-repondre@cosigne.invalid>"
SERVER_EMAIL = DEFAULT_FROM_EMAIL

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "config.logs.RequestIdFilter"}},
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"},
        "json": {"()": "config.logs.JsonFormatter"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request_id"]}},
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "INFO")},
    "loggers": {
        # Django's own handlers are replaced by the one above; a 4xx is the visitor's business, not an incident.
        "django": {"handlers": [], "propagate": True},
        "django.request": {"level": "ERROR"},
        "fontTools": {"level": "WARNING"},
        "weasyprint": {"level": "ERROR"},
        "procrastinate": {"level": "WARNING"},
        # What is found of a signature is said by the page that asked, not by the log.
        "pyhanko": {"level": "ERROR"},
        "pyhanko_certvalidator": {"level": "ERROR"},
    },
}

# --- Exceptional access to a territory --------------------------------------------------------------------------------

#: Hours an access may last at most; 24 is the longest the database takes.
COSIGNE_ACCESS_HOURS = int(os.environ.get("ACCESS_HOURS") or 4)
#: Who opens it: "accord" (a manager of the territory) or "immediat" (at once, its managers being written to).
COSIGNE_ACCESS_MODE = os.environ.get("ACCESS_MODE") or "accord"
if not 1 <= COSIGNE_ACCESS_HOURS <= 24:
    raise ImproperlyConfigured("ACCESS_HOURS compte de 1 à 24 heures.")
if COSIGNE_ACCESS_MODE not in ("accord", "immediat"):
    raise ImproperlyConfigured("ACCESS_MODE vaut « accord » ou « immediat ».")

# --- Cosigne ----------------------------------------------------------------------------------------------------------

# Folder of the official PES V2 schemas (it holds PES_V2/): when set, a PES file is validated before it leaves.
PES_XSD_DIR = os.environ.get("PES_XSD_DIR", "").strip()

COSIGNE_DEMO = env_bool("COSIGNE_DEMO")  # lists the demo accounts on the login page: never with real data
