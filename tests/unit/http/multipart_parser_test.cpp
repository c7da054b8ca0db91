#include "multipart_parser.hpp"

#include "multipart_recorder.hpp"

#include "catch.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

using namespace sma;
using namespace sma::http;
using namespace sma::http::test;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string const boundary = "bound";

std::string part(std::string const& content, std::string const& disposition = "form-data; name=\"file\"") {
    return "--bound\r\nContent-Disposition: " + disposition + "\r\n\r\n" + content + "\r\n";
}

outcome parse(std::string_view body, multipart_parser::limits limits = {}) {
    return parse_split(body, boundary, {}, limits);
}

/// The outcome in one piece, checked to be that of every split into two and of single bytes.
outcome parse_every_way(std::string_view body, multipart_parser::limits limits = {}) {
    auto const whole = parse(body, limits);
    for (std::size_t cut = 0; cut <= body.size(); ++cut) {
        INFO("cut at " << cut);
        REQUIRE(parse_split(body, boundary, {cut}, limits) == whole);
    }
    REQUIRE(parse_split(body, boundary, every_cut(body), limits) == whole);
    return whole;
}

std::vector<std::string> contents(outcome const& o) {
    std::vector<std::string> all;
    for (auto const& p : o.parts) all.push_back(p.content);
    return all;
}

void require_malformed(outcome const& o, std::string const& says) {
    REQUIRE(o.failure == errc::malformed_multipart);
    CHECK_THAT(o.message, ContainsSubstring(says));
}

/// What the grammar says, written for clarity on a whole body: the parts that are complete, and whether all is well.
/// A header block is good only if it is `good_head`.
std::pair<std::vector<std::string>, bool> reference_split(std::string const& body, std::string const& good_head) {
    auto const text = "\r\n" + body;
    std::vector<std::string> parts;
    std::size_t search = 0;
    std::optional<std::size_t> content;
    while (true) {
        auto const at = text.find("\r\n--" + boundary, search);
        if (at == std::string::npos) return {parts, false};
        auto after = at + 4 + boundary.size();
        bool const closes = text.compare(after, 2, "--") == 0;
        while (!closes && after < text.size() && (text[after] == ' ' || text[after] == '\t')) ++after;
        if (!closes && text.compare(after, 2, "\r\n") != 0) {
            search = at + 1;
            continue;
        }
        if (content) parts.push_back(at < *content ? "" : text.substr(*content, at - *content));
        if (closes) return {parts, true};
        auto const head_end = text.find("\r\n\r\n", after);
        if (head_end == std::string::npos || text.substr(after, head_end - after) + "\r\n" != "\r\n" + good_head)
            return {parts, false};
        content = head_end + 4;
        search = head_end + 2;
    }
}

}  // namespace

TEST_CASE("two parts, their heads and their contents", "[multipart]") {
    auto const o = parse_every_way(
        "--bound\r\n"
        "Content-Disposition: form-data; name=\"note\"\r\n\r\n"
        "hello\r\n"
        "--bound\r\n"
        "content-type: image/jpeg\r\n"
        "CONTENT-DISPOSITION: Form-Data; filename=\"a.jpg\"; name=file\r\n"
        "X-Other: whatever\r\n\r\n"
        "\xff\xd8\r\nbytes\r\n"
        "--bound--\r\n");
    REQUIRE_FALSE(o.failure);
    REQUIRE(o.parts == std::vector<recorded_part>{{"note", "", "", "hello", true},
                                                  {"file", "a.jpg", "image/jpeg", "\xff\xd8\r\nbytes", true}});
}

TEST_CASE("preamble, padding and epilogue are not content", "[multipart]") {
    auto const o = parse_every_way(
        "for old mail readers\r\n--boundless\r\n"
        "--bound \t \r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n"
        "--bound--  \r\nepilogue\r\n--bound\r\n\r\n");
    REQUIRE_FALSE(o.failure);
    REQUIRE(contents(o) == std::vector<std::string>{"1"});
}

TEST_CASE("nothing need follow the closing delimiter, and no part need precede it", "[multipart]") {
    CHECK_FALSE(parse_every_way(part("1") + "--bound--").failure);
    auto const none = parse_every_way("--bound--\r\n");
    CHECK_FALSE(none.failure);
    CHECK(none.parts.empty());
}

TEST_CASE("what only looks like a delimiter is content", "[multipart]") {
    auto const content =
        GENERATE(as<std::string>{}, "\r\n--boun", "\r\n--bounds\r\n", "\r\n--boun\r\n--bou", "--bound--",
                 "\r\r\n--boundX", "\n--bound\n", "\r\n--bound \r\r", "\r\n-", "\r", "\r\n", "\r\n\r\n",
                 "x\r\n--bound-\r\n", "\r\n--bound\t\tx", "\r\n--bound\rx", "x--bound\r\ny", "\r\n-\r\n--");
    INFO(content);
    auto const body = part("x" + content) + part("") + "--bound--\r\n";
    auto const o = parse_every_way(body);
    REQUIRE_FALSE(o.failure);
    REQUIRE(contents(o) == std::vector<std::string>{"x" + content, ""});
}

TEST_CASE("a part may be empty, with or without an empty line of its own", "[multipart]") {
    std::string const head = "--bound\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n";
    auto const o = parse_every_way(head + "\r\n" + head + head + "1\r\n--bound--");
    REQUIRE_FALSE(o.failure);
    REQUIRE(contents(o) == std::vector<std::string>{"", "", "1"});
}

TEST_CASE("a body that stops early is malformed wherever it stops", "[multipart]") {
    auto const body = part("content") + part("more") + "--bound--";
    for (std::size_t length = 0; length < body.size(); ++length) {
        INFO("length " << length);
        auto const o = parse_every_way(std::string_view(body).substr(0, length));
        REQUIRE(o.failure == errc::malformed_multipart);
        for (auto const& p : o.parts) REQUIRE((p.ended || &p == &o.parts.back()));
    }
}

TEST_CASE("lines end in CRLF", "[multipart]") {
    require_malformed(parse_every_way("--bound\nContent-Disposition: form-data; name=\"a\"\n\n1\n--bound--\n"), "CRLF");
    require_malformed(
        parse_every_way("--bound\r\nContent-Disposition: form-data; name=\"a\"\nX: y\r\n\r\n1\r\n--bound--"),
        "control character");
    require_malformed(parse_every_way("--bound\r\nContent-Disposition: form-data; name=\"a\"\r\n\n1\r\n\r\n--bound--"),
                      "control character");
}

TEST_CASE("a part's headers are limited, to the byte", "[multipart]") {
    std::string const head = "Content-Disposition: form-data; name=\"a\"\r\n\r\n";
    auto const body = "--bound\r\n" + head + "1\r\n--bound--";
    CHECK_FALSE(parse_every_way(body, {100, head.size()}).failure);
    require_malformed(parse_every_way(body, {100, head.size() - 1}), std::to_string(head.size() - 1) + " bytes");

    auto const huge = "--bound\r\nX-Long: " + std::string(1'000'000, 'x');
    require_malformed(parse(huge), "8192 bytes");
}

TEST_CASE("parts are limited", "[multipart]") {
    auto const three = part("1") + part("2") + part("3") + "--bound--";
    CHECK_FALSE(parse_every_way(three, {3, 1024}).failure);
    auto const o = parse_every_way(three, {2, 1024});
    require_malformed(o, "more than 2 parts");
    CHECK(contents(o) == std::vector<std::string>{"1", "2"});
}

TEST_CASE("endless spaces after a boundary are refused", "[multipart]") {
    require_malformed(parse("--bound" + std::string(100'000, ' ')), "spaces");
}

TEST_CASE("an error of the handler stops the parser for good", "[multipart]") {
    enum class when { begin, data, end };
    class refusing : public recorder {
    public:
        explicit refusing(when w) : when_(w) {}
        result<void> on_part_begin(part_head) override { return answer(when::begin); }
        result<void> on_part_data(std::string_view) override { return answer(when::data); }
        result<void> on_part_end() override { return answer(when::end); }
        int calls = 0;

    private:
        result<void> answer(when w) {
            ++calls;
            if (w == when_) return error(errc::file_too_large, "too large");
            return {};
        }
        when when_;
    };
    auto const [at, calls] = GENERATE(table<when, int>({{when::begin, 1}, {when::data, 2}, {when::end, 3}}));
    refusing handler(at);
    multipart_parser parser(boundary, handler, {});
    auto const first = parser.feed(part("1") + part("2") + "--bound--");
    REQUIRE(first.has_error());
    CHECK(first.error().code == errc::file_too_large);
    CHECK(parser.feed("more").has_error());
    CHECK(parser.finish().has_error());
    CHECK(handler.calls == calls);
}

TEST_CASE("content comes in large pieces and is never held back but for a possible delimiter", "[multipart]") {
    class counting : public recorder {
    public:
        result<void> on_part_data(std::string_view bytes) override {
            ++pieces;
            return recorder::on_part_data(bytes);
        }
        int pieces = 0;
    };
    std::string content(100'000, '\r');
    for (std::size_t i = 0; i < content.size(); i += 3) content[i] = '\n';
    counting handler;
    multipart_parser parser(boundary, handler, {});
    REQUIRE(parser.feed(part("").substr(0, part("").size() - 2)).has_value());
    REQUIRE(parser.feed(content).has_value());
    CHECK(handler.pieces <= 2);
    CHECK(handler.parts.at(0).content.size() + 4 + boundary.size() >= content.size());
    REQUIRE(parser.feed("\r\n--bound--").has_value());
    CHECK(handler.parts.at(0).content == content);
}

TEST_CASE("random bodies in random pieces: as the reference splits them", "[multipart]") {
    std::string const head = "Content-Disposition: form-data; name=\"a\"\r\n";
    std::vector<std::string> const tokens{"\r",
                                          "\n",
                                          "\r\n",
                                          "-",
                                          "--",
                                          " ",
                                          "\t",
                                          "x",
                                          "bound",
                                          "\r\n--bound",
                                          "\r\n--bound\r\n",
                                          "\r\n--bound--",
                                          "--bound \r\n" + head + "\r\n",
                                          "\r\n--bound\r\n" + head + "\r\n",
                                          "\r\n--bound\t\r\n" + head + "\r\n",
                                          "\r\n\r\n",
                                          "\r\n--boun"};
    std::mt19937 random(20240611);
    auto const below = [&random](std::size_t n) {
        return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
    };
    int complete = 0;
    int with_parts = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::string body = below(2) == 0 ? "--bound\r\n" + head + "\r\n" : "";
        for (auto n = below(12); n > 0; --n) body += tokens[below(tokens.size())];
        if (below(2) == 0) body += "\r\n--bound--";
        std::vector<std::size_t> cuts;
        for (auto n = below(6); n > 0; --n) cuts.push_back(below(body.size() + 1));
        std::sort(cuts.begin(), cuts.end());

        auto const [expected, well_formed] = reference_split(body, head);
        auto const o = parse_split(body, boundary, cuts);
        std::vector<std::string> ended;
        for (auto const& p : o.parts)
            if (p.ended) ended.push_back(p.content);
        INFO(round << ": " << Catch::StringMaker<std::string>::convert(body));
        REQUIRE(ended == expected);
        REQUIRE(o.failure.has_value() != well_formed);
        complete += well_formed ? 1 : 0;
        with_parts += expected.empty() ? 0 : 1;
    }
    CHECK(complete > 5'000);
    CHECK(with_parts > 5'000);
}

TEST_CASE("the fuzzer's corpus gives the same events in one piece and byte by byte", "[multipart]") {
    int files = 0;
    for (auto const& entry : std::filesystem::directory_iterator(SMA_SOURCE_DIR "/tests/fuzz/corpus/multipart")) {
        std::ifstream in(entry.path(), std::ios::binary);
        std::string const text(std::istreambuf_iterator<char>(in), {});
        auto const line = text.substr(0, text.find('\n'));
        auto const found = multipart_boundary(line);
        ++files;
        if (!found || !*found) continue;
        auto const body = std::string_view(text).substr(std::min(text.size(), line.size() + 1));
        INFO(entry.path());
        CHECK(parse_split(body, **found, every_cut(body)) == parse_split(body, **found, {}));
    }
    CHECK(files >= 10);
}
