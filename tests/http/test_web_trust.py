"""Calls to the open web verify whom they reach, by what is read once."""

import ssl

from webapp.platform.web_trust import web_trust


def test_nobody_is_believed_without_a_certificate():
    trust = web_trust()
    assert trust.verify_mode is ssl.CERT_REQUIRED and trust.check_hostname
    assert trust.get_ca_certs() and web_trust() is trust
