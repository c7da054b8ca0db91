#include "sma/batch/temperature_scaling.hpp"

#include "sma/serving/top_classes.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <string>

namespace sma::batch {
namespace {

constexpr double coldest = 0.05;
constexpr double hottest = 20;

using photo_list = std::vector<std::size_t>;

/// How the negative log-likelihood of a photo changes with the inverse of the temperature: the mean logit by the
/// probabilities, less that of the right class.
double slope_of(std::span<float const> logits, std::size_t expected, double temperature) {
    serving::softmax const probability(logits, temperature);
    double mean = 0;
    for (float const logit : logits) mean += static_cast<double>(logit) * probability(logit);
    return mean - static_cast<double>(logits[expected]);
}

double slope_of(labeled_logits const& photos, photo_list const& chosen, double temperature) {
    return std::accumulate(chosen.begin(), chosen.end(), 0.0, [&](double sum, std::size_t photo) {
        return sum + slope_of(photos.row(photo), photos.expected(photo), temperature);
    });
}

/// The likelihood is concave in the inverse of the temperature, so that its slope has one zero, which halving finds.
double fitted(labeled_logits const& photos, photo_list const& chosen) {
    constexpr int halvings = 30;
    double cold = 1 / coldest;
    double hot = 1 / hottest;
    for (int i = 0; i < halvings; ++i) {
        double const middle = std::sqrt(cold * hot);
        (slope_of(photos, chosen, 1 / middle) <= 0 ? hot : cold) = middle;
    }
    return 1 / std::sqrt(cold * hot);
}

reliability measured(labeled_logits const& photos, std::function<double(std::size_t)> const& temperature_of) {
    reliability all;
    auto const bins = static_cast<double>(all.bins.size());
    for (std::size_t photo = 0; photo < photos.size(); ++photo) {
        auto const row = photos.row(photo);
        auto const best = std::max_element(row.begin(), row.end());
        double const confidence = serving::softmax(row, temperature_of(photo))(*best);
        bool const is_right = static_cast<std::size_t>(best - row.begin()) == photos.expected(photo);
        auto& bin = all.bins[static_cast<std::size_t>(std::clamp(std::ceil(confidence * bins) - 1, 0.0, bins - 1))];
        ++bin.photos;
        bin.confidence += confidence;
        bin.accuracy += is_right ? 1 : 0;
        all.accuracy += is_right ? 1 : 0;
    }
    auto const count = static_cast<double>(photos.size());
    all.accuracy /= count;
    for (auto& bin : all.bins) {
        if (bin.photos == 0) continue;
        all.error += std::abs(bin.accuracy - bin.confidence) / count;
        bin.confidence /= static_cast<double>(bin.photos);
        bin.accuracy /= static_cast<double>(bin.photos);
    }
    return all;
}

}  // namespace

void labeled_logits::add(std::span<float const> logits, std::size_t expected) {
    logits_.insert(logits_.end(), logits.begin(), logits.end());
    expected_.push_back(expected);
}

std::span<float const> labeled_logits::row(std::size_t photo) const noexcept {
    auto const classes = logits_.size() / expected_.size();
    return std::span(logits_).subspan(photo * classes, classes);
}

result<temperature_report> scale_temperature(labeled_logits const& photos) {
    if (photos.size() < calibration_photos_min)
        return error(errc::validation_error, std::to_string(photos.size()) + " labeled photos: at least " +
                                                 std::to_string(calibration_photos_min) + " are needed");
    photo_list all(photos.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    double const temperature = fitted(photos, all);
    constexpr double margin = 1.001;
    if (temperature < coldest * margin || temperature > hottest / margin)
        return error(errc::validation_error,
                     "the photos do not tell how sure the model may be: " +
                         std::string(temperature < 1 ? "all of them are classified right" : "the labels do not fit") +
                         "; take more photos, and check their labels");

    std::array<photo_list, 2> halves;
    for (auto const photo : all) halves[photo % 2].push_back(photo);
    std::array<double, 2> const of_others{fitted(photos, halves[1]), fitted(photos, halves[0])};
    return temperature_report{temperature, measured(photos, [](std::size_t) { return 1.0; }),
                              measured(photos, [&](std::size_t photo) { return of_others[photo % 2]; })};
}

}  // namespace sma::batch
