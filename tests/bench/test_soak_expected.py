import email.message
import json
import unittest
import uuid

from bench.soak import bad, expected, good
from bench.soak.link import Answer

ID = str(uuid.uuid4())


def answer(status=200, document=None, without=(), **headers):
    """As the server answers, but for what is given."""
    fields = email.message.Message()
    for name, value in {"X-Correlation-ID": ID, "X-Response-Time": "1.0ms", **headers}.items():
        if name not in without:
            fields[name.replace("_", "-")] = value
    return Answer(status, fields, json.dumps(document if document is not None else {}).encode())


def error(code, own_id=ID):
    return {"success": False, "error": {"code": code, "message": "why", "correlation_id": own_id}}


def predictions(*classes):
    return [{"rank": i + 1, "class_index": c} for i, c in enumerate(classes)]


class Problem(unittest.TestCase):
    def wrong(self, *arguments, **named):
        self.assertNotEqual(expected.problem(*arguments, **named), "")

    def right(self, *arguments, **named):
        self.assertEqual(expected.problem(*arguments, **named), "")

    def test_every_answer_needs_an_id_and_a_time(self):
        self.right(answer(), expected.Expected())
        self.wrong(answer(without=("X-Correlation-ID",)), expected.Expected())
        self.wrong(answer(without=("X-Response-Time",)), expected.Expected())
        self.wrong(answer(**{"X-Correlation-ID": "1"}), expected.Expected())
        self.wrong(answer(**{"X-Correlation-ID": str(uuid.uuid1())}), expected.Expected())

    def test_only_the_expected_status(self):
        self.wrong(answer(500, error("INTERNAL_ERROR")), expected.Expected())
        self.wrong(answer(200), bad.refused(415, "UNSUPPORTED_MEDIA_TYPE"))
        self.right(answer(204), expected.Expected((204,)))

    def test_an_error_has_its_code_and_its_own_id(self):
        wanted = bad.refused(415, "UNSUPPORTED_MEDIA_TYPE")
        self.right(answer(415, error("UNSUPPORTED_MEDIA_TYPE")), wanted)
        self.wrong(answer(415, error("MISSING_FILE")), wanted)
        self.wrong(answer(415, error("UNSUPPORTED_MEDIA_TYPE", str(uuid.uuid4()))), wanted)
        self.wrong(answer(415, {}), wanted)
        self.wrong(answer(415, [1]), wanted)

    def test_an_error_of_the_protocol_is_a_text(self):
        wanted = expected.Expected((400,), protocol=True)
        self.right(answer(400, {"error": "why"}), wanted)
        self.wrong(answer(400, error("VALIDATION_ERROR")), wanted)

    def test_refusals_count_as_right_in_a_burst_alone(self):
        refusal = answer(503, error("QUEUE_FULL"), Retry_After="1")
        self.right(refusal, expected.Expected(), overloaded=True)
        self.right(answer(503, {"error": "busy"}, Retry_After="1"), expected.Expected(), overloaded=True)
        self.wrong(refusal, expected.Expected())
        self.wrong(answer(503, error("QUEUE_FULL")), expected.Expected(), overloaded=True)
        self.wrong(answer(503, error("MODEL_NOT_LOADED"), Retry_After="2"), expected.Expected(), overloaded=True)

    def test_too_many_requests_say_when_to_come_again(self):
        wanted = expected.Expected((200, 429), "RATE_LIMITED")
        self.right(answer(429, error("RATE_LIMITED"), Retry_After="1"), wanted)
        self.wrong(answer(429, error("RATE_LIMITED")), wanted)

    def test_head_has_no_body(self):
        self.wrong(answer(200, {"a": 1}), expected.Expected(), "HEAD")


class Classes(unittest.TestCase):
    def test_the_first_class_and_the_number_of_them(self):
        check = good.one_class(7, 2).check
        self.assertEqual(check(answer(document={"predictions": predictions(7, 3)})), "")
        self.assertIn("class 3 instead of 7", check(answer(document={"predictions": predictions(3, 7)})))
        self.assertIn("1 predictions", check(answer(document={"predictions": predictions(7)})))

    def test_what_cannot_be_read_is_wrong(self):
        self.assertIn("cannot be read", expected.problem(answer(document={}), good.one_class(7)))
        self.assertIn("cannot be read", expected.problem(answer(document={"predictions": []}), good.one_class(7)))

    def test_several_images_in_their_order_with_their_own_errors(self):
        check = good.several_classes([None, 4]).check
        failed, found = {"error": {"code": "X"}}, {"predictions": predictions(4)}
        self.assertEqual(check(answer(document={"results": [failed, found]})), "")
        self.assertNotEqual(check(answer(document={"results": [found, found]})), "")
        self.assertNotEqual(check(answer(document={"results": [found]})), "")
        with self.assertRaises(KeyError):
            check(answer(document={"results": [failed, failed]}))


if __name__ == "__main__":
    unittest.main()
