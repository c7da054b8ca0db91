"""Expected responses of a request, and the check of a response against them."""
import uuid
from dataclasses import dataclass
from typing import Callable


def nothing_wrong(_answer):
    return ""


@dataclass(frozen=True)
class Expected:
    statuses: tuple = (200,)
    code: str = ""  # of the error, where there is to be one
    check: Callable = nothing_wrong  # of an answer with 200: what is wrong with it, or ""
    protocol: bool = False  # errors as the Open Inference Protocol has them: a text


def is_fresh_id(text):
    try:
        return uuid.UUID(text).version == 4
    except ValueError:
        return False


def wrong_headers(answer):
    if not is_fresh_id(answer.header("X-Correlation-ID")):
        return f"X-Correlation-ID is {answer.header('X-Correlation-ID')!r}"
    if not answer.header("X-Response-Time").endswith("ms"):
        return f"X-Response-Time is {answer.header('X-Response-Time')!r}"
    if answer.status in (429, 503) and not answer.header("Retry-After").isdigit():
        return f"{answer.status} without Retry-After"
    return ""


def error_code(answer):
    """Of an answer outside of the protocol; "" if it is not the one shape of errors with the answer's own ID."""
    try:
        document = answer.json()
        error = document["error"]
        own = error["correlation_id"] == answer.header("X-Correlation-ID")
        return error["code"] if own and document["success"] is False and error["message"] else ""
    except (ValueError, KeyError, TypeError):
        return ""


def wrong_error(answer, code, protocol):
    if protocol:
        try:
            document = answer.json()
            good = list(document) == ["error"] and isinstance(document["error"], str)
        except (ValueError, TypeError):
            good = False
        return "" if good else f"not an error of the protocol: {answer.body[:200]!r}"
    found = error_code(answer)
    return "" if found and found == code else f"expected the error {code}: {answer.body[:200]!r}"


def is_refusal(answer):
    """Of a server that has too much to do."""
    return answer.status == 503 and (error_code(answer) == "QUEUE_FULL" or b'"error": "' in answer.body)


def problem(answer, expected, method="GET", overloaded=False):
    """What is wrong, or "". overloaded: whether the server may refuse just now."""
    wrong = wrong_headers(answer)
    if wrong:
        return wrong
    if overloaded and is_refusal(answer):
        return ""
    if answer.status not in expected.statuses:
        wanted = " or ".join(map(str, expected.statuses))
        return f"{answer.status} instead of {wanted}: {answer.body[:200]!r}"
    if method == "HEAD":
        return "" if not answer.body else "HEAD was answered with a body"
    if answer.status >= 400:
        return wrong_error(answer, expected.code, expected.protocol)
    try:
        return expected.check(answer) if answer.status == 200 else ""
    except (ValueError, KeyError, IndexError, TypeError) as e:
        return f"the answer cannot be read ({type(e).__name__}: {e}): {answer.body[:200]!r}"
