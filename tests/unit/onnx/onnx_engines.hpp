// Engines of ONNX files.
#pragma once

#include "engine_pass.hpp"

#include "sma/onnx/onnx_engine.hpp"

#include <filesystem>
#include <memory>

namespace sma::onnx::test {

/// On two threads.
inline result<std::unique_ptr<engine::engine>> create_engine(std::filesystem::path const& file, int side) {
    auto const described = describe_file(file);
    if (!described) return described.error();
    return create_onnx_engine(file, *described, {.threads = 2, .side = side});
}

}  // namespace sma::onnx::test
