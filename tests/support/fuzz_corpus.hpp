// The fuzz targets' corpora as regression tests. A test program includes it once at most in a file.
#pragma once

#include "catch.hpp"
#include "files.hpp"

#include <string>
#include <string_view>

namespace sma::test {

/// Runs each file of tests/fuzz/corpus/`name`. `run` tells whether the input was accepted: those called bad_... must
/// not be, those called found_... (what a fuzzer kept) may be or not, all others must be.
template <class Run>
void replay_corpus(std::string const& name, std::size_t files_min, Run run) {
    auto const files = files_in(std::string(SMA_SOURCE_DIR "/tests/fuzz/corpus/") + name);
    REQUIRE(files.size() >= files_min);
    for (auto const& file : files) {
        auto const called = file.filename().string();
        INFO(called);
        bool const accepted = run(std::string_view(read_file(file)));
        if (!called.starts_with("found_")) CHECK(accepted == !called.starts_with("bad_"));
    }
}

}  // namespace sma::test
