#include "sma/serving/logits_cache.hpp"

#include "serving_fakes.hpp"

#include "catch.hpp"

using namespace sma;
using namespace sma::serving;
using namespace sma::serving::test;

namespace {

content_digest key(unsigned char n) {
    content_digest d{};
    d.fill(n);
    return d;
}

std::vector<float> answer(float v, std::size_t classes = 100) { return std::vector<float>(classes, v); }

/// The bytes that one answer of 100 classes takes.
std::size_t bytes_of_one() {
    metrics m;
    manual_clock clock;
    logits_cache c(1U << 20U, clock.reader(), m);
    c.put(key(1), answer(1));
    return c.bytes();
}

}  // namespace

TEST_CASE("an answer is found again, with its age", "[cache]") {
    metrics m;
    manual_clock clock;
    logits_cache c(1U << 20U, clock.reader(), m);
    CHECK_FALSE(c.find(key(1)));
    c.put(key(1), answer(1));
    c.put(key(2), answer(2));
    clock.advance(2500ms);
    auto const found = c.find(key(1));
    REQUIRE(found);
    CHECK(found->logits == answer(1));
    CHECK(found->age == 2s);
    CHECK_FALSE(c.find(key(3)));
}

TEST_CASE("storing again replaces, and the age begins anew", "[cache]") {
    metrics m;
    manual_clock clock;
    logits_cache c(1U << 20U, clock.reader(), m);
    c.put(key(1), answer(1));
    auto const bytes = c.bytes();
    clock.advance(10s);
    c.put(key(1), answer(7));
    CHECK(c.size() == 1);
    CHECK(c.bytes() == bytes);
    CHECK(c.find(key(1))->logits == answer(7));
    CHECK(c.find(key(1))->age == 0s);
}

TEST_CASE("the bound holds, and what was asked for least recently goes first", "[cache]") {
    metrics m;
    auto const one = bytes_of_one();
    CHECK(one >= 100 * sizeof(float));
    manual_clock clock;
    logits_cache c(3 * one, clock.reader(), m);
    for (unsigned char i = 1; i <= 3; ++i) c.put(key(i), answer(i));
    CHECK(c.find(key(1)));
    c.put(key(4), answer(4));
    CHECK(c.size() == 3);
    CHECK(c.bytes() == 3 * one);
    CHECK_FALSE(c.find(key(2)));
    CHECK(c.find(key(1)));
    CHECK(c.find(key(3)));
    CHECK(c.find(key(4)));
    CHECK(m.cache_evictions_total.Value() == 1);
    CHECK(m.cache_bytes.Value() == static_cast<double>(3 * one));
}

TEST_CASE("a large answer takes the capacity of several, and one larger than the bound is not kept", "[cache]") {
    metrics m;
    auto const one = bytes_of_one();
    manual_clock clock;
    logits_cache c(3 * one, clock.reader(), m);
    for (unsigned char i = 1; i <= 3; ++i) c.put(key(i), answer(i));
    c.put(key(4), answer(4, 150));
    CHECK(c.size() == 2);
    CHECK(c.bytes() <= 3 * one);
    c.put(key(5), answer(5, 10'000));
    CHECK_FALSE(c.find(key(5)));
    CHECK(c.find(key(4)));
}

TEST_CASE("clearing gives everything back", "[cache]") {
    metrics m;
    manual_clock clock;
    logits_cache c(1U << 20U, clock.reader(), m);
    c.put(key(1), answer(1));
    c.clear();
    CHECK(c.size() == 0);
    CHECK(c.bytes() == 0);
    CHECK(m.cache_bytes.Value() == 0);
    CHECK_FALSE(c.find(key(1)));
}
