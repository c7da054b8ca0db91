#include "inflater.hpp"

#include "compressed.hpp"
#include "fuzz_corpus.hpp"
#include "fuzz_one_compressed_body.hpp"

#include <random>

using namespace sma::http;
using namespace sma::http::test;
using namespace sma::test;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Half of it random, so that it is neither short nor long when compressed.
std::string sample(std::size_t size) {
    std::mt19937 random(static_cast<unsigned>(size));
    std::string bytes(size, 'a');
    for (std::size_t i = 0; i < size; i += 2) bytes[i] = static_cast<char>(random());
    return bytes;
}

struct format {
    char const* name;
    content_coding coding;
    std::string (*compress)(std::string_view);
};

format const formats[] = {
    {"gzip", content_coding::gzip, gzipped},
    {"zlib", content_coding::deflate, [](std::string_view b) { return deflated(b, zlib_format::zlib); }},
    {"raw", content_coding::deflate, [](std::string_view b) { return deflated(b, zlib_format::raw); }},
    {"raw, stored", content_coding::deflate, [](std::string_view b) { return deflated(b, zlib_format::raw, 0); }},
    {"zstd", content_coding::zstd, [](std::string_view b) { return zstd_compressed(b); }},
};

inflated whole(content_coding coding, std::string_view bytes) {
    return inflate_in_pieces(coding, bytes, 65'536, 32'768);
}

}  // namespace

TEST_CASE("what was compressed comes out again, however it is cut", "[inflater]") {
    for (auto const& f : formats)
        for (std::size_t const size : {0U, 1U, 100U, 70'000U}) {
            INFO(f.name << ", " << size << " bytes");
            auto const content = sample(size);
            auto const body = f.compress(content);
            for (std::size_t const piece : {1U, 7U, 8192U, 1'000'000U})
                for (std::size_t const memory : {1U, 1000U, 32'768U}) {
                    if (size == 70'000 && piece * memory < 1000) continue;  // takes long, and shows nothing new
                    auto const out = inflate_in_pieces(f.coding, body, piece, memory);
                    CHECK(out.message.empty());
                    CHECK((out.content == content));
                }
        }
}

TEST_CASE("several members of gzip and frames of zstd are one body", "[inflater]") {
    CHECK(whole(content_coding::gzip, gzipped("one, ") + gzipped("") + gzipped("two")).content == "one, two");
    CHECK(
        whole(content_coding::zstd, zstd_compressed("one, ") + zstd_compressed("") + zstd_compressed("two")).content ==
        "one, two");
    auto const frame = zstd_compressed("x");
    std::string const skippable("\x50\x2a\x4d\x18\x03\0\0\0abc", 11);
    CHECK(whole(content_coding::zstd, skippable + frame).content == "x");
}

TEST_CASE("a body that is cut, or followed by something else, is refused", "[inflater]") {
    for (auto const& f : formats) {
        INFO(f.name);
        auto const body = f.compress(sample(1000));
        for (std::size_t size = 1; size < body.size(); size += 37)
            CHECK_THAT(whole(f.coding, body.substr(0, size)).message, ContainsSubstring("ends before"));
        for (std::size_t const piece : {1U, 1'000'000U})
            CHECK_FALSE(inflate_in_pieces(f.coding, body + "garbage", piece, 4096).message.empty());
    }
    // A checksum that does not fit.
    auto broken = gzipped("hello");
    broken[broken.size() - 6] ^= 1;
    CHECK_FALSE(whole(content_coding::gzip, broken).message.empty());
}

TEST_CASE("what is in another format is refused at once", "[inflater]") {
    for (auto const coding : {content_coding::gzip, content_coding::deflate, content_coding::zstd})
        for (std::string const bytes : {"\xff\xd8\xff\xe0 a JPEG's beginning", "\x89PNG\r\n\x1a\n and a PNG's"}) {
            auto const out = whole(coding, bytes);
            CHECK(out.content.empty());
            CHECK_FALSE(out.message.empty());
        }
    CHECK_FALSE(whole(content_coding::gzip, zstd_compressed("x")).message.empty());
    CHECK_FALSE(whole(content_coding::zstd, gzipped("x")).message.empty());
}

TEST_CASE("content is refused beyond a megabyte and the ratio", "[inflater]") {
    std::string const zeros(8 * 1024 * 1024, '\0');
    for (auto const& f : formats) {
        if (std::string_view(f.name) == "raw, stored") continue;
        INFO(f.name);
        auto const bomb = whole(f.coding, f.compress(zeros));
        CHECK_THAT(bomb.message, ContainsSubstring("more than 200 times"));
        CHECK(bomb.content.size() <= inflated_bytes_free + 32'768);
        auto const small = std::string_view(zeros).substr(0, inflated_bytes_free);
        CHECK((whole(f.coding, f.compress(small)).content == small));
        auto const generous = inflate_in_pieces(f.coding, f.compress(zeros), 65'536, 32'768, 1'000'000);
        CHECK(generous.message.empty());
        CHECK((generous.content == zeros));
    }
}

TEST_CASE("a window that takes more memory than a client may ask for is refused", "[inflater]") {
    // A frame's head with a window of 2^27 bytes (RFC 8878 section 3.1.1.1.2), and an empty last block.
    std::string const wide("\x28\xb5\x2f\xfd\x00\x88\x01\x00\x00", 9);
    CHECK_THAT(whole(content_coding::zstd, wide).message, ContainsSubstring("8 MiB"));
    auto const decoder = inflater::make(content_coding::zstd, 200);
    CHECK(decoder->memory() < 1024 * 1024);
}

TEST_CASE("the compressed bodies of the fuzzer's corpus are read the same in every way, or refused", "[inflater]") {
    replay_corpus("compressed_body", 8, fuzz_one_compressed_body);
}
