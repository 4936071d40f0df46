"""Every setting of the product, grouped by app. Values come from the environment; docs/settings.md has a line each."""

from __future__ import annotations

from pathlib import Path

from celery.schedules import crontab

from config import environment

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = environment.folder("COUNTENANCE_VAR", BASE_DIR / "var")

# --- the process ------------------------------------------------------------------------------------------------
DEVELOPMENT = environment.text("COUNTENANCE_ENV", "production") == "development"  # anything else is production
DEBUG = False  # never on: a traceback shows what people entrusted to us
SECRET_KEY = environment.text(
    "COUNTENANCE_SECRET_KEY", remedy="Set it to 50 random characters; `./dev` makes one for development."
)
PUBLIC_URL = environment.text("COUNTENANCE_PUBLIC_URL", "http://127.0.0.1:8000")  # goes into every stamped file
ALLOWED_HOSTS = environment.text("COUNTENANCE_HOSTS", "127.0.0.1,localhost").split(",")
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
INSTALLED_APPS = [
    "ledger",
    "consent",
    "gpu_client",
    "provenance",
    "config",
    "rest_framework",
    "drf_spectacular",
    "allauth",  # after ours: its pages are ours where a template of ours has their name
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "config.apps.RecordsConfig",  # django.contrib.admin, behind our own log-in
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",  # its widgets, for the renderer of ours
]
MIDDLEWARE = [
    "config.request_id.RequestId",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "config.devices.DevicePolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "config.languages.PageLanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.problems.ProblemMiddleware",
    "allauth.account.middleware.AccountMiddleware",  # next to the views: it answers for its own exceptions
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEVELOPMENT  # production serves what `collectstatic` gathered
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]  # another: docs/design/languages.md
LOCALE_PATHS = [BASE_DIR / app / "locale" for app in ("config", "consent", "provenance")]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600  # seconds; set when somebody chooses, never before
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = not DEVELOPMENT
FORM_RENDERER = "config.forms.Renderer"
TIME_ZONE = "UTC"
USE_TZ = True

# --- accounts ----------------------------------------------------------------------------------------------------
# A passkey first; who has none takes a password and a code app. docs/design/accounts.md says why it is like this.
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "portal-home"
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "consent.portal.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True  # a first factor: whoever has a second is asked for it as well
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_CHANGE_EMAIL = True  # one address; the old one holds until the new one is confirmed
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = False  # a session ends with the browser
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300  # seconds that a proof of the person is fresh
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "http" if DEVELOPMENT else "https"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
MFA_ADAPTER = "consent.portal.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_PASSKEY_SIGNUP_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"  # the same passkey signs, and what it signs is refused without
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEVELOPMENT  # browsers make passkeys on http://localhost too; consent.E011
MFA_TOTP_ISSUER = "Countenance"
MFA_FORMS = {
    "add_webauthn": "consent.portal.passkey_forms.AddPasskeyForm",
    "signup_webauthn": "consent.portal.passkey_forms.SignupPasskeyForm",
    "login_webauthn": "consent.portal.passkey_forms.LoginPasskeyForm",
    "reauthenticate_webauthn": "consent.portal.passkey_forms.ReauthenticatePasskeyForm",
    "authenticate_webauthn": "consent.portal.passkey_forms.AuthenticatePasskeyForm",
    "edit_webauthn": "consent.portal.passkey_forms.EditPasskeyForm",
}
USERSESSIONS_TRACK_ACTIVITY = False  # it would write a row for each page that somebody reads
# Limits of attempts are counted here: in the database, so that every process counts the same.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "countenance_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
}

# --- what browsers may do ---------------------------------------------------------------------------------------
SECURE_CSP = {
    "default-src": ["'self'"],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
    "form-action": ["'self'"],
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
CSRF_FAILURE_VIEW = "config.problems.unconfirmed"
SECURE_SSL_REDIRECT = not DEVELOPMENT
SECURE_HSTS_SECONDS = 0 if DEVELOPMENT else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = not DEVELOPMENT
SECURE_HSTS_PRELOAD = not DEVELOPMENT
SESSION_COOKIE_SECURE = not DEVELOPMENT
CSRF_COOKIE_SECURE = not DEVELOPMENT
if environment.text("COUNTENANCE_BEHIND_TLS_PROXY", "") == "1":  # only if that proxy overwrites the header
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    ALLAUTH_TRUSTED_PROXY_COUNT = 1  # limits count the address that this proxy saw

# --- database and broker ----------------------------------------------------------------------------------------
DATABASES = {
    "default": environment.database("DATABASE_URL")
    | {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True, "ATOMIC_REQUESTS": False},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# The broker is a doorbell: every task is a row first, and a sweeper rings again for what was not heard.
CELERY_BROKER_URL = environment.text("BROKER_URL", remedy="Start Valkey with `./dev up`, or give a broker's URL.")
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 900,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 30,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 600  # seconds; below the visibility timeout, so that no task runs twice for being slow
CELERY_TASK_PUBLISH_RETRY = False  # a caller never waits for a dead broker: the sweeper rings
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"  # in memory: one that keeps a file ends for good when it cannot lock it
CELERY_BEAT_SCHEDULE = {
    "ring for render jobs that are due": {"task": "gpu_client.tasks.sweep_jobs", "schedule": 1.0},
    "ring for results that wait": {"task": "provenance.tasks.sweep_results", "schedule": 1.0},
    "confirm withdrawals whose door went away": {"task": "consent.tasks.drain_overdue", "schedule": 2.0},
    "lift suspensions whose promised end has come": {"task": "consent.tasks.resume_due", "schedule": 10.0},
    "say no for those who were asked and stayed silent": {"task": "consent.tasks.expire_approvals", "schedule": 10.0},
    "tell people what they are asked for": {"task": "consent.tasks.deliver_asks", "schedule": 5.0},
    "end requests for permission whose time is over": {"task": "consent.tasks.expire_asks", "schedule": 10.0},
    "finish erasures whose door went away": {"task": "consent.tasks.finish_erasures", "schedule": 60.0},
    "ring for e-mails that are due": {"task": "consent.tasks.sweep_messages", "schedule": 10.0},
    "ring for codes that are due": {"task": "consent.tasks.sweep_login_letters", "schedule": 5.0},
    "ring for letters that are due": {"task": "consent.tasks.sweep_letters", "schedule": 10.0},
    "keep the clocks and dates of takedown cases": {"task": "consent.tasks.keep_cases", "schedule": 60.0},
    "make final what removed videos earned": {
        "task": "consent.tasks.finalise_takedowns",
        "schedule": crontab(minute=50, hour=4),
    },
    "forget drafts of notices and counts that are over": {
        "task": "consent.tasks.forget_filings",
        "schedule": crontab(minute=15),
    },
    "ring for webhooks that are due": {"task": "consent.tasks.sweep_webhooks", "schedule": 5.0},
    "shorten the log of webhooks": {"task": "consent.tasks.forget_webhooks", "schedule": crontab(minute=30)},
    "forget tokens and proofs that ended": {"task": "consent.tasks.forget_tokens", "schedule": 300.0},
    "forget who asked for nothing of late": {"task": "consent.tasks.forget_requests", "schedule": crontab(minute=20)},
    "ring for last e-mails that are due": {"task": "consent.tasks.sweep_farewells", "schedule": 60.0},
    "remove results that came back after an erasure": {"task": "gpu_client.tasks.sweep_erased", "schedule": 600.0},
    "remove videos whose permission ended with that clause": {"task": "provenance.tasks.sweep_ended", "schedule": 30.0},
    "renew the claim certificate before it ends": {"task": "provenance.tasks.renew_leaf", "schedule": 600.0},
    "remove videos that came back after an erasure": {"task": "provenance.tasks.sweep_erased", "schedule": 600.0},
    "carry out what was scheduled for now": {"task": "consent.tasks.run_scheduled_acts", "schedule": 10.0},
    "go on with acts upon many items": {"task": "consent.tasks.run_bulks", "schedule": 10.0},
    "erase whom two of the staff decided to erase": {
        "task": "consent.tasks.finish_erasures_on_behalf",
        "schedule": 60.0,
    },
    "draw decisions for a second look": {
        "task": "consent.tasks.draw_second_looks",
        "schedule": crontab(hour=1, minute=7),
    },
    "digest the hour's denials into the log": {"task": "consent.tasks.digest_denials", "schedule": crontab(minute=0)},
}

# --- e-mail -----------------------------------------------------------------------------------------------------
MAIL_HOST = environment.text("EMAIL_HOST", "")  # empty: development writes e-mails to the console, production refuses
DEFAULT_FROM_EMAIL = environment.text("EMAIL_FROM", "Countenance <countenance@localhost>")
MAILERS = {
    "default": {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": MAIL_HOST,
            "port": environment.whole_number("EMAIL_PORT", 587),
            "username": environment.text("EMAIL_USER", ""),
            "password": environment.text("EMAIL_PASSWORD", ""),
            "use_tls": environment.text("EMAIL_TLS", "1") == "1",  # STARTTLS; anything else sends in the clear
            "timeout": 20,  # seconds; below the claim of `consent.mailing`
        },
    },
}
if DEVELOPMENT and not MAIL_HOST:
    MAILERS = {"default": {"BACKEND": "django.core.mail.backends.console.EmailBackend"}}

# --- ledger -----------------------------------------------------------------------------------------------------
LEDGER_ORIGIN = environment.text("LEDGER_ORIGIN", "localhost:8000/log")  # the log's name for ever: it is signed
LEDGER_KEYS_DIR = environment.folder("LEDGER_KEYS_DIR", VAR_DIR / "keys")
LEDGER_PUBLIC_DIR = environment.folder("LEDGER_PUBLIC_DIR", VAR_DIR / "log")
LEDGER_CHECKPOINT_STORE = environment.folder("LEDGER_CHECKPOINT_STORE", VAR_DIR / "checkpoints.sqlite3")
LEDGER_ERASURE_JOURNAL = environment.folder("LEDGER_ERASURE_JOURNAL", VAR_DIR / "erasures.jsonl")
LEDGER_BACKUP_DAYS = environment.whole_number("LEDGER_BACKUP_DAYS", 30)  # said in every erasure receipt
LEDGER_VAULT_DIR = environment.folder("LEDGER_VAULT_DIR", VAR_DIR / "vault")
LEDGER_WITNESSES = environment.witnesses("LEDGER_WITNESSES")
LEDGER_WITNESS_QUORUM = environment.count("LEDGER_WITNESS_QUORUM", 0)  # of them; too few, and production waits
LEDGER_STATE_SECONDS = environment.whole_number("LEDGER_STATE_SECONDS", 60)  # an idle log says so often what holds
LEDGER_STALE_SECONDS = environment.count("LEDGER_STALE_SECONDS", 600)  # older than this, and nothing is decided
LEDGER_FOLLOWERS = {
    "consent": "consent.follower.handle",
    "gpu_client": "gpu_client.follower.handle",
    "provenance": "provenance.cascade.handle",
    "webhooks": "consent.webhooks.hearing.handle",
    "webhooks of videos": "provenance.heralds.handle",
}

# --- consent ----------------------------------------------------------------------------------------------------
CONSENT_CLIP_MAX_BYTES = 32 * 1024 * 1024
CONSENT_CLIP_MIN_SECONDS = 3
CONSENT_CLIP_MAX_SECONDS = 30
CONSENT_ENROLMENT_OPEN = environment.text("CONSENT_ENROLMENT_OPEN", "1") == "1"
# who checks clips, by dotted path; empty: nobody vouches for that, and nothing is claimed
CONSENT_FACE_EMBEDDER = environment.text("CONSENT_FACE_EMBEDDER", "consent.providers.OwnFaceEmbedder")
CONSENT_SPEECH_RECOGNISER = environment.text("CONSENT_SPEECH_RECOGNISER", "consent.providers.OwnSpeechRecogniser")
CONSENT_ATTACK_DETECTION = environment.text("CONSENT_ATTACK_DETECTION", "")
CONSENT_IDENTITY_PROOFING = environment.text("CONSENT_IDENTITY_PROOFING", "")
CONSENT_PERMIT_SECONDS = 60  # a permit is short-lived: this is also its ceiling
CONSENT_RP_ID = environment.text("CONSENT_RP_ID", environment.host_of(PUBLIC_URL))  # passkeys are made for this domain
CONSENT_ORIGINS = environment.text("CONSENT_ORIGINS", environment.origin_of(PUBLIC_URL)).split(",")  # and sign here
# Who answers for the processing of what people entrust to us: said in every consent record and receipt.
_NOBODY = "nobody (development)" if DEVELOPMENT else ""
CONSENT_CONTROLLER_NAME = environment.text("CONSENT_CONTROLLER_NAME", _NOBODY)
CONSENT_CONTROLLER_ADDRESS = environment.text("CONSENT_CONTROLLER_ADDRESS", _NOBODY)
CONSENT_CONTROLLER_CONTACT = environment.text("CONSENT_CONTROLLER_CONTACT", _NOBODY)  # an e-mail address or a URL
CONSENT_CONTROLLER_NOTICE_URL = environment.text("CONSENT_CONTROLLER_NOTICE_URL", PUBLIC_URL if DEVELOPMENT else "")
CONSENT_CONTROLLER_STORAGE = environment.text("CONSENT_CONTROLLER_STORAGE", "EU" if DEVELOPMENT else "").split(",")
CONSENT_CONTROLLER_RETENTION = environment.text("CONSENT_CONTROLLER_RETENTION", "P3Y" if DEVELOPMENT else "")
CONSENT_CONTROLLER_JURISDICTION = environment.text(
    "CONSENT_CONTROLLER_JURISDICTION", "EU" if DEVELOPMENT else ""
).split(",")

# --- gpu_client -------------------------------------------------------------------------------------------------
GPU_RENDERERS = environment.renderers("GPU_RENDERERS")
GPU_RESULTS_DIR = environment.folder("GPU_RESULTS_DIR", VAR_DIR / "results")
GPU_RESULT_MAX_BYTES = environment.whole_number("GPU_RESULT_MAX_BYTES", 256 * 1024 * 1024)
GPU_JOB_SECONDS = environment.whole_number("GPU_JOB_SECONDS", 300)  # from request to result, by the database's clock

# --- provenance -------------------------------------------------------------------------------------------------
PROVENANCE_CLAIM_DIR = environment.folder("PROVENANCE_CLAIM_DIR", VAR_DIR / "claim")
PROVENANCE_LEAF_DAYS = environment.whole_number("PROVENANCE_LEAF_DAYS", 7)  # that a claim certificate of ours lives
PROVENANCE_TSA_URL = environment.text(
    "PROVENANCE_TSA_URL", ""
)  # who gives the time (RFC 3161); empty: nothing is stamped
PROVENANCE_TSA_ROOTS = environment.folder("PROVENANCE_TSA_ROOTS", VAR_DIR / "tsa/tsa-root.pem")  # for the time alone
PROVENANCE_TSA_SECONDS = environment.whole_number("PROVENANCE_TSA_SECONDS", 10)
MEDIA_ROOT = environment.folder("MEDIA_ROOT", VAR_DIR / "media")
PROVENANCE_LABELS = environment.mapping("PROVENANCE_LABELS")  # where a platform draws the mark; {}: burned everywhere
PROVENANCE_WATERMARK = environment.text("PROVENANCE_WATERMARK", "")  # dotted path of a class; "": there is none
SERVING_MODE = environment.text("SERVING_MODE", "own")  # "accel": a proxy sends the bytes, and I3 is weaker
SERVING_ACCEL_PREFIX = environment.text("SERVING_ACCEL_PREFIX", "/protected/")  # the proxy's internal location
SERVING_PROXY_SECONDS = environment.count("SERVING_PROXY_SECONDS", 0)  # how long a proxy may go on sending
SERVING_LEASE_SECONDS = 1.0  # no byte of a video leaves without a lease younger than this
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024  # form fields and JSON; files are counted by the views that take them
FILE_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024 * 1024  # uploads of clips stay in memory: plaintext never touches a disk
FILE_UPLOAD_HANDLERS = ["config.uploads.MemoryOnlyUploadHandler"]

# --- API --------------------------------------------------------------------------------------------------------
# How many requests within a minute; a developer's own programs and tests come from one place and are many.
REQUESTS_PARTY = environment.whole_number("COUNTENANCE_REQUESTS_PARTY", 60_000 if DEVELOPMENT else 1_200), 60
REQUESTS_NETWORK = environment.whole_number("COUNTENANCE_REQUESTS_NETWORK", 60_000 if DEVELOPMENT else 300), 60
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["consent.api.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["consent.api.permission.ScopePermission"],
    "DEFAULT_THROTTLE_CLASSES": ["consent.api.throttle.Limit"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "config.openapi.Schema",
    "EXCEPTION_HANDLER": "config.problems.handler",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Countenance",
    "DESCRIPTION": "A consent and likeness-rights ledger for generated video.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/v1",
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "config.openapi.finish"],
    "ENUM_NAME_OVERRIDES": {  # several nouns have a kind or a state
        "AppealState": "consent.models.Appeal.State",
        "AskState": "consent.api.asks.STATES",
        "CaseState": "consent.models.Case.State",
        "CounterNoticeGround": "consent.models.CounterNotice.Ground",
        "NoticeState": "provenance.api.notices.STATES",
        "ClaimDocumentKind": "consent.models.ClaimDocument.Kind",
        "ClaimRole": "consent.models.Claim.Role",
        "ClaimState": "consent.models.Claim.State",
        "EnrolmentSessionState": "consent.models.EnrolmentSession.State",
        "KeyEventKind": "consent.models.KeyEvent.Kind",
        "LikenessKind": "consent.models.Likeness.Kind",
        "LikenessState": "consent.models.Likeness.State",
        "MessageKind": "consent.models.Message.Kind",
        "PartyKind": "consent.models.Party.Kind",
        "WebhookDeliveryState": "consent.models.WebhookDelivery.State",
        "WebhookEndpointState": "consent.models.WebhookEndpoint.State",
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} [{request_id}] {message}", "style": "{"}},
    "filters": {"request": {"()": "config.request_id.InLog"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request"]}},
    "loggers": {"httpx2": {"level": "WARNING"}},  # it would write a line for each poll of a render service
    "root": {"handlers": ["stderr"], "level": environment.text("COUNTENANCE_LOG_LEVEL", "INFO")},
}
