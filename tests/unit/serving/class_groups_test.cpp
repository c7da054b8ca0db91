#include "sma/serving/class_groups.hpp"

#include "catch.hpp"

#include <cmath>

using Catch::Approx;
using sma::serving::class_groups;

TEST_CASE("the confidences of a group's classes are added up, most probable group first", "[class_groups]") {
    class_groups const groups({"beagle", "tench", "whippet", "pug"}, {"dog", "fish", "dog", "dog"});
    REQUIRE(groups.size() == 2);
    auto const top = groups.top({std::log(2.0F), std::log(4.0F), std::log(3.0F), 0.0F}, 5, 1);
    REQUIRE(top.size() == 2);
    CHECK(groups.name(top[0].index) == "dog");
    CHECK(top[0].confidence == Approx(0.6));
    CHECK(groups.name(top[1].index) == "fish");
    CHECK(top[1].confidence == Approx(0.4));
    CHECK(groups.top({0, 5, 0, 0}, 1, 1).size() == 1);
}

TEST_CASE("a class without a group is one by its own name", "[class_groups]") {
    class_groups const groups({"beagle", "tench", "dog"}, {"dog", "", ""});
    REQUIRE(groups.size() == 2);
    auto const top = groups.top({1, 1, 1}, 2, 1);
    CHECK(groups.name(top[0].index) == "dog");
    CHECK(top[0].confidence == Approx(2.0 / 3));
    CHECK(groups.name(top[1].index) == "tench");
}

TEST_CASE("a model whose labels have no groups has none", "[class_groups]") {
    CHECK(class_groups({"a", "b"}, {}).empty());
    CHECK(class_groups().empty());
}
