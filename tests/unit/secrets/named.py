"""Secrets under a name that says what they are, in the languages that people name things in."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

from tests.unit.secrets.rows import Maker, Row

if TYPE_CHECKING:
    from collections.abc import Iterator

# A name, or names, as keys of a dict, fields of an object, variables or assignments in text.
NAMES = """
password passwd pwd db_pass db_pwd DB_PASSWORD rootPassword admin_pw smtp_password ftpPass ldap_bind_password keystore_password storepass keypass
passphrase pass_phrase secret app_secret clientSecret client_secret_key consumer_secret shared_secret signing_secret webhook_secret jwt_secret hmac_secret totp_secret otp_seed
api_key apiKey APIKEY x-api-key api_secret stripe_api_key OPENAI_API_KEY google_maps_key secret_key private_key privateKeyPem ssh_private_key encryption_key master_key data_key aes_key
auth_token access_token refreshToken id_token bearer_token session_token device_token csrf_token xsrf_token reset_token invite_token token x-auth-token X-Vault-Token x-amz-security-token
authorization Proxy-Authorization auth_header cookie Set-Cookie session_cookie JSESSIONID PHPSESSID ASP.NET_SessionId connect.sid sessionid session_id
otp one_time_password mfa_code verification_code sms_code recovery_code pin pin_code security_code passcode unlock_code cvv cvc2 cvv2 card_number cardNumber pan track2 track1
ssn social_security_number security_answer mothers_maiden_name_answer seed_phrase mnemonic wallet_private_key
new_password old_password current_password password_confirmation confirmPassword passwordRepeat temp_password initial_password password_hash password_digest hashed_password pwd_hash
code_verifier client_assertion SAMLResponse saml_assertion account_key storage_account_key sas_token subscription-key Ocp-Apim-Subscription-Key license_key connection_string mongodb_uri
secret_key_base rails_master_key django_secret_key service_account_key gpg_key credentials creds aws_creds login_credentials
passwort kennwort benutzer_passwort geheimnis zugangsschluessel api_schluessel contraseña contrasena clave_secreta clave_api senha senha_usuario segredo chave_secreta
mot_de_passe motdepasse mdp jeton_acces cle_api clé_secrète wachtwoord lösenord losenord passord adgangskode kodeord salasana hasło haslo heslo jelszó jelszo parola sifre şifre
пароль 密码 口令 パスワード 暗証番号 비밀번호 kata_sandi mat_khau סיסמה كلمة_المرور
pswd private_pem reset_code activation_code x-functions-key preshared_key wifi_psk snmp_community enable_secret id_token_hint csrfmiddlewaretoken
TF_VAR_db_pass ansible_ssh_pass LDAP_BIND_PASSWORD smtp_login_pass Zugangsdaten privater_schluessel llave_privada palavra_passe assertion
""".split()  # noqa: SIM905 -- a table of words
# Names of several values.
PLURALS = "tokens passwords api_keys secrets creds refresh_tokens access_keys recovery_codes backup_codes private_keys session_cookies passwörter senhas".split()  # noqa: SIM905 -- a table of words


def rows() -> Iterator[Row]:
    """One row a name; numbers where the name is that of a number."""
    for number, name in enumerate(NAMES):
        maker = Maker(name)
        short = name.lower() in {"pin", "pin_code", "cvv", "cvc2", "cvv2", "otp", "mfa_code", "verification_code", "sms_code", "security_code"}  # fmt: skip
        secret = maker.fill("{d4}") if short else maker.password()
        kind = number % 5
        if kind == 0 and name.isidentifier():
            yield Row(f"name {name}", {name: secret}, secret)
        elif kind in {1, 0}:
            yield Row(f"name {name}", {"data": {"user": "ana", name: secret}}, secret)
        elif kind == 2:
            yield Row(f"name {name}", {"settings": SimpleNamespace(**{"user": "ana", name: secret})}, secret)
        elif kind == 3:
            yield Row(f"name {name}", {"line": f"retry with user=ana {name}={secret} attempt=2"}, secret)
        else:
            yield Row(f"name {name}", {"body": f'{{"user": "ana", "{name}": "{secret}"}}'}, secret)
    for number, name in enumerate(PLURALS):
        maker = Maker(name)
        secret = maker.fill("{a14}")
        values = [secret, maker.fill("{a14}")]
        if number % 2:
            yield Row(f"plural {name}", {name: values}, secret)
        else:
            yield Row(f"plural {name}", {"state": {name: values, "n": 2}}, secret)
