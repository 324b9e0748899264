"""Commands for whoever keeps the shop's machine."""

import datetime as dt
import sys
from pathlib import Path

import click
import flask_migrate
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from webapp import migrations
from webapp.alerts.looking import look
from webapp.audit.tracking import acting_as, record
from webapp.demo.load import load_demo
from webapp.demo.scale import fill
from webapp.platform import backup
from webapp.platform.database import db
from webapp.platform.errors import Refusal
from webapp.processing import diagrams
from webapp.processing.sweeping import sweep_once
from webapp.staff.models import MOST_TOKEN_DAYS, TOKEN_DAYS, ApiToken, Role
from webapp.staff.people import add_user, end_all_sessions
from webapp.store.queries import the_shop
from webapp.store.sleep import put_to_sleep

ROLES = click.Choice([str(role) for role in Role])
users = AppGroup("user", help="The people who sign in.")
tokens = AppGroup("token", help="The programs that call the API.")


def register(app) -> None:
    for command in (users, tokens, demo, sweep, back_up, restore, draw):
        app.cli.add_command(command)


@users.command("create")
@click.argument("email")
@click.option("--role", type=ROLES, required=True)
@click.option(
    "--name", default="", help="As it stands on screen; the e-mail's first part by default."
)
@click.option(
    "--password-stdin", is_flag=True, required=True, help="Read the password from standard input."
)
def create_user(email, role, name, password_stdin):
    """Adds a person who may sign in."""
    # At a terminal it is asked for, so that it does not stand on the screen.
    is_terminal = sys.stdin.isatty()
    password = (
        click.prompt("Password", hide_input=True, confirmation_prompt=True)
        if is_terminal
        else sys.stdin.readline().rstrip("\n")
    )
    try:
        with acting_as("command line"):
            add_user(email, name or email.split("@")[0], Role(role), password)
            db.session.commit()
    except Refusal as refusal:
        raise click.ClickException(
            str(refusal.errors[0].message if refusal.errors else refusal)
        ) from None
    click.echo(f"{email} can sign in as {role}.")


@tokens.command("create")
@click.argument("name")
@click.option("--role", type=ROLES, required=True)
@click.option(
    "--days", type=click.IntRange(1, MOST_TOKEN_DAYS), default=TOKEN_DAYS, show_default=True
)
def create_token(name, role, days):
    """Makes an API token and prints it, this once, alone on the last line."""
    with acting_as("command line"):
        row, secret = ApiToken.issue(name, Role(role), days=days)
        db.session.add(row)
        db.session.commit()
    click.echo(f"Token {name} ({role}, {days} days). Keep it now; it is shown only here.")
    click.echo(secret)


@click.command("demo")
@click.option("--scale", type=click.IntRange(100), help="A big shop instead, of so many orders.")
@with_appcontext
def demo(scale: int | None) -> None:
    """Loads the demo shop, unless the database holds one already."""
    if current_app.extensions["settings"].nfe_authority != "sandbox":
        raise click.ClickException("NFE_AUTHORITY=sefaz: invented NF-e would go to SEFAZ.")
    with acting_as("demo"):
        loaded = _filled(scale) if scale else load_demo()
    if not loaded:
        raise click.ClickException("The database is not empty; nothing was loaded.")
    click.echo("Demo shop loaded.")


def _filled(count: int) -> bool:
    with click.progressbar(
        length=count, label="Orders", file=sys.stderr, update_min_steps=1000
    ) as bar:
        return fill(count, bar.update)


@click.command("sweep")
@click.option("--once", is_flag=True, required=True)
@with_appcontext
def sweep(once):
    """One pass of the sweeper: rings for whatever is owed, and closes what is over its time."""
    with acting_as("sweeper"):
        rung = sweep_once()
        look()
        click.echo(f"Rang for: {', '.join(rung) or 'nothing'}")


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@with_appcontext
def back_up(file: Path) -> None:
    """Writes the shop into one new FILE, also while it runs: the database as it is at one moment,
    the secret and the certificate. Whoever has the file has the shop: keep it where nobody else
    reads."""
    settings = current_app.extensions["settings"]
    try:
        backup.back_up(db.engine, settings, file)
    except backup.BackupError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{file}: {file.stat().st_size:,} bytes")
    if settings.nfe_certificate:
        click.echo("The password of its certificate (NFE_CERTIFICATE_PASSWORD) is not in it.")


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@with_appcontext
def restore(file: Path) -> None:
    """Brings the shop in FILE back, into an empty one that is not running. It sleeps then: nothing
    is sent until an administrator wakes it on the settings page."""
    settings = current_app.extensions["settings"]
    try:
        manifest = backup.read_manifest(file)
        if not migrations.knows(manifest.revision):
            raise backup.BackupError(f"{file} is of a newer program ({manifest.revision})")
        backup.bring_back(db.engine, settings, file, manifest)
    except backup.BackupError as error:
        raise click.ClickException(str(error)) from None
    flask_migrate.upgrade()
    with acting_as("command line"):
        end_all_sessions()
        put_to_sleep(dt.datetime.fromisoformat(manifest.made_at))
        record(db.session, "restored", "shop", the_shop().id)
        db.session.commit()
    click.echo(
        f"The shop of {manifest.made_at} is here and sleeps. Start it, sign in as an administrator "
        "and wake it under Settings."
    )
    if backup.CERTIFICATE in manifest.parts:
        click.echo(f"Its certificate: NFE_CERTIFICATE={settings.data_dir / backup.CERTIFICATE}")


@click.command("draw")
@with_appcontext
def draw() -> None:
    """Draws the tables and diagrams of the pages in docs anew."""
    for page, drawings in diagrams.PAGES.items():
        page.write_text(diagrams.redrawn(page.read_text("utf-8"), drawings()), "utf-8")
