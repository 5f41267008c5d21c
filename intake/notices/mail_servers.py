"""The mail servers of common providers, so that `mailtos://name:password@provider` is enough.

For every other domain the mail server is the domain itself, or the host in the option `smtp`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MailServer:
    """The mail server of a provider.

    Attributes:
        host: its name.
        tls: the connection uses TLS from its start; otherwise STARTTLS.
        whole_address: the user name at sign-in is the whole address.
    """

    host: str
    tls: bool
    whole_address: bool = True


MAIL_SERVERS = {
    "163.com": MailServer("smtp.163.com", tls=True),
    "comcast.net": MailServer("smtp.comcast.net", tls=True),
    "fastmail.com": MailServer("smtp.fastmail.com", tls=True),
    "fastmail.fm": MailServer("smtp.fastmail.com", tls=True),
    "gmail.com": MailServer("smtp.gmail.com", tls=False),
    **{f"gmx.{end}": MailServer("mail.gmx.com", tls=False) for end in ("at", "ch", "com", "de", "fr", "net")},
    "qq.com": MailServer("smtp.qq.com", tls=False),
    "yahoo.ca": MailServer("smtp.mail.yahoo.com", tls=True),
    "yahoo.com": MailServer("smtp.mail.yahoo.com", tls=True),
    "yandex.com": MailServer("smtp.yandex.ru", tls=True, whole_address=False),
    "yandex.ru": MailServer("smtp.yandex.ru", tls=True, whole_address=False),
    "zoho.com": MailServer("smtp.zoho.com", tls=False),
    "zohomail.com": MailServer("smtp.zoho.com", tls=False),
}
