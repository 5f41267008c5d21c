"""Read docs/reference/openapi.yaml, and the routes that the service has."""

from pathlib import Path
from typing import Any

import msgspec
import yaml
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route

from intake.desk import cases as desk_cases
from intake.desk import notices
from intake.desk.access import admission, enrolment, passkeys, sessions, unlockers
from intake.desk.group import decisions, members, recovery, rotations
from intake.form import api, assignment_offer, submission
from intake.server import app
from intake.server.middleware import CloseUnreadMiddleware, ErrorLogMiddleware, SecurityHeadersMiddleware
from tests.support.installation import Installation
from tests.support.rendered import rendered

SPEC: dict[str, Any] = yaml.safe_load((Path(__file__).parents[2] / "docs" / "reference" / "openapi.yaml").read_text("utf-8"))


SHAPES: dict[str, type[msgspec.Struct]] = {
    "OfferRequest": api.OfferRequest,
    "SubmissionBody": submission.SubmissionBody,
    "SeatsRequest": api.SeatsRequest,
    "TokenIn": api.TokenIn,
    "RequesterEntryIn": api.EntryIn,
    "AssignmentOffer": assignment_offer.AssignmentOffer,
    "InviteIn": enrolment.InviteIn,
    "UnlockerIn": enrolment.UnlockerIn,
    "FoundIn": enrolment.FoundIn,
    "JoinIn": enrolment.JoinIn,
    "SignIn": sessions.SignIn,
    "WorkIn": admission.WorkIn,
    "KeyListEntryIn": decisions.EntryIn,
    "NumberedFile": members.NumberedFile,
    "DutyIn": members.DutyIn,
    "AddressIn": notices.AddressIn,
    "PasskeyIn": passkeys.PasskeyIn,
    "PasskeyBeginIn": passkeys.BeginIn,
    "ProofIn": unlockers.ProofIn,
    "UnlockersIn": unlockers.UnlockersIn,
    "StrictIn": unlockers.StrictIn,
    "RotationIn": rotations.OpenIn,
    "StagedIn": rotations.StagedIn,
    "RotationChunkIn": rotations.ChunkIn,
    "RotationCommitIn": rotations.CommitIn,
    "DealIn": recovery.DealIn,
    "RecoverIn": recovery.SignIn,
    "MoveIn": recovery.MoveIn,
    "DeskEntryIn": desk_cases.EntryIn,
    "GrantBody": desk_cases.GrantBody,
    "GrantsIn": desk_cases.GrantsIn,
}


def routes_below(prefix: str, routes: list[BaseRoute]) -> set[tuple[str, str]]:
    pairs: set[tuple[str, str]] = set()
    for route in routes:
        if isinstance(route, Mount) and route.routes:
            pairs |= routes_below(prefix + route.path, list(route.routes))
        elif isinstance(route, Route):
            pairs |= {
                (prefix + route.path.replace(":int}", "}"), method.lower())
                for method in route.methods or ()
                if method != "HEAD"
            }
    return pairs


def served_routes(installation: Installation) -> set[tuple[str, str]]:
    """Return method and path of each route."""
    built = app.build(installation.service, rendered())
    while isinstance(built, (ErrorLogMiddleware, CloseUnreadMiddleware, SecurityHeadersMiddleware)):
        built = built._app
    assert isinstance(built, Starlette)
    return {(method.upper(), path.replace(":path}", "}")) for path, method in routes_below("", built.routes)}
