#include "sma/serving/content_hasher.hpp"

#include "catch_result.hpp"

#include <boost/asio/use_future.hpp>

#include <future>

using namespace sma;
using namespace sma::serving;

namespace {

auto hash(content_hasher& h, std::string fingerprint, std::vector<std::string_view> images) {
    return h.async_hash(hash_request(std::move(fingerprint), std::move(images)), boost::asio::use_future);
}

}  // namespace

TEST_CASE("a digest is SHA-256 of the fingerprint's length, the fingerprint and the bytes", "[cache]") {
    // printf '\3\0\0\0\0\0\0\0abcdef' | sha256sum
    unsigned char const expected[] = {0xc8, 0xa3, 0xdd, 0x1a, 0x98, 0x98, 0x7f, 0x73, 0xfb, 0x01, 0x83,
                                      0x1f, 0xfa, 0x9f, 0xcb, 0xb1, 0x91, 0xd2, 0x5b, 0xab, 0xea, 0x03,
                                      0x33, 0x35, 0x51, 0x30, 0xd3, 0x01, 0x64, 0x57, 0x97, 0xdb};
    CHECK(std::equal(std::begin(expected), std::end(expected), hash_content("abc", "def").begin()));
    CHECK(hash_content("abc", "def") != hash_content("abcd", "ef"));
    CHECK(hash_content("abc", "def") != hash_content("abc", "deg"));
}

TEST_CASE("images are hashed in order, with what else decides their answers", "[cache]") {
    content_hasher h(8);
    std::string const large(5'000'000, 'x');
    auto const digests = hash(h, "model", {"a", large, "a"}).get();
    REQUIRE(digests);
    REQUIRE(digests->size() == 3);
    CHECK((*digests)[0] == hash_content("model", "a"));
    CHECK((*digests)[1] == hash_content("model", large));
    CHECK((*digests)[2] == (*digests)[0]);
    CHECK((*hash(h, "other", {"a"}).get())[0] != (*digests)[0]);
}

TEST_CASE("more images than the capacity are refused at once, and the capacity comes back", "[cache]") {
    content_hasher h(2);
    CHECK(hash(h, "", {"a", "b", "c"}).get().error().code == errc::queue_full);
    for (int i = 0; i < 100; ++i) {
        // The capacity is given back before the answer is there.
        CHECK(hash(h, "", {"a", "b"}).get());
    }
}

TEST_CASE("what is queued is hashed before the hasher goes", "[cache]") {
    std::vector<std::future<result<std::vector<content_digest>>>> answers;
    std::string const large(200'000, 'x');
    {
        content_hasher h(100);
        for (int i = 0; i < 50; ++i) answers.push_back(hash(h, "", {large}));
    }
    for (auto& a : answers) CHECK(a.get());
}
