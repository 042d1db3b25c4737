"""Made-up secrets in the formats that their providers document, drawn from a seed: none was ever issued.

A template says what a value is made of: `{w:36}` is 36 characters of a class. A provider's name stands for the format its
documentation gives as the authors know it. Read again there were those of Asana, AWS, Azure Storage, CircleCI,
Cloudflare, Datadog, Docker, Fly.io, GitLab, Heroku, Linear, MongoDB Atlas, Neon, New Relic, PagerDuty, Slack, Supabase
and Vercel. Where a provider calls its keys opaque, length and characters are those of the examples it prints.
"""

import base64
import json
import random
import re
import string
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain

_HEX = "0123456789abcdef"
CLASSES = {
    "d": string.digits,
    "x": _HEX,
    "X": _HEX.upper(),
    "l": string.ascii_lowercase,
    "L": string.ascii_uppercase,
    "a": string.ascii_lowercase + string.digits,
    "A": string.ascii_uppercase + string.digits,
    "w": string.ascii_letters + string.digits,
    "u": string.ascii_letters + string.digits + "-_",
    "b": string.ascii_letters + string.digits + "+/",
    "t": string.ascii_lowercase + "234567",
    "T": string.ascii_uppercase + "234567",
    "p": string.ascii_letters + string.digits + "!#$%*+-@^_~",
}
_FIELD = re.compile(r"\{(?P<kind>\w+)(?::(?P<count>\d+))?\}")


@dataclass(frozen=True, slots=True)
class Format:
    """What one kind of secret looks like.

    Attributes:
        provider: whose documentation describes it, and what it is called there.
        template: what a value is made of.
        variable: the environment variable that documentation or client libraries read it from.
        header: how a request carries it.
    """

    provider: str
    template: str
    variable: str
    header: str = "Authorization: Bearer {}"

    def draw(self, source: random.Random) -> str:
        """Return a value."""
        return _FIELD.sub(lambda field: _drawn(source, field), self.template)


def _drawn(source: random.Random, field: re.Match[str]) -> str:
    special = _SPECIAL.get(field["kind"])
    if special is not None:
        return special(source)
    return "".join(source.choices(CLASSES[field["kind"]], k=int(field["count"])))


def _uuid(source: random.Random) -> str:
    return str(uuid.UUID(int=source.getrandbits(128), version=4))


def _json64(source: random.Random, **members: str) -> str:
    filled = {name: value or "".join(source.choices(CLASSES["w"], k=24)) for name, value in members.items()}
    return base64.urlsafe_b64encode(json.dumps(filled).encode()).decode().rstrip("=")


def _jwt(source: random.Random) -> str:
    claims = _json64(source, sub=str(source.randrange(10**9)), jti=_uuid(source))
    return ".".join(
        (_json64(source, alg="HS256", typ="JWT"), claims, "".join(source.choices(CLASSES["u"], k=43)))
    )


def _lines(source: random.Random, count: int) -> str:
    full = ["".join(source.choices(CLASSES["b"], k=64)) for _ in range(count)]
    return "\n".join([*full, "".join(source.choices(CLASSES["b"], k=30)) + "=="])


def _armoured(label: str, headers: str = "") -> Callable[[random.Random], str]:
    rule = "-" * 5
    return lambda source: f"{rule}BEGIN {label}{rule}\n{headers}{_lines(source, 6)}\n{rule}END {label}{rule}"


def _putty(source: random.Random) -> str:
    head = "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: work\nPublic-Lines: 2\n"
    public, private = _lines(source, 1), _lines(source, 0)
    mac = "".join(source.choices(_HEX, k=64))
    return f"{head}{public}\nPrivate-Lines: 1\n{private}\nPrivate-MAC: {mac}"


def _password(source: random.Random) -> str:
    """As people make them: a word with digits and a sign, two words joined, or characters from a generator."""
    words = (
        "sommer",
        "Dragon",
        "blumen",
        "Chocolat",
        "verano",
        "winter",
        "Fussball",
        "Papillon",
        "Estrella",
        "monkey",
    )
    first, second = source.sample(words, 2)
    number, sign = source.randrange(10, 9999), source.choice("!?#$%&*+-_.@")
    kinds = (
        f"{first}{number}{sign}",
        f"{first}{sign}{second}{number}",
        "".join(source.choices(CLASSES["p"], k=14)),
    )
    return source.choice(kinds).rstrip(".?!") + source.choice(("", "!", "9"))


def _url_password(source: random.Random) -> str:
    return "".join(source.choices(CLASSES["w"] + "!$*-_.~", k=16))


_SPECIAL: dict[str, Callable[[random.Random], str]] = {
    "uuid": _uuid,
    "jwt": _jwt,
    "claims": lambda source: _json64(source, o="", n="", k="", m=""),
    "password": _password,
    "urlpass": _url_password,
    "rsa": _armoured("RSA " + "PRIVATE KEY"),
    "rsa_locked": _armoured(
        "RSA " + "PRIVATE KEY", f"Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,{'0A' * 16}\n\n"
    ),
    "pkcs8": _armoured("PRIVATE " + "KEY"),
    "openssh": _armoured("OPENSSH " + "PRIVATE KEY"),
    "pgp": _armoured("PGP PRIVATE KEY " + "BLOCK", "Version: GnuPG v2\n\n"),
    "putty": _putty,
}
_API_KEY = "X-Api-Key: {}"
_KEY = "Authorization: {}"

CLOUDS = (
    Format("AWS: access key id", "AKIA{T:16}", "AWS_ACCESS_KEY_ID", _API_KEY),
    Format("AWS: temporary access key id", "ASIA{T:16}", "AWS_ACCESS_KEY_ID", _API_KEY),
    Format("AWS: secret access key", "{b:40}", "AWS_SECRET_ACCESS_KEY", "X-Aws-Secret: {}"),
    Format("AWS: session token", "IQoJb3JpZ2luX2Vj{b:320}==", "AWS_SESSION_TOKEN", "X-Amz-Security-Token: {}"),
    Format("Google Cloud: API key", "AIza{u:35}", "GOOGLE_API_KEY", "x-goog-api-key: {}"),
    Format("Google Cloud: OAuth access token", "ya29.{u:160}", "GOOGLE_OAUTH_ACCESS_TOKEN"),
    Format("Google Cloud: OAuth refresh token", "1//0{u:100}", "GOOGLE_REFRESH_TOKEN"),
    Format("Google Cloud: OAuth client secret", "GOCSPX-{u:28}", "GOOGLE_CLIENT_SECRET"),
    Format("Google Cloud: service account's private key", "{pkcs8}", "GOOGLE_PRIVATE_KEY"),
    Format("Google Cloud: service account's key id", "{x:40}", "PRIVATE_KEY_ID", _API_KEY),
    Format("Azure: storage account key", "{b:86}==", "AZURE_STORAGE_KEY", "x-ms-key: {}"),
    Format("Azure: storage connection string", "DefaultEndpointsProtocol=https;AccountName=shop{a:6};AccountKey={b:86}==;EndpointSuffix=core.windows.net", "AZURE_STORAGE_CONNECTION_STRING", "X-Connection: {}"),
    Format("Azure: Service Bus connection string", "Endpoint=sb://shop{a:5}.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey={b:43}=", "SERVICEBUS_CONNECTION_STRING", "X-Connection: {}"),
    Format("Azure: shared access signature", "sv=2022-11-02&ss=b&srt=sco&sp=rl&se=2026-01-01T00:00:00Z&spr=https&sig={w:40}%2B%3D", "AZURE_SAS_TOKEN", "X-Sas-Token: {}"),
    Format("Azure: client secret", "{w:3}8Q~{u:34}", "AZURE_CLIENT_SECRET"),
    Format("Azure DevOps: personal access token", "{t:52}", "AZURE_DEVOPS_EXT_PAT"),
    Format("Azure DevOps: personal access token since 2024", "{w:76}AZDO{w:4}", "AZURE_DEVOPS_EXT_PAT"),
    Format("Azure OpenAI: key", "{x:32}", "AZURE_OPENAI_API_KEY", "api-key: {}"),
    Format("DigitalOcean: personal access token", "dop_v1_{x:64}", "DIGITALOCEAN_TOKEN"),
    Format("DigitalOcean: OAuth token", "doo_v1_{x:64}", "DIGITALOCEAN_TOKEN"),
    Format("Heroku: OAuth token", "HRKU-{uuid}", "HEROKU_API_KEY"),
    Format("Heroku: OAuth token before prefixes", "{uuid}", "HEROKU_API_KEY"),
    Format("Cloudflare: API token", "cfut_{w:40}{x:8}", "CLOUDFLARE_API_TOKEN"),
    Format("Cloudflare: API token before 2026", "{u:40}", "CLOUDFLARE_API_TOKEN"),
    Format("Cloudflare: global API key before 2026", "{x:37}", "CLOUDFLARE_API_KEY", "X-Auth-Key: {}"),
    Format("Cloudflare: origin CA key", "v1.0-{x:24}-{x:146}", "CLOUDFLARE_API_USER_SERVICE_KEY", "X-Auth-User-Service-Key: {}"),
    Format("Fastly: API token", "{u:32}", "FASTLY_API_TOKEN", "Fastly-Key: {}"),
    Format("Netlify: personal access token", "nfp_{w:36}", "NETLIFY_AUTH_TOKEN"),
    Format("Vercel: access token", "vcp_{w:56}", "VERCEL_TOKEN"),
    Format("Vercel: access token before prefixes", "{w:24}", "VERCEL_TOKEN"),
    Format("Fly.io: deploy token", "FlyV1 fm2_{b:120}==,fm2_{b:90}=", "FLY_API_TOKEN", _KEY),
    Format("Fly.io: auth token", "fo1_{u:43}", "FLY_API_TOKEN"),
    Format("Supabase: personal access token", "sbp_{x:40}", "SUPABASE_ACCESS_TOKEN"),
    Format("Supabase: secret key", "sb_secret_{u:31}", "SUPABASE_SECRET_KEY", "apikey: {}"),
    Format("Supabase: service role key", "{jwt}", "SUPABASE_SERVICE_ROLE_KEY", "apikey: {}"),
    Format("Databricks: personal access token", "dapi{x:32}", "DATABRICKS_TOKEN"),
    Format("PlanetScale: service token", "pscale_tkn_{u:43}", "PLANETSCALE_SERVICE_TOKEN", _KEY),
    Format("PlanetScale: password", "pscale_pw_{u:43}", "DATABASE_PASSWORD", "X-Password: {}"),
    Format("Neon: API key", "napi_{a:64}", "NEON_API_KEY"),
    Format("Neon: connection string", "postgresql://neondb_owner:npg_{w:12}@ep-cool-{a:8}.eu-central-1.aws.neon.tech/neondb?sslmode=require", "DATABASE_URL", "X-Database: {}"),
    Format("Tailscale: auth key", "tskey-auth-{w:12}CNTRL-{w:32}", "TS_AUTHKEY"),
)  # fmt: skip
CODE_HOSTS = (
    *(Format(f"GitHub: token {kind}", f"gh{kind}_{{w:36}}", "GITHUB_TOKEN", "Authorization: token {}") for kind in "pousr"),
    Format("GitHub: fine-grained personal access token", "github_pat_{w:22}_{w:59}", "GITHUB_TOKEN"),
    *(
        Format(f"GitLab: token {kind}", f"{kind}-{{u:20}}", "GITLAB_TOKEN", "PRIVATE-TOKEN: {}")
        for kind in ("glpat", "gldt", "glrt", "glrtr", "glcbt", "glptt", "glft", "glimt", "glsoat", "glffct", "glwt")
    ),
    Format("GitLab: OAuth application secret", "gloas-{x:64}", "GITLAB_SECRET"),
    Format("GitLab: agent token", "glagent-{u:50}", "GITLAB_AGENT_TOKEN"),
    Format("GitLab: routable personal access token", "glpat-{u:27}.01.{a:9}", "GITLAB_TOKEN", "PRIVATE-TOKEN: {}"),
    Format("GitLab: runner registration token", "GR1348941{u:20}", "REGISTRATION_TOKEN"),
    Format("npm: access token", "npm_{w:36}", "NPM_TOKEN"),
    Format("npm: access token before prefixes", "{uuid}", "NPM_TOKEN"),
    Format("PyPI: API token", "pypi-AgEIcHlwaS5vcmc{u:140}", "TWINE_PASSWORD", "X-Password: {}"),
    Format("RubyGems: API key", "rubygems_{x:48}", "GEM_HOST_API_KEY", _KEY),
    Format("NuGet: API key", "oy2{a:43}", "NUGET_API_KEY", "X-NuGet-ApiKey: {}"),
    Format("Cargo: registry token", "cio{w:32}", "CARGO_REGISTRY_TOKEN", _KEY),
    Format("Docker Hub: personal access token", "dckr_pat_{u:27}", "DOCKER_PASSWORD"),
    Format("Docker Hub: organisation access token", "dckr_oat_{u:32}", "DOCKER_PASSWORD"),
    Format("CircleCI: personal API token", "CCIPAT_{w:22}_{x:40}", "CIRCLE_TOKEN", "Circle-Token: {}"),
    Format("HCP Terraform: API token", "{w:14}.atlasv1.{w:67}", "TF_TOKEN_app_terraform_io"),
    Format("Vault: service token", "hvs.{u:95}", "VAULT_TOKEN", "X-Vault-Token: {}"),
    Format("Vault: batch token", "hvb.{u:140}", "VAULT_TOKEN", "X-Vault-Token: {}"),
    Format("Vault: token before 1.10", "s.{w:24}", "VAULT_TOKEN", "X-Vault-Token: {}"),
    Format("Atlassian: API token", "ATATT3xFfGF0{u:170}={X:8}", "JIRA_API_TOKEN"),
    Format("Atlassian: API token before 2023", "{w:24}", "JIRA_API_TOKEN"),
    Format("Bitbucket: app password", "ATBB{w:32}", "BITBUCKET_APP_PASSWORD", "X-Password: {}"),
)  # fmt: skip
PAYMENTS = (
    *(
        Format(f"Stripe: {kind} key", f"{kind}_{mode}_{{w:{length}}}", "STRIPE_SECRET_KEY")
        for kind, mode, length in (("sk", "live", 24), ("sk", "test", 99), ("rk", "live", 99), ("pk", "live", 24))
    ),
    Format("Stripe: webhook signing secret", "whsec_{w:32}", "STRIPE_WEBHOOK_SECRET", "X-Secret: {}"),
    Format("Square: access token", "EAAA{u:60}", "SQUARE_ACCESS_TOKEN"),
    Format("Square: application secret", "sq0csp-{u:43}", "SQUARE_APPLICATION_SECRET"),
    Format("PayPal: client secret", "E{u:79}", "PAYPAL_CLIENT_SECRET"),
    Format("PayPal: access token", "A21AA{u:92}", "PAYPAL_ACCESS_TOKEN"),
    Format("Braintree: access token", "access_token$production${a:16}${x:32}", "BRAINTREE_ACCESS_TOKEN"),
    Format("Braintree: private key", "{x:32}", "BRAINTREE_PRIVATE_KEY"),
    *(Format(f"Shopify: {kind}", f"{kind}_{{x:32}}", "SHOPIFY_ACCESS_TOKEN", "X-Shopify-Access-Token: {}") for kind in ("shpat", "shpca", "shppa", "shpss")),
    Format("Plaid: access token", "access-production-{uuid}", "PLAID_ACCESS_TOKEN"),
    Format("Razorpay: key secret", "{w:24}", "RAZORPAY_KEY_SECRET"),
)  # fmt: skip
MESSAGES = (
    Format("Slack: bot token", "xoxb-{d:12}-{d:13}-{w:24}", "SLACK_BOT_TOKEN"),
    Format("Slack: user token", "xoxp-{d:12}-{d:12}-{d:13}-{x:32}", "SLACK_USER_TOKEN"),
    Format("Slack: configuration token", "xoxe.xoxp-1-{w:160}", "SLACK_CONFIG_TOKEN"),
    Format("Slack: app-level token", "xapp-1-A{A:10}-{d:13}-{x:64}", "SLACK_APP_TOKEN"),
    Format("Slack: incoming webhook", "https://hooks.slack.com/services/T{A:10}/B{A:10}/{w:24}", "SLACK_WEBHOOK_URL", "X-Callback: {}"),
    Format("Slack: signing secret", "{x:32}", "SLACK_SIGNING_SECRET", "X-Secret: {}"),
    Format("Twilio: account SID", "AC{x:32}", "TWILIO_ACCOUNT_SID", _API_KEY),
    Format("Twilio: API key SID", "SK{x:32}", "TWILIO_API_KEY", _API_KEY),
    Format("Twilio: auth token", "{x:32}", "TWILIO_AUTH_TOKEN", "X-Auth-Token: {}"),
    Format("SendGrid: API key", "SG.{u:22}.{u:43}", "SENDGRID_API_KEY"),
    Format("Mailgun: API key", "key-{x:32}", "MAILGUN_API_KEY"),
    Format("Mailgun: sending key", "{x:32}-{x:8}-{x:8}", "MAILGUN_API_KEY"),
    Format("Mailchimp: API key", "{x:32}-us{d:2}", "MAILCHIMP_API_KEY"),
    Format("Postmark: server token", "{uuid}", "POSTMARK_SERVER_TOKEN", "X-Postmark-Server-Token: {}"),
    Format("Brevo: API key", "xkeysib-{x:64}-{w:16}", "BREVO_API_KEY", "api-key: {}"),
    Format("Discord: bot token", "M{w:25}.{w:6}.{u:38}", "DISCORD_TOKEN", "Authorization: Bot {}"),
    Format("Discord: webhook", "https://discord.com/api/webhooks/{d:18}/{u:68}", "DISCORD_WEBHOOK_URL", "X-Callback: {}"),
    Format("Telegram: bot token", "{d:10}:AA{u:33}", "TELEGRAM_BOT_TOKEN", "X-Bot-Token: {}"),
    Format("Facebook: user access token", "EAA{w:180}", "FACEBOOK_ACCESS_TOKEN"),
    Format("Facebook: app access token", "{d:16}|{u:27}", "FACEBOOK_APP_TOKEN"),
    Format("Facebook: app secret", "{x:32}", "FACEBOOK_APP_SECRET", "X-Secret: {}"),
    Format("X: bearer token", "AAAAAAAAAAAAAAAAAAAAA{w:25}%2F{w:14}%3D{w:44}", "TWITTER_BEARER_TOKEN"),
    Format("X: API key secret", "{w:50}", "TWITTER_API_SECRET_KEY", "X-Secret: {}"),
    Format("LinkedIn: client secret", "WPL_AP1.{w:16}.{b:6}==", "LINKEDIN_CLIENT_SECRET", "X-Secret: {}"),
    Format("LinkedIn: client secret before prefixes", "{w:16}", "LINKEDIN_CLIENT_SECRET", "X-Secret: {}"),
    Format("LinkedIn: access token", "AQ{u:280}", "LINKEDIN_ACCESS_TOKEN"),
)  # fmt: skip
MODELS = (
    Format("OpenAI: API key before projects", "sk-{w:20}T3BlbkFJ{w:20}", "OPENAI_API_KEY"),
    Format("OpenAI: project key", "sk-proj-{u:74}T3BlbkFJ{u:74}", "OPENAI_API_KEY"),
    Format("OpenAI: service account key", "sk-svcacct-{u:60}T3BlbkFJ{u:60}", "OPENAI_API_KEY"),
    Format("Anthropic: API key", "sk-ant-api03-{u:93}AA", "ANTHROPIC_API_KEY", "x-api-key: {}"),
    Format("Anthropic: admin key", "sk-ant-admin01-{u:93}AA", "ANTHROPIC_ADMIN_KEY", "x-api-key: {}"),
    Format("Google AI: API key", "AIzaSy{u:33}", "GEMINI_API_KEY", "x-goog-api-key: {}"),
    Format("Mistral: API key", "{w:32}", "MISTRAL_API_KEY"),
    Format("Cohere: API key", "{w:40}", "COHERE_API_KEY"),
    Format("Hugging Face: user access token", "hf_{w:34}", "HF_TOKEN"),
    Format("Replicate: API token", "r8_{w:37}", "REPLICATE_API_TOKEN"),
    Format("Groq: API key", "gsk_{w:52}", "GROQ_API_KEY"),
    Format("xAI: API key", "xai-{w:80}", "XAI_API_KEY"),
    Format("OpenRouter: API key", "sk-or-v1-{x:64}", "OPENROUTER_API_KEY"),
    Format("Perplexity: API key", "pplx-{w:48}", "PERPLEXITY_API_KEY"),
)
TOOLS = (
    Format("Datadog: API key", "{x:32}", "DD_API_KEY", "DD-API-KEY: {}"),
    Format("Datadog: application key", "{x:40}", "DD_APP_KEY", "DD-APPLICATION-KEY: {}"),
    Format("Datadog: personal access token", "ddpat_{w:34}", "DD_PAT"),
    Format("New Relic: user key", "NRAK-{A:27}", "NEW_RELIC_API_KEY", "Api-Key: {}"),
    Format("New Relic: licence key", "{x:36}NRAL", "NEW_RELIC_LICENSE_KEY", "Api-Key: {}"),
    Format("New Relic: insert key", "NRII-{u:32}", "NEW_RELIC_INSERT_KEY", "X-Insert-Key: {}"),
    Format("Sentry: DSN", "https://{x:32}@o{d:6}.ingest.sentry.io/{d:7}", "SENTRY_DSN", "X-Sentry-Dsn: {}"),
    Format("Sentry: organisation auth token", "sntrys_{claims}_{b:43}", "SENTRY_AUTH_TOKEN"),
    Format("Sentry: user auth token", "sntryu_{x:64}", "SENTRY_AUTH_TOKEN"),
    Format("Grafana: service account token", "glsa_{w:32}_{x:8}", "GRAFANA_TOKEN"),
    Format("Grafana: Cloud access policy token", "glc_{claims}", "GRAFANA_CLOUD_TOKEN"),
    Format("PagerDuty: REST API key", "u+{u:18}", "PAGERDUTY_TOKEN", "Authorization: Token token={}"),
    Format("PagerDuty: integration key", "{x:32}", "PAGERDUTY_ROUTING_KEY", "X-Routing-Key: {}"),
    Format("Linear: personal API key", "lin_api_{w:40}", "LINEAR_API_KEY", _KEY),
    Format("Linear: OAuth token", "lin_oauth_{x:64}", "LINEAR_TOKEN"),
    Format("Notion: integration secret", "secret_{w:43}", "NOTION_TOKEN"),
    Format("Notion: integration secret since 2024", "ntn_{d:11}{w:35}", "NOTION_TOKEN"),
    Format("Airtable: personal access token", "pat{w:14}.{x:64}", "AIRTABLE_PAT"),
    Format("Airtable: API key before 2024", "key{w:14}", "AIRTABLE_API_KEY"),
    Format("Asana: personal access token", "2/{d:16}/{d:16}:{x:32}", "ASANA_ACCESS_TOKEN"),
    Format("Asana: personal access token before 2023", "1/{d:16}:{x:32}", "ASANA_ACCESS_TOKEN"),
    Format("Figma: personal access token", "figd_{u:40}", "FIGMA_TOKEN", "X-Figma-Token: {}"),
    Format("Postman: API key", "PMAK-{x:24}-{x:34}", "POSTMAN_API_KEY", "X-API-Key: {}"),
    Format("Typeform: personal access token", "tfp_{w:44}_{w:14}", "TYPEFORM_TOKEN"),
    Format("HubSpot: private app token", "pat-na1-{uuid}", "HUBSPOT_TOKEN"),
    Format("Age: identity", "AGE-SECRET-KEY-1{A:58}", "AGE_KEY", "X-Age-Key: {}"),
)
STORES = (
    Format("MongoDB: connection string", "mongodb+srv://shop:{urlpass}@cluster0.{a:7}.mongodb.net/orders?retryWrites=true", "MONGODB_URI", "X-Database: {}"),
    Format("MongoDB Atlas: programmatic private key", "{uuid}", "MONGODB_ATLAS_PRIVATE_KEY", "X-Private-Key: {}"),
    Format("MongoDB Atlas: service account secret", "mdb_sa_sk_{u:40}", "MONGODB_ATLAS_CLIENT_SECRET"),
    Format("Redis: URL", "redis://:{urlpass}@cache.internal:6379/0", "REDIS_URL", "X-Cache: {}"),
    Format("PostgreSQL: URL", "postgresql://shop:{urlpass}@db.internal:5432/orders?sslmode=require", "DATABASE_URL", "X-Database: {}"),
    Format("MySQL: URL", "mysql://root:{urlpass}@10.0.0.7:3306/shop", "DATABASE_URL", "X-Database: {}"),
    Format("RabbitMQ: URL", "amqps://worker:{urlpass}@mq.internal:5671/vhost", "AMQP_URL", "X-Broker: {}"),
    Format("SQL Server: connection string", "Server=tcp:db.internal,1433;Database=shop;User ID=sa;Password={urlpass};Encrypt=true", "SQL_CONNECTION", "X-Database: {}"),
    Format("JSON Web Token (RFC 7519)", "{jwt}", "ID_TOKEN"),
    Format("Basic authentication (RFC 7617)", "c2hv{w:26}==", "BASIC_AUTH", "Authorization: Basic {}"),
    Format("Session cookie", "{u:43}", "SESSION_ID", "Cookie: sessionid={}; theme=dark"),
    Format("Password", "{password}", "DB_PASSWORD", "X-Password: {}"),
    *(Format(f"Armoured key: {kind}", f"{{{kind}}}", "PRIVATE_KEY", "X-Private-Key: {}") for kind in ("rsa", "rsa_locked", "pkcs8", "openssh", "pgp", "putty")),
)  # fmt: skip
OTHERS = (
    Format("Pulumi: access token", "pul-{x:40}", "PULUMI_ACCESS_TOKEN", "Authorization: token {}"),
    Format("Doppler: service token", "dp.st.prd.{w:40}", "DOPPLER_TOKEN"),
    Format("Snyk: token", "{uuid}", "SNYK_TOKEN", "Authorization: token {}"),
    Format("Okta: API token", "00{u:40}", "OKTA_API_TOKEN", "Authorization: SSWS {}"),
    Format("Algolia: admin key", "{x:32}", "ALGOLIA_ADMIN_KEY", "X-Algolia-API-Key: {}"),
    Format("LaunchDarkly: SDK key", "sdk-{uuid}", "LAUNCHDARKLY_SDK_KEY", "Authorization: {}"),
    Format("Dropbox: access token", "sl.{u:140}", "DROPBOX_TOKEN"),
    Format("Dropbox: app secret", "{a:15}", "DROPBOX_APP_SECRET"),
    Format("Zendesk: API token", "{w:40}", "ZENDESK_API_TOKEN"),
    Format("Intercom: access token", "dG9rOjE{w:52}=", "INTERCOM_ACCESS_TOKEN"),
    Format("Mapbox: secret token", "sk.eyJ1Ijoi{w:50}.{u:22}", "MAPBOX_TOKEN"),
    Format("Contentful: management token", "CFPAT-{u:43}", "CONTENTFUL_TOKEN"),
    Format("Dynatrace: API token", "dt0c01.{A:24}.{A:64}", "DT_API_TOKEN", "Authorization: Api-Token {}"),
    Format("EasyPost: API key", "EZAK{w:54}", "EASYPOST_API_KEY"),
    Format("Shippo: live token", "shippo_live_{x:40}", "SHIPPO_TOKEN", "Authorization: ShippoToken {}"),
    Format("Clerk: secret key", "sk_live_{w:42}", "CLERK_SECRET_KEY"),
    Format("Resend: API key", "re_{w:8}_{w:24}", "RESEND_API_KEY"),
    Format("Klaviyo: private key", "pk_{x:34}", "KLAVIYO_API_KEY", "Authorization: Klaviyo-API-Key {}"),
    Format("Auth0: client secret", "{u:64}", "AUTH0_CLIENT_SECRET"),
    Format("Alibaba Cloud: access key id", "LTAI{w:20}", "ALIBABA_ACCESS_KEY_ID"),
    Format("Alibaba Cloud: access key secret", "{w:30}", "ALIBABA_ACCESS_KEY_SECRET"),
    Format("Tencent Cloud: secret id", "AKID{w:32}", "TENCENT_SECRET_ID"),
    Format("Tencent Cloud: secret key", "{w:32}", "TENCENT_SECRET_KEY"),
    Format("Yandex Cloud: IAM token", "t1.{u:86}.{u:86}", "YC_TOKEN"),
    Format("OpenShift: token", "sha256~{u:43}", "OPENSHIFT_TOKEN"),
    Format("Artifactory: API key", "AKCp{w:69}", "ARTIFACTORY_API_KEY", "X-JFrog-Art-Api: {}"),
    Format("SonarQube: user token", "squ_{x:40}", "SONAR_TOKEN"),
    Format("1Password: service account token", "ops_eyJ{u:250}", "OP_SERVICE_ACCOUNT_TOKEN"),
    Format("1Password: secret key", "A3-{A:6}-{A:6}-{A:5}-{A:5}-{A:5}-{A:5}", "OP_SECRET_KEY"),
    Format("Buildkite: agent token", "bkua_{x:40}", "BUILDKITE_API_TOKEN"),
    Format("Sourcegraph: access token", "sgp_{x:16}_{x:40}", "SRC_ACCESS_TOKEN", "Authorization: token {}"),
    Format("ElevenLabs: API key", "sk_{x:48}", "ELEVENLABS_API_KEY", "xi-api-key: {}"),
    Format("LangSmith: API key", "lsv2_pt_{x:32}_{x:10}", "LANGSMITH_API_KEY", "x-api-key: {}"),
    Format("Pinecone: API key", "pcsk_{w:6}_{w:60}", "PINECONE_API_KEY", "Api-Key: {}"),
    Format("NVIDIA: API key", "nvapi-{u:64}", "NVIDIA_API_KEY"),
    Format("Weights & Biases: API key", "{x:40}", "WANDB_API_KEY"),
    Format("Kubernetes: service account token", "{jwt}", "KUBE_TOKEN"),
    Format("Confluent Cloud: API secret", "{b:64}", "CONFLUENT_API_SECRET"),
    Format("Adyen: API key", "AQE{b:120}-{b:43}=-{p:16}", "ADYEN_API_KEY", "x-api-key: {}"),
    Format("Paystack: secret key", "sk_live_{x:40}", "PAYSTACK_SECRET_KEY"),
    Format("Mercado Pago: access token", "APP_USR-{d:16}-{d:6}-{x:32}-{d:9}", "MERCADOPAGO_ACCESS_TOKEN"),
    Format("Lob: API key", "live_{x:35}", "LOB_API_KEY"),
    Format("Prefect: API key", "pnu_{w:36}", "PREFECT_API_KEY"),
    Format("ReadMe: API key", "rdme_{a:70}", "README_API_KEY"),
    Format("Trello: API token", "ATTA{x:72}", "TRELLO_TOKEN"),
    Format("Spotify: client secret", "{x:32}", "SPOTIFY_CLIENT_SECRET"),
    Format("Twitch: client secret", "{a:30}", "TWITCH_CLIENT_SECRET"),
    Format("Bitly: access token", "{x:40}", "BITLY_TOKEN"),
    Format("Coinbase: API secret", "{w:32}", "COINBASE_SECRET"),
    Format("Kraken: private key", "{b:86}==", "KRAKEN_PRIVATE_KEY"),
    Format("Salesforce: access token", "00D{w:12}!{w:90}", "SALESFORCE_ACCESS_TOKEN"),
    Format("Zoom: client secret", "{w:32}", "ZOOM_CLIENT_SECRET"),
    Format("Segment: write key", "{w:32}", "SEGMENT_WRITE_KEY"),
    Format("Rollbar: access token", "{x:32}", "ROLLBAR_ACCESS_TOKEN", "X-Rollbar-Access-Token: {}"),
    Format("Honeycomb: ingest key", "hcaik_{a:58}", "HONEYCOMB_API_KEY", "X-Honeycomb-Team: {}"),
    Format("Elastic: API key", "{b:58}==", "ELASTIC_API_KEY", "Authorization: ApiKey {}"),
    Format("Travis CI: token", "{w:22}", "TRAVIS_TOKEN", "Authorization: token {}"),
    Format("Codecov: upload token", "{uuid}", "CODECOV_TOKEN"),
    Format("Cloudinary: URL", "cloudinary://{d:15}:{u:27}@shop{a:4}", "CLOUDINARY_URL", "X-Media: {}"),
    Format("Amazon MWS: auth token", "amzn.mws.{uuid}", "MWS_AUTH_TOKEN"),
    Format("WhatsApp: verify token", "{p:18}", "WHATSAPP_VERIFY_TOKEN"),
    Format("Firebase: server key", "AAAA{u:7}:APA91b{u:134}", "FCM_SERVER_KEY", "Authorization: key={}"),
    Format("Microsoft Teams: webhook", "https://acme.webhook.office.com/webhookb2/{uuid}@{uuid}/IncomingWebhook/{x:32}/{uuid}", "TEAMS_WEBHOOK", "X-Callback: {}"),
    Format("LDAP password", "{p:12}", "LDAP_BIND_PASSWORD", "X-Password: {}"),
    Format("SMTP: URL", "smtps://mailer:{urlpass}@mail.internal:465", "SMTP_URL", "X-Mailer: {}"),
    Format("Django: secret key", "{p:50}", "SECRET_KEY", "X-Key: {}"),
    Format("Rails: master key", "{x:32}", "RAILS_MASTER_KEY", "X-Key: {}"),
    Format("Laravel: app key", "base64:{b:43}=", "APP_KEY", "X-Key: {}"),
    Format("WireGuard: private key", "{b:43}=", "WG_PRIVATE_KEY", "X-Key: {}"),
    Format("Ethereum: private key", "0x{x:64}", "ETH_PRIVATE_KEY", "X-Key: {}"),
    Format("TOTP secret", "{T:32}", "TOTP_SECRET", "X-Otp: {}"),
)  # fmt: skip
FORMATS = tuple(chain(CLOUDS, CODE_HOSTS, PAYMENTS, MESSAGES, MODELS, TOOLS, STORES, OTHERS))


@dataclass(frozen=True, slots=True)
class Sample:
    """A secret where somebody may have put it.

    Attributes:
        value: as the text spells it, escapes included.
    """

    format: Format
    context: str
    text: str
    value: str


def _escaped(value: str) -> str:
    return json.dumps(value)[1:-1]


def told(form: Format, value: str) -> Iterator[Sample]:
    """Yield the value in four contexts that say what it is."""
    kind = re.sub(r"^.*: | (?:before|since) .*", "", form.provider)
    flat = _escaped(value)
    yield Sample(form, "json", json.dumps({"id": 7, form.variable.lower(): value, "retries": 3}), flat)
    yield Sample(
        form, "prose", f"Hello, the {kind} we use there is {value} and it stopped working on Monday.", value
    )
    quoted = value if flat == value else f'"{flat}"'
    yield Sample(form, "env", f"MODE=prod\n{form.variable}={quoted}\nDEBUG=0", flat)
    yield Sample(form, "header", f"Accept: */*\n{form.header.format(flat)}\nHost: api.example.com", flat)


def untold(form: Format, value: str) -> Iterator[Sample]:
    """Yield the value in four contexts that say nothing."""
    flat = _escaped(value)
    yield Sample(form, "json", json.dumps({"id": 7, "note": value, "retries": 3}), flat)
    yield Sample(
        form, "prose", f"Hello, please have a look at {value} because it stopped working on Monday.", value
    )
    yield Sample(form, "env", f"MODE=prod\nSETTING={flat}\nDEBUG=0", flat)
    yield Sample(form, "header", f"Accept: */*\nX-Custom: {flat}\nHost: api.example.com", flat)
