// Sink that keeps the spans for a test to look at.
#pragma once

#include "sma/tracing/span_sink.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <vector>

namespace sma::test {

class recording_sink final : public tracing::span_sink {
public:
    void push(std::vector<tracing::span>&& pushed) noexcept override {
        ++pushes;
        std::ranges::move(pushed, std::back_inserter(spans));
    }

    tracing::span const* find(std::string_view name) const {
        auto const found = std::ranges::find(spans, name, &tracing::span::name);
        return found == spans.end() ? nullptr : &*found;
    }

    std::vector<tracing::span> spans;
    int pushes = 0;
};

}  // namespace sma::test
