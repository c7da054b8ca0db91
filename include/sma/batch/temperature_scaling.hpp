// Temperature scaling (Guo et al., On Calibration of Modern Neural Networks, 2017): the number by which logits are
// divided so that confidences say how often they are right.
#pragma once

#include "sma/core/error.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace sma::batch {

/// Logits of photos whose class is known. Memory: 4 bytes for each class of each photo.
class labeled_logits {
public:
    /// `logits` are as many as those of the first photo; `expected` is one of them.
    void add(std::span<float const> logits, std::size_t expected);

    std::size_t size() const noexcept { return expected_.size(); }
    std::span<float const> row(std::size_t photo) const noexcept;
    std::size_t expected(std::size_t photo) const noexcept { return expected_[photo]; }

private:
    std::vector<float> logits_;
    std::vector<std::size_t> expected_;
};

/// Photos whose confidence is in one fifteenth of 0 to 1.
struct reliability_bin {
    std::uint64_t photos = 0;
    double confidence = 0;  ///< mean
    double accuracy = 0;    ///< share of them that are right
};

struct reliability {
    std::array<reliability_bin, 15> bins;
    double error = 0;     ///< expected calibration error: the mean difference of the two, by photos
    double accuracy = 0;  ///< of all
};

struct temperature_report {
    double temperature = 1;
    reliability before;
    reliability after;  ///< each photo with the temperature of those that it is not among: halves, fitted apart
};

/// The fewest photos that are fitted on.
constexpr std::size_t calibration_photos_min = 20;

/// The temperature from 0.05 to 20 with the least negative log-likelihood. Errors: validation_error for fewer than
/// calibration_photos_min, and where the best is beyond those limits: the photos do not tell, since all are right, or
/// no more are right than by chance.
result<temperature_report> scale_temperature(labeled_logits const& photos);

}  // namespace sma::batch
