// Engines of ONNX files, and their passes over images in one vector.
#pragma once

#include "files.hpp"

#include "sma/onnx/onnx_engine.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <memory>
#include <vector>

namespace sma::onnx::test {

inline std::vector<float> read_floats(std::filesystem::path const& file) {
    auto const bytes = sma::test::read_file(file);
    std::vector<float> values(bytes.size() / sizeof(float));
    std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
    return values;
}

/// On two threads.
inline result<std::unique_ptr<engine::engine>> create_engine(std::filesystem::path const& file, int side) {
    auto const described = describe_file(file);
    if (!described) return described.error();
    return create_onnx_engine(file, *described, {.threads = 2, .side = side});
}

/// The logits of images [n, side, side, 3], from the first one on.
inline std::vector<float> run_pass(engine::engine& e, std::vector<float> const& images, std::size_t first = 0) {
    auto const size = e.input().elements();
    std::vector<std::byte const*> pointers;
    for (std::size_t i = first * size; i < images.size(); i += size)
        pointers.push_back(reinterpret_cast<std::byte const*>(images.data() + i));
    std::vector<float> logits(pointers.size() * static_cast<std::size_t>(e.classes()));
    e.infer(pointers, logits);
    return logits;
}

/// max |a - b| / max |b|.
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

}  // namespace sma::onnx::test
