// Tests of temperature scaling: what is fitted to photos whose confidences are too high, and the diagram of them.
#include "sma/batch/temperature_scaling.hpp"
#include "sma/batch/reliability_diagram.hpp"

#include "catch_result.hpp"

#include <cmath>
#include <random>

using namespace sma;
using namespace sma::batch;
using Catch::Approx;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Photos whose class is drawn with the probabilities of their logits, which are then made `factor` times as large.
labeled_logits overconfident(std::size_t n, float factor) {
    labeled_logits photos;
    std::mt19937 random(7);
    std::normal_distribution<double> any(0, 2);
    for (std::size_t i = 0; i < n; ++i) {
        std::vector<float> logits;
        std::vector<double> weights;
        for (int c = 0; c < 10; ++c) {
            double const logit = any(random);
            logits.push_back(static_cast<float>(logit) * factor);
            weights.push_back(std::exp(logit));
        }
        std::discrete_distribution<std::size_t> drawn(weights.begin(), weights.end());
        photos.add(logits, drawn(random));
    }
    return photos;
}

}  // namespace

TEST_CASE("the temperature is what the logits were multiplied by", "[temperature_scaling]") {
    auto const factor = GENERATE(0.5F, 1.0F, 3.0F);
    auto const report = scale_temperature(overconfident(5'000, factor));
    REQUIRE(report);
    CHECK(report->temperature == Approx(factor).epsilon(0.05));
    CHECK(report->after.error < 0.03);
    CHECK(report->after.accuracy == report->before.accuracy);
    if (factor == 3.0F) CHECK(report->before.error > 5 * report->after.error);
}

TEST_CASE("the error is the mean distance of confidence and accuracy, by photos", "[temperature_scaling]") {
    // All have the confidence 0.75; 12 of 20 are right.
    labeled_logits photos;
    for (std::size_t i = 0; i < 20; ++i) photos.add(std::vector<float>{std::log(3.0F), 0}, i % 5 < 3 ? 0 : 1);
    auto const report = scale_temperature(photos);
    REQUIRE(report);
    CHECK(report->before.accuracy == Approx(0.6));
    CHECK(report->before.error == Approx(0.15));
    CHECK(report->before.bins[11].photos == 20);
    CHECK(report->before.bins[11].confidence == Approx(0.75));
    // The confidence that fits is 0.6.
    CHECK(report->temperature == Approx(std::log(3) / std::log(1.5)).epsilon(1e-4));
    CHECK(report->after.error < 0.11);
}

TEST_CASE("photos that do not tell a temperature are refused", "[temperature_scaling]") {
    labeled_logits few;
    for (std::size_t i = 0; i + 1 < calibration_photos_min; ++i) few.add(std::vector<float>{1, 0}, i % 3 == 0);
    CHECK_THAT(scale_temperature(few).error().message, ContainsSubstring("at least 20"));
    CHECK_THAT(scale_temperature(labeled_logits()).error().message, ContainsSubstring("0 labeled photos"));

    labeled_logits right;
    for (int i = 0; i < 30; ++i) right.add(std::vector<float>{2, 0}, 0);
    CHECK_THAT(scale_temperature(right).error().message, ContainsSubstring("classified right"));

    labeled_logits wrong;
    for (int i = 0; i < 30; ++i) wrong.add(std::vector<float>{2, 0}, 1);
    CHECK_THAT(scale_temperature(wrong).error().message, ContainsSubstring("labels do not fit"));
}

TEST_CASE("the diagram has a bar for each bin with photos, before and after", "[temperature_scaling]") {
    auto const svg = reliability_diagram(*scale_temperature(overconfident(200, 3)));
    CHECK(svg.starts_with("<svg"));
    CHECK(svg.ends_with("</svg>\n"));
    CHECK_THAT(svg, ContainsSubstring("before: calibration error 0.") && ContainsSubstring(">temperature "));
    CHECK_THAT(svg, ContainsSubstring("photos, confidence"));
}
