"""Lists in the documents are those of the sources, each entry of which is one row."""
import re
import unittest

from tests.docs import sources
from tests.docs.markdown import read, table_of, words

API, OPERATIONS, ARCHITECTURE = "docs/api.md", "docs/operations.md", "ARCHITECTURE.md"


class Errors(unittest.TestCase):
    def test_every_code_that_is_sent_has_its_status(self):
        sent = {code: status for code, status in sources.error_statuses().items()
                if code not in sources.errors_never_sent() and status != 499}
        documented = [(words(code)[0], int(status)) for status, code, _ in table_of(API, "Errors")]
        self.assertEqual(sorted(documented), sorted(sent.items()))

    def test_codes_that_are_never_sent_are_named(self):
        section = read(API).split("Some codes are never sent")[1].split("## ")[0]
        left = {code for code, status in sources.error_statuses().items() if status == 499}
        self.assertEqual({word for word in words(section) if word.isupper()}, sources.errors_never_sent() | left)


class Routes(unittest.TestCase):
    public = table_of(API, "Endpoints") + table_of(API, "Endpoints of the protocol")
    administrators = table_of(API, "Endpoints for administrators")

    def test_every_route_is_in_a_table(self):
        documented = [words(row[0])[0] for row in self.public]
        self.assertEqual(len(documented), len(set(documented)))
        self.assertEqual(set(documented) | {words(row[0])[0] for row in self.administrators}, set(sources.routes()))

    def test_which_of_them_need_a_key(self):
        for request, _, key in self.public:
            self.assertEqual(key, "no" if sources.routes()[words(request)[0]] else "yes", request)

    def test_the_readme_names_routes_only(self):
        for request, _ in table_of("README.md", "Endpoints"):
            self.assertLessEqual(set(words(request)), set(sources.routes()))


class Grpc(unittest.TestCase):
    def test_every_procedure_is_in_the_table(self):
        documented = [words(row[0])[0] for row in table_of(API, "Procedures")]
        self.assertEqual(documented, sources.procedures())

    def test_every_code_has_its_status(self):
        documented = [(code, words(status)[0]) for status, codes in table_of(API, "Statuses") for code in words(codes)]
        self.assertEqual(sorted(documented), sorted(sources.grpc_statuses().items()))

    def test_every_code_that_http_sends_has_one(self):
        with_http = {code for code, _ in sources.error_statuses().items()} - sources.errors_never_sent()
        self.assertEqual(with_http - set(sources.grpc_statuses()), {"HTTP_VERSION_NOT_SUPPORTED"})


class Metrics(unittest.TestCase):
    def test_every_metric_has_its_type(self):
        documented = [(words(name)[0], kind) for name, kind, _ in table_of(OPERATIONS, "Metrics")]
        self.assertEqual(sorted(documented), sorted(sources.metrics().items()))


class Formats(unittest.TestCase):
    def test_the_sentence_names_every_format(self):
        formats = re.findall(r'"(\w+)"', sources.settings()["formats"])
        sentence = re.search(r"^JPEG, .* accepted\.", read(API), re.M)[0]
        named = re.findall(r"(\w+)(?: \([\w ]+\))?(?=,| and| are)", sentence)
        self.assertEqual([name.lower() for name in named], formats)


class Components(unittest.TestCase):
    @staticmethod
    def names(uses):
        """Each part in brackets of its own."""
        each = re.sub(r"\(([^)]*)\)", lambda some: ", ".join(f"({name})" for name in some[1].split(", ")), uses)
        return set(each.split(", ")) - {"nothing of ours"}

    def test_the_table_is_that_of_cmake(self):
        documented = {words(name)[0]: self.names(uses) for name, _, uses in table_of(ARCHITECTURE, "Components")}
        self.assertEqual(documented, sources.components())


class Threads(unittest.TestCase):
    def test_every_name_is_in_the_table(self):
        documented = {words(name)[0] for _, name, *_ in table_of(ARCHITECTURE, "Threads")}
        self.assertEqual(documented - {"simple-model-api"}, sources.thread_names())
