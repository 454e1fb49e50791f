"""Forms of tokens as the services and the open scanners publish them, one a line: its name, and how it is made up.

A hole such as `{h32}` stands for so many characters of an alphabet of `rows`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.unit.secrets.rows import Maker, Row

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMS = """
1password-key           A3-{u6}-{u11}-{u5}-{u5}-{u5}
1password-service       ops_eyJ{a260}
adobe-secret            p8e-{l32}
age                     AGE-SECRET-KEY-1QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LQPZRY9X8GF2TVDW0S3JN54KHCE
airtable-personal       pat{a14}.{h64}
alibaba-id              LTAI{a20}
anthropic               sk-ant-api03-{w93}AA
anthropic-admin         sk-ant-admin01-{w93}AA
anthropic-oauth         sk-ant-oat01-{w93}AA
artifactory             AKCp{a69}
artifactory-reference   cmVmd{a59}
apify                   apify_api_{a36}
asana                   2/{d16}/{d16}:{h32}
atlassian               ATATT3xFfGF0{w171}={H8}
atlassian-app           ATCTT3xFfGN0{w171}={H8}
authress                sc_{l20}.{l5}.acc_{l16}.{a60}
aws-id                  AKIA{t16}
aws-temporary-id        ASIA{t16}
aws-bedrock             ABSK{b120}=
aws-secret              {b40}
aws-session             IQoJb3JpZ2luX2VjE{b200}
azure-ad                {a3}8Q~{w34}
azure-devops            {a76}AZDO{a4}
azure-storage           {b86}==
azure-function          {w44}AzFu{a6}==
azure-search            {a42}AzSe{a6}
beamer                  b_{w44}
bitbucket-app           ATBB{a32}
brevo                   xkeysib-{h64}-{a16}
brevo-smtp              xsmtpsib-{h64}-{a16}
buildkite               bkua_{h40}
cerebras                csk-{l48}
circleci                CCIPAT_{a22}_{h40}
clickhouse              4b1d{a38}
clickup                 pk_{d8}_{u32}
clojars                 CLOJARS_{h60}
cloudflare-ca           v1.0-{h24}-{h146}
cloudinary              cloudinary://{d15}:{a27}@demo
contentful              CFPAT-{w43}
crates                  cio{a32}
databricks              dapi{h32}
databricks-2            dapi{h32}-2
defined-networking      dnkey-{l26}-{l52}
deno                    ddp_{a36}
digitalocean            dop_v1_{h64}
digitalocean-oauth      doo_v1_{h64}
digitalocean-refresh    dor_v1_{h64}
discord-bot             MTA{a23}.G{a5}.{w38}
discord-webhook         https://discord.com/api/webhooks/{d18}/{w68}
docker                  dckr_pat_{w27}
docker-organisation     dckr_oat_{w32}
doppler                 dp.pt.{a43}
doppler-service         dp.st.prd.{a43}
doppler-cli             dp.ct.{a43}
dropbox                 sl.B{w135}
duffel                  duffel_live_{w43}
dynatrace               dt0c01.{u24}.{u64}
easypost                EZAK{a54}
easypost-test           EZTK{a54}
endorlabs               endr+{a16}
facebook                EAAC{a110}
figma                   figd_{w40}
firebase-messaging      AAAA{w7}:APA91b{w140}
flutterwave             FLWSECK_TEST-{h32}-X
fly                     fm2_{b120}
fly-old                 fo1_{w43}
frameio                 fio-u-{w64}
github                  ghp_{a36}
github-oauth            gho_{a36}
github-user             ghu_{a36}
github-server           ghs_{a36}
github-refresh          ghr_{a36}
github-fine             github_pat_{a22}_{a59}
gitlab                  glpat-{w20}
gitlab-routable         glpat-{w27}.01.{l9}
gitlab-pipeline         glptt-{h40}
gitlab-runner           glrt-{w20}
gitlab-runner-old       GR1348941{w20}
gitlab-deploy           gldt-{w20}
gitlab-job              glcbt-64_{w20}
gitlab-feed             glft-{w20}
gitlab-mail             glimt-{w25}
gitlab-agent            glagent-{w50}
gitlab-oauth            gloas-{h64}
gitlab-scim             glsoat-{w20}
gitlab-flags            glffct-{w20}
gocardless              live_{w40}
google                  AIza{w35}
google-oauth            ya29.{w140}
google-refresh          1//0{w80}
google-secret           GOCSPX-{w28}
google-recaptcha        6Le{w37}
grafana                 glsa_{a32}_{h8}
grafana-cloud           glc_eyJ{a90}
grafana-old             eyJrIjoi{a76}==
groq                    gsk_{a52}
harness                 pat.{w22}.{h24}.{a20}
heroku                  HRKU-AA{w58}
hubspot                 pat-na1-{h8}-{h4}-{h4}-{h4}-{h12}
huggingface             hf_{L34}
huggingface-org         api_org_{L34}
infracost               ico-{a32}
infura                  https://mainnet.infura.io/v3/{h32}
alchemy                 https://eth-mainnet.g.alchemy.com/v2/{w32}
intra42                 s-s4t2ud-{h64}
jwt                     eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI{a40}.{w43}
langsmith               lsv2_pt_{h32}_{h10}
langfuse                sk-lf-{h8}-{h4}-{h4}-{h4}-{h12}
launchdarkly            sdk-{h8}-{h4}-{h4}-{h4}-{h12}
launchdarkly-api        api-{h8}-{h4}-{h4}-{h4}-{h12}
line-notify             lin_oauth_{h64}
linear                  lin_api_{a40}
mailchimp               {h32}-us14
mailersend              mlsn.{h64}
mailgun                 key-{h32}
mapbox                  sk.eyJ1Ijoi{a60}.{a22}
maxmind                 {a6}_{a29}_mmk
mercury                 secret-token:mercury_production_{a40}
microsoft-teams         https://contoso.webhook.office.com/webhookb2/{h8}-{h4}-{h4}-{h4}-{h12}@{h8}-{h4}-{h4}-{h4}-{h12}/IncomingWebhook/{h32}/{h8}-{h4}-{h4}-{h4}-{h12}
mongodb-atlas           mdb_sa_sk_{w40}
netlify                 nfp_{a36}
new-relic               NRAK-{u27}
new-relic-insert        NRII-{w32}
new-relic-licence       {h36}FFFFNRAL
new-relic-browser       NRJS-{h19}
notion                  ntn_{d11}{a35}
notion-old              secret_{a43}
npm                     npm_{a36}
nuget                   oy2{l43}
nvidia                  nvapi-{w64}
octopus                 API-{u26}
openai                  sk-proj-{w74}T3BlbkFJ{w74}
openai-old              sk-{a20}T3BlbkFJ{a20}
openai-service          sk-svcacct-{w58}T3BlbkFJ{w58}
openrouter              sk-or-v1-{h64}
openshift               sha256~{w43}
paypal                  access_token$production${l16}${h32}
perplexity              pplx-{a48}
pinecone                pcsk_{a6}_{a63}
plaid                   access-production-{h8}-{h4}-{h4}-{h4}-{h12}
planetscale-password    pscale_pw_{w43}
planetscale-token       pscale_tkn_{w43}
planetscale-oauth       pscale_oauth_{w43}
plivo                   MA{u18}:{a40}
posthog                 phx_{a43}
postman                 PMAK-{h24}-{h34}
prefect                 pnu_{a36}
pulumi                  pul-{h40}
pypi                    pypi-AgEIcHlwaS5vcmc{w80}
rabbit-cloudamqp        amqps://abcdefgh:{w32}@rat.rmq2.cloudamqp.com/abcdefgh
ramp                    ramp_sec_{a48}
razorpay                rzp_live_{a14}
readme                  rdme_{l70}
replicate               r8_{a37}
resend                  re_{a8}_{a24}
retool                  retool_{a40}
rubygems                rubygems_{h48}
scaleway                SCW{u17}
scalingo                tk-us-{w48}
sendgrid                SG.{w22}.{w43}
sentry-organisation     sntrys_eyJpYXQiO{a80}=_{b43}
sentry-user             sntryu_{h64}
sentry-dsn              https://{h32}:{h32}@o123456.ingest.sentry.io/4501
settlemint              sm_pat_{a16}
shippo                  shippo_live_{h40}
shopify                 shpat_{h32}
shopify-custom          shpca_{h32}
shopify-private         shppa_{h32}
shopify-shared          shpss_{h32}
slack-app               xapp-1-A{u10}-{d13}-{h64}
slack-bot               xoxb-{d12}-{d13}-{a24}
slack-config            xoxe.xoxb-1-{u163}
slack-refresh           xoxe-1-{u146}
slack-user              xoxp-{d12}-{d12}-{d12}-{h32}
slack-webhook           https://hooks.slack.com/services/T{u8}/B{u10}/{a24}
slack-trigger           https://hooks.slack.com/triggers/T{u8}/{d13}/{h32}
snyk                    snyk_uat.{h8}.{w40}
sonar                   squ_{h40}
sonar-project           sqp_{h40}
sourcegraph             sgp_{h16}_{h40}
square                  sq0atp-{w22}
square-secret           sq0csp-{w43}
square-access           EAAA{w60}
stripe                  sk_live_{a24}
stripe-restricted       rk_live_{a99}
stripe-webhook          whsec_{a32}
supabase                sbp_{h40}
supabase-secret         sb_secret_{w22}_{w8}
tailscale               tskey-auth-{a16}-{a32}
tailscale-api           tskey-api-{a16}-{a32}
tavily                  tvly-{a32}
telegram                {d10}:AA{w33}
terraform               {a14}.atlasv1.{w67}
thunderstore            tss_{a36}
together                tgp_v1_{w43}
trello                  ATTA{h64}{H8}
twilio                  SK{h32}
twitter-bearer          AAAAAAAAAAAAAAAAAAAAAA{a90}
typeform                tfp_{w59}
ubidots                 BBFF-{a30}
uptimerobot             u{d7}-{h24}
vault                   hvs.{w95}
vault-batch             hvb.{w140}
vercel                  vcp_{a56}
voyage                  pa-{w43}
wakatime                waka_{h8}-{h4}-{h4}-{h4}-{h12}
xai                     xai-{a80}
xendit                  xnd_production_{a42}
yandex                  AQVN{w36}
yandex-iam              t1.{w8}.{w86}
yandex-secret           YC{w38}
zapier                  https://hooks.zapier.com/hooks/catch/{d7}/{l7}/
zuplo                   zpka_{h32}_{h8}
"""


def rows() -> Iterator[Row]:
    """One token of each form, under a name that says nothing."""
    for number, line in enumerate(FORMS.strip().splitlines()):
        name, form = line.split(None, 1)
        maker = Maker(name)
        token = maker.fill(form)
        # Of an address, and of a token of several parts, what is drawn is the secret.
        part = max(re.split(r"[/:@$]", token), key=len)
        yield Row(f"token {name}", maker.place(token, number), part)
