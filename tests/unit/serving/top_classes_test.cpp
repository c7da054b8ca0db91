#include "sma/serving/top_classes.hpp"

#include "catch_result.hpp"

#include <cmath>

using Catch::Approx;
using sma::serving::top_classes;

TEST_CASE("the most probable classes, with their share", "[top_classes]") {
    auto const top = top_classes({0.0F, std::log(3.0F), 0.0F, std::log(5.0F)}, 2, 1);
    REQUIRE(top.size() == 2);
    CHECK(top[0].index == 3);
    CHECK(top[0].confidence == Approx(0.5));
    CHECK(top[1].index == 1);
    CHECK(top[1].confidence == Approx(0.3));
}

TEST_CASE("all the confidences make one", "[top_classes]") {
    std::vector<float> logits;
    for (int i = 0; i < 1000; ++i) logits.push_back(static_cast<float>(std::sin(i) * 10));
    double sum = 0;
    auto const top = top_classes(logits, 1000, 1);
    for (std::size_t i = 0; i < top.size(); ++i) {
        sum += top[i].confidence;
        if (i > 0) REQUIRE(top[i - 1].confidence >= top[i].confidence);
    }
    CHECK(sum == Approx(1).epsilon(1e-12));
}

TEST_CASE("huge logits neither overflow nor vanish", "[top_classes]") {
    auto const top = top_classes({3e38F, -3e38F, 3e38F}, 3, 1);
    CHECK(top[0].index == 0);
    CHECK(top[0].confidence == Approx(0.5));
    CHECK(top[1].index == 2);
    CHECK(top[2].confidence == 0);
}

TEST_CASE("equal classes come by index, and k is at most their number", "[top_classes]") {
    auto const top = top_classes({1, 2, 2, 2}, 10, 1);
    REQUIRE(top.size() == 4);
    CHECK(top[0].index == 1);
    CHECK(top[1].index == 2);
    CHECK(top[2].index == 3);
    CHECK(top[3].index == 0);
}

TEST_CASE("a temperature above 1 makes confidences smaller, and changes no rank", "[top_classes]") {
    auto const top = top_classes({0.0F, 2 * std::log(3.0F), -1.0F}, 2, 2);
    CHECK(top[0].index == 1);
    CHECK(top[0].confidence == Approx(3 / (3 + 1 + std::exp(-0.5))));
    CHECK(top[1].index == 0);
}
