"""A shop whose e-mails have somewhere to go."""

from dataclasses import replace

import pytest

from tests.support.mail_server import mail_server


@pytest.fixture
def inbox():
    with mail_server() as inbox:
        yield inbox


@pytest.fixture
def mail_settings(base_settings, database_url, inbox):
    return replace(base_settings, database_url=database_url, smtp_url=inbox.url)
