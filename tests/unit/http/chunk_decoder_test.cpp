#include "chunk_decoder.hpp"

#include "fuzz_corpus.hpp"
#include "fuzz_one_chunked_body.hpp"

#include <algorithm>
#include <optional>
#include <string>

namespace {

using sma::http::chunk_decoder;

struct outcome {
    std::string content;
    std::string rest;
    bool finished = false;
};

/// Decodes `bytes` given in pieces of at most `piece`; nothing on an error.
std::optional<outcome> decode(std::string_view bytes, std::size_t piece) {
    chunk_decoder decoder;
    outcome out;
    while (!bytes.empty() && !decoder.finished()) {
        auto const step = decoder.next(bytes.substr(0, piece));
        if (!step) return std::nullopt;
        out.content += step->content;
        bytes.remove_prefix(step->consumed);
    }
    out.rest = bytes;
    out.finished = decoder.finished();
    return out;
}

}  // namespace

TEST_CASE("chunks give the same content for any split", "[chunks]") {
    std::string const bytes = "5\r\nhello\r\n1;name=\"v\"\r\n \r\n00A\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\nGET /";
    for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
        auto const out = decode(bytes, piece);
        REQUIRE(out);
        CHECK(out->content == "hello 0123456789");
        CHECK(out->rest == "GET /");
        CHECK(out->finished);
    }
}

TEST_CASE("extensions and trailers by the grammar are dropped", "[chunks]") {
    for (std::string const extensions : {"", ";a", ";a=b", ";a=\"b\"", " ;a", "\t ; a", ";a;b=c", ";a ;b", ";a = b",
                                         ";a=\"\"", ";a=\"x\\\"y;\xe9\" ;b"})
        for (std::string const trailers : {"", "A: b\r\n", "A:\r\nB:c\r\n", "A: \xe9\t: \r\n"}) {
            INFO(extensions << trailers);
            auto const bytes = "3" + extensions + "\r\nabc\r\n0" + extensions + "\r\n" + trailers + "\r\nrest";
            auto const out = decode(bytes, bytes.size());
            REQUIRE(out);
            CHECK(out->finished);
            CHECK(out->content == "abc");
            CHECK(out->rest == "rest");
            CHECK(decode(bytes, 1));
        }
}

TEST_CASE("a body that has not ended is not finished", "[chunks]") {
    std::string const bytes = "3\r\nabc\r\n0\r\n\r\n";
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        auto const out = decode(bytes.substr(0, size), 7);
        REQUIRE(out);
        CHECK_FALSE(out->finished);
    }
}

TEST_CASE("malformed chunks are refused for any split", "[chunks]") {
    using namespace std::string_literals;
    std::string const many(chunk_decoder::overhead_max + 1, 'x');
    std::string const rows[] = {"\r\n",
                                "g\r\n",
                                "-1\r\n",
                                " 1\r\na\r\n",
                                "0x1\r\na\r\n",
                                "1 \r\na\r\n",
                                "1\na\r\n",
                                "1\r\nab\r\n",
                                "1\r\na\n",
                                "1\r\na\rx",
                                "1;a\nb\r\na",
                                "1;\0\r\na"s,
                                "0\r\nA: b\n\r\n",
                                "0\r\nno colon\r\n\r\n",
                                "0\r\n: b\r\n\r\n",
                                "0\r\nA : b\r\n\r\n",
                                "0\r\nA: b\r\n folded\r\n\r\n",
                                "0\r\n A: b\r\n\r\n",
                                "0\r\nA: b\rc\r\n\r\n",
                                "1;\r\na",
                                "1 \r\na",
                                "1;a \r\na",
                                "1;a=\r\na",
                                "1;=b\r\na",
                                "1;bad[=x\r\na",
                                "1;a=\"b\r\na",
                                "1;a=\"b\\\r\na",
                                "1;a=\"b\"c\r\na",
                                "1;a b\r\na",
                                "1 a\r\na",
                                "1,a\r\na",
                                "11111111111111111\r\n",
                                "1;" + many,
                                "0\r\nA: " + many,
                                "1\rx"};
    for (auto const& bytes : rows) {
        INFO(bytes.substr(0, 20));
        CHECK_FALSE(decode(bytes, 1));
        CHECK_FALSE(decode(bytes, bytes.size()));
    }
}

TEST_CASE("extensions of many chunks count together", "[chunks]") {
    std::string bytes;
    for (int i = 0; i < 5000; ++i) bytes += "1;xx\r\na\r\n";
    CHECK_FALSE(decode(bytes, 4096));
}

TEST_CASE("the chunked bodies of the fuzzer's corpus are read the same in every way, or refused", "[chunks]") {
    sma::test::replay_corpus("chunked_body", 8, sma::http::test::fuzz_one_chunked_body);
}
