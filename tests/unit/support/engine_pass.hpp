// Passes of an engine over images in one vector.
#pragma once

#include "files.hpp"

#include "sma/engine/engine.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <vector>

namespace sma::test {

inline std::vector<float> read_floats(std::filesystem::path const& file) {
    auto const bytes = read_file(file);
    std::vector<float> values(bytes.size() / sizeof(float));
    std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
    return values;
}

/// The logits of images [n, height, width, 3] in f32, from the first one on.
inline std::vector<float> run_pass(engine::engine& e, std::vector<float> const& images, std::size_t first = 0) {
    auto const size = e.input().elements();
    std::vector<std::byte const*> pointers;
    for (std::size_t i = first * size; i < images.size(); i += size)
        pointers.push_back(reinterpret_cast<std::byte const*>(images.data() + i));
    std::vector<float> logits(pointers.size() * static_cast<std::size_t>(e.classes()));
    e.infer(pointers, logits);
    return logits;
}

/// max |a - b| / max |b|; infinite where they differ in size.
inline double relative_difference(std::vector<float> const& a, std::vector<float> const& b) {
    if (a.size() != b.size()) return INFINITY;
    double largest = 0;
    double difference = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        largest = std::max(largest, std::abs(static_cast<double>(b[i])));
        difference = std::max(difference, std::abs(static_cast<double>(a[i]) - b[i]));
    }
    return difference / largest;
}

}  // namespace sma::test
